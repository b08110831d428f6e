package vrrp

import (
	"net/netip"
	"slices"
)

// Receiver decides which adverts of one virtual router are to be believed. Its
// checks, and their order, are keepalived's (the newest: an address list that
// differs is counted and noted, where 2.2.7 dropped the advert), which are those
// of RFC 9568, section 7.1, and RFC 3768, section 7.1. It is for one goroutine.
type Receiver struct {
	cfg    *Config
	source netip.Addr
	group  netip.Addr
	// peers are without zones, as sources are.
	peers      []Peer
	checkPeers bool
	// oldChecksum belongs to the peer of the same index.
	oldChecksum []bool
	hmac        *hmacState // nil: none
	password    [authDataLen]byte
	key         *AHKey
	sequence    uint32
	// packet is kept for the capacity of its list.
	packet Packet
	last   netip.Addr // the source of the last accepted advert
	notes  notebook
	odd    Oddities
}

// NewReceiver returns a Receiver for the router that cfg describes, which must
// not be changed afterwards.
func NewReceiver(cfg *Config) *Receiver {
	r := &Receiver{}
	r.Reconfigure(cfg)
	return r
}

// Reconfigure replaces the configuration. The counters, the sequence number of
// the authentication header, the HMAC stamps while a key stays, and what is known
// of peers that stay are kept; everything is noted anew.
func (r *Receiver) Reconfigure(cfg *Config) {
	old := r.oldPeers()
	if r.cfg == nil || r.cfg.Auth != cfg.Auth || r.cfg.AuthPassword != cfg.AuthPassword {
		r.sequence, r.key = 0, nil
		if cfg.Auth == AuthAH {
			r.key = NewAHKey(cfg.AuthPassword)
		}
	}
	r.cfg, r.source, r.group = cfg, cfg.Source.WithZone(""), cfg.group()
	r.password = [authDataLen]byte{}
	copy(r.password[:], cfg.AuthPassword)
	r.peers = slices.Clone(cfg.Peers)
	r.oldChecksum = make([]bool, len(r.peers))
	r.checkPeers = cfg.CheckUnicastSource
	for i := range r.peers {
		p := &r.peers[i]
		p.Addr = p.Addr.WithZone("")
		r.checkPeers = r.checkPeers || p.CheckTTL
		r.oldChecksum[i] = slices.Contains(old, p.Addr)
	}
	r.reconfigureHMAC(&cfg.HMAC, r.peers)
	r.last = netip.Addr{}
	r.notes = notebook{since: r.notes.since}
}

// oldPeers lists the peers that compute checksums the old way.
func (r *Receiver) oldPeers() []netip.Addr {
	var l []netip.Addr
	for i, is := range r.oldChecksum {
		if is {
			l = append(l, r.peers[i].Addr)
		}
	}
	return l
}

// group is the multicast group, the default included.
func (c *Config) group() netip.Addr {
	switch {
	case c.Group.IsValid():
		return c.Group.WithZone("")
	case c.Family == IPv6:
		return GroupIPv6
	default:
		return GroupIPv4
	}
}

// SetSource says which address our adverts come from; adverts from there are
// dropped. Until then it is Config.Source.
func (r *Receiver) SetSource(source netip.Addr) { r.source = source.WithZone("") }

// Sequence is the sequence number of the last authentication header that was
// verified, 0 before the first: see [AHSequencer].
func (r *Receiver) Sequence() uint32 { return r.sequence }

// ChecksumDst is the destination that the checksum of an advert to dst covers:
// dst, or the multicast group for a peer that was last heard to compute it so
// (keepalived up to 1.3.6), or for all peers if [OldChecksumAlways] is set. It is
// for [Packet.Append].
func (r *Receiver) ChecksumDst(dst netip.Addr) netip.Addr {
	i := r.peer(dst.WithZone(""))
	switch {
	case i < 0 || !dst.Is4() || r.cfg.OldChecksum == OldChecksumNever:
		return dst
	case r.oldChecksum[i] || r.cfg.OldChecksum == OldChecksumAlways:
		return GroupIPv4
	default:
		return dst
	}
}

// peer is the index of the peer, or -1.
func (r *Receiver) peer(a netip.Addr) int {
	for i := range r.peers {
		if r.peers[i].Addr == a {
			return i
		}
	}
	return -1
}
