package vrrp

import "time"

// hand is how far a planned departure has come.
type hand struct {
	phase handPhase
	to    Role // Init or Backup
	cede  bool
	until time.Time // the end of the phase
}

// handPhase is a phase of a handover.
type handPhase uint8

const (
	handNone handPhase = iota
	// handLow: adverts say priority 1, so that any backup wins, and one that
	// prepares does so in peace.
	handLow
	// handZero: nobody won, who may not preempt; priority 0 was said.
	handZero
)

// lowest is the priority of a master that wants to be preempted.
const lowest = 1

// Bounds of a handover, so that a stop takes no longer than ten seconds
// whatever the intervals are.
const (
	maxHandLow  = 4 * time.Second
	maxHandZero = 1500 * time.Millisecond
	maxLinger   = 1500 * time.Millisecond
)

// handOver begins a planned departure.
func (x *stepper) handOver() {
	switch {
	case x.s.Role != Master && x.ev.To == Init:
		x.leave(Init, ReasonShutdown)
	case x.s.Role != Master:
		x.s.ceded = x.s.ceded || x.ev.Cede
	case x.s.hand.phase != handNone:
		x.s.hand.to, x.s.hand.cede = min(x.s.hand.to, x.ev.To), x.s.hand.cede || x.ev.Cede
	default:
		wait := min(downTime(x.p.Config, lowest, x.p.Config.AdvertInt), maxHandLow)
		x.s.listening, x.s.mute = false, false
		x.s.hand = hand{phase: handLow, to: x.ev.To, cede: x.ev.Cede, until: x.ev.At.Add(wait)}
		x.send(lowest)
		x.armHand()
	}
}

// armHand arms the timer for the next advert or the end of the phase.
func (x *stepper) armHand() {
	next := x.ev.At.Add(x.p.Config.AdvertInt)
	if x.s.hand.until.Before(next) {
		next = x.s.hand.until
	}
	x.arm(next)
}

// handTimer goes on with a handover for which nobody has come yet.
func (x *stepper) handTimer() {
	h := &x.s.hand
	switch {
	case h.phase == handLow && x.ev.At.Before(h.until):
		x.send(lowest)
		x.armHand()
	case h.phase == handLow:
		h.phase, h.until = handZero, x.ev.At.Add(min(x.p.Config.AdvertInt, maxHandZero))
		x.send(0)
		x.arm(h.until)
	case x.ev.At.Before(h.until):
		x.arm(h.until)
	case h.to == Init:
		x.leave(Init, ReasonNobody)
	default:
		x.stay(ReasonNobody)
	}
}

// stay ends a handover without a successor.
func (x *stepper) stay(why Reason) {
	x.s.hand = hand{}
	x.send(x.own())
	x.arm(x.ev.At.Add(x.p.Config.AdvertInt))
	x.out.add(Action{Kind: ActStayed, Reason: why})
}

// takeBack lets the instance preempt again; a handover that is under way ends.
func (x *stepper) takeBack() {
	x.s.ceded = false
	if x.s.hand.phase != handNone && x.s.hand.to != Init {
		x.stay(ReasonTakenBack)
	}
}

// handAdvert judges an advert during a handover: whoever is above what we say
// has won.
func (x *stepper) handAdvert() {
	a := x.ev.Advert
	said := uint8(lowest)
	if x.s.hand.phase == handZero {
		said = 0
	}
	if a.Priority > said || a.Priority == said && said > 0 && higherAddr(a.Source, x.p.Source) {
		x.depart(x.intervalOf(a))
	}
}

// depart leaves to a successor that advertises at interval: the addresses are
// served on until it has announced them, for that interval at most.
func (x *stepper) depart(interval time.Duration) {
	h := x.s.hand
	linger := x.ev.At.Add(min(interval, maxLinger))
	x.s.hand = hand{}
	if h.to == Init {
		x.noteMaster()
		x.stop()
		x.s.listening = false
		x.lingering(Init, ReasonHandover, linger)
		return
	}
	x.s.ceded = x.s.ceded || h.cede
	if x.ev.Kind == AdvertReceived {
		x.accept()
	} else {
		x.waitAnew()
	}
	x.lingering(Backup, ReasonHandover, linger)
}

func (x *stepper) noteMaster() {
	if a := x.ev.Advert; x.ev.Kind == AdvertReceived {
		x.s.Master, x.s.MasterPriority = a.Source, a.Priority
	}
}

func (x *stepper) lingering(to Role, why Reason, until time.Time) {
	x.out.add(Action{Kind: ActRole, From: x.s.Role, To: to, Reason: why, At: until})
	x.s.Role = to
}
