package vrrp

import (
	"net/netip"
	"time"
)

// Params is what Step knows beside the state: the configuration and what the
// machine told us. It does not change during a step.
type Params struct {
	Config *Config
	// Source is the primary address our adverts carry; it decides a tie.
	// Invalid: unknown, every tie is lost.
	Source netip.Addr
}

// Step advances one instance by the state machines of RFC 3768 and RFC 9568,
// section 6.4, with keepalived's additions. The same parameters, state and
// event give the same result. It keeps nothing and allocates nothing.
//
// It differs from the standards and from keepalived in this:
//   - A living master of lower priority is preempted only when our services
//     are complete, or one more master-down interval has passed.
//   - A timer met more than an interval late (a paused machine) listens for
//     another interval, once, before it claims the role. A master that was
//     silent so long that another one may be there says nothing before it has
//     listened for as long, and gives way to whomever it hears.
//   - A master can hand over: see [HandOver].
//   - Adverts answer a lower master at most once per answerGap, so that two
//     routers with twisted views of each other do not flood the segment.
func Step(p Params, s State, ev Event) (State, Actions) {
	x := stepper{p: p, s: s, ev: ev}
	if x.s.Priority == 0 {
		x.s.Priority = p.Config.Priority
	}
	switch ev.Kind {
	case Start:
		x.start()
	case Shutdown:
		x.leave(Init, ReasonShutdown)
	case FaultRaised:
		x.leave(Fault, ReasonFault)
	case FaultCleared:
		if x.s.Role == Fault {
			x.enterBackup(ReasonFaultCleared)
		}
	case PriorityChanged:
		x.setPriority(ev.Priority)
	case Reconfigured:
		x.reconfigure()
	case Prepared:
		x.prepared()
	case Granted:
		x.granted()
	case Dragged:
		x.dragged()
	case HandOver:
		x.handOver()
	case AddressesReady:
		x.speak()
	case MasterLost:
		x.masterLost()
	case TakeBack:
		x.takeBack()
	case AdvertReceived:
		x.advert()
	case TimerFired:
		x.timer()
	}
	return x.s, x.out
}

// stepper is one call of Step in progress.
type stepper struct {
	p   Params
	s   State
	ev  Event
	out Actions
}

func (x *stepper) start() {
	switch {
	case x.s.Role != Init:
	case x.owner() && x.p.Config.Grouped:
		x.enterBackup(ReasonStart)
		x.claim(ReasonOwner)
	case x.owner():
		x.becomeMaster(ReasonOwner)
	default:
		x.enterBackup(ReasonStart)
	}
}

// owner reports whether the instance needs no election at start.
func (x *stepper) owner() bool { return x.s.Priority == 255 && x.p.Config.StartMaster }

// leave goes to a role that takes no part in elections.
func (x *stepper) leave(to Role, why Reason) {
	if x.s.Role == to || x.s.Role == Init && why == ReasonShutdown {
		return
	}
	if x.s.Role == Master {
		x.send(0)
	}
	x.unwish()
	x.dropPreparation()
	x.s.hand, x.s.listening, x.s.mute = hand{}, false, false
	x.stop()
	x.setRole(to, why)
}

func (x *stepper) advert() {
	if sameAddr(x.ev.Advert.Source, x.p.Source) {
		return // a copy of ourselves or our own frame; neither is a rival
	}
	switch x.s.Role {
	case Backup:
		x.backupAdvert()
	case Master:
		x.masterAdvert()
	}
}

func (x *stepper) timer() {
	if x.s.Deadline.IsZero() || x.ev.At.Before(x.s.Deadline) {
		return
	}
	switch x.s.Role {
	case Backup:
		x.backupTimer()
	case Master:
		x.masterTimer()
	}
}

func (x *stepper) reconfigure() {
	if x.ev.Priority != 0 {
		x.s.Priority = x.ev.Priority
	}
	switch x.s.Role {
	case Backup:
		x.restartBackup()
	case Master:
		if x.s.hand.phase != handNone {
			return
		}
		// A shorter interval counts at once, a longer one from the next advert.
		if next := x.ev.At.Add(x.p.Config.AdvertInt); next.Before(x.s.Deadline) {
			x.arm(next)
		}
	}
}

func (x *stepper) setPriority(priority uint8) {
	old := x.s.Priority
	if priority == 0 || priority == old {
		return
	}
	x.s.Priority = priority
	if x.s.Role == Backup {
		x.backupPriority(old)
	}
}

func (x *stepper) send(priority uint8) {
	x.out.add(Action{Kind: ActSendAdvert, Priority: priority})
}

func (x *stepper) arm(at time.Time) {
	x.s.Deadline = at
	x.out.add(Action{Kind: ActArmTimer, At: at})
}

func (x *stepper) stop() {
	x.s.Deadline = time.Time{}
	x.out.add(Action{Kind: ActStopTimer})
}

func (x *stepper) setRole(to Role, why Reason) {
	x.out.add(Action{Kind: ActRole, From: x.s.Role, To: to, Reason: why})
	x.s.Role = to
}

func (x *stepper) skew() time.Duration {
	return skew(x.p.Config, x.own(), x.s.MasterInterval)
}

func (x *stepper) downTime() time.Duration {
	return downTime(x.p.Config, x.own(), x.s.MasterInterval)
}

// sameAddr compares without the zone: a packet's source and a configured
// address name the same link differently.
func sameAddr(a, b netip.Addr) bool { return a.IsValid() && a.WithZone("") == b.WithZone("") }

// higherAddr reports whether a wins a tie against b: as an unsigned number in
// network byte order.
func higherAddr(a, b netip.Addr) bool { return a.WithZone("").Compare(b.WithZone("")) > 0 }
