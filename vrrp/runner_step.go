package vrrp

import (
	"errors"
	"net/netip"
	"time"
)

// step lets Step decide and carries out what it says.
func (r *Runner) step(ev Event) {
	if ev.At.Before(r.last) {
		ev.At = r.last
	}
	r.last = ev.At
	before := r.state
	after, acts := Step(Params{Config: r.cfg, Source: r.source}, before, ev)
	r.state = after
	if d, ok := margin(&before, &after, ev); ok {
		r.out.margin(d)
	}
	if before.Role == Master && after.Role != Master && !before.Deadline.IsZero() {
		// An advert that was due and will not leave was late until now.
		r.out.late(time.Since(before.Deadline))
	}
	r.out.publish(r.cfg, r.source, &r.state)
	for _, a := range acts.All() {
		switch a.Kind {
		case ActSendAdvert:
			r.send(a.Priority)
		case ActArmTimer:
			r.timer.Reset(time.Until(a.At))
		case ActStopTimer:
			r.timer.Stop()
		case ActRole:
			r.changeRole(a, before, ev)
		case ActPrepare:
			r.in.forgetPrepared()
			r.obs.Prepare(r.key, true)
		case ActUnprepare:
			r.obs.Prepare(r.key, false)
		case ActAnnounce:
			r.obs.Announce(r.key)
		case ActWish:
			r.obs.Wish(r.key, true)
		case ActUnwish:
			r.obs.Wish(r.key, false)
		case ActStayed:
			r.log.Info("handover ended", "instance", r.cfg.Name, "reason", a.Reason)
			r.obs.Stayed(r.key, a.Reason.String())
		}
	}
}

// margin is how much time was left to a backup when its master's advert came.
func margin(before, after *State, ev Event) (time.Duration, bool) {
	ok := ev.Kind == AdvertReceived && before.Role == Backup && after.Role == Backup &&
		after.heard.Equal(ev.At) && before.Master.IsValid() && before.Master == after.Master
	return before.Deadline.Sub(ev.At), ok
}

func (r *Runner) changeRole(a Action, before State, ev Event) {
	c := RoleChange{
		Key: r.key, From: a.From, To: a.To,
		Reason: a.Reason.explain(before, ev),
		Master: r.state.Master, At: ev.At, Linger: a.At,
	}
	switch a.Reason {
	case ReasonMasterLeft, ReasonPreempt, ReasonUnprepared:
		c.Alive = true
	}
	r.out.transition(c)
	r.obs.RoleChanged(c)
	r.log.Info("role change", "instance", r.cfg.Name, "from", c.From, "to", c.To,
		"reason", c.Reason, "last_master", c.Master)
}

var errNoTransport = errors.New("no transport")

// send sends one advert to the group or to every peer. That one peer cannot be
// reached keeps it from no other.
func (r *Runner) send(priority uint8) {
	c := r.cfg
	r.packet = Packet{
		Version: c.Version, VRID: c.VRID, Priority: priority, Interval: c.AdvertInt,
		Auth: c.Auth, Addresses: c.Addresses,
	}
	if c.Auth == AuthPass {
		copy(r.packet.AuthData[:], c.AuthPassword)
	}
	if t, ok := r.transport.(AHSequencer); ok {
		t.HeardSequence(r.receiver.Sequence())
	}
	if !c.Unicast() {
		err := r.sendTo(c.group())
		r.out.sent(priority, err == nil, err)
		r.reportSend(err)
		return
	}
	var errs error
	some := false
	for i := range c.Peers {
		err := r.sendTo(c.Peers[i].Addr)
		some = some || err == nil
		errs = errors.Join(errs, err)
	}
	r.out.sent(priority, some, errs)
	r.reportSend(errs)
}

func (r *Runner) sendTo(dst netip.Addr) error {
	if r.transport == nil {
		return errNoTransport
	}
	b, err := r.packet.Append(r.message[:0], r.source, r.receiver.ChecksumDst(dst), r.cfg.Checksum)
	if err != nil {
		return err
	}
	r.message = r.receiver.Sign(b, r.source, time.Now())
	return r.transport.Send(r.source, dst, r.message)
}

// reportSend logs an error when it first appears and when it has gone.
func (r *Runner) reportSend(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	switch {
	case text == r.sendError:
	case text == "":
		r.log.Info("adverts can be sent again", "instance", r.cfg.Name)
	default:
		r.log.Warn("advert not sent", "instance", r.cfg.Name, "error", text)
	}
	r.sendError = text
}
