package vrrp

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// hmacState is what a Receiver has of the HMAC extension.
type hmacState struct {
	cfg    HMACConfig
	window ticks
	keys   []*hmacKey
	active *hmacKey // nil: nothing is signed
	sent   stamper
	guard  replayGuard
	// ahead is how far the last stamp was ahead of our clock; for people.
	ahead ticks
	used  uint8 // the key ID of the last trailer; for people
}

// reconfigureHMAC replaces the keys. What was sent and heard is remembered as long
// as one key stays: what was signed with it could be sent again. With all keys
// replaced, nothing that was ever sent is worth anything.
func (r *Receiver) reconfigureHMAC(cfg *HMACConfig, peers []Peer) {
	old := r.hmac
	if len(cfg.Keys) == 0 {
		r.hmac = nil
		return
	}
	h := &hmacState{cfg: *cfg, window: ticksOf(cfg.Window)}
	if old != nil && old.cfg.sharesKey(cfg) {
		h.sent, h.guard = old.sent, old.guard
		h.guard.limit(peers)
	}
	for _, k := range cfg.Keys {
		key := newHMACKey(k)
		h.keys = append(h.keys, key)
		if k.ID == cfg.Active && cfg.Mode != HMACReceiveOnly {
			h.active = key
		}
	}
	r.hmac = h
}

// sharesKey reports whether a key is in both.
func (c *HMACConfig) sharesKey(o *HMACConfig) bool {
	return slices.ContainsFunc(c.Keys, func(a HMACKey) bool {
		return slices.ContainsFunc(o.Keys, func(b HMACKey) bool { return a.ID == b.ID && bytes.Equal(a.Key, b.Key) })
	})
}

// Sign appends the HMAC trailer to message, an encoded advert from src, where the
// configuration says so. now is the wall clock. It allocates nothing when message
// has the capacity.
func (r *Receiver) Sign(message []byte, src netip.Addr, now time.Time) []byte {
	h := r.hmac
	if h == nil || h.active == nil {
		return message
	}
	return h.active.append(message, message, src, h.sent.next(now, h.window, h.cfg.Monotonic))
}

// judgeHMAC checks the trailer in rest, which follows message. What costs least
// comes first: a flood of forged adverts reaches the HMAC only with a fresh stamp
// and a key ID of ours.
func (r *Receiver) judgeHMAC(rx *Received, message, rest []byte) Drop {
	h := r.hmac
	if h == nil {
		return Accepted
	}
	switch {
	case rx.Src == r.source:
		return DropOwnSource // it would verify, and take another sender's place
	case r.cfg.Unicast() && r.peer(rx.Src) < 0:
		return DropPeer // there is no place for its last stamp
	}
	t, drop := findTrailer(rest)
	switch {
	case drop != Accepted:
		return drop
	case t == nil && h.cfg.Mode == HMACEnforce:
		return DropHMACMissing
	case t == nil:
		return Accepted
	}
	return h.judge(message, rx.Src, t, stampOf(rx.At), r.peers)
}

func (h *hmacState) judge(message []byte, src netip.Addr, t trailer, now stamp, peers []Peer) Drop {
	h.ahead, h.used = t.stamp().sub(now), t.key()
	if !h.cfg.Monotonic && (h.ahead > h.window || h.ahead < -h.window) {
		return DropHMACStale
	}
	key := h.key(h.used)
	switch {
	case key == nil:
		return DropHMACKey
	case !key.verify(message, src, t):
		return DropHMACInvalid
	case !h.guard.accept(src, t.stamp(), now, h.window, h.cfg.Monotonic):
		return DropHMACReplay
	}
	if len(peers) == 0 {
		h.guard.limit(nil)
	}
	return Accepted
}

func (h *hmacState) key(id uint8) *hmacKey {
	for _, k := range h.keys {
		if k.id == id {
			return k
		}
	}
	return nil
}

// explain says why an advert was dropped. It must not tell a key.
func (h *hmacState) explain(drop Drop) string {
	switch drop {
	case DropHMACMissing:
		return "HMAC trailer missing"
	case DropHMACMalformed:
		return "HMAC trailer malformed"
	case DropHMACStale:
		if h.ahead < 0 {
			return fmt.Sprintf("HMAC stamp %v behind our clock, %v allowed: do the clocks agree?", (-h.ahead).duration(), h.cfg.Window)
		}
		return fmt.Sprintf("HMAC stamp %v ahead of our clock, %v allowed: do the clocks agree?", h.ahead.duration(), h.cfg.Window)
	case DropHMACKey:
		return fmt.Sprintf("signed with HMAC key %d, which is none of ours", h.used)
	case DropHMACInvalid:
		return fmt.Sprintf("wrong HMAC: is key %d another one there?", h.used)
	default:
		return "HMAC stamp not above the last one: sent again, or by a router whose clock was set back"
	}
}
