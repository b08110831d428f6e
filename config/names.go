package config

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// checkNames reports every name that does not belong where it stands. It works
// on the syntax tree, so that the content of a dynamic block is looked at once,
// however often it is made.
func (l *loader) checkNames(body *hclsyntax.Body, spec *block) {
	if spec == variableBlock || spec == localsBlock {
		return // evaluate looks at them
	}
	for _, a := range body.Attributes {
		if spec.attr(a.Name) != nil {
			continue
		}
		if spec.child(a.Name) != nil {
			l.fail(a.NameRange, fmt.Sprintf("%q is a block", a.Name), "write it as a block: %s", example(spec.child(a.Name)))
			continue
		}
		l.unknown(a.NameRange, "argument", a.Name, spec)
	}
	for _, b := range body.Blocks {
		l.checkBlock(b, spec)
	}
}

func (l *loader) checkBlock(b *hclsyntax.Block, spec *block) {
	if b.Type == "dynamic" {
		l.checkDynamic(b, spec)
		return
	}
	child := spec.child(b.Type)
	if child == nil {
		l.unknownBlock(b.TypeRange, b.Type, spec)
		return
	}
	l.checkLabels(b, child)
	l.checkNames(b.Body, child)
}

// checkDynamic checks a dynamic block; its own arguments are dynblock's.
func (l *loader) checkDynamic(b *hclsyntax.Block, spec *block) {
	if len(b.Labels) != 1 {
		l.fail(b.TypeRange, "A dynamic block needs one name", `write dynamic "real_server" { ... }`)
		return
	}
	child := spec.child(b.Labels[0])
	if child == nil {
		l.unknownBlock(b.LabelRanges[0], b.Labels[0], spec)
		return
	}
	if child == variableBlock || child == localsBlock {
		l.fail(b.LabelRanges[0], fmt.Sprintf("%q cannot be dynamic", child.name), "it is read before dynamic blocks are made")
		return
	}
	for _, a := range b.Body.Attributes {
		switch {
		case a.Name == "labels" && child.label == "":
			l.fail(a.NameRange, fmt.Sprintf("%s has no label", child.name), "leave labels out")
		case a.Name != "for_each" && a.Name != "iterator" && a.Name != "labels":
			l.fail(a.NameRange, fmt.Sprintf("Unknown argument %q", a.Name), "a dynamic block has for_each, iterator, labels and the block content")
		}
	}
	if child.label != "" && b.Body.Attributes["labels"] == nil {
		l.fail(b.TypeRange, "Missing labels", "%s has a label: labels = [%s.value]", child.name, child.name)
	}
	for _, c := range b.Body.Blocks {
		if c.Type != "content" {
			l.fail(c.TypeRange, fmt.Sprintf("Unknown block %q", c.Type), "a dynamic block has for_each, iterator, labels and the block content")
			continue
		}
		l.checkNames(c.Body, child)
	}
}

// checkLabels compares the labels of a block with what its kind has.
func (l *loader) checkLabels(b *hclsyntax.Block, spec *block) {
	switch {
	case spec.label == "" && len(b.Labels) > 0:
		l.fail(b.LabelRanges[0], fmt.Sprintf("%s has no label", spec.name), "write %s", example(spec))
	case spec.label != "" && len(b.Labels) == 0:
		l.fail(b.TypeRange, fmt.Sprintf("%s needs a label", spec.name), "write %s", example(spec))
	case len(b.Labels) > 1:
		l.fail(b.LabelRanges[1], fmt.Sprintf("%s has one label", spec.name), "write %s", example(spec))
	}
}

// example is how a block is written.
func example(b *block) string {
	if b.label == "" {
		return b.name + " { ... }"
	}
	return fmt.Sprintf("%s %q { ... }", b.name, strings.ToUpper(b.label))
}

// unknownBlock reports a block that does not belong here.
func (l *loader) unknownBlock(at hcl.Range, name string, spec *block) {
	if a := spec.attr(name); a != nil {
		l.fail(at, fmt.Sprintf("%q is an argument", name), "write it with an equals sign: %s = ...", name)
		return
	}
	l.unknown(at, "block", name, spec)
}

// unknown reports a name that is not ours, or not yet, with the best advice
// there is.
func (l *loader) unknown(at hcl.Range, what, name string, spec *block) {
	if spec.isLater(name) {
		l.fail(at, fmt.Sprintf("%q is not supported yet", name), "this version of director does not have it")
		return
	}
	summary := fmt.Sprintf("Unknown %s %q", what, name)
	if hint := spec.other[name]; hint != "" {
		if strings.HasPrefix(hint, "left out") {
			summary = fmt.Sprintf("%q does not exist here", name)
		}
		l.fail(at, summary, "%s", hint)
		return
	}
	// sh-port and the like cannot be written in HCL; but "sh-port" can.
	if near := nearest(strings.ReplaceAll(name, "-", "_"), append(spec.names(), spec.later...)); near != "" {
		l.fail(at, summary, "did you mean %q?", near)
		return
	}
	if home := homes(name, spec); home != "" {
		l.fail(at, summary, "it stands in %s", home)
		return
	}
	l.fail(at, summary, "%s has no such %s", spec.name, what)
}

// homes names the blocks in which a name belongs, at most three.
func homes(name string, not *block) string {
	var found []string
	seen := map[*block]bool{not: true}
	var walk func(*block)
	walk = func(b *block) {
		if seen[b] && b != not {
			return
		}
		seen[b] = true
		if b != not && len(found) < 3 && (b.attr(name) != nil || b.child(name) != nil) {
			found = append(found, b.name)
		}
		for _, c := range b.blocks {
			walk(c)
		}
	}
	seen[variableBlock], seen[localsBlock] = true, true
	walk(rootBlock)
	return strings.Join(found, " or ")
}

// nearest returns the candidate that differs least from name, if the
// difference may be a slip of the hand.
func nearest(name string, candidates []string) string {
	best, bestDistance := "", 1+min(3, (len(name)+1)/3)
	for _, c := range candidates {
		if d := slips(strings.ToLower(name), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// slips is the edit distance; two letters that have changed places are one.
func slips(a, b string) int {
	d := levenshtein.Distance(a, b, nil)
	if d != 2 || len(a) != len(b) {
		return d
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			if a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:] {
				return 1
			}
			break
		}
	}
	return d
}
