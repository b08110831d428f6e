package config

import (
	"fmt"
	"net/netip"
	"time"

	"director/internal/netif"
	"director/vrrp"
)

// buildInstances builds all instances and compares them with each other.
func (b *builder) buildInstances(nodes []*node) {
	for _, n := range nodes {
		b.unique(n, b.instances)
		b.cfg.Instances = append(b.cfg.Instances, b.instance(n))
	}
	b.share(nodes)
}

// instance builds one vrrp_instance.
func (b *builder) instance(n *node) Instance {
	inst := Instance{}
	c := &inst.VRRP
	c.Name = n.label
	c.Interface = or(n, "interface", "")
	b.sockets(n, c)
	c.VRID = uint8(or(n, "virtual_router_id", int64(0)))
	b.addresses(n, &inst)
	b.family(n, c)
	b.version(n, c)
	b.preference(n, c)
	b.timing(n, c)
	b.addressing(n, c)
	b.authentication(n, c)
	b.hmac(n, c)
	c.SkipCheckAdvAddr = b.inherited(n, "skip_check_adv_addr")
	c.LowerPrioNoAdvert = b.inherited(n, "lower_prio_no_advert")
	c.HigherPrioSendAdvert = b.inherited(n, "higher_prio_send_advert")
	c.DontTrackPrimary = or(n, "dont_track_primary", false)
	c.ReceiveBuffer = b.receiveBuffer(n, len(c.Addresses), addressBytes(c.Family))
	b.late(n, c)
	inst.Announce = b.schedule(n)
	inst.Routes = b.routes(n.all("virtual_routes"), false)
	inst.PromoteSecondaries = or(n, "promote_secondaries", false)
	inst.Notify = b.scripts(n)
	b.ownTracks(n, &inst)
	b.accepting(n, &inst)
	b.strict(n, &inst)
	return inst
}

// inherited returns a flag of an instance, by default that of global.
func (b *builder) inherited(n *node, name string) bool {
	return or(n, name, or(b.global, "vrrp_"+name, false))
}

// family finds the address family: that of the first address.
func (b *builder) family(n *node, c *vrrp.Config) {
	first := netip.Addr{}
	if len(c.Addresses) > 0 {
		first = c.Addresses[0]
	}
	for _, name := range []string{"unicast_src_ip", "mcast_src_ip"} {
		if a, ok := get[netip.Addr](n, name); ok && !first.IsValid() {
			first = a
		}
	}
	switch {
	case first.IsValid():
		c.Family = familyOf(first)
	case n.one("virtual_ipaddress") == nil && or(n, "no_virtual_ipaddress", false):
		c.Family = b.familyWithout(n)
	}
}

// familyWithout is the family of an instance without addresses in its adverts
// and without a source address: that of its peers, its group or its excluded
// addresses, else IPv4.
func (b *builder) familyWithout(n *node) vrrp.Family {
	for _, kind := range []string{"unicast_peer", "virtual_ipaddress_excluded"} {
		if k := n.one(kind); k != nil {
			if p, f := readPrefix(k.label); f == nil {
				return familyOf(p.Addr())
			}
		}
	}
	if a, ok := get[netip.Addr](n, "mcast_dst_ip"); ok {
		return familyOf(a)
	}
	return vrrp.IPv4
}

func familyOf(a netip.Addr) vrrp.Family {
	if a.Is4() {
		return vrrp.IPv4
	}
	return vrrp.IPv6
}

// version settles the VRRP version: IPv6 is always 3.
func (b *builder) version(n *node, c *vrrp.Config) {
	c.Version = uint8(or(n, "version", or(b.global, "vrrp_version", int64(3))))
	if c.Family != vrrp.IPv6 || c.Version == 3 {
		return
	}
	if n.has("version") {
		b.fail(n.at("version"), "Version 2 has no IPv6", "needs 3, or leave it out")
	}
	c.Version = 3
}

// preference settles who is wanted as master.
func (b *builder) preference(n *node, c *vrrp.Config) {
	state := or(n, "state", "")
	priority := int64(100)
	if state == "MASTER" {
		priority = 255
	}
	c.Priority = uint8(or(n, "priority", priority))
	c.StartMaster = state == "MASTER" || state == "" && c.Priority == 255
	if state == "MASTER" && !n.has("priority") {
		b.warn(n.at("state"), "This makes the node the address owner", "without priority, MASTER means priority 255")
	}
	c.NoPreempt = or(n, "nopreempt", false)
	c.PreemptDelay = or(n, "preempt_delay", time.Duration(0))
	if c.NoPreempt && c.PreemptDelay > 0 {
		b.clash(n.values["preempt_delay"].name, "preempt_delay and nopreempt exclude each other", "there is nothing to delay",
			n.values["nopreempt"].name, "because of this")
	}
	for _, name := range []string{"nopreempt", "preempt_delay"} {
		if name == "nopreempt" && !c.NoPreempt || name == "preempt_delay" && c.PreemptDelay == 0 {
			continue
		}
		switch {
		case state == "MASTER":
			b.clash(n.values[name].name, fmt.Sprintf(`%s and state = "MASTER" exclude each other`, name),
				"leave one of them out", n.values["state"].name, "because of this")
		case c.Priority == 255:
			b.warn(n.values[name].name, name+" has no effect here", "the address owner (priority 255) always preempts")
		}
	}
}

// timing settles the advert interval and what follows from it.
func (b *builder) timing(n *node, c *vrrp.Config) {
	c.DownTimerAdverts = int(or(n, "down_timer_adverts", or(b.global, "vrrp_down_timer_adverts", int64(3))))
	c.AdvertInt = or(n, "advert_int", time.Second)
	switch {
	case c.Version == 2 && (!wholeSecond(c.AdvertInt) || c.AdvertInt > 255*time.Second):
		b.fail(n.at("advert_int"), `Invalid value for "advert_int"`, "version 2 has whole seconds, 1 to 255")
	case c.Version == 3 && c.AdvertInt > 40950*time.Millisecond:
		b.fail(n.at("advert_int"), `Invalid value for "advert_int"`, "version 3 ends at 40.95s")
	case c.Version == 3 && c.AdvertInt%(10*time.Millisecond) != 0:
		b.fail(n.at("advert_int"), `Invalid value for "advert_int"`, "version 3 counts in steps of 10ms")
	}
}

// authentication settles the password of version 2.
func (b *builder) authentication(n *node, c *vrrp.Config) {
	a := n.one("authentication")
	if a == nil {
		return
	}
	if c.Version != 2 {
		b.fail(a.header, "Authentication needs version 2", "VRRP version 3 has none: write version = 2, or leave it out")
	}
	switch or(a, "auth_type", "") {
	case "PASS":
		c.Auth = vrrp.AuthPass
	case "AH":
		c.Auth = vrrp.AuthAH
	}
	c.AuthPassword = or(a, "auth_pass", "")
	if len(c.AuthPassword) > 8 {
		b.fail(a.at("auth_pass"), "The password is too long", "VRRP carries 8 bytes; keepalived cuts it there")
	}
}

// sockets settles where the sockets are: on an interface, or with unicast in a
// VRF or nowhere in particular.
func (b *builder) sockets(n *node, c *vrrp.Config) {
	c.VRF = or(n, "vrf", "")
	if n.has("interface") {
		if v, ok := n.values["vrf"]; ok {
			b.clash(v.name, "vrf and interface exclude each other", "the interface is in its VRF already", n.values["interface"].name, "because of this")
		}
		return
	}
	if !n.misspelt("interface") && (n.lacks("unicast_peer") || !n.has("unicast_src_ip")) {
		b.fail(n.header, `Missing argument "interface"`, "only an instance with unicast_peer and unicast_src_ip can do without")
	}
}

// late settles what a master does that was late itself.
func (b *builder) late(n *node, c *vrrp.Config) {
	c.TimerExpiredBackup = uint8(or(n, "timer_expired_backup", int64(0)))
	if or(n, "timer_expired_backup", false) {
		c.TimerExpiredBackup = 254
	}
	if c.TimerExpiredBackup != 0 && !c.NoPreempt && !n.misspelt("nopreempt") {
		b.fail(n.values["timer_expired_backup"].name, "timer_expired_backup needs nopreempt", "write nopreempt = true")
	}
}

// schedule settles how often addresses are announced.
func (b *builder) schedule(n *node) netif.Schedule {
	repeat, delay, refresh := int64(5), 5*time.Second, time.Duration(0)
	if or(b.global, "vrrp_min_garp", false) {
		repeat, delay = 1, 0
	}
	number := func(name string, def int64) int64 { return or(n, name, or(b.global, "vrrp_"+name, def)) }
	duration := func(name string, def time.Duration) time.Duration {
		return or(n, name, or(b.global, "vrrp_"+name, def))
	}
	s := netif.Schedule{
		Repeat:        int(max(1, number("garp_master_repeat", repeat))),
		Delay:         duration("garp_master_delay", delay),
		Refresh:       duration("garp_master_refresh", refresh),
		RefreshRepeat: int(max(1, number("garp_master_refresh_repeat", 1))),
		Interval:      or(b.global, "vrrp_garp_interval", time.Duration(0)),
		NAInterval:    or(b.global, "vrrp_gna_interval", time.Duration(0)),
	}
	s.LowerPrioRepeat = int(number("garp_lower_prio_repeat", int64(s.Repeat)))
	s.LowerPrioDelay = duration("garp_lower_prio_delay", s.Delay)
	s.Extra = duration("garp_extra_if", 0)
	s.ExtraAll = or(n, "garp_extra_if_all", or(b.global, "vrrp_garp_extra_if_all", false))
	if v, ok := n.values["garp_extra_if_all"]; ok && s.Extra == 0 && !n.has("garp_extra_if") && !n.misspelt("garp_extra_if") {
		b.fail(v.name, "garp_extra_if_all does not fit here", "there is no garp_extra_if")
	}
	return s
}
