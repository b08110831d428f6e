package dataplane

import (
	"fmt"
	"time"

	"director/internal/wire"
	"director/vrrp"
)

// noticesAtMost bounds what is kept for one instance or group while there is no
// control to tell it to. The newest always arrives.
const noticesAtMost = 16

// notices are what scripts and FIFOs are to be told, until control has dealt
// with them.
type notices struct {
	seq     uint64
	waiting []waitingNotice
	dropped uint64
}

type waitingNotice struct {
	wire.Notice
	at time.Time
}

// say tells scripts and FIFOs something.
func (e *engine) say(n wire.Notice, at time.Time) {
	q := &e.notices
	of, oldest := 0, -1
	for k, w := range q.waiting {
		if w.Group != n.Group || w.Name != n.Name {
			continue
		}
		if oldest < 0 {
			oldest = k
		}
		of++
		if w.State == n.State && n.State == lowerHeard {
			return // one such word waits already
		}
	}
	if of >= noticesAtMost {
		q.waiting = append(q.waiting[:oldest], q.waiting[oldest+1:]...)
		q.dropped++
	}
	q.seq++
	n.Seq = q.seq
	q.waiting = append(q.waiting, waitingNotice{n, at})
	e.tell(q.waiting[len(q.waiting)-1])
}

// tell sends a notice to control.
func (e *engine) tell(w waitingNotice) {
	if e.out != nil {
		n := w.Notice
		n.Age = time.Since(w.at)
		e.out.Set(fmt.Sprintf("notice %d", n.Seq), wire.Message{Notice: &n})
	}
}

// noticed forgets what control has dealt with.
func (e *engine) noticed(seq uint64) {
	left := e.notices.waiting[:0]
	for _, w := range e.notices.waiting {
		if w.Seq != seq {
			left = append(left, w)
		}
	}
	e.notices.waiting = left
}

// retell tells a new control process what its predecessor has not dealt with,
// after what is known.
func (e *engine) retell() {
	waits := map[string]bool{}
	for _, w := range e.notices.waiting {
		waits[fmt.Sprint(w.Group, w.Name)] = true
	}
	known := func(group bool, name, state string) {
		// What waits comes as a change; the state before it is not known here.
		if state != "" && !waits[fmt.Sprint(group, name)] {
			e.tell(waitingNotice{wire.Notice{Group: group, Name: name, State: state, Known: true}, time.Now()})
		}
	}
	for _, i := range e.instances {
		if !i.static && !i.leaving && i.told != "" {
			known(false, i.name(), i.told)
		}
	}
	for _, g := range e.groups {
		known(true, g.name, g.told)
	}
	for _, w := range e.notices.waiting {
		e.tell(w)
	}
}

// The words of keepalived beside the roles.
const (
	stopped        = "STOP"
	deleted        = "DELETED"
	lowerHeard     = "MASTER_RX_LOWER_PRI"
	masterPriority = "MASTER_PRIORITY"
	backupPriority = "BACKUP_PRIORITY"
)

// noteRole remembers a role to be told when addresses have followed it: scripts
// find the addresses there, or gone.
func (e *engine) noteRole(i *instance, c vrrp.RoleChange) {
	e.tellRole(i) // an earlier one comes before
	state := c.To.String()
	if c.To == vrrp.Init {
		state = stopped
		if i.leaving && !e.stopping {
			state = deleted
		}
	}
	i.notice = &wire.Notice{Name: i.name(), State: state, Priority: int(e.priorityOf(i)), Reason: c.Reason}
	i.noticeAt = c.At
}

// tellRole tells the role that waits.
func (e *engine) tellRole(i *instance) {
	if i.notice == nil {
		return
	}
	e.say(*i.notice, i.noticeAt)
	i.told, i.notice = i.notice.State, nil
	if g := i.group; g != nil {
		e.tellGroup(g, i.noticeAt)
	}
}

// tellGroup tells the state of a group when it is another one.
func (e *engine) tellGroup(g *group, at time.Time) {
	state := g.state()
	if e.stopping {
		state = stopped
		for _, i := range g.members {
			if i.told != stopped {
				return
			}
		}
	}
	if state == "" || state == g.told {
		return
	}
	g.told = state
	e.say(wire.Notice{Group: true, Name: g.name, State: state}, at)
}

// tellRoles tells the roles whose addresses have followed.
func (e *engine) tellRoles() {
	for _, i := range e.instances {
		if i.notice != nil && i.followed() {
			e.tellRole(i)
		}
	}
}

// followed reports whether addresses, routes and rules are as the role wants
// them, as far as the kernel lets us.
func (i *instance) followed() bool {
	held := i.role == vrrp.Master
	for _, a := range i.addrs {
		if !a.dropped && a.err == nil && (a.state == absent) == held && (held || a.state == ours) {
			return false
		}
	}
	for _, o := range i.objects {
		if !o.dropped && o.err == nil && (o.state == absent) == held && (held || o.state == ours) {
			return false
		}
	}
	return true
}

// priorityChanged tells that the effective priority is another one; who wants to
// know is for control to say.
func (e *engine) priorityChanged(i *instance, priority uint8) {
	state := ""
	switch i.role {
	case vrrp.Master:
		state = masterPriority
	case vrrp.Backup, vrrp.Fault: // keepalived has no third word
		state = backupPriority
	default:
		return
	}
	e.say(wire.Notice{Name: i.name(), State: state, Priority: int(priority)}, time.Now())
}
