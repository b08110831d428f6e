package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// local is one entry of a locals block.
type local struct {
	attr *hclsyntax.Attribute
	// needs are the locals it refers to that are still without value.
	needs map[string]bool
}

// evaluate gives variables and locals their values and makes the context for
// all other expressions.
func (l *loader) evaluate() {
	l.ctx = &hcl.EvalContext{
		Functions: functions(l.src),
		Variables: map[string]cty.Value{"hostname": cty.StringVal(l.src.Node), "env": l.env()},
	}
	l.ctx.Variables["var"] = cty.ObjectVal(l.variables())
	l.locals()
}

// env holds the environment variables that some expression names.
func (l *loader) env() cty.Value {
	values := map[string]cty.Value{}
	for _, t := range l.texts {
		_ = hclsyntax.VisitAll(t.body, func(n hclsyntax.Node) hcl.Diagnostics {
			e, ok := n.(*hclsyntax.ScopeTraversalExpr)
			if !ok {
				return nil
			}
			if name, ok := memberName(e.Traversal); ok && e.Traversal.RootName() == "env" {
				if v, ok := l.src.lookupEnv(name); ok {
					values[name] = cty.StringVal(v)
				}
			}
			return nil
		})
	}
	return cty.ObjectVal(values)
}

// locals evaluates all locals in an order in which each finds what it needs.
func (l *loader) locals() {
	found := l.findLocals()
	users := map[string][]string{}
	var ready []string
	for name, lo := range found {
		for need := range lo.needs {
			users[need] = append(users[need], name)
		}
		if len(lo.needs) == 0 {
			ready = append(ready, name)
		}
	}
	// One map for all evaluations: the object is made anew only when a local
	// refers to others.
	values := map[string]cty.Value{}
	l.ctx.Variables["local"] = cty.EmptyObjectVal
	for len(ready) > 0 {
		name := ready[0]
		ready = ready[1:]
		lo := found[name]
		delete(found, name)
		v, diags := lo.attr.Expr.Value(l.localContext(lo.attr.Expr, values))
		l.foreign(diags)
		if diags.HasErrors() {
			v = cty.DynamicVal
		}
		values[name] = v
		for _, user := range users[name] {
			needs := found[user].needs
			if delete(needs, name); len(needs) == 0 {
				ready = append(ready, user)
			}
		}
	}
	for name, lo := range found {
		if !inCycle(name, found) {
			values[name] = cty.DynamicVal
			continue
		}
		l.fail(lo.attr.NameRange, "Locals refer to each other in a circle", "needs %s", strings.Join(sortedKeys(lo.needs), ", "))
		values[name] = cty.DynamicVal
	}
	l.ctx.Variables["local"] = cty.ObjectVal(values)
}

// localContext holds the locals that an expression names, and no more: an
// object of all of them for each of them would take quadratic time.
func (l *loader) localContext(e hclsyntax.Expression, values map[string]cty.Value) *hcl.EvalContext {
	some := map[string]cty.Value{}
	for _, tr := range e.Variables() {
		name, ok := memberName(tr)
		if v, known := values[name]; ok && known && tr.RootName() == "local" {
			some[name] = v
		}
	}
	ctx := l.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(some)}
	return ctx
}

// inCycle reports whether a local needs itself through others.
func inCycle(name string, found map[string]*local) bool {
	seen := map[string]bool{}
	todo := sortedKeys(found[name].needs)
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		if n == name {
			return true
		}
		if lo := found[n]; lo != nil && !seen[n] {
			seen[n] = true
			todo = append(todo, sortedKeys(lo.needs)...)
		}
	}
	return false
}

// findLocals collects the entries of all locals blocks.
func (l *loader) findLocals() map[string]*local {
	found := map[string]*local{}
	for _, t := range l.texts {
		for _, b := range t.body.Blocks {
			if b.Type != localsBlock.name {
				continue
			}
			for _, inner := range b.Body.Blocks {
				l.fail(inner.TypeRange, fmt.Sprintf("Unknown block %q", inner.Type), "locals holds arguments only: %s = { ... }", inner.Type)
			}
			for _, a := range b.Body.Attributes {
				if first := found[a.Name]; first != nil {
					later, earlier := a.NameRange, first.attr.NameRange
					if later.Filename == earlier.Filename && later.Start.Byte < earlier.Start.Byte {
						later, earlier = earlier, later
					}
					l.clash(later, fmt.Sprintf("Local %q given twice", a.Name), "", earlier, "first here")
					continue
				}
				found[a.Name] = &local{attr: a}
			}
		}
	}
	for _, lo := range found {
		lo.needs = map[string]bool{}
		for _, tr := range lo.attr.Expr.Variables() {
			if tr.RootName() != "local" {
				continue
			}
			if name, ok := memberName(tr); !ok {
				l.fail(tr.SourceRange(), "local needs a name", "write local.NAME")
			} else if found[name] != nil {
				lo.needs[name] = true
			}
		}
	}
	return found
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
