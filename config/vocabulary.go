package config

import (
	"cmp"
	"slices"
)

// Word is one name of the language.
type Word struct {
	// Block is where it stands: "vrrp_instance", "use_vmac"; empty: at the root.
	Block string
	Name  string
	// Sort is "argument", "block", "later" for what this version does not have
	// yet, or "other" for what is answered with Text only.
	Sort string
	// Text is its meaning, or what is said to who writes it.
	Text string
}

// Vocabulary returns all names of the language, sorted by block and name. A
// block that stands in several places comes once.
func Vocabulary() []Word {
	var words []Word
	seen := map[*block]bool{}
	var walk func(*block)
	walk = func(b *block) {
		if seen[b] {
			return
		}
		seen[b] = true
		in := b.name
		if b == rootBlock {
			in = ""
		}
		for _, a := range b.attrs {
			words = append(words, Word{in, a.name, "argument", a.doc})
		}
		for _, name := range b.later {
			words = append(words, Word{in, name, "later", ""})
		}
		for name, hint := range b.other {
			words = append(words, Word{in, name, "other", hint})
		}
		for _, c := range b.blocks {
			words = append(words, Word{in, c.name, "block", c.doc})
			walk(c)
		}
	}
	walk(rootBlock)
	slices.SortFunc(words, func(a, b Word) int {
		return cmp.Or(cmp.Compare(a.Block, b.Block), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(words)
}
