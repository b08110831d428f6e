package config

import (
	"fmt"
	"net/netip"
	"strings"

	"director/internal/netif"
	"director/vrrp"

	"github.com/hashicorp/hcl/v2"
)

// maxIfname is the length of an interface's name.
const maxIfname = 15

// rfcMAC begins the virtual MAC addresses of RFC 9568, section 7.3.
const rfcMAC = "00:00:5e:00:0"

// linkMAC identifies a macvlan among those on one interface.
type linkMAC struct{ parent, mac string }

// buildLinks makes the virtual links of all instances: first those with a name
// of their own, so that a default name gives way.
func (b *builder) buildLinks(nodes []*node) {
	for _, n := range nodes {
		b.parents[or(n, "interface", "")] = true
	}
	for _, n := range nodes {
		for _, kind := range []string{"use_vmac", "use_ipvlan"} {
			k := n.one(kind)
			if k == nil {
				continue
			}
			name, ok := get[string](k, "name")
			first, taken := b.linkNames[name]
			switch {
			case !ok:
			case taken:
				b.clash(k.at("name"), "Two virtual links have the same name", "", first, "first here")
			case b.parents[name]:
				b.fail(k.at("name"), "A virtual link cannot have this name", "an instance is on the interface %s", name)
			default:
				b.linkNames[name] = k.at("name")
			}
		}
	}
	for i, n := range nodes {
		b.link(n, &b.cfg.Instances[i])
	}
}

// link makes the virtual links of one instance and puts its addresses on them.
func (b *builder) link(n *node, inst *Instance) {
	vmac, ipvlan := n.one("use_vmac"), n.one("use_ipvlan")
	c := &inst.VRRP
	switch {
	case vmac != nil && ipvlan != nil:
		b.clash(ipvlan.header, "use_ipvlan and use_vmac exclude each other", "leave one of them out", vmac.header, "because of this")
		return
	case vmac != nil:
		inst.Link = netif.VirtualLink{MAC: b.mac(vmac, c)}
		b.named(vmac, n, inst)
		b.takeMAC(inst.Link, vmac.header)
	case ipvlan != nil:
		inst.Link = netif.VirtualLink{IPVLANMode: or(ipvlan, "mode", "bridge"), Address: or(ipvlan, "address", netip.Prefix{})}
		b.named(ipvlan, n, inst)
	}
	b.base(n, inst)
	if ipvlan != nil {
		b.ipvlanAddress(ipvlan, inst)
	}
	for i, v := range b.addressNodes[n] {
		b.linkAddress(v, n, inst, &inst.Addresses[i])
	}
}

// named fills what a virtual link of an instance has of either sort.
func (b *builder) named(k, n *node, inst *Instance) {
	l := &inst.Link
	l.Parent = inst.VRRP.Interface
	if l.Parent == "" && !n.has("interface") {
		b.fail(k.header, fmt.Sprintf("%s needs an interface", k.spec.name), "write interface in the instance")
	}
	l.Name = or(k, "name", "")
	if !k.has("name") {
		l.Name = b.defaultName("vmac_prefix", k.header, &inst.VRRP)
	}
	if group, ok := b.number(k, "group", "group"); ok {
		l.Group, l.GroupGiven = uint32(group), true
	}
	l.IPv4, l.IPv6 = inst.VRRP.Family == vrrp.IPv4, inst.VRRP.Family == vrrp.IPv6
	b.linkParents[l.Name] = l.Parent
}

// base settles whether adverts go through the interface below.
func (b *builder) base(n *node, inst *Instance) {
	given := n.has("vmac_xmit_base")
	switch linked := inst.Link.Name != ""; {
	case !linked && given && or(n, "vmac_xmit_base", false) && n.one("use_vmac") == nil && n.one("use_ipvlan") == nil:
		b.fail(n.values["vmac_xmit_base"].name, "vmac_xmit_base does not fit here", "it needs use_vmac or use_ipvlan")
	case linked && inst.VRRP.Unicast():
		inst.XmitBase = true
		if given && !or(n, "vmac_xmit_base", true) {
			b.clash(n.at("vmac_xmit_base"), "Unicast adverts go through the interface below", "leave vmac_xmit_base out",
				n.one("unicast_peer").header, "because of this")
		}
	case linked:
		inst.XmitBase = or(n, "vmac_xmit_base", false)
	}
}

// ipvlanAddress checks from where an ipvlan sends its adverts.
func (b *builder) ipvlanAddress(k *node, inst *Instance) {
	a := inst.Link.Address
	switch {
	case a.IsValid() && inst.VRRP.Family != 0 && familyOf(a.Addr()) != inst.VRRP.Family:
		b.fail(k.at("address"), "Families differ", "the addresses of the instance are %s", inst.VRRP.Family)
	case !k.has("address") && !inst.XmitBase && inst.VRRP.Family == vrrp.IPv4:
		b.fail(k.header, "use_ipvlan needs an address", "adverts come from it: write address, or vmac_xmit_base = true")
	}
}

// defaultName is the first free name for a virtual link: vrrp.51, vrrp4.51 or
// vrrp6.51 by the family, vrrp1.51 ...
func (b *builder) defaultName(arg string, at hcl.Range, c *vrrp.Config) string {
	prefix := or(b.global, arg, or(b.global, "vmac_prefix", "vrrp"))
	for i := -1; ; i++ {
		n := fmt.Sprint(i)
		switch i {
		case -1:
			n = ""
		case 0:
			n = fmt.Sprint(uint8(c.Family))
		}
		name := fmt.Sprintf("%s%s.%d", prefix, n, c.VRID)
		_, taken := b.linkNames[name]
		if taken || b.parents[name] {
			continue
		}
		b.linkNames[name] = at
		if len(name) > maxIfname {
			b.fail(at, "The name of the virtual link is too long", "%q has more than %d bytes: shorten %s", name, maxIfname, arg)
		}
		return name
	}
}

// mac is the MAC address of an instance's macvlans.
func (b *builder) mac(k *node, c *vrrp.Config) string {
	kind := 1
	if c.Family == vrrp.IPv6 {
		kind = 2
	}
	ours := fmt.Sprintf("%s%d:%02x", rfcMAC, kind, c.VRID)
	mac := or(k, "mac", ours)
	if strings.Count(mac, ":") == 4 {
		mac += fmt.Sprintf(":%02x", c.VRID)
	}
	if mac != ours && (strings.HasPrefix(mac, rfcMAC+"1:") || strings.HasPrefix(mac, rfcMAC+"2:")) {
		b.fail(k.at("mac"), "The MAC address is another virtual router's", "RFC 9568 gives this one %s", ours)
		return ours
	}
	return mac
}

// takeMAC reports two macvlans on one interface with the same address.
func (b *builder) takeMAC(l netif.VirtualLink, at hcl.Range) {
	key := linkMAC{l.Parent, l.MAC}
	if first, taken := b.linkMACs[key]; taken && l.Parent != "" {
		b.clash(at, "Two virtual links have the same MAC address", fmt.Sprintf("%s on %s: write another mac", l.MAC, l.Parent), first, "first here")
		return
	}
	b.linkMACs[key] = at
}

// linkAddress puts an address on the virtual link that it belongs to.
func (b *builder) linkAddress(v, n *node, inst *Instance, a *netif.Address) {
	flag := or(v, "use_vmac", false)
	elsewhere := a.Interface != inst.VRRP.Interface && a.Interface != inst.Link.Name
	var link *netif.VirtualLink
	switch {
	case inst.Link.Name != "" && (!v.has("dev") || flag && !elsewhere || a.Interface == inst.Link.Name):
		link = &inst.Link
	case flag || elsewhere && or(n, "use_vmac_addr", false):
		link = b.moreLink(v, n, inst, a.Interface)
	default:
		return
	}
	if flag && link.MAC == "" {
		b.fail(v.at("use_vmac"), "use_vmac does not fit here", "the instance has use_ipvlan on that interface")
	}
	a.Interface = link.Name
	if a.Prefix.Addr().Is4() {
		link.IPv4 = true
	} else {
		link.IPv6 = true
	}
}

// moreLink is the macvlan of an instance over another interface.
func (b *builder) moreLink(v, n *node, inst *Instance, parent string) *netif.VirtualLink {
	for i := range inst.MoreLinks {
		if inst.MoreLinks[i].Parent == parent {
			return &inst.MoreLinks[i]
		}
	}
	vmac := n.one("use_vmac")
	if vmac == nil {
		vmac = &node{header: v.labelRange}
	}
	l := netif.VirtualLink{
		Name: b.defaultName("vmac_addr_prefix", v.labelRange, &inst.VRRP), Parent: parent, MAC: b.mac(vmac, &inst.VRRP),
		Group: inst.Link.Group, GroupGiven: inst.Link.GroupGiven,
	}
	b.takeMAC(l, v.labelRange)
	b.linkParents[l.Name] = parent
	inst.MoreLinks = append(inst.MoreLinks, l)
	return &inst.MoreLinks[len(inst.MoreLinks)-1]
}
