package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"
)

// decodeRoot decodes one file into the root node.
func (l *loader) decodeRoot(t *text, root *node) {
	l.decodeBody(dynblock.Expand(t.body, l.ctx), l.ctx, root)
}

// decodeBody fills n from a body. Names that do not belong there have been
// reported by checkNames.
func (l *loader) decodeBody(body hcl.Body, ctx *hcl.EvalContext, n *node) {
	content, diags := body.Content(n.spec.bodySchema)
	l.foreign(diags)
	l.noteUnread(n, diags)
	if content == nil {
		return
	}
	for _, a := range content.Attributes {
		l.decodeAttr(a, ctx, n)
	}
	for _, b := range content.Blocks {
		spec := n.spec.child(b.Type)
		if spec == variableBlock || spec == localsBlock {
			continue
		}
		kid := &node{spec: spec, header: b.DefRange, labelRange: b.DefRange}
		if spec.label != "" {
			kid.label, kid.labelRange = b.Labels[0], b.LabelRanges[0]
		}
		if spec.once && n.one(spec.name) != nil {
			l.clash(b.TypeRange, fmt.Sprintf("A second block %q", spec.name), "there may be one", n.one(spec.name).header, "first here")
		}
		n.kids = append(n.kids, kid)
		l.decodeBody(b.Body, ctx, kid)
	}
	for _, a := range n.spec.attrs {
		if a.required && !n.has(a.name) && !n.misspelt(a.name) {
			l.fail(n.header, fmt.Sprintf("Missing argument %q", a.name), "%s needs it", n.spec.name)
		}
	}
}

// noteUnread notes what could not be read of a block, so that its absence is no
// second mistake.
func (l *loader) noteUnread(n *node, diags hcl.Diagnostics) {
	for _, d := range diags {
		switch d.Summary {
		case "Unsupported argument", "Unsupported block type":
			if t := l.byName[d.Subject.Filename]; t != nil {
				n.unknown = append(n.unknown, strings.Trim(string(d.Subject.SliceBytes(t.data)), `"`))
			}
		default:
			n.partial = true
		}
	}
}

// decodeAttr evaluates one argument and reads its value.
func (l *loader) decodeAttr(a *hcl.Attribute, ctx *hcl.EvalContext, n *node) {
	v, diags := a.Expr.Value(ctx)
	l.foreign(diags)
	val := value{rng: a.Expr.Range(), name: a.NameRange}
	if !diags.HasErrors() && v.IsKnown() {
		if v.IsNull() {
			return // as if it were not there
		}
		if n.spec.attr(a.Name).secret && v.Type() == cty.String {
			l.values.add(v.AsString())
		}
		val.v, val.elems = l.readValue(n.spec.attr(a.Name), v, a.Expr)
	}
	if n.values == nil {
		n.values = map[string]value{}
	}
	n.values[a.Name] = val
}

// readValue reads a value by its argument's kind; nil if it was not taken.
func (l *loader) readValue(a *attr, v cty.Value, e hcl.Expression) (any, []hcl.Range) {
	if a.kind.elem != nil {
		return l.readList(a, v, e)
	}
	got, f := a.kind.read(v)
	if f != nil {
		l.refuse(a, a.kind, f, v, e.Range())
		return nil, nil
	}
	return got, nil
}

// readList reads a list, or one value as a list of one.
func (l *loader) readList(a *attr, v cty.Value, e hcl.Expression) (any, []hcl.Range) {
	ty := v.Type()
	if !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		v = cty.TupleVal([]cty.Value{v})
	}
	ranges := make([]hcl.Range, v.LengthInt())
	parts, diags := hcl.ExprList(e)
	for i := range ranges {
		ranges[i] = e.Range()
		if !diags.HasErrors() && len(parts) == len(ranges) {
			ranges[i] = parts[i].Range()
		}
	}
	out := make([]any, 0, len(ranges))
	bad := false
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, ev := it.Element()
		if ev.IsNull() || !ev.IsKnown() {
			l.fail(ranges[i], fmt.Sprintf("Wrong type in %q", a.name), "needs %s, not null", a.kind.elem.want)
			bad = true
			continue
		}
		got, f := a.kind.elem.read(ev)
		if f != nil {
			l.refuse(a, a.kind.elem, f, ev, ranges[i])
			bad = true
			continue
		}
		out = append(out, got)
	}
	if bad {
		return nil, nil
	}
	return out, ranges
}

// refuse reports a value that was not taken.
func (l *loader) refuse(a *attr, k *kind, f *fault, v cty.Value, at hcl.Range) {
	if !f.wrongType {
		l.fail(at, fmt.Sprintf("Invalid value for %q", a.name), "%s", f.hint)
		return
	}
	l.fail(at, fmt.Sprintf("Wrong type for %q", a.name), "needs %s, not %s", k.want, typeName(v.Type()))
}

// typeName is a type as people call it.
func typeName(t cty.Type) string {
	switch {
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "true or false"
	case t.IsTupleType(), t.IsListType(), t.IsSetType():
		return "a list"
	}
	return "an object"
}
