package config

import (
	"fmt"
	"time"

	"director/vrrp"

	"github.com/hashicorp/hcl/v2"
)

// accepting settles whether packets to the addresses are accepted: always by
// an owner, else as written, else not in strict mode.
func (b *builder) accepting(n *node, inst *Instance) {
	c := &inst.VRRP
	c.OwnerIgnoreAdverts = or(n, "owner_ignore_adverts", or(b.global, "vrrp_owner_ignore_adverts", b.isStrict(n)))
	accept, given := get[bool](n, "accept")
	inst.Refuse = !owner(c) && (given && !accept || !given && b.isStrict(n))
	if given && !accept && owner(c) {
		b.warn(n.at("accept"), "accept = false has no effect here", "the owner of the addresses (priority 255) accepts packets")
	}
	if inst.Refuse {
		b.refused[n.label] = n
	}
}

func (b *builder) isStrict(n *node) bool {
	return or(n, "strict_mode", or(b.global, "vrrp_strict", false))
}

// strict reports what strict mode refuses, and sets what it demands. keepalived
// corrects most of it with a message.
func (b *builder) strict(n *node, inst *Instance) {
	if !b.isStrict(n) {
		return
	}
	c := &inst.VRRP
	refuse := func(at hcl.Range, what, hint string) {
		b.fail(at, fmt.Sprintf("strict_mode refuses %s", what), "%s", hint)
	}
	// of returns where an argument or its default in global is.
	of := func(name string) hcl.Range {
		if n.has(name) {
			return n.values[name].name
		}
		if v, ok := b.global.values["vrrp_"+name]; ok {
			return v.name
		}
		return n.header
	}
	given := func(name string) bool { return n.has(name) || b.global.has("vrrp_"+name) }
	for _, name := range []string{"unicast_peer", "authentication"} {
		if k := n.one(name); k != nil {
			refuse(k.header, name, "RFC 9568 has none: leave it out")
		}
	}
	switch state := or(n, "state", ""); {
	case state == "MASTER" && !owner(c):
		refuse(n.at("state"), `state = "MASTER" below priority 255`, "leave it out")
	case state == "BACKUP" && owner(c):
		refuse(n.at("state"), `state = "BACKUP" with priority 255`, "leave it out")
	}
	if c.PreemptDelay > 0 {
		refuse(of("preempt_delay"), "preempt_delay", "leave it out")
	}
	if c.DownTimerAdverts != 3 {
		refuse(of("down_timer_adverts"), "down_timer_adverts", "RFC 9568 has 3")
	}
	if or(n, "no_virtual_ipaddress", false) {
		refuse(n.values["no_virtual_ipaddress"].name, "no_virtual_ipaddress", "an instance has an address")
	}
	if _, ok := get[bool](n, "accept"); ok && or(n, "accept", false) && c.Version == 2 && !owner(c) {
		refuse(n.values["accept"].name, "accept = true in version 2", "only the owner (priority 255) accepts packets")
	}
	if c.HigherPrioSendAdvert {
		refuse(of("higher_prio_send_advert"), "higher_prio_send_advert", "leave it out")
	}
	if given("lower_prio_no_advert") && !c.LowerPrioNoAdvert {
		refuse(of("lower_prio_no_advert"), "lower_prio_no_advert = false", "leave it out: it is on")
	}
	b.strictLinks(n, refuse)
	b.strictAnnouncements(inst, given, of, refuse)
	if c.HMAC.Mode != vrrp.HMACEnforce {
		refuse(n.one("auth_hmac").at("mode"), "an auth_hmac that does not enforce", `write mode = "enforce", or leave it out`)
	}
	c.LowerPrioNoAdvert = true
}

// strictLinks refuses virtual links that RFC 9568 does not have.
func (b *builder) strictLinks(n *node, refuse func(hcl.Range, string, string)) {
	if or(n, "vmac_xmit_base", false) {
		refuse(n.values["vmac_xmit_base"].name, "vmac_xmit_base", "adverts come from the virtual MAC")
	}
	if vmac := n.one("use_vmac"); vmac != nil && vmac.has("mac") {
		refuse(vmac.at("mac"), "a MAC address of one's own", "leave mac out")
	}
}

// strictAnnouncements turns off the announcements after an advert of lower
// priority.
func (b *builder) strictAnnouncements(inst *Instance, given func(string) bool, of func(string) hcl.Range, refuse func(hcl.Range, string, string)) {
	s := &inst.Announce
	if given("garp_lower_prio_repeat") && s.LowerPrioRepeat != 0 {
		refuse(of("garp_lower_prio_repeat"), "garp_lower_prio_repeat", "it is 0: leave it out")
	}
	if given("garp_lower_prio_delay") && s.LowerPrioDelay != 0 {
		refuse(of("garp_lower_prio_delay"), "garp_lower_prio_delay", "it is 0: leave it out")
	}
	s.LowerPrioRepeat, s.LowerPrioDelay = 0, time.Duration(0)
}

// open reports a service on an address that takes no packets.
func (b *builder) open(n *node, vs *VirtualServer) {
	for _, o := range b.vips[vs.Service.Address.Addr()] {
		inst := b.refused[o.instance.label]
		if inst == nil {
			continue
		}
		hint := "write accept = true"
		if !inst.has("accept") {
			hint = "strict_mode is on: write accept = true, in version 3"
		}
		at := inst.labelRange
		if inst.has("accept") {
			at = inst.at("accept")
		}
		b.clash(n.at("address"), "The address accepts no packets", fmt.Sprintf("%s in vrrp_instance %q", hint, inst.label), at, "because of this")
		return
	}
}
