package dataplane

import (
	"reflect"
	"slices"
	"time"

	"director/internal/netif"
)

// firewall is what refuses packets to the addresses of accept = false, and what
// keeps the kernel from speaking for itself on virtual MACs.
type firewall struct {
	have   []netif.Refusal
	wanted netif.Firewall // under which have is written
	asked  bool           // have is what the kernel was told
	warned bool           // that there is no firewall, which costs little here
	trouble
}

// refusals are the instances that refuse, while they hold an address or are
// about to.
func (m *model) refusals() []netif.Refusal {
	var all []netif.Refusal
	for _, i := range m.instances {
		if !i.spec.Refuse || !i.serving() && !i.holds() {
			continue
		}
		r := netif.Refusal{Instance: i.name()}
		for _, a := range i.addrs {
			if !a.dropped || a.state == ours {
				r.Addresses = append(r.Addresses, a.Key)
			}
		}
		all = append(all, r)
	}
	for _, l := range m.made {
		if l.want.MAC != "" && (!l.dropped && !m.stopping || l.made) {
			all = append(all, netif.Refusal{Instance: l.want.Name, Link: l.want.Name, Parent: l.want.Parent})
		}
	}
	return all
}

// refusesAny reports whether an instance is to be guarded.
func refusesAny(refusals []netif.Refusal) bool {
	return slices.ContainsFunc(refusals, func(r netif.Refusal) bool { return r.Link == "" })
}

// firewallMove brings the rules up to date: at the start, whatever is wanted,
// because an earlier run may have left some; before an address comes; after one
// has gone.
func (m *model) firewallMove(now time.Time) (move, bool) {
	f := &m.firewall
	want := m.refusals()
	switch {
	case f.waiting(now):
	case f.asked && reflect.DeepEqual(want, f.have) && f.wanted == m.settings.Firewall && f.err == nil:
	default:
		return move{kind: refuse, refusals: want}, true
	}
	return move{}, false
}

// refused reports whether the rules of an instance are there, or have been tried
// in vain: the error is shown, and the address comes all the same.
func (m *model) refused(i *instance) bool {
	if !i.spec.Refuse || m.firewall.err != nil {
		return true
	}
	return m.firewall.asked && reflect.DeepEqual(m.refusals(), m.firewall.have)
}
