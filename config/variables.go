package config

import (
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// lookupEnv returns an environment variable; after the first load what that
// load saw.
func (s *Source) lookupEnv(name string) (string, bool) {
	if v, ok := s.Env[name]; ok || s.Sealed {
		return v, ok
	}
	v, ok := os.LookupEnv(name)
	if ok {
		s.Env[name] = v
	}
	return v, ok
}

// variables evaluates the variable blocks.
func (l *loader) variables() map[string]cty.Value {
	values := map[string]cty.Value{}
	places := map[string]hcl.Range{}
	for _, t := range l.texts {
		for _, b := range t.body.Blocks {
			if b.Type != variableBlock.name || len(b.Labels) != 1 {
				continue
			}
			name := b.Labels[0]
			if first, ok := places[name]; ok {
				l.clash(b.LabelRanges[0], fmt.Sprintf("Variable %q declared twice", name), "", first, "first here")
				continue
			}
			places[name] = b.LabelRanges[0]
			if !hclsyntax.ValidIdentifier(name) {
				l.fail(b.LabelRanges[0], "Invalid name of a variable", "needs letters, digits, - and _, so that var.NAME can be written")
			}
			values[name] = l.variable(b)
		}
	}
	for _, name := range sortedKeys(l.src.Vars) {
		if _, ok := places[name]; !ok {
			hint := ""
			if near := nearest(name, sortedKeys(places)); near != "" {
				hint = fmt.Sprintf("Did you mean %q?", near)
			}
			l.problems = append(l.problems, problem{summary: fmt.Sprintf("-var %s: no variable of that name is declared", name), detail: hint})
		}
	}
	return values
}

// variable returns the value of one variable block.
func (l *loader) variable(b *hclsyntax.Block) cty.Value {
	l.variableNames(b)
	want := cty.DynamicPseudoType
	if a := b.Body.Attributes["type"]; a != nil {
		ty, diags := typeexpr.TypeConstraint(a.Expr)
		l.foreign(diags)
		want = ty
	}
	value := cty.NilVal
	if a := b.Body.Attributes["default"]; a != nil {
		v, diags := a.Expr.Value(&hcl.EvalContext{Functions: l.ctx.Functions})
		l.foreign(diags)
		if diags.HasErrors() {
			v = cty.DynamicVal
		} else if c, err := strictly(v, want); err != nil {
			l.fail(a.Expr.Range(), "The default does not fit the type", "%s", err)
			v = cty.DynamicVal
		} else {
			v = c
		}
		value = v
	}
	name := b.Labels[0]
	given, ok := l.src.Vars[name]
	if !ok {
		given, ok = l.src.EnvVars[name]
	}
	if !ok {
		if value == cty.NilVal {
			l.fail(b.LabelRanges[0], fmt.Sprintf("Variable %q has no value", name), "give one with -var %s=..., %s%s or default", name, varPrefix, name)
			return cty.DynamicVal
		}
		return value
	}
	if want == cty.DynamicPseudoType && value != cty.NilVal && value.IsKnown() {
		want = value.Type()
	}
	v, err := fromText(given, want)
	if err != nil {
		// The value may be a secret: it is not repeated.
		l.fail(b.LabelRanges[0], fmt.Sprintf("The value given for variable %q does not fit its type", name), "needs %s", want.FriendlyName())
		return cty.DynamicVal
	}
	return v
}

// variableNames checks what stands in a variable block.
func (l *loader) variableNames(b *hclsyntax.Block) {
	for _, a := range b.Body.Attributes {
		if variableBlock.attr(a.Name) == nil {
			l.unknown(a.NameRange, "argument", a.Name, variableBlock)
		}
	}
	for _, c := range b.Body.Blocks {
		l.unknown(c.TypeRange, "block", c.Type, variableBlock)
	}
}

// fromText reads a value given from outside: as it is for a string, else as an
// expression without variables.
func fromText(s string, want cty.Type) (cty.Value, error) {
	if want == cty.String || want == cty.DynamicPseudoType {
		return cty.StringVal(s), nil
	}
	if want.IsPrimitiveType() {
		return convert.Convert(cty.StringVal(s), want)
	}
	if len(s) > 1<<16 || tooDeepText(s) {
		return cty.NilVal, fmt.Errorf("too long")
	}
	e, diags := hclsyntax.ParseExpression([]byte(s), "-var", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, diags := e.Value(nil)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return convert.Convert(v, want)
}

func tooDeepText(s string) bool {
	tokens, _ := hclsyntax.LexExpression([]byte(s), "-var", hcl.InitialPos)
	return tooDeep(tokens) != nil
}

// strictly converts v to a type, but never between string, number and bool.
func strictly(v cty.Value, want cty.Type) (cty.Value, error) {
	if want.IsPrimitiveType() && v.Type().IsPrimitiveType() && !v.IsNull() && v.Type() != want {
		return cty.NilVal, fmt.Errorf("needs %s, not %s", want.FriendlyName(), v.Type().FriendlyName())
	}
	c, err := convert.Convert(v, want)
	if err != nil {
		return cty.NilVal, fmt.Errorf("needs %s", want.FriendlyName())
	}
	return c, nil
}
