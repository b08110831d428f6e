package bfd

import "time"

// offer decides which intervals our packets name, and reports whether they
// changed while the session is up, which begins a poll. What the neighbor could
// take for silence, or for a flood, waits for the final: a longer interval of
// ours, and that we want to hear it more often.
func (x *stepper) offer() bool {
	tx, rx := x.p.Config.MinTx, x.p.Config.MinRx
	if x.s.State != Up {
		tx = max(x.p.Config.IdleTx, idleFloor)
		x.s.MinTx, x.s.MinRx, x.s.tx, x.s.rx = tx, rx, tx, rx
		x.s.Polling, x.s.repoll = false, false
		return false
	}
	if tx == x.s.MinTx && rx == x.s.MinRx {
		return false
	}
	x.s.MinTx, x.s.MinRx = tx, rx
	x.s.tx, x.s.rx = min(x.s.tx, tx), max(x.s.rx, rx)
	x.s.Polling, x.s.repoll = true, x.s.Polling
	if !x.s.detect.IsZero() {
		// A longer interval of reception counts at once.
		x.s.detect = later(x.s.detect, x.ev.At.Add(x.s.DetectionTime()))
	}
	return true
}

// send sends a packet. A final answers a poll at once and leaves the periodic
// ones alone; any other packet takes the place of the next periodic one. A
// neighbor that wants no packets gets finals only.
func (x *stepper) send(final bool) {
	unheard := x.p.Config.Passive && x.s.Remote == 0
	if !final && (unheard || x.s.RemoteMinRx == 0) {
		return
	}
	x.out.add(Action{Kind: ActSend, Packet: Packet{
		Diag: x.s.Diag, State: x.s.State, Poll: x.s.Polling && !final, Final: final,
		Multiplier: x.p.Config.Multiplier, My: x.p.Discriminator, Your: x.s.Remote,
		MinTx: x.s.MinTx, MinRx: x.s.MinRx,
	}})
	switch {
	case final:
	case x.s.farewells > 1:
		x.s.farewells--
		x.s.transmit = x.ev.At.Add(x.s.farewellGap)
	default:
		x.s.transmit = x.ev.At.Add(jittered(x.s.TxInterval(x.p.Config), x.ev.Random))
	}
}

// schedule makes the next periodic packet fit what the step changed: at once
// after a silence, sooner when the interval became shorter, never when none is
// wanted.
func (x *stepper) schedule() {
	interval := x.s.TxInterval(x.p.Config)
	switch {
	case interval == 0 || x.s.State == AdminDown && x.s.gone.IsZero():
		x.s.transmit = time.Time{}
	case x.s.transmit.IsZero():
		x.send(false)
	case x.ev.At.Add(interval).Before(x.s.transmit):
		x.s.transmit = x.ev.At.Add(jittered(interval, x.ev.Random))
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
