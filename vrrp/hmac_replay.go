package vrrp

import (
	"net/netip"
	"slices"
)

// maxSenders is how many senders of a multicast group are told apart.
const maxSenders = 4

// replayGuard accepts no stamp of a sender twice. Only verified adverts may be
// shown to it.
type replayGuard struct {
	senders []sender // those of a group: the least recently heard one first
	heard   memory
	// gone is the highest stamp of the senders that are not in the list any
	// more; any says that there was one.
	gone stamp
	any  bool
}

// sender is what is known of one source address.
type sender struct {
	addr netip.Addr
	// last is the last stamp. high is the highest: the clock may have been set
	// back since.
	last, high stamp
}

// accept reports whether the stamp s from src is new, and remembers it if so.
// now is our clock. With a window, a sender may begin anew when its last stamp
// has come to lie further ahead than that, which our clock has been set back for.
func (g *replayGuard) accept(src netip.Addr, s, now stamp, window ticks, monotonic bool) bool {
	i := slices.IndexFunc(g.senders, func(o sender) bool { return o.addr == src })
	high, known := g.gone, g.any
	if i >= 0 {
		o := &g.senders[i]
		if !s.after(o.last) && (monotonic || o.last.sub(now) <= window) {
			return false
		}
		high, known = o.high, true
	}
	switch {
	case !known:
		high = s
	case s.after(high):
		high = s
	case g.heard.mayHold(s):
		return false
	}
	g.heard.add(s, window)
	g.put(i, sender{src, s, high})
	return true
}

// put makes o the last of the list, where it has been at i if that is not
// negative.
func (g *replayGuard) put(i int, o sender) {
	if i < 0 {
		g.senders = append(g.senders, o)
		return
	}
	copy(g.senders[i:], g.senders[i+1:])
	g.senders[len(g.senders)-1] = o
}

// limit forgets senders: with peers all others, without peers the least recently
// heard ones beyond [maxSenders].
func (g *replayGuard) limit(peers []Peer) {
	for i := 0; i < len(g.senders); {
		addr := g.senders[i].addr
		stays := slices.ContainsFunc(peers, func(p Peer) bool { return p.Addr == addr })
		if len(peers) == 0 {
			stays = len(g.senders) <= maxSenders
		}
		if stays {
			i++
			continue
		}
		if o := g.senders[i]; !g.any || o.high.after(g.gone) {
			g.gone, g.any = o.high, true
		}
		g.senders = slices.Delete(g.senders, i, i+1)
	}
}
