package bfd

import "time"

const (
	// farewells is how often AdminDown is sent in quick succession: lost packets
	// shall not turn a stop into a failure. farewellGap is the longest time in
	// between; all have to arrive within what is left of a detection time.
	farewells   = 3
	farewellGap = 10 * time.Millisecond
	// maxLeave bounds how long an ended session goes on saying AdminDown, which
	// RFC 5880, 6.8.16 wants for a detection time.
	maxLeave = time.Second
)

// Step advances one session by RFC 5880, 6.8. The same parameters, session and
// event give the same result. It keeps nothing and allocates nothing.
//
// Beyond the RFC: a timer met later than an interval of the neighbor (a paused
// or starved process) listens for another detection time, once, before it
// calls the neighbor silent.
func Step(p Params, s Session, ev Event) (Session, Actions) {
	x := stepper{p: p, s: s, ev: ev}
	switch ev.Kind {
	case Start:
		x.s.State = Down
		x.forget()
		x.offer()
	case Shutdown:
		x.leave()
	case Reconfigured:
		x.reconfigure()
	case PacketReceived:
		x.receive()
	case TimerFired:
		x.timer()
	}
	x.schedule()
	return x.s, x.out
}

// stepper is one call of Step in progress.
type stepper struct {
	p   Params
	s   Session
	ev  Event
	out Actions
}

func (x *stepper) reconfigure() {
	if x.s.State != AdminDown && x.offer() {
		x.send(false)
	}
}

// receive is RFC 5880, 6.8.6, after the checks.
func (x *stepper) receive() {
	if x.s.State == AdminDown {
		return
	}
	x.learn()
	changed := x.follow()
	switch {
	case x.ev.Packet.Poll:
		x.send(true)
	case changed:
		x.send(false)
	}
}

// learn takes in what the packet says beside its state.
func (x *stepper) learn() {
	p := &x.ev.Packet
	x.s.Remote, x.s.RemoteState, x.s.RemoteDiag = p.My, p.State, p.Diag
	x.s.RemoteDemand, x.s.RemoteMultiplier = p.Demand, p.Multiplier
	x.s.RemoteMinTx, x.s.RemoteMinRx = p.MinTx, p.MinRx
	if p.Final && x.s.Polling {
		if !x.s.repoll {
			x.s.Polling, x.s.tx, x.s.rx = false, x.s.MinTx, x.s.MinRx
		}
		x.s.repoll = false
	}
	x.s.listened = false
	x.s.detect = x.ev.At.Add(x.s.DetectionTime())
}

// follow is the state machine, and reports whether the state changed.
func (x *stepper) follow() bool {
	was, remote := x.s.State, x.s.RemoteState
	switch {
	case remote == AdminDown:
		if was != Down {
			x.enter(Down, DiagNeighborDown)
		}
	case was == Down && remote == Down:
		x.enter(Init, x.s.Diag)
	case was == Down && remote == Init, was == Init && remote != Down:
		x.enter(Up, DiagNone)
	case was == Up && remote == Down:
		x.enter(Down, DiagNeighborDown)
	}
	return x.s.State != was
}

// enter changes the state.
func (x *stepper) enter(to State, why Diag) {
	x.out.add(Action{Kind: ActState, From: x.s.State, To: to})
	x.s.State, x.s.Diag = to, why
	switch {
	case to == Up:
		x.s.Alive = true
	case to == Down && x.s.RemoteState != AdminDown:
		x.s.Alive = false
	}
	x.offer()
	if x.s.detect.After(x.ev.At) {
		x.s.detect = x.ev.At.Add(x.s.DetectionTime())
	}
}

func (x *stepper) timer() {
	due := x.s.Next()
	if due.IsZero() || x.ev.At.Before(due) {
		return
	}
	if x.passed(x.s.gone) {
		x.s.transmit, x.s.detect, x.s.gone = time.Time{}, time.Time{}, time.Time{}
		x.out.add(Action{Kind: ActGone})
		return
	}
	x.excuse()
	if x.passed(x.s.detect) {
		x.expire()
	}
	if x.passed(x.s.transmit) {
		x.send(false)
	}
}

func (x *stepper) passed(t time.Time) bool { return !t.IsZero() && !x.ev.At.Before(t) }

// excuse lets a neighbor be silent for another detection time when it was us
// who did not listen.
func (x *stepper) excuse() {
	if x.s.listened || !x.s.stalled(x.ev.At) {
		return
	}
	x.s.listened = true
	x.s.Stalls++
	x.s.detect = x.ev.At.Add(x.s.DetectionTime())
}

// expire is the end of the detection time. Below Init nothing but what is
// known of the neighbor ends.
func (x *stepper) expire() {
	wasHeard := x.s.heard()
	x.forget()
	if wasHeard {
		x.enter(Down, DiagTimeExpired)
		x.send(false)
	}
}

// forget leaves of the neighbor what RFC 5880, 6.8.1 gives a new session.
func (x *stepper) forget() {
	x.s.Remote, x.s.RemoteState, x.s.RemoteDemand = 0, Down, false
	x.s.RemoteMinRx, x.s.RemoteMinTx = time.Microsecond, 0
	x.s.detect, x.s.listened = time.Time{}, false
}

// leave ends the session. Trackers are told nothing: it is no failure.
func (x *stepper) leave() {
	if x.s.State == AdminDown && !x.s.gone.IsZero() {
		return
	}
	wait := farewells * farewellGap
	x.s.farewellGap = farewellGap
	if x.s.heard() {
		// remoteDetection is the neighbor's, as far as we know.
		remoteDetection := time.Duration(x.p.Config.Multiplier) * max(x.s.tx, x.s.RemoteMinRx)
		wait = max(wait, min(maxLeave, remoteDetection))
		x.s.farewellGap = min(farewellGap, remoteDetection/8)
	}
	x.out.add(Action{Kind: ActState, From: x.s.State, To: AdminDown})
	x.s.State, x.s.Diag = AdminDown, DiagAdminDown
	x.s.detect = time.Time{}
	x.offer()
	x.s.gone = x.ev.At.Add(wait)
	if x.s.TxInterval(x.p.Config) == 0 {
		x.s.gone = x.ev.At // there is nobody to tell
		return
	}
	x.s.farewells = farewells
	x.send(false)
}
