package bfd

import "net/netip"

// table finds the session of a packet. It is never changed, only replaced.
type table struct {
	byDiscriminator map[uint32]entry
	byNeighbor      map[netip.Addr][]entry // without zone
}

// entry is a session as the receiver knows it.
type entry struct {
	session *session
	config  Config
}

func newTable(entries []entry) *table {
	t := &table{map[uint32]entry{}, map[netip.Addr][]entry{}}
	for _, e := range entries {
		t.byDiscriminator[e.session.discriminator] = e
		n := e.config.Neighbor.WithZone("")
		t.byNeighbor[n] = append(t.byNeighbor[n], e)
	}
	return t
}

// find returns the session that a packet is for, RFC 5880, 6.8.6, and why it
// does not get it. Without a session the reason is the receiver's to count.
func (t *table) find(p *Packet, rx *Received, port Port) (*session, Drop) {
	var e entry
	if p.Your != 0 {
		e = t.byDiscriminator[p.Your]
		switch {
		case e.session == nil || e.config.port() != port:
			return nil, DropUnknownSession
		case !e.fits(rx):
			return e.session, DropSource
		}
	} else {
		for _, candidate := range t.byNeighbor[rx.Src] {
			if candidate.config.port() == port && candidate.fits(rx) {
				e = candidate
				break
			}
		}
		if e.session == nil {
			return nil, DropUnknownNeighbor
		}
	}
	switch {
	case rx.TTL < e.config.minTTL():
		return e.session, DropTTL
	case p.Auth:
		return e.session, DropAuth
	}
	return e.session, Accepted
}

// fits reports whether a packet took the way of the session.
func (e *entry) fits(rx *Received) bool {
	c := &e.config
	switch {
	case rx.Src != c.Neighbor.WithZone(""):
		return false
	case c.Source.IsValid() && rx.Dst != c.Source.WithZone(""):
		return false
	case c.Neighbor.Zone() != "":
		return int64(rx.IfIndex) == e.session.ifIndex.Load()
	}
	return true
}
