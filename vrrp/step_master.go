package vrrp

import "time"

// becomeMaster sends the first advert before anything else: it stops the other
// backups, and it is what a living master lets go at.
func (x *stepper) becomeMaster(why Reason) {
	x.s.ceded, x.s.clash = false, clash{}
	if x.p.Config.AddressesFirst && (why == ReasonPreempt || why == ReasonUnprepared) {
		x.s.mute = true
		x.arm(x.ev.At.Add(muteAtMost))
	} else {
		x.send(x.own())
		x.arm(x.ev.At.Add(x.p.Config.AdvertInt))
	}
	x.setRole(Master, why)
	x.s.rival = rival{}
}

// muteAtMost bounds how long a first advert waits for the addresses. The master
// before goes on meanwhile.
const muteAtMost = 30 * time.Millisecond

// speak ends the silence of a master that waited for its addresses.
func (x *stepper) speak() {
	if x.s.mute {
		x.s.mute = false
		x.send(x.own())
		x.arm(x.ev.At.Add(x.p.Config.AdvertInt))
	}
}

// masterTimer sends the regular advert. The next one is due an interval after
// this one was, not after it was sent, so lateness does not add up; adverts
// that were missed altogether are not sent later.
func (x *stepper) masterTimer() {
	switch {
	case x.s.mute:
		x.speak()
		return
	case x.s.hand.phase != handNone:
		x.handTimer()
		return
	case x.expiredLate():
		x.enterBackup(ReasonStalled)
		return
	case x.stalled():
		x.s.listening = true
		x.arm(x.ev.At.Add(x.p.Config.AdvertInt + skew(x.p.Config, x.own(), x.p.Config.AdvertInt)))
		return
	}
	due := x.s.Deadline
	if x.s.listening {
		x.s.listening = false
		due = x.ev.At
	}
	x.send(x.own())
	x.s.clash.count()
	next := due.Add(x.p.Config.AdvertInt)
	if !next.After(x.ev.At) {
		next = x.ev.At.Add(x.p.Config.AdvertInt)
	}
	x.arm(next)
}

// stalled reports whether our adverts have been missing for so long that
// another router may have become master: this process was stopped or starved,
// or its machine was.
func (x *stepper) stalled() bool {
	c := x.p.Config
	missed := time.Duration(max(1, c.downTimerAdverts()-1)) * c.AdvertInt
	return !x.s.listening && x.ev.At.Sub(x.s.Deadline) >= missed
}

// expiredLate is keepalived's timer_expired_backup: a router of the given
// priority would have taken over by now. Its three intervals are fixed.
func (x *stepper) expiredLate() bool {
	c := x.p.Config
	if c.TimerExpiredBackup == 0 || !c.NoPreempt || x.s.listening {
		return false
	}
	last := x.s.Deadline.Add(-c.AdvertInt)
	return x.ev.At.After(last.Add(3*c.AdvertInt + skew(c, c.TimerExpiredBackup, c.AdvertInt)))
}

func (x *stepper) masterAdvert() {
	a, own := x.ev.Advert, x.own()
	switch {
	case x.s.hand.phase != handNone:
		x.handAdvert()
	case a.Priority == 0 && x.s.mute:
		x.speak()
	case a.Priority == 0:
		x.answer()
	case a.Priority > own:
		x.yield(ReasonHigherPriority)
	case a.Priority == own && higherAddr(a.Source, x.p.Source):
		x.yield(ReasonHigherAddress)
	case x.s.mute: // it lives still, and lets go when we speak
	case x.s.listening || x.stalled():
		x.yield(ReasonStalled)
	case own == 255 && a.Priority == 255 && x.s.clash.lasts(x.ev, x.p.Config):
		x.s.clash.lowered = true
		x.yield(ReasonOwnerClash)
	default:
		x.lowerMaster()
	}
}

// lowerMaster answers a master that should not be one (RFC 9568, section
// 6.4.3), and shows switches the right port again after a partition.
func (x *stepper) lowerMaster() {
	if !x.mayAnswer() {
		return
	}
	if x.p.Config.LowerPrioNoAdvert {
		x.s.answered = x.ev.At
	} else {
		x.answer()
	}
	x.out.add(Action{Kind: ActAnnounce})
}

// answer sends an advert out of turn, and the next one an interval later.
func (x *stepper) answer() {
	if x.s.listening || !x.mayAnswer() {
		return
	}
	x.s.answered = x.ev.At
	x.send(x.own())
	x.s.clash.count()
	x.arm(x.ev.At.Add(x.p.Config.AdvertInt))
}

// answerGap is the least time between two answers. One answer reaches
// everybody who should hear it; a flood is not worth more.
const answerGap = time.Millisecond

func (x *stepper) mayAnswer() bool {
	return x.s.answered.IsZero() || x.ev.At.Sub(x.s.answered) >= answerGap
}

// yield gives way without priority 0: the other one is master already.
func (x *stepper) yield(why Reason) {
	if x.p.Config.HigherPrioSendAdvert && !x.s.listening {
		x.send(x.s.Priority)
	}
	x.s.listening, x.s.mute = false, false
	x.accept()
	if why == ReasonHigherPriority || why == ReasonHigherAddress {
		// It may not have the addresses yet: they are served on until it has.
		x.lingering(Backup, why, x.ev.At.Add(min(x.s.MasterInterval, maxLinger)))
		return
	}
	x.setRole(Backup, why)
}
