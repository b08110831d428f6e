package config

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// eachBlock calls f for every block of the language, once.
func eachBlock(f func(*block)) {
	seen := map[*block]bool{}
	var walk func(*block)
	walk = func(b *block) {
		if seen[b] {
			return
		}
		seen[b] = true
		f(b)
		for _, c := range b.blocks {
			walk(c)
		}
	}
	walk(rootBlock)
}

func TestEverySettingIsDocumented(t *testing.T) {
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	sentence := regexp.MustCompile(`(?s)^\S.*\.$`)
	eachBlock(func(b *block) {
		if !sentence.MatchString(b.doc) {
			t.Errorf("%s: doc is no sentence: %q", b.name, b.doc)
		}
		for _, a := range b.attrs {
			if !sentence.MatchString(a.doc) {
				t.Errorf("%s.%s: doc is no sentence: %q", b.name, a.name, a.doc)
			}
			if !name.MatchString(a.name) || a.kind == nil || a.kind.want == "" {
				t.Errorf("%s.%s: incomplete", b.name, a.name)
			}
			if a.kind.elem == nil && a.kind.read == nil {
				t.Errorf("%s.%s: nothing reads it", b.name, a.name)
			}
			if a.required && a.def != "" {
				t.Errorf("%s.%s: required, with a default", b.name, a.name)
			}
		}
	})
}

func TestEachNameHasOneMeaning(t *testing.T) {
	eachBlock(func(b *block) {
		seen := map[string]string{}
		note := func(name, as string) {
			if seen[name] != "" {
				t.Errorf("%s.%s is %s and %s", b.name, name, seen[name], as)
			}
			seen[name] = as
		}
		for _, a := range b.attrs {
			note(a.name, "an argument")
		}
		for _, c := range b.blocks {
			note(c.name, "a block")
		}
		for _, name := range b.later {
			note(name, "for later")
		}
		for name, hint := range b.other {
			note(name, "something else")
			// Advice must lead to a name that is known here.
			if near, ok := strings.CutPrefix(hint, `did you mean "`); ok {
				near, _, _ = strings.Cut(near, `"`)
				if b.attr(near) == nil && b.child(near) == nil && !b.isLater(near) {
					t.Errorf("%s.%s: advises %q, which is not there", b.name, name, near)
				}
			}
		}
	})
}

func TestNullIsAsIfNotThere(t *testing.T) {
	eachBlock(func(b *block) {
		if b == variableBlock || b == localsBlock {
			return
		}
		for _, a := range b.attrs {
			file, diags := hclsyntax.ParseConfig([]byte(a.name+" = null"), "f.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			n := &node{spec: b}
			l := newLoader(&Source{})
			l.decodeBody(file.Body, nil, n)
			if n.has(a.name) {
				t.Errorf("%s.%s = null counts as given", b.name, a.name)
			}
		}
	})
}
