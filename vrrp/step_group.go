package vrrp

import "time"

// claim takes the role, or in a sync group asks for it: the members become
// master together, when each of them could.
func (x *stepper) claim(why Reason) {
	if !x.p.Config.Grouped {
		x.becomeMaster(why)
		return
	}
	// A member that waits starts its timer anew each time.
	x.arm(x.ev.At.Add(x.downTime()))
	x.s.rival.giveUp = time.Time{}
	x.s.wish = why
	if !x.s.wishing {
		x.s.wishing = true
		x.out.add(Action{Kind: ActWish, Reason: why})
	}
}

// unwish takes a wish back: there is a master after all.
func (x *stepper) unwish() {
	if x.s.wishing {
		x.s.wishing = false
		x.out.add(Action{Kind: ActUnwish})
	}
}

// beats reports whether a master would yield to the advert. A member that wishes
// bows to no other one: it may have been granted already, and of two routers that
// take over at once each would keep what it was first at.
func (x *stepper) beats(a Advert) bool {
	return a.Priority > x.own() || a.Priority == x.own() && higherAddr(a.Source, x.p.Source)
}

// granted: every member of the sync group can be master.
func (x *stepper) granted() {
	if x.s.Role == Backup && x.s.wishing {
		x.s.wishing = false
		x.becomeMaster(x.s.wish)
	}
}

// dragged: another member has gone to BACKUP, and takes this one with it,
// without priority 0: the other router is about to be master here, too.
func (x *stepper) dragged() {
	switch {
	case x.s.Role != Master:
	case x.s.hand.phase != handNone:
		x.depart(x.p.Config.AdvertInt)
	default:
		x.waitAnew()
		x.lingering(Backup, ReasonGroup, x.ev.At.Add(min(x.p.Config.AdvertInt, maxLinger)))
	}
}
