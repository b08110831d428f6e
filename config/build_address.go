package config

import (
	"fmt"
	"net/netip"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// Most addresses in one advert: its count is a byte. IPv6 adverts of more than
// 90 exceed a frame of 1500 bytes.
const (
	maxVIPs  = 255
	maxVIPs6 = 90
)

// vipOwners knows who has a virtual address.
type vipOwners map[netip.Addr][]vipOwner

type vipOwner struct {
	instance *node
	key      netif.Key
	node     *node
}

// addresses builds virtual_ipaddress and virtual_ipaddress_excluded.
func (b *builder) addresses(n *node, inst *Instance) {
	c := &inst.VRRP
	vips := n.all("virtual_ipaddress")
	for i, v := range vips {
		a, ok := b.address(v, n)
		if !ok {
			continue
		}
		if len(c.Addresses) > 0 && c.Addresses[0].Is4() != a.Prefix.Addr().Is4() {
			b.fail(v.labelRange, "Families differ", "adverts carry one family: put this into virtual_ipaddress_excluded")
			continue
		}
		if i == maxVIPs {
			b.fail(v.labelRange, "Too many virtual addresses", "adverts carry %d: put the rest into virtual_ipaddress_excluded", maxVIPs)
		}
		c.Addresses = append(c.Addresses, a.Prefix.Addr())
		inst.Addresses = append(inst.Addresses, a)
		b.addressNodes[n] = append(b.addressNodes[n], v)
	}
	for _, v := range n.all("virtual_ipaddress_excluded") {
		if a, ok := b.address(v, n); ok {
			inst.Addresses = append(inst.Addresses, a)
			b.addressNodes[n] = append(b.addressNodes[n], v)
		}
	}
	b.adverts(n, vips, c)
}

// adverts checks the list of addresses that adverts carry.
func (b *builder) adverts(n *node, vips []*node, c *vrrp.Config) {
	if n.lacks("virtual_ipaddress") && !or(n, "no_virtual_ipaddress", false) {
		b.fail(n.header, "Missing virtual_ipaddress", "an instance needs at least one, or no_virtual_ipaddress = true")
	}
	if len(c.Addresses) == 0 || c.Addresses[0].Is4() {
		return
	}
	if len(c.Addresses) > maxVIPs6 {
		b.warn(vips[maxVIPs6].labelRange, "Adverts will not fit a frame of 1500 bytes", "%d IPv6 addresses do", maxVIPs6)
	}
	if !c.Addresses[0].IsLinkLocalUnicast() {
		if b.isStrict(n) {
			b.fail(vips[0].labelRange, "strict_mode refuses a first IPv6 address that is not link-local", "RFC 9568, section 5.2.9")
			return
		}
		b.warn(vips[0].labelRange, "The first IPv6 address should be link-local", "RFC 9568, section 5.2.9; other routers may insist")
	}
}

// address builds one virtual address and notes its owner.
func (b *builder) address(v, inst *node) (netif.Address, bool) {
	a, ok := b.readAddress(v, or(v, "dev", or(inst, "interface", "")))
	if !ok {
		return a, false
	}
	if inst.has("unicast_src_ip") && !inst.has("interface") && !inst.misspelt("interface") && !v.has("dev") {
		b.fail(v.labelRange, "The address has no interface", "the instance has none: write dev")
	}
	return a, b.own(v, inst, a.Key)
}

// readAddress builds one address.
func (b *builder) readAddress(v *node, dev string) (netif.Address, bool) {
	read := readPrefix
	if or(v, "autojoin", false) {
		read = readAnyPrefix // the kernel takes no other one
	}
	p, f := read(v.label)
	if f != nil {
		b.fail(v.labelRange, fmt.Sprintf("Invalid address of a %s", v.spec.name), "%s", f.hint)
		return netif.Address{}, false
	}
	a := netif.Address{
		Key:           netif.Key{Interface: dev, Prefix: p},
		Label:         or(v, "label", ""),
		Scope:         or(v, "scope", netif.ScopeGlobal),
		Peer:          or(v, "peer", netip.Prefix{}),
		DAD:           or(v, "dad", false),
		NoPrefixRoute: or(v, "noprefixroute", false), Home: or(v, "home", false),
		ManageTempAddr: or(v, "mngtmpaddr", false), AutoJoin: or(v, "autojoin", false),
		NoTrack: or(v, "no_track", false),
	}
	if p.Addr().Is6() {
		def := forever
		if p.Bits() == 128 {
			def = 0
		}
		life := or(v, "preferred_lft", def)
		a.Deprecated = life == 0
		a.Preferred = uint32(max(life, 0) / time.Second)
	}
	b.oneFamily(v, p)
	b.broadcast(v, &a)
	if a.Peer.IsValid() && a.Peer.Addr().Is4() != p.Addr().Is4() {
		b.fail(v.at("peer"), "Families differ", "the address is %s", familyOf(p.Addr()))
	}
	return a, true
}

// oneFamily reports options that the address's family does not have.
func (b *builder) oneFamily(v *node, p netip.Prefix) {
	names, only := []string{"brd", "scope", "label"}, vrrp.IPv4
	if p.Addr().Is4() {
		names, only = []string{"dad", "preferred_lft", "home", "mngtmpaddr"}, vrrp.IPv6
	}
	for _, name := range names {
		if val, ok := v.values[name]; ok {
			b.fail(val.name, fmt.Sprintf("%s is for %s only", name, only), "%s is %s", p.Addr(), familyOf(p.Addr()))
		}
	}
}

// broadcast settles the IPv4 broadcast address.
func (b *builder) broadcast(v *node, a *netif.Address) {
	a.Broadcast = or(v, "brd", netip.Addr{})
	sign, ok := get[string](v, "brd")
	if !ok || !a.Prefix.Addr().Is4() {
		return
	}
	if a.Prefix.Bits() > 30 {
		b.fail(v.at("brd"), fmt.Sprintf("brd = %q needs a network", sign), "a prefix length of 30 or less")
		return
	}
	a.Broadcast = a.Prefix.Masked().Addr()
	if sign == "+" {
		mask := netmask(uint8(a.Prefix.Bits())).As4()
		ip := a.Broadcast.As4()
		for i := range ip {
			ip[i] |= ^mask[i]
		}
		a.Broadcast = netip.AddrFrom4(ip)
	}
}

// own notes who has an address; false if it is there already.
func (b *builder) own(v, inst *node, key netif.Key) bool {
	addr := key.Prefix.Addr()
	for _, o := range b.vips[addr] {
		switch {
		case o.instance == inst:
			b.fail(v.labelRange, "Virtual address listed twice", "%s", already(v, o.node))
			return false
		case o.key.Interface == key.Interface:
			b.clash(v.labelRange, "Two instances have the same virtual address",
				fmt.Sprintf("already in vrrp_instance %q", o.instance.label), o.node.labelRange, "first here")
			return false
		}
	}
	b.vips[addr] = append(b.vips[addr], vipOwner{inst, key, v})
	return true
}
