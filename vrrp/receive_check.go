package vrrp

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Check judges an advert. It allocates nothing, unless there is something new
// to note. rx and what it points to are not kept.
func (r *Receiver) Check(rx *Received) (Advert, Drop) {
	r.notes.turn(rx.At)
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
	case r.cfg.Share != "" && r.peer(rx.Src) < 0:
		return nil, DropPeer // another instance's
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
	if drop := r.judgeHMAC(rx, message, padded[len(message):]); drop != Accepted {
		return drop
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
	if !kind.accepted(r.cfg.Version, r.cfg.Family, r.cfg.Checksum) ||
		kind == checksumOverOldPseudo && r.cfg.OldChecksum == OldChecksumNever {
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
	case r.cfg.OwnerIgnoreAdverts && r.cfg.Priority == 255:
		return DropOwner
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
