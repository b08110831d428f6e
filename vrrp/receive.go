package vrrp

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
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
// the authentication header and what is known of peers that stay are kept;
// everything is noted anew.
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
	r.last = netip.Addr{}
	r.notes = notebook{}
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
// (keepalived up to 1.3.6). It is for [Packet.Append].
func (r *Receiver) ChecksumDst(dst netip.Addr) netip.Addr {
	if i := r.peer(dst.WithZone("")); i >= 0 && r.oldChecksum[i] {
		return GroupIPv4
	}
	return dst
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

// Check judges an advert. It allocates nothing, unless there is something new
// to note. rx and what it points to are not kept.
func (r *Receiver) Check(rx *Received) (Advert, Drop) {
	message, drop := r.unwrap(rx)
	if drop == Accepted {
		drop = r.judge(rx, message)
	}
	if drop != Accepted {
		r.notes.dropped(r, rx, drop)
		return Advert{}, drop
	}
	r.last = rx.Src
	return Advert{Source: rx.Src, Priority: r.packet.Priority, Interval: r.packet.Interval}, Accepted
}

// unwrap finds the message and whether it is meant for this router at all.
func (r *Receiver) unwrap(rx *Received) ([]byte, Drop) {
	if familyOf(rx.Src) != r.cfg.Family || familyOf(rx.Dst) != r.cfg.Family {
		return nil, DropFamily
	}
	message, isAH := rx.Payload, rx.Protocol == ProtocolAH
	if isAH {
		message = message[min(AHLen, len(message)):]
	}
	switch {
	case len(message) < headerLen:
		return nil, DropLength
	case message[1] != r.cfg.VRID:
		return nil, DropVRID
	case isAH != (r.cfg.Auth == AuthAH):
		return nil, DropAH
	}
	return message, Accepted
}

func (r *Receiver) judge(rx *Received, message []byte) Drop {
	padded := message
	message, drop := r.packet.parse(message, r.cfg.Family)
	if drop != Accepted {
		return drop
	}
	if !rightTotalLength(rx) {
		return DropLength
	}
	if rx.Dst.IsMulticast() && rx.TTL != 255 {
		return DropTTL
	}
	if r.packet.Version != r.cfg.Version {
		return DropVersion
	}
	if drop := r.authenticate(rx, padded); drop != Accepted {
		return drop
	}
	if drop := r.judgeInterval(); drop != Accepted {
		return drop
	}
	if message[0]&0x0f != typeAdvert {
		return DropType
	}
	kind := classify(message, r.packet.Version, rx.Src, rx.Dst)
	if !kind.accepted(r.cfg.Version, r.cfg.Family, r.cfg.Checksum) {
		return DropChecksum
	}
	if drop := r.judgeSender(rx); drop != Accepted {
		return drop
	}
	r.remember(rx, kind)
	return Accepted
}

// rightTotalLength compares the length in the IPv4 header with what came.
func rightTotalLength(rx *Received) bool {
	return len(rx.Header) < ipv4HeaderLen ||
		int(binary.BigEndian.Uint16(rx.Header[2:])) == len(rx.Header)+len(rx.Payload)
}

// authenticate checks what version 2 has of authentication (RFC 2338). message
// includes padding, which an authentication header covers.
func (r *Receiver) authenticate(rx *Received, message []byte) Drop {
	switch {
	case r.cfg.Version != 2:
		return Accepted
	case r.packet.Auth != r.cfg.Auth:
		return DropAuthType
	case r.cfg.Auth == AuthPass && subtle.ConstantTimeCompare(r.packet.AuthData[:], r.password[:]) != 1:
		return DropAuth
	case r.cfg.Auth == AuthAH:
		return r.authenticateAH(rx, message)
	}
	return Accepted
}

func (r *Receiver) authenticateAH(rx *Received, message []byte) Drop {
	ah, src := rx.Payload[:AHLen], rx.Src.As4()
	if ah[0] != ProtocolVRRP || ah[1] != ahLenField || !bytes.Equal(ah[4:8], src[:]) || len(rx.Header) != ipv4HeaderLen {
		return DropAH
	}
	sequence := binary.BigEndian.Uint32(ah[8:])
	if sequence <= r.sequence {
		return DropReplay
	}
	if !r.key.verify(rx.Header, ah, message) {
		return DropAuth
	}
	r.sequence = sequence
	return Accepted
}

func (r *Receiver) judgeInterval() Drop {
	// An interval of 0 would make the master-down time 0 (reported erratum 8301
	// of RFC 9568).
	if r.packet.Interval == 0 || r.cfg.Version == 2 && r.packet.Interval != r.cfg.AdvertInt {
		return DropInterval
	}
	return Accepted
}

// judgeSender checks how the advert came, and who sent it.
func (r *Receiver) judgeSender(rx *Received) Drop {
	switch {
	case rx.Dst.IsMulticast() == r.cfg.Unicast(), rx.Dst.IsMulticast() && rx.Dst != r.group:
		return DropCast
	case rx.Src == r.source:
		return DropOwnSource
	// Reported erratum 8299 of RFC 9568. keepalived has it for routers
	// that advertise no address, so do we.
	case len(r.packet.Addresses) == 0 && len(r.cfg.Addresses) > 0:
		return DropCount
	}
	if !r.checkPeers || !r.cfg.Unicast() {
		return Accepted
	}
	i := r.peer(rx.Src)
	if i < 0 {
		return DropPeer
	}
	if p := &r.peers[i]; p.CheckTTL && (rx.TTL < int(p.MinTTL) || rx.TTL > int(p.MaxTTL)) {
		return DropTTL
	}
	return Accepted
}

// remember counts and notes what is odd about an accepted advert.
func (r *Receiver) remember(rx *Received, kind checksumKind) {
	if i := r.peer(rx.Src); i >= 0 {
		r.oldChecksum[i] = kind == checksumOverOldPseudo
	}
	if kind == checksumOverOldPseudo {
		r.odd.OldChecksum++
	}
	if r.cfg.Version == 3 && r.cfg.Family == IPv4 {
		r.notes.checksum(rx.Src, kind)
	}
	if r.packet.Interval != r.cfg.AdvertInt {
		r.odd.Interval++
		r.notes.interval(r, rx.Src)
	}
	if r.cfg.SkipCheckAdvAddr && rx.Src == r.last {
		return
	}
	if !sameAddresses(r.packet.Addresses, r.cfg.Addresses) {
		r.odd.Addresses++
		r.notes.addresses(r, rx.Src)
	}
}

// sameAddresses compares two lists without regard to order. Neither repeats an
// address, or only in ways that do not matter here.
func sameAddresses(a, b []netip.Addr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range b {
		if a[i] != b[i] && !slices.Contains(a, b[i]) {
			return false
		}
	}
	return true
}
