package control

import (
	"context"
	"fmt"
	"time"

	"director/config"
	"director/internal/notify"
	"director/internal/wire"
)

// drainWithin bounds the end of scripts and of the readers of FIFOs. The
// dataplane gives the process two and a half seconds, and killing takes one.
const drainWithin = time.Second

func (e *engine) newNotifier() {
	e.notifier = notify.New(e.log, func(seq uint64) {
		e.urge(fmt.Sprintf("noticed %d", seq), wire.Message{Noticed: &wire.Noticed{Seq: seq}})
	})
}

// settingsOf are the notify scripts and FIFOs of a configuration.
func settingsOf(cfg *config.Config) notify.Settings {
	s := notify.Settings{
		Instances: map[string]notify.Scripts{}, Groups: map[string]notify.Scripts{},
		FIFOs: cfg.Global.FIFOs, Policy: cfg.Global.Scripts,
	}
	for n := range cfg.Instances {
		s.Instances[cfg.Instances[n].VRRP.Name] = cfg.Instances[n].Notify
	}
	for _, g := range cfg.Groups {
		s.Groups[g.Name] = g.Notify
	}
	return s
}

// notice has scripts and FIFOs told of something.
func (e *engine) notice(n *wire.Notice) {
	event := notify.Event{
		Seq: n.Seq, At: since(n.Age), Kind: notify.Instance, Name: n.Name, State: n.State, Priority: n.Priority, Reason: n.Reason,
	}
	if n.Group {
		event.Kind = notify.Group
	}
	if n.Known {
		e.notifier.Seed(event)
		return
	}
	e.notifier.Notify(event)
}

// drain lets everything be told that has been heard of, and ends the FIFOs.
func (e *engine) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	if err := e.notifier.Drain(ctx); err != nil {
		e.log.Warn("not everything was told before the end", "error", err)
	}
}
