package netif

import "time"

// The master-down interval that a stall is measured by, if none is given, and
// the shortest that is believed.
const (
	defaultMasterDown  = time.Second
	shortestMasterDown = 50 * time.Millisecond
)

// masterDown is how long the instance may be silent before another router is
// master.
func (s Schedule) masterDown() time.Duration {
	if s.MasterDown <= 0 {
		return defaultMasterDown
	}
	return max(s.MasterDown, shortestMasterDown)
}

// beat is how often the caller has to look at the time, so that a stall is seen
// before it could have cost a role.
func (p *plan) beat() time.Duration {
	least := time.Duration(1<<63 - 1)
	for _, h := range p.holders {
		least = min(least, h.schedule.masterDown()/4)
	}
	return least
}

// stalled is told that nobody looked at the plan for late longer than it asked
// for. Instances that may have lost their role meanwhile are held for one
// master-down interval: what is theirs is not announced before the election had
// the time to hear of another master, and to stop it. A start or a put-back
// address during that time does not end it: it may be the answer to something
// from before the stall.
func (p *plan) stalled(late time.Duration, now time.Time) {
	for _, h := range p.holders {
		down := h.schedule.masterDown()
		if late <= down/2 {
			continue
		}
		if h.heldUntil.IsZero() {
			h.held = newQueue()
		}
		h.heldUntil = now.Add(down)
		for _, q := range p.inOrder {
			for _, e := range q.remove(h.name) {
				p.due(h, e.address, e.left, e.urgent)
			}
		}
	}
}

// letGo ends the hold of an instance.
func (p *plan) letGo(h *holder) {
	if h.heldUntil.IsZero() {
		return
	}
	held := h.held
	h.heldUntil, h.held = time.Time{}, nil
	for _, e := range held.entries {
		p.due(h, e.address, e.left, e.urgent)
	}
}
