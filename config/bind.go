package config

import "fmt"

// bind settles which instance decides whether a service is programmed (rule 10
// of the language).
func (b *builder) bind(n *node, vs *VirtualServer) {
	name, named := get[string](n, "vrrp_instance")
	switch {
	case or(n, "program", "") == "always":
		if n.has("vrrp_instance") {
			b.clash(n.values["program"].name, `program = "always" and vrrp_instance exclude each other`, "then nothing is bound",
				n.values["vrrp_instance"].name, "because of this")
		}
		return
	case named:
		if b.instances[name] == nil {
			b.noInstance(n, name)
		}
		vs.Instance = name
		return
	case n.has("vrrp_instance") || vs.Service.Family == 0:
		return
	case vs.Service.FWMark != 0:
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

// bindMark binds a firewall-mark service to the only instance.
func (b *builder) bindMark(n *node, vs *VirtualServer) {
	switch len(b.instances) {
	case 0:
	case 1:
		for name := range b.instances {
			vs.Instance = name
		}
	default:
		b.fail(n.at("fwmark"), "It is not clear when to program the service",
			`there are several instances: write vrrp_instance, or program = "always"`)
	}
}

// noInstance reports a reference to nothing.
func (b *builder) noInstance(n *node, name string) {
	hint := "no vrrp_instance has that name"
	if near := nearest(name, sortedKeys(b.instances)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	b.fail(n.at("vrrp_instance"), fmt.Sprintf("Unknown vrrp_instance %q", name), "%s", hint)
}
