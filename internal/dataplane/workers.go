package dataplane

import (
	"time"

	"director/ipvs"
)

// startWork hands work to the IPVS worker: one goroutine at a time.
func (e *engine) startWork(w work) {
	e.serving = true
	reads := make([]*ipvs.Service, len(w.read))
	keys := make([]ipvs.Key, len(w.read))
	for n, s := range w.read {
		keys[n] = s.want.Key
	}
	errs := make([]error, len(w.ops))
	t := e.table
	e.workers.Go(func() {
		var readErr error
		if len(keys) > 0 {
			readErr = readServices(e, t, keys, reads)
		}
		if readErr == nil && len(w.ops) > 0 {
			t.Apply(e.ctx, w.ops, func(i int, err error) { errs[i] = err })
		}
		e.post(func() {
			e.serving = false
			e.didRead(w.read, reads, readErr)
			if readErr == nil {
				e.didOps(w, errs)
			}
		})
	})
}

// readServices fills found with what the kernel has of the keys, nil where it
// has nothing.
func readServices(e *engine, t table, keys []ipvs.Key, found []*ipvs.Service) error {
	have, err := t.Table(e.ctx, keys)
	if err != nil {
		return err
	}
	byKey := make(map[ipvs.Key]*ipvs.Service, len(have))
	for n := range have {
		byKey[have[n].Key] = &have[n]
	}
	for n, k := range keys {
		found[n] = byKey[ipvs.Service{Key: k}.Normal().Key]
	}
	return nil
}

func (e *engine) didRead(read []*service, found []*ipvs.Service, err error) {
	now := time.Now()
	for n, s := range read {
		if err != nil {
			s.fail(err, now)
			continue
		}
		s.unsure, s.stale, s.plan, s.next = false, true, nil, 0
		s.present, s.have, s.theirs = false, ipvs.Service{}, false
		switch {
		case found[n] == nil:
		case !e.keep.programmed[s.want.Key] && e.fateOf(s) != program:
			// Somebody else's, and not in the way yet.
			s.theirs = true
		default:
			s.present, s.have = true, *found[n]
			e.sayTakenOver(s)
		}
	}
}

// sayTakenOver says that a service of the file was in the kernel already.
func (e *engine) sayTakenOver(s *service) {
	if e.keep.programmed[s.want.Key] {
		return
	}
	s.takenOver = true
	e.keep.programmed[s.want.Key] = true
	e.log.Warn("service taken over: it was in the kernel before director wanted it",
		"service", s.name, "entry", s.want.Key.String())
}

func (e *engine) didOps(w work, errs []error) {
	now := time.Now()
	for n, op := range w.ops {
		s := w.of[n]
		if errs[n] != nil {
			e.opFailed(s, op, errs[n], now)
			continue
		}
		s.next++
		switch op.Kind {
		case ipvs.AddService:
			s.present = true
			e.keep.programmed[s.want.Key] = true
		case ipvs.DeleteService:
			s.present = false
		}
	}
	for n, s := range w.of {
		if n > 0 && w.of[n-1] == s {
			continue
		}
		if len(s.left()) == 0 && !s.unsure {
			s.clear()
		}
	}
	e.forgetDropped()
}

// opFailed notes that the kernel said no. What it holds now is read before the
// next try; a connection that fails is opened anew by the client.
func (e *engine) opFailed(s *service, op ipvs.Op, err error, now time.Time) {
	if !s.unsure {
		s.fail(err, now)
		e.log.Error("the kernel refused a change", "service", s.name, "change", op.String(), "error", err,
			"retry_in", s.backoff)
	}
	s.unsure = true
}

// forgetDropped removes the services that are no longer configured and gone.
func (e *engine) forgetDropped() {
	left := e.services[:0]
	for _, s := range e.services {
		if !s.dropped || s.present || s.unsure {
			left = append(left, s)
			continue
		}
		delete(e.keep.programmed, s.want.Key)
	}
	clear(e.services[len(left):])
	e.services = left
}

// openTable tries to reach the kernel's IPVS; without it elections and checks
// go on.
func (e *engine) openTable() {
	if e.serving {
		return
	}
	e.serving = true
	e.workers.Go(func() {
		t, err := e.open()
		e.post(func() {
			e.serving = false
			e.opened(t, err)
		})
	})
}

func (e *engine) opened(t table, err error) {
	if err != nil {
		if e.noTable.err == nil || e.noTable.err.Error() != err.Error() {
			e.log.Error("no IPVS: electing and checking go on without it", "error", err)
		}
		e.noTable.fail(err, time.Now())
		return
	}
	if e.noTable.err != nil {
		e.log.Info("IPVS is there")
	}
	e.noTable.clear()
	e.table, e.model.ipvs = t, true
	for _, s := range e.services {
		s.unsure = true
	}
}
