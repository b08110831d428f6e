package vrrp

import (
	"fmt"
	"net/netip"
	"time"
)

// Oddities counts accepted adverts that differ from what is configured here.
type Oddities struct {
	// Addresses: the address list differs.
	Addresses uint64
	// Interval: the interval differs (version 3, where it is learned).
	Interval uint64
	// OldChecksum: the checksum was computed the way of keepalived up to 1.3.6.
	OldChecksum uint64
}

// Note is something about a sender that a person should read once.
type Note struct {
	Source netip.Addr
	// Drop is why the advert was dropped, or Accepted.
	Drop Drop
	// Text says what was found and what was expected. It holds no secret.
	Text string
}

// Oddities returns the counters.
func (r *Receiver) Oddities() Oddities { return r.odd }

// Notes returns what there is to say since the last call, mostly nothing.
// Each thing is said once for each sender, until Reconfigure, or once an hour.
func (r *Receiver) Notes() []Note {
	l := r.notes.fresh
	r.notes.fresh = nil
	return l
}

// sendersPerNote and noteAgain bound what a flood of forged sources can make us
// write, and for how long it can hide a real one.
const (
	sendersPerNote = 8
	noteAgain      = time.Hour
)

// notebook remembers what has been said.
type notebook struct {
	said  map[noteKey]struct{}
	count map[noteKind]int
	fresh []Note
	since time.Time
}

type noteKey struct {
	kind   noteKind
	source netip.Addr
}

// noteKind is a drop, or one of the things that are odd but accepted.
type noteKind struct {
	drop     Drop
	checksum checksumKind
	odd      oddity
}

type oddity uint8

const (
	oddInterval oddity = iota + 1
	oddAddresses
)

// first reports whether kind has not been said of source yet, and that it may.
func (n *notebook) first(source netip.Addr, kind noteKind) bool {
	key := noteKey{kind, source}
	if _, said := n.said[key]; said || n.count[kind] >= sendersPerNote {
		return false
	}
	if n.said == nil {
		n.said, n.count = map[noteKey]struct{}{}, map[noteKind]int{}
	}
	n.said[key] = struct{}{}
	n.count[kind]++
	return true
}

func (n *notebook) add(source netip.Addr, drop Drop, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	n.fresh = append(n.fresh, Note{Source: source, Drop: drop, Text: text})
}

func (n *notebook) checksum(source netip.Addr, kind checksumKind) {
	if n.first(source, noteKind{checksum: kind}) {
		n.add(source, Accepted, "its checksums are %v", kind)
	}
}

func (n *notebook) interval(r *Receiver, source netip.Addr) {
	if n.first(source, noteKind{odd: oddInterval}) {
		n.add(source, Accepted, "it advertises every %v, ours is %v", r.packet.Interval, r.cfg.AdvertInt)
	}
}

func (n *notebook) addresses(r *Receiver, source netip.Addr) {
	if n.first(source, noteKind{odd: oddAddresses}) {
		n.add(source, Accepted, "it advertises the addresses %v, ours are %v", r.packet.Addresses, r.cfg.Addresses)
	}
}

// turn begins a new page when the old one is an hour old.
func (n *notebook) turn(now time.Time) {
	if age := now.Sub(n.since); age.Abs() >= noteAgain {
		clear(n.said)
		clear(n.count)
		n.since = now
	}
}

func (n *notebook) dropped(r *Receiver, rx *Received, drop Drop) {
	if drop == DropPeer && r.cfg.Share != "" {
		return // that is how it is meant
	}
	if n.first(rx.Src, noteKind{drop: drop}) {
		n.add(rx.Src, drop, "%s", r.explain(rx, drop))
	}
}

// explain says what is wrong with the dropped rx, which r.packet holds as far
// as it was decoded.
func (r *Receiver) explain(rx *Received, drop Drop) string {
	switch drop {
	case DropAH:
		if rx.Protocol != ProtocolAH {
			return "authentication header missing"
		}
		return "authentication header not wanted or malformed"
	case DropLength:
		return fmt.Sprintf("%d bytes are not a whole advert", len(rx.Payload))
	case DropTTL:
		return fmt.Sprintf("TTL %d", rx.TTL)
	case DropVersion:
		return fmt.Sprintf("version %d, want %d", r.packet.Version, r.cfg.Version)
	case DropAuthType:
		return fmt.Sprintf("authentication type %d, want %d", r.packet.Auth, r.cfg.Auth)
	case DropAuth:
		return "authentication failed: another password?"
	case DropReplay:
		return fmt.Sprintf("sequence number not above %d", r.sequence)
	case DropInterval:
		return fmt.Sprintf("interval %v, ours is %v", r.packet.Interval, r.cfg.AdvertInt)
	case DropChecksum:
		return r.explainChecksum(rx)
	case DropCast:
		return fmt.Sprintf("sent to %v, which is not how this router is configured", rx.Dst)
	case DropHMACMissing, DropHMACMalformed, DropHMACStale, DropHMACKey, DropHMACInvalid, DropHMACReplay:
		return r.hmac.explain(drop)
	case DropOwner:
		return "this router owns the addresses and is set to ignore adverts"
	case DropOwnSource:
		return "its source is our own address: is another node configured with it?"
	case DropCount:
		return "it carries no address"
	case DropPeer:
		return "it is no unicast peer"
	default:
		return "advert dropped: " + drop.String()
	}
}

func (r *Receiver) explainChecksum(rx *Received) string {
	message, drop := r.unwrap(rx)
	if drop == Accepted {
		message, drop = r.packet.parse(message, r.cfg.Family)
	}
	if drop != Accepted {
		return drop.String()
	}
	if kind := classify(message, r.packet.Version, rx.Src, rx.Dst); kind != checksumWrong {
		return fmt.Sprintf("its checksum is %v, which the setting does not allow", kind)
	}
	return "wrong checksum"
}
