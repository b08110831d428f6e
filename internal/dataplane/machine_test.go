package dataplane

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"director/bfd"
	"director/internal/netif"
)

// The rest of the machine that exists only in memory.

func (w *world) Hide(_ context.Context, a netif.Address) error {
	w.note("hide %s", a.Prefix.Addr())
	w.move(a, false)
	return nil
}

func (w *world) Unhide(_ context.Context, a netif.Address) error {
	w.note("unhide %s", a.Prefix.Addr())
	h, _ := a.Hidden()
	w.mu.Lock()
	delete(w.addrs, h.Key)
	w.mu.Unlock()
	w.event(netif.AddressGone{Key: h.Key})
	return nil
}

func (w *world) Reveal(_ context.Context, a netif.Address) (netif.Outcome, error) {
	w.note("reveal %s", a.Prefix.Addr())
	w.move(a, true)
	return netif.Added, nil
}

// move moves an address from its interface to loopback, or back.
func (w *world) move(a netif.Address, back bool) {
	h, _ := a.Hidden()
	from, to := a.Key, h.Key
	if back {
		from, to = to, from
	}
	w.mu.Lock()
	delete(w.addrs, from)
	p := netif.Present{Ours: true, Index: 1}
	p.Key = to
	w.addrs[to] = p
	w.mu.Unlock()
	w.event(netif.AddressAdded{Address: p})
	w.event(netif.AddressGone{Key: from})
}

func (w *world) WatchAnnouncements(ctx context.Context, _ []netif.Key, heard func(netip.Addr, net.HardwareAddr)) (<-chan struct{}, error) {
	w.mu.Lock()
	w.heard = func(ip string) {
		if ctx.Err() == nil {
			heard(netip.MustParseAddr(ip), nil)
		}
	}
	w.mu.Unlock()
	return ctx.Done(), nil
}

func (w *world) EnsureLink(_ context.Context, v netif.VirtualLink) (int, error) {
	w.note("make %s", v.Name)
	w.mu.Lock()
	w.links[v.Name] = netif.Link{Name: v.Name, Index: 100 + len(w.links), Up: true}
	l := w.links[v.Name]
	w.mu.Unlock()
	w.event(netif.LinkChanged{Link: l})
	return l.Index, nil
}

func (w *world) DeleteLink(_ context.Context, v netif.VirtualLink) error {
	w.note("drop %s", v.Name)
	w.mu.Lock()
	l := w.links[v.Name]
	delete(w.links, v.Name)
	w.mu.Unlock()
	w.event(netif.LinkGone{Name: l.Name, Index: l.Index})
	return nil
}

func (w *world) OurLinks(context.Context) ([]string, error) { return nil, nil }

func (w *world) PromoteSecondaries(_, link string) error {
	w.note("promote_secondaries %s", link)
	return nil
}

func (w *world) DisableLocalIGMP(string) error { return nil }

func (w *world) ReleaseSettings(user string) error {
	w.note("release %s", user)
	return nil
}

func (w *world) AddRoute(_ context.Context, r netif.Route) (netif.Outcome, error) {
	w.note("add route %s", r.Dest)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[r.Dest] = true
	return netif.Added, nil
}

func (w *world) DeleteRoute(_ context.Context, r netif.Route) error {
	w.note("delete route %s", r.Dest)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.routes, r.Dest)
	return nil
}

func (w *world) OurRoutes(context.Context) ([]netif.Route, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []netif.Route
	for d := range w.routes {
		all = append(all, netif.Route{Dest: d})
	}
	return all, nil
}

func (w *world) RouteKey(r netif.Route) (netif.RouteKey, error) {
	return netif.RouteKey{Dest: r.Dest}, nil
}

func (w *world) AddRule(_ context.Context, r netif.Rule) (netif.Outcome, error) {
	w.note("add rule %d", r.Preference)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[r.Preference] = r
	return netif.Added, nil
}

func (w *world) DeleteRule(_ context.Context, r netif.Rule) error {
	w.note("delete rule %d", r.Preference)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.rules, r.Preference)
	return nil
}

func (w *world) OurRules(context.Context) ([]netif.Rule, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []netif.Rule
	for _, r := range w.rules {
		all = append(all, r)
	}
	return all, nil
}

func (w *world) Refuse(_ context.Context, _ netif.Firewall, refusals []netif.Refusal) error {
	if len(refusals) == 0 && !w.refusing {
		return nil // nothing changes
	}
	w.refusing = len(refusals) > 0
	line := "refuse"
	for _, r := range refusals {
		if r.Link != "" {
			line += " quiet:" + r.Link
			continue
		}
		line += fmt.Sprintf(" %s:%d", r.Instance, len(r.Addresses))
	}
	w.note("%s", line)
	return nil
}

func (w *world) Wire(netif.Wiring) {}

func (w *world) LogStrangers(bool) {}

func (w *world) SetReceiveBuffer(int) {}

// noSessions is no BFD.
type noSessions struct{}

func (noSessions) Configure([]bfd.Config) error { return nil }
func (noSessions) Status() []bfd.Status         { return nil }
