package vrrp

import "time"

// enterBackup waits a whole master-down time of our own interval: nothing is
// known of the others.
func (x *stepper) enterBackup(why Reason) {
	x.waitAnew()
	x.setRole(Backup, why)
}

// waitAnew forgets the others and waits.
func (x *stepper) waitAnew() {
	x.unwish()
	x.s.hand, x.s.listening, x.s.mute, x.s.clash = hand{}, false, false, clash{}
	x.s.MasterInterval = x.p.Config.AdvertInt
	x.s.heard = x.ev.At
	x.s.left, x.s.lost, x.s.listened = false, false, false
	x.s.preemptAt = time.Time{}
	x.s.rival = rival{}
	x.arm(x.ev.At.Add(x.downTime()))
}

func (x *stepper) backupAdvert() {
	a := x.ev.Advert
	switch {
	case a.Priority == 0:
		x.masterLeft()
	case a.Priority < x.own() && x.preempts():
		x.hearRival()
	case x.s.wishing && !x.beats(a):
		// But for its sync group it would be master, and not bow.
	default:
		x.accept()
	}
}

// accept bows to the master that sent the advert.
func (x *stepper) accept() {
	a := x.ev.Advert
	x.unwish()
	x.dropPreparation()
	x.s.Master, x.s.MasterPriority = a.Source, a.Priority
	x.s.MasterInterval = x.intervalOf(a)
	x.s.heard = x.ev.At
	x.s.left, x.s.lost, x.s.listened = false, false, false
	if a.Priority >= x.s.Priority {
		x.s.preemptAt = time.Time{}
	}
	x.arm(x.ev.At.Add(x.downTime()))
}

// intervalOf is the interval that counts for the sender of a: version 3 learns
// it, version 2 has dropped adverts of another one.
func (x *stepper) intervalOf(a Advert) time.Duration {
	if x.p.Config.Version == 2 || a.Interval <= 0 {
		return x.p.Config.AdvertInt
	}
	return a.Interval
}

// preempts reports whether an advert of lower priority is refused now. The
// first one starts the preempt delay.
func (x *stepper) preempts() bool {
	c := x.p.Config
	switch {
	case x.s.ceded:
		return false
	case c.StartMaster || x.s.Priority == 255 && c.NoPreempt:
		return true
	case c.NoPreempt:
		return false
	case x.s.preemptAt.IsZero():
		x.s.preemptAt = x.ev.At.Add(c.PreemptDelay)
	}
	return !x.ev.At.Before(x.s.preemptAt)
}

// masterLeft cuts the wait to the skew, which still lets the best backup go
// first.
func (x *stepper) masterLeft() {
	r := &x.s.rival
	if sameAddr(x.ev.Advert.Source, r.addr) {
		r.until = x.ev.At
	}
	switch {
	case r.waiting() && !r.living(x.ev.At):
		x.claim(ReasonMasterLeft)
	case r.waiting(): // somebody else left; the rival still holds the addresses
	default:
		x.s.left = true
		x.arm(x.ev.At.Add(x.skew()))
	}
}

// masterLost takes the loss of the BFD session with the master for its death:
// the wait is cut to the skew, of the detection time instead of the interval, so
// that the best backup still goes first.
func (x *stepper) masterLost() {
	who, within := x.ev.Advert.Source, x.ev.Advert.Interval
	r := &x.s.rival
	gone := sameAddr(who, x.s.Master) && !x.s.left
	if sameAddr(who, r.addr) {
		r.until, gone = x.ev.At, true
	}
	if x.s.Role != Backup || !gone || x.s.wishing {
		return
	}
	wait := time.Duration(256-int64(x.own())) * within / 256
	if at := x.ev.At.Add(wait); at.Before(x.s.Deadline) {
		x.s.lost = true
		x.arm(at)
	}
}

// hearRival keeps the timer running, and has the services made ready for when
// it fires.
func (x *stepper) hearRival() {
	a, r := x.ev.Advert, &x.s.rival
	r.addr, r.priority = a.Source, a.Priority
	r.at = x.ev.At
	r.until = x.ev.At.Add(downTime(x.p.Config, x.own(), x.intervalOf(a)))
	if r.prepare == prepareNone {
		r.prepare = prepareAsked
		x.out.add(Action{Kind: ActPrepare})
	}
	if r.waiting() {
		x.arm(r.wake())
	}
}

// dropPreparation takes back what ActPrepare asked for.
func (x *stepper) dropPreparation() {
	if x.s.rival.prepare != prepareNone {
		x.out.add(Action{Kind: ActUnprepare})
	}
	x.s.rival = rival{}
}

func (x *stepper) prepared() {
	r := &x.s.rival
	if x.s.Role != Backup || r.prepare == prepareNone {
		return
	}
	r.prepare = prepareDone
	if r.waiting() {
		x.claim(ReasonPreempt)
	}
}

func (x *stepper) backupTimer() {
	r := &x.s.rival
	alive := r.living(x.ev.At)
	switch {
	case x.overslept():
		x.s.listened = true
		x.arm(x.ev.At.Add(x.s.MasterInterval + x.skew()))
	case x.s.wishing:
		x.arm(x.ev.At.Add(x.downTime()))
	case alive && r.prepare == prepareAsked && !r.waiting():
		r.giveUp = x.ev.At.Add(x.downTime())
		x.arm(r.wake())
	case alive && r.prepare == prepareAsked && x.ev.At.Before(r.giveUp):
		x.arm(r.wake())
	case alive && r.prepare == prepareAsked:
		x.claim(ReasonUnprepared)
	case alive:
		x.claim(ReasonPreempt)
	case x.s.lost:
		x.claim(ReasonLost)
	case x.s.left:
		x.claim(ReasonMasterLeft)
	default:
		x.claim(ReasonSilence)
	}
}

// overslept reports whether the deadline was met so late that a living master
// may have advertised unheard: a paused machine receives nothing. Only once,
// or a starved process would never take over.
func (x *stepper) overslept() bool {
	return !x.s.listened && x.ev.At.Sub(x.s.Deadline) > x.s.MasterInterval
}

// backupPriority moves the deadline by the difference in skew.
func (x *stepper) backupPriority(old uint8) {
	r := x.s.rival
	switch {
	case r.prepare != prepareNone && r.priority >= x.s.Priority:
		// The rival has become a master we bow to, since it was last heard.
		x.unwish()
		x.dropPreparation()
		x.s.heard = r.at
		x.arm(r.until)
	case r.waiting():
	default:
		x.arm(x.s.Deadline.Add(x.skew() - skew(x.p.Config, old, x.s.MasterInterval)))
	}
}

// restartBackup waits anew by the rules of another configuration, as keepalived
// does at a reload. A master that has left is not waited for.
func (x *stepper) restartBackup() {
	x.dropPreparation()
	x.s.preemptAt = time.Time{}
	if x.p.Config.Version == 2 {
		x.s.MasterInterval = x.p.Config.AdvertInt
	}
	if !x.s.left {
		x.arm(x.ev.At.Add(x.downTime()))
	}
}
