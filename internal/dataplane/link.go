package dataplane

import (
	"time"

	"director/internal/netif"
)

// madeLink is a virtual link of an instance: a macvlan or an ipvlan.
type madeLink struct {
	want netif.VirtualLink
	// made: it has been brought in line with want.
	made bool
	// dropped: nobody wants it any more.
	dropped bool
	trouble
}

// adoptLinks makes the links of all instances the wanted ones. One with other
// parameters is brought in line under its name.
//
// Links that an earlier run left are adopted or go.
func (m *model) adoptLinks() {
	var next []*madeLink
	known := map[string]*madeLink{}
	for _, l := range m.made {
		l.dropped = true
		known[l.want.Name] = l
	}
	want := func(v netif.VirtualLink) {
		if v.Name == "" {
			return
		}
		l := known[v.Name]
		if l == nil {
			l = &madeLink{}
			known[v.Name] = l
		} else if !l.dropped {
			return // two instances share it
		}
		l.made = l.made && l.want == v
		l.want, l.dropped = v, false
		next = append(next, l)
	}
	for _, i := range m.instances {
		if i.leaving {
			continue
		}
		want(i.spec.Link)
		for _, v := range i.spec.MoreLinks {
			want(v)
		}
	}
	for _, l := range m.made {
		if l.dropped {
			next = append(next, l)
		}
	}
	m.made = next
}

// linkMove returns the next change of a virtual link. A link goes after the
// addresses on it.
func (m *model) linkMove(now time.Time) (move, bool) {
	for _, l := range m.made {
		switch {
		case l.waiting(now):
		case l.dropped || m.stopping && l.made:
			if m.started && !m.occupied(l) {
				return move{kind: dropLink, link: l}, true
			}
		case !l.made && !m.stopping:
			return move{kind: makeLink, link: l}, true
		}
	}
	return move{}, false
}

// occupied reports whether an address of ours is on a link, or its instance is
// not through yet.
func (m *model) occupied(l *madeLink) bool {
	for _, i := range m.instances {
		if m.stopping && i.running && i.has(l.want.Name) {
			return true
		}
		for _, a := range i.addrs {
			if a.Interface == l.want.Name && a.state == ours {
				return true
			}
		}
	}
	return false
}

// has reports whether the instance uses a link of that name.
func (i *instance) has(link string) bool {
	if i.spec.Link.Name == link {
		return true
	}
	for _, v := range i.spec.MoreLinks {
		if v.Name == link {
			return true
		}
	}
	return false
}

// linkNeeded says what the instance's own link lacks; empty: nothing.
func (m *model) linkNeeded(i *instance) string {
	for _, l := range m.made {
		if l.made || l.dropped || !i.has(l.want.Name) {
			continue
		}
		if l.err != nil {
			return l.err.Error()
		}
		return "interface " + l.want.Name + " is being made"
	}
	return ""
}

// wiring is what announcements depend on beside the instances.
func (m *model) wiring() netif.Wiring {
	w := netif.Wiring{Groups: m.settings.AnnounceGroups, Parents: map[string]string{}}
	for _, l := range m.made {
		if !l.dropped {
			w.Parents[l.want.Name] = l.want.Parent
		}
	}
	return w
}
