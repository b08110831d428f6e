package dataplane

import (
	"fmt"
	"time"

	"director/internal/wire"
	"director/vrrp"
)

// handoverWithin bounds the answer to a request for a handover.
const handoverWithin = 12 * time.Second

// asked is a request for a handover that has no answer yet.
type asked struct {
	seq      uint64
	instance *instance
	until    time.Time
}

// handOver lets an instance, and its sync group, leave the role without a gap.
func (e *engine) handOver(i *instance, to vrrp.Role, cede bool) {
	for _, o := range i.together() {
		if r := e.runners[o.name()]; r != nil {
			if o.role == vrrp.Master {
				e.listen(o)
			}
			r.HandOver(to, cede)
		}
	}
}

// askHandover begins what control asks for.
func (e *engine) askHandover(h wire.Handover) {
	i := e.instanceNamed(h.Instance)
	switch {
	case i == nil:
		e.answerHandover(h.Seq, false, fmt.Sprintf("there is no vrrp_instance %q", h.Instance))
	case e.stopping:
		e.answerHandover(h.Seq, false, "director is stopping")
	case h.Back:
		e.takeBack(i)
		e.answerHandover(h.Seq, true, i.name()+" may preempt again")
	case i.role != vrrp.Master:
		text := fmt.Sprintf("%s is %s here", i.name(), i.role)
		if s := e.runners[i.name()].Status(); s.Master.IsValid() && i.role == vrrp.Backup {
			text += fmt.Sprintf("; the master is %s (%d)", s.Master, s.MasterPriority)
		}
		e.answerHandover(h.Seq, false, text)
	default:
		e.log.Info("handover asked for", "instance", i.name())
		e.asked = append(e.asked, asked{h.Seq, i, time.Now().Add(handoverWithin)})
		e.handOver(i, vrrp.Backup, true)
	}
}

// takeBack lets an instance and its group preempt again.
func (e *engine) takeBack(i *instance) {
	for _, o := range i.together() {
		if r := e.runners[o.name()]; r != nil {
			r.TakeBack()
		}
	}
}

func (e *engine) answerHandover(seq uint64, done bool, text string) {
	if e.out != nil {
		e.out.Set(fmt.Sprintf("handover %d", seq), wire.Message{Answer: &wire.HandoverAnswer{Seq: seq, Done: done, Text: text}})
	}
}

// handoverEnded answers who asked for an instance's handover.
func (e *engine) handoverEnded(i *instance, done bool, text string) {
	left := e.asked[:0]
	for _, a := range e.asked {
		if a.instance == i {
			e.answerHandover(a.seq, done, text)
			continue
		}
		left = append(left, a)
	}
	e.asked = left
}

// stayed: nobody took over; the instance is still master.
func (e *engine) stayed(i *instance, reason string) {
	e.deafen(i)
	e.handoverEnded(i, false, fmt.Sprintf("%s stays MASTER here: %s", i.name(), reason))
}

// expireHandovers answers what nothing has answered.
func (e *engine) expireHandovers(now time.Time) {
	for _, a := range e.asked {
		if !now.Before(a.until) {
			e.handoverEnded(a.instance, false, fmt.Sprintf("%s is still %s after %v", a.instance.name(), a.instance.role, handoverWithin))
			return // what is left has its turn with the next event
		}
	}
}

// instanceNamed returns nil where there is none.
func (m *model) instanceNamed(name string) *instance {
	for _, i := range m.instances {
		if !i.static && !i.leaving && i.name() == name {
			return i
		}
	}
	return nil
}
