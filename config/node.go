package config

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// node is one decoded block: its values are read and in range, what they mean
// together has not been looked at.
type node struct {
	spec   *block
	label  string
	values map[string]value
	kids   []*node
	// labelRange is the label, or the block's header where it has none.
	labelRange hcl.Range
	header     hcl.Range
	// unknown are names in it that are not ours; partial: some blocks in it
	// could not be read.
	unknown []string
	partial bool
}

// value is an argument that was given.
type value struct {
	// v is nil if the value was not taken.
	v any
	// rng is the value, name the argument's name, elems the elements of a
	// list that is written out.
	rng, name hcl.Range
	elems     []hcl.Range
}

// has reports whether the argument is given, be it wrong.
func (n *node) has(name string) bool {
	_, ok := n.values[name]
	return ok
}

// at returns where an argument's value is, or the block's header.
func (n *node) at(name string) hcl.Range {
	if v, ok := n.values[name]; ok {
		return v.rng
	}
	return n.header
}

// misspelt reports whether something that is missing stands there under
// another name.
func (n *node) misspelt(name string) bool {
	return slices.ContainsFunc(n.unknown, func(u string) bool {
		return u == name || nearest(u, []string{name}) != "" || strings.Contains(n.spec.other[u], `"`+name+`"`)
	})
}

// lacks returns whether a block of a kind is missing, and not just unreadable.
func (n *node) lacks(kind string) bool {
	return n.one(kind) == nil && !n.partial && !n.misspelt(kind)
}

// get returns the value of an argument that was given and taken.
func get[T any](n *node, name string) (T, bool) {
	v, ok := n.values[name].v.(T)
	return v, ok
}

// or returns the value of an argument, or def.
func or[T any](n *node, name string, def T) T {
	if v, ok := get[T](n, name); ok {
		return v
	}
	return def
}

// nearestOf returns the value of an argument in the first of nodes that gives
// it, or def.
func nearestOf[T any](nodes []*node, name string, def T) T {
	for _, n := range nodes {
		if v, ok := get[T](n, name); ok {
			return v
		}
	}
	return def
}

// all returns the blocks of a kind in the order of the file.
func (n *node) all(kind string) []*node {
	var out []*node
	for _, k := range n.kids {
		if k.spec.name == kind {
			out = append(out, k)
		}
	}
	return out
}

// one returns the first block of a kind, or nil.
func (n *node) one(kind string) *node {
	for _, k := range n.kids {
		if k.spec.name == kind {
			return k
		}
	}
	return nil
}
