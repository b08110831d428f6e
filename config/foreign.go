package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// withheld stands for what a library says about a secret value.
const withheld = "(the reason is not shown: it may hold a secret)"

// foreign takes over what the HCL library found.
func (l *loader) foreign(diags hcl.Diagnostics) {
	for _, d := range diags {
		if ours(d) {
			continue
		}
		p := problem{warning: d.Severity == hcl.DiagWarning, summary: d.Summary}
		if d.Subject != nil {
			p.at = *d.Subject
		}
		detail := strings.Join(strings.Fields(d.Detail), " ")
		if summary, hint, ok := l.missingName(d); ok {
			p.summary, detail = summary, hint
		}
		if d.Summary == "Invalid index" && onHostname(d.Expression) {
			p.summary, detail = fmt.Sprintf("No value for hostname %q", l.src.Node), "add an entry for it, or choose the node with -i"
			d.EvalContext = nil // the reason is known and tells nothing
		}
		// Only an evaluation has values to tell, and a path is none.
		p.evaluated = d.EvalContext != nil && !isFileError(d)
		if len(detail) <= 70 {
			p.hint = uncapitalise(detail)
		} else {
			p.detail = detail
		}
		l.problems = append(l.problems, p)
	}
}

// onHostname reports whether e is something[hostname].
func onHostname(e hcl.Expression) bool {
	index, ok := e.(*hclsyntax.IndexExpr)
	if !ok {
		return false
	}
	key, ok := index.Key.(*hclsyntax.ScopeTraversalExpr)
	return ok && key.Traversal.RootName() == "hostname"
}

// isFileError reports whether file() could not read its file.
func isFileError(d *hcl.Diagnostic) bool {
	extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d)
	return ok && extra.CalledFunctionName() == "file"
}

// ours reports whether it has been said already, and better.
func ours(d *hcl.Diagnostic) bool {
	switch d.Summary {
	case "Unsupported argument", "Unsupported block type":
		return true
	case "Missing required argument":
		return strings.Contains(d.Detail, `"labels"`)
	}
	if strings.Contains(d.Detail, "not yet known") {
		return true // only a value that has failed already is unknown
	}
	return strings.HasPrefix(d.Summary, "Missing name for ") || strings.HasPrefix(d.Summary, "Extraneous label for ")
}

// missingName recognises that an expression asks for a variable, a local or an
// environment variable that does not exist.
func (l *loader) missingName(d *hcl.Diagnostic) (summary, hint string, ok bool) {
	if d.Summary != "Unsupported attribute" || d.Expression == nil || d.Subject == nil {
		return "", "", false
	}
	for _, tr := range d.Expression.Variables() {
		name, found := memberName(tr)
		if !found || !tr[1].SourceRange().Overlaps(*d.Subject) {
			continue
		}
		switch root := tr.RootName(); root {
		case "env":
			return "Environment variable not set: " + name, "set it, or give a value for without: try(env." + name + `, "...")`, true
		case "var", "local":
			what := map[string]string{"var": "variable", "local": "local"}[root]
			hint := "there is no such " + what
			if near := nearest(name, sortedKeys(l.ctx.Variables[root].AsValueMap())); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return fmt.Sprintf("Unknown %s %q", what, name), hint, true
		}
	}
	return "", "", false
}

// memberName returns X of root.X and root["X"].
func memberName(tr hcl.Traversal) (string, bool) {
	if len(tr) < 2 {
		return "", false
	}
	switch step := tr[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return step.Key.AsString(), true
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
