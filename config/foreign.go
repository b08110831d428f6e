package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// foreign takes over what the HCL library found.
func (l *loader) foreign(diags hcl.Diagnostics) {
	for _, d := range diags {
		if ours(d.Summary) {
			continue
		}
		p := problem{warning: d.Severity == hcl.DiagWarning, summary: d.Summary}
		if d.Subject != nil {
			p.at = *d.Subject
		}
		detail := strings.Join(strings.Fields(d.Detail), " ")
		detail = strings.ReplaceAll(detail, "set of permitted", "permitted")
		if name, ok := l.missingEnv(d); ok {
			p.summary, detail = "Environment variable not set: "+name, "set it, or give a value for without: try(env."+name+`, "...")`
		}
		if len(detail) <= 60 {
			p.hint = uncapitalise(detail)
		} else {
			p.detail = detail
		}
		l.problems = append(l.problems, p)
	}
}

// ours reports whether checkNames says the same, better.
func ours(summary string) bool {
	switch summary {
	case "Unsupported argument", "Unsupported block type":
		return true
	}
	return strings.HasPrefix(summary, "Missing name for ") || strings.HasPrefix(summary, "Extraneous label for ")
}

// missingEnv recognises that an expression asks for an environment variable
// that is not set.
func (l *loader) missingEnv(d *hcl.Diagnostic) (string, bool) {
	if d.Summary != "Unsupported attribute" || d.Expression == nil {
		return "", false
	}
	for _, tr := range d.Expression.Variables() {
		name, ok := envName(tr)
		if ok && tr[1].SourceRange().Overlaps(*d.Subject) {
			return name, true
		}
	}
	return "", false
}

// envName returns X of env.X.
func envName(tr hcl.Traversal) (string, bool) {
	if tr.RootName() != "env" || len(tr) < 2 {
		return "", false
	}
	switch step := tr[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if s, ok := step.Key, step.Key.Type().FriendlyName() == "string"; ok {
			return s.AsString(), true
		}
	}
	return "", false
}

// uncapitalise makes a sentence fit beside a caret.
func uncapitalise(s string) string {
	s = strings.TrimSuffix(s, ".")
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' || strings.HasPrefix(s, "A ") {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
