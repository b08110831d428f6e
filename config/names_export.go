package config

import "strings"

// Known reports whether name is an argument or a block in block, a path like
// "vrrp_instance.use_vmac" from the root, which is "". Later: it belongs to the
// language, but this version does not have it.
func Known(block, name string) (supported, later bool) {
	b, later := at(block)
	if b == nil {
		return false, later
	}
	return b.attr(name) != nil || b.child(name) != nil, b.isLater(name)
}

// Instead returns what the configuration answers to a name that is not of the
// language in block, a path as in Known: "left out: ..." or what to write;
// empty where it has no answer of its own.
func Instead(block, name string) string {
	b, _ := at(block)
	if b == nil {
		return ""
	}
	return b.other[name]
}

// at returns the block that path names, or nil, and whether a later version
// has it.
func at(path string) (b *block, later bool) {
	b = rootBlock
	for step := range strings.SplitSeq(path, ".") {
		switch {
		case step == "":
		case b.isLater(step):
			return nil, true
		default:
			if b = b.child(step); b == nil {
				return nil, false
			}
		}
	}
	return b, false
}
