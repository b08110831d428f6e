package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// loader carries one Load from bytes to values and collects what is wrong.
type loader struct {
	src      *Source
	texts    []*text
	byName   map[string]*text
	ctx      *hcl.EvalContext
	problems []problem
	// values are secrets that are known.
	values *secretValues
}

// problem is a diagnostic whose places are still ranges.
type problem struct {
	warning               bool
	summary, hint, detail string
	at                    hcl.Range
	also                  []spot
	// evaluated: it comes from an evaluation and may hold values.
	evaluated bool
}

// spot is a further place of a problem.
type spot struct {
	at   hcl.Range
	hint string
}

func newLoader(s *Source) *loader {
	l := &loader{src: s, byName: map[string]*text{}, values: &secretValues{seen: map[string]bool{}}}
	for i, f := range s.Files {
		t := &text{name: f.Name, data: f.Data, order: i, values: l.values}
		l.texts = append(l.texts, t)
		l.byName[f.Name] = t
	}
	return l
}

// fail notes an error.
func (l *loader) fail(at hcl.Range, summary, hint string, args ...any) {
	l.problems = append(l.problems, problem{at: at, summary: summary, hint: fmt.Sprintf(hint, args...)})
}

// warn notes a warning.
func (l *loader) warn(at hcl.Range, summary, hint string, args ...any) {
	l.problems = append(l.problems, problem{warning: true, at: at, summary: summary, hint: fmt.Sprintf(hint, args...)})
}

// clash notes an error that two places make together.
func (l *loader) clash(at hcl.Range, summary, hint string, other hcl.Range, otherHint string) {
	l.problems = append(l.problems, problem{at: at, summary: summary, hint: hint, also: []spot{{other, otherHint}}})
}

// errors returns the number of errors so far.
func (l *loader) errors() int {
	n := 0
	for _, p := range l.problems {
		if !p.warning {
			n++
		}
	}
	return n
}

// failed reports whether there is an error so far.
func (l *loader) failed() bool { return l.errors() > 0 }

// load runs all steps. Each one goes on after errors as long as what it found
// means something.
func (l *loader) load() *Config {
	for _, t := range l.texts {
		l.parse(t)
	}
	if l.failed() {
		return nil // half a syntax tree would only bring more, false errors
	}
	root := &node{spec: rootBlock}
	for _, t := range l.texts {
		l.checkNames(t.body, rootBlock)
	}
	l.evaluate()
	for _, t := range l.texts {
		l.decodeRoot(t, root)
	}
	return l.build(root)
}

// parse fills the text's body.
func (l *loader) parse(t *text) {
	if !l.guard(t) {
		return
	}
	file, diags := hclsyntax.ParseConfig(t.data, t.name, hcl.InitialPos)
	diags = advise(diags)
	l.foreign(diags)
	if file != nil {
		t.body, _ = file.Body.(*hclsyntax.Body)
	}
}

// advise says what to do about the most frequent errors of syntax.
func advise(diags hcl.Diagnostics) hcl.Diagnostics {
	for i, d := range diags {
		switch d.Summary {
		case "Invalid multi-line string":
			d.Summary, d.Detail = "Unterminated string", "the closing quote is missing"
			return diags[:i+1] // from here on text and code have changed places
		case "Invalid block definition":
			d.Detail = "an argument is NAME = VALUE, a block NAME { ... }"
		}
	}
	return diags
}

// finish turns the problems into diagnostics.
func (l *loader) finish() Diagnostics {
	var out Diagnostics
	if len(l.problems) > 0 {
		l.findSecrets()
	}
	type identity struct {
		at                    hcl.Range
		summary, hint, detail string
	}
	seen := map[identity]bool{} // a dynamic block has a problem as often as it is made
	for _, p := range l.problems {
		id := identity{p.at, p.summary, p.hint, p.detail}
		if !seen[id] {
			seen[id] = true
			out = append(out, l.diagnostic(p))
		}
	}
	return out.sorted()
}

// diagnostic makes the diagnostic of a problem.
func (l *loader) diagnostic(p problem) *Diagnostic {
	t := l.byName[p.at.Filename]
	if p.evaluated && t != nil && t.hidden(p.at) {
		p.hint, p.detail = withheld, ""
	}
	d := &Diagnostic{Severity: Error, Summary: l.scrub(p.summary), Detail: l.scrub(p.detail)}
	if p.warning {
		d.Severity = Warning
	}
	if t == nil {
		d.Detail = strings.TrimSpace(l.scrub(p.hint) + "\n" + d.Detail)
		return d
	}
	d.Places = append(d.Places, t.place(p.at, l.scrub(p.hint)))
	for _, s := range p.also {
		if t := l.byName[s.at.Filename]; t != nil {
			d.Places = append(d.Places, t.place(s.at, l.scrub(s.hint)))
		}
	}
	return d
}
