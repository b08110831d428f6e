package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"director/checkers"
	"director/internal/track"

	"github.com/hashicorp/hcl/v2"
)

// builder turns decoded blocks into the Config and checks what values mean
// together.
type builder struct {
	*loader
	cfg          *Config
	root, global *node
	// vips are the virtual addresses and who has them.
	vips vipOwners
	// vipsKnown: no mistake so far may have hidden one of them.
	vipsKnown bool
	// instances are the instance blocks by name.
	instances map[string]*node
	// patterns are the compiled regular expressions: checks of a service are
	// built for each of its servers.
	patterns map[string]*regexp.Regexp
	// tracked are the objects that track_* blocks can name; ownUses is what an
	// instance block tracks itself.
	tracked map[track.ID]*tracked
	ownUses map[*node][]use
	// groups and trackGroup are the blocks by name, members those of a
	// track_group.
	groups, trackGroup map[string]*node
	members            map[string][]string
	// refused are the instances with accept = false.
	refused map[string]*node
	// addressNodes are the blocks of an instance's addresses, in their order.
	addressNodes map[*node][]*node
	// linkNames, linkMACs say where a virtual link was named or got its MAC
	// address; linkParents are the interfaces below; parents those of
	// instances.
	linkNames   map[string]hcl.Range
	linkMACs    map[linkMAC]hcl.Range
	linkParents map[string]string
	parents     map[string]bool
	neighbors   map[netip.Addr]*node
	// ordered counts the rules of a family that name no preference.
	ordered map[uint8]uint32
	ipNames ipNames
	// client is the certificate of the block SSL, or nil; authorities are those
	// of ca_file by their paths.
	client      *checkers.ClientCertificate
	authorities map[string]*checkers.CA
}

// build makes the Config. It is complete only if nothing has failed.
func (l *loader) build(root *node) *Config {
	b := newBuilder(l, root)
	b.buildGlobal()
	b.buildSSL()
	b.buildTracked()
	instances := root.all("vrrp_instance")
	before := l.errors()
	b.buildInstances(instances)
	b.vipsKnown = l.errors() == before && !root.partial && !slices.ContainsFunc(instances, func(n *node) bool {
		return n.partial || len(n.unknown) > 0
	})
	b.buildLinks(instances)
	b.buildGroups()
	b.trackGroups()
	b.buildStatic()
	for i, n := range instances {
		b.cfg.Instances[i].Rules = b.rules(n.all("virtual_rules"))
	}
	b.delays()
	b.announceGroups()
	b.buildServices(root.all("virtual_server"))
	b.unused()
	if len(root.kids) == 0 && !l.failed() && len(l.texts) > 0 {
		l.warn(rangeAt(l.texts[0], 0), "The configuration is empty", "")
	}
	return b.cfg
}

func newBuilder(l *loader, root *node) *builder {
	b := &builder{
		loader: l, cfg: &Config{}, root: root, global: root.one("global"),
		vips: vipOwners{}, instances: map[string]*node{}, patterns: map[string]*regexp.Regexp{},
		tracked: map[track.ID]*tracked{}, ownUses: map[*node][]use{}, groups: map[string]*node{},
		trackGroup: map[string]*node{}, members: map[string][]string{}, refused: map[string]*node{},
		addressNodes: map[*node][]*node{}, linkNames: map[string]hcl.Range{}, linkMACs: map[linkMAC]hcl.Range{},
		linkParents: map[string]string{}, parents: map[string]bool{}, neighbors: map[netip.Addr]*node{},
		ordered: map[uint8]uint32{}, ipNames: ipNames{}, authorities: map[string]*checkers.CA{},
	}
	if b.global == nil {
		b.global = &node{spec: globalBlock}
	}
	return b
}

// unique notes the name of a block and reports one that is bad or taken.
func (b *builder) unique(n *node, seen map[string]*node) {
	if f := checkWord(n.label, 64, badInNames); f != nil {
		b.fail(n.labelRange, fmt.Sprintf("Invalid name of a %s", n.spec.name), "%s", f.hint)
		return
	}
	if first := seen[n.label]; first != nil {
		b.clash(n.labelRange, fmt.Sprintf("%s %q defined twice", n.spec.name, n.label), "", first.labelRange, "first here")
		return
	}
	seen[n.label] = n
}

// place is where a block is, for messages at run time.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }

// already says where a block with the same label is.
func already(n, first *node) string {
	here, there := n.labelRange, first.labelRange
	switch {
	case here == there:
		return fmt.Sprintf("%q comes twice from one dynamic block", n.label)
	case here.Filename == there.Filename:
		return fmt.Sprintf("already at line %d", there.Start.Line)
	}
	return "already at " + place(there)
}
