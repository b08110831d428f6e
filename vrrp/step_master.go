package vrrp

import "time"

// becomeMaster sends the first advert before anything else: it stops the other
// backups, and it is what a living master lets go at.
func (x *stepper) becomeMaster(why Reason) {
	x.send(x.s.Priority)
	x.arm(x.ev.At.Add(x.p.Config.AdvertInt))
	x.setRole(Master, why)
	x.s.rival = rival{}
}

// masterTimer sends the regular advert. The next one is due an interval after
// this one was, not after it was sent, so lateness does not add up; adverts
// that were missed altogether are not sent later.
func (x *stepper) masterTimer() {
	x.send(x.s.Priority)
	next := x.s.Deadline.Add(x.p.Config.AdvertInt)
	if !next.After(x.ev.At) {
		next = x.ev.At.Add(x.p.Config.AdvertInt)
	}
	x.arm(next)
}

func (x *stepper) masterAdvert() {
	a, own := x.ev.Advert, x.s.Priority
	switch {
	case a.Priority == 0:
		x.answer()
	case a.Priority > own:
		x.yield(ReasonHigherPriority)
	case a.Priority == own && higherAddr(a.Source, x.p.Source):
		x.yield(ReasonHigherAddress)
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
	if !x.mayAnswer() {
		return
	}
	x.s.answered = x.ev.At
	x.send(x.s.Priority)
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
	if x.p.Config.HigherPrioSendAdvert {
		x.send(x.s.Priority)
	}
	x.accept()
	x.setRole(Backup, why)
}
