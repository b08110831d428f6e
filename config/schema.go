package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// A block describes one kind of block: what may stand in it and what it is for.
// The tables are the only place that knows the language's names.
type block struct {
	name string
	doc  string
	// label names the label; empty: the block has none.
	label string
	// once: at most one in its parent, over all files.
	once   bool
	attrs  []attr
	blocks []*block
	// other are names that are not ours here, with what to say about them.
	other map[string]string
	// later are names of the language that this version does not have yet.
	later []string

	// Filled by indexed.
	index      map[string]*attr
	kids       map[string]*block
	bodySchema *hcl.BodySchema
}

// attr describes one argument.
type attr struct {
	name string
	kind *kind
	doc  string
	// def is the default as text for the reference; empty: none.
	def string
	// secret values are never shown.
	secret bool
	// required: its absence is an error.
	required bool
}

// attr returns the argument called name, or nil.
func (b *block) attr(name string) *attr { return b.index[name] }

// child returns the block type called name, or nil.
func (b *block) child(name string) *block { return b.kids[name] }

// names returns what may stand in b, for suggestions.
func (b *block) names() []string {
	var names []string
	for _, a := range b.attrs {
		names = append(names, a.name)
	}
	for _, c := range b.blocks {
		names = append(names, c.name)
	}
	return names
}

// isLater reports whether name belongs to a later version of the language.
func (b *block) isLater(name string) bool { return slices.Contains(b.later, name) }

// indexed fills the lookup maps and the library's schema of b and of all blocks in it.
func indexed(b *block) *block {
	b.index, b.kids, b.bodySchema = map[string]*attr{}, map[string]*block{}, &hcl.BodySchema{}
	for i, a := range b.attrs {
		b.index[a.name] = &b.attrs[i]
		b.bodySchema.Attributes = append(b.bodySchema.Attributes, hcl.AttributeSchema{Name: a.name})
	}
	for _, c := range b.blocks {
		b.kids[c.name] = indexed(c)
		header := hcl.BlockHeaderSchema{Type: c.name}
		if c.label != "" {
			header.LabelNames = []string{c.label}
		}
		b.bodySchema.Blocks = append(b.bodySchema.Blocks, header)
	}
	return b
}

// rootBlock is the whole language.
var rootBlock = indexed(&block{
	name: "the configuration",
	doc:  "All files together.",
	blocks: []*block{
		variableBlock, localsBlock, globalBlock, instanceBlock, virtualServerBlock, groupBlock, scriptBlock, fileBlock,
		processBlock, bfdBlock, trackGroupBlock, staticAddressBlock, staticRouteBlock, staticRuleBlock,
		announceGroupBlock, delayBlock, sslBlock,
	},
	other: rootOther,
	later: []string{
		"virtual_server_group", "lvs_timeouts", "lvs_sync_daemon", "webhook", "http", "ipvs_sysctl",
	},
})

// variableBlock and localsBlock are read before all others, by package code of
// their own; here they only have their names.
var variableBlock = &block{
	name: "variable", label: "name", doc: "A value that -var name=value or DIRECTOR_VAR_name sets from outside.",
	attrs: []attr{
		{name: "type", kind: anyKind, doc: "Type constraint: string, number, bool, list(string) and so on.", def: "the type of the default"},
		{name: "default", kind: anyKind, doc: "Value when none is given from outside; without it one must be given."},
		{name: "description", kind: anyKind, doc: "What it is for."},
	},
}

var localsBlock = &block{
	name: "locals", doc: "Named values, read as local.NAME, in any order.",
}

// rootOther answers names at the root that are written elsewhere or otherwise.
var rootOther = map[string]string{
	"global_defs":           `the block is called "global"`,
	"vrrp_track_file":       `did you mean "track_file"?`,
	"real_server":           "it stands inside virtual_server",
	"include":               "give a directory as the path: all its *.hcl files are read",
	"linkbeat_interfaces":   "left out: link state comes from netlink",
	"linkbeat_use_polling":  "left out: link state comes from netlink",
	"net_namespace":         `it stands in the block "global"`,
	"net_namespace_ipvs":    `it stands in the block "global"`,
	"instance":              `it stands in the block "global"`,
	"child_wait_time":       `it stands in the block "global"`,
	"router_id":             `it stands in the block "global"`,
	"namespace_with_ipsets": "left out: nftables is used",
	"use_pid_dir":           "left out: see the run directory (run --run-dir)",
	"resource":              "that is Terraform's; here blocks are virtual_server, vrrp_instance ...",
	"module":                "that is Terraform's; a directory as the path joins several files",
}
