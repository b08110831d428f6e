package config

import (
	"fmt"
	"slices"
)

// bind settles which instance decides whether a service is programmed (rule 10
// of the language).
func (b *builder) bind(n *node, vs *VirtualServer) {
	b.open(n, vs)
	named := ""
	for _, name := range []string{"program", "vrrp_instance", "vrrp_sync_group"} {
		switch {
		case !n.has(name) || name == "program" && or(n, name, "") != "always":
		case named == "program":
			b.clash(n.values[named].name, fmt.Sprintf(`program = "always" and %s exclude each other`, name), "then nothing is bound",
				n.values[name].name, "because of this")
			return
		case named != "":
			b.clash(n.values[name].name, "vrrp_sync_group and vrrp_instance exclude each other", "leave one of them out",
				n.values[named].name, "because of this")
			return
		default:
			named = name
		}
	}
	switch named {
	case "program":
	case "vrrp_instance":
		b.bindInstance(n, vs)
	case "vrrp_sync_group":
		b.bindGroup(n, vs)
	default:
		b.bindOwner(n, vs)
	}
}

// bindInstance binds a service to the instance that it names.
func (b *builder) bindInstance(n *node, vs *VirtualServer) {
	name, ok := get[string](n, "vrrp_instance")
	if !ok {
		return
	}
	if b.instances[name] == nil {
		b.unknownName(n.at("vrrp_instance"), "vrrp_instance", name, sortedKeys(b.instances))
	}
	vs.Instance = name
}

// bindGroup binds a service to the sync group that it names: to the member that
// has its address, else to the first one. All are master together.
func (b *builder) bindGroup(n *node, vs *VirtualServer) {
	name, ok := get[string](n, "vrrp_sync_group")
	if !ok {
		return
	}
	if b.groups[name] == nil {
		b.unknownName(n.at("vrrp_sync_group"), "vrrp_sync_group", name, sortedKeys(b.groups))
		return
	}
	members := b.membersOf(name)
	if len(members) == 0 {
		return // said where the group is
	}
	vs.Instance = members[0]
	owners := b.vips[vs.Service.Address.Addr()]
	for _, o := range owners {
		if slices.Contains(members, o.instance.label) {
			vs.Instance = o.instance.label
			return
		}
	}
	if len(owners) > 0 {
		b.warn(n.at("vrrp_sync_group"), "The address is not the sync group's", "vrrp_instance %q has it, and is not in %q", owners[0].instance.label, name)
	}
}

// membersOf returns the members of a sync group.
func (b *builder) membersOf(group string) []string {
	for _, g := range b.cfg.Groups {
		if g.Name == group {
			return g.Members
		}
	}
	return nil
}

// bindOwner binds a service that names nothing to the instance that has its
// address.
func (b *builder) bindOwner(n *node, vs *VirtualServer) {
	if vs.Service.Family == 0 {
		return
	}
	if vs.Service.FWMark != 0 {
		b.bindMark(n, vs)
		return
	}
	owners := b.vips[vs.Service.Address.Addr()]
	switch {
	case len(owners) == 1:
		vs.Instance = owners[0].instance.label
	case len(owners) > 1:
		b.clash(n.at("address"), "Several instances have this address",
			"name one with vrrp_instance", owners[1].node.labelRange, fmt.Sprintf("vrrp_instance %q", owners[1].instance.label))
	case len(b.instances) > 0 && b.vipsKnown:
		b.warn(n.at("address"), "The service is always programmed",
			`no instance has this address: write vrrp_instance, or program = "always"`)
	}
}

// bindMark binds a firewall-mark service to the only instance, or to the only
// sync group when it holds all instances.
func (b *builder) bindMark(n *node, vs *VirtualServer) {
	switch {
	case len(b.instances) == 0:
	case len(b.instances) == 1:
		for name := range b.instances {
			vs.Instance = name
		}
	case len(b.cfg.Groups) == 1 && len(b.cfg.Groups[0].Members) == len(b.instances):
		vs.Instance = b.cfg.Groups[0].Members[0]
	default:
		b.fail(n.at("fwmark"), "It is not clear when to program the service",
			`there are several instances: write vrrp_instance or vrrp_sync_group, or program = "always"`)
	}
}
