package dataplane

import (
	"fmt"
	"time"

	"director/internal/netif"
	"director/ipvs"
	"director/vrrp"
)

// serverRounds is the number of polls over which the servers of all services
// are read once: a lost service is back in a second, a lost server in ten. A
// dump of ten thousand servers costs up to 0.6 s of CPU on a slow kernel, so
// that all at once every second would be most of it.
const serverRounds = 10

// poll remembers where the reading of the kernel's table has got to.
type poll struct {
	// due is set once a second.
	due  bool
	next int
}

// startPoll looks for what somebody else changed in IPVS, which sends no
// events. It runs on the IPVS worker when that has nothing better to do.
func (e *engine) startPoll(now time.Time) {
	if !e.poll.due || !e.model.ipvs || !e.started || e.stopping {
		return
	}
	e.poll.due = false
	var watched []*service
	for _, s := range e.services {
		if s.present && !s.unsure && !s.dropped && !s.waiting(now) {
			watched = append(watched, s)
		}
	}
	if len(watched) == 0 {
		return
	}
	look := e.turn(watched)
	e.serving = true
	t := e.table
	e.workers.Go(func() {
		services, err := t.Services(e.ctx)
		servers := make([][]ipvs.Server, len(look))
		for n, s := range look {
			if err == nil {
				servers[n], err = t.Servers(e.ctx, s.want.Key)
			}
		}
		e.post(func() {
			e.serving = false
			if err != nil {
				e.log.Warn("the kernel's IPVS table could not be read", "error", err)
				return
			}
			e.polled(watched, services, look, servers)
		})
	})
}

// turn returns the services whose servers are read this time.
func (e *engine) turn(watched []*service) []*service {
	n := (len(watched) + serverRounds - 1) / serverRounds
	if len(watched) < serverRounds && e.poll.next%serverRounds >= len(watched) {
		// Fewer services than rounds: this round has none.
		e.poll.next++
		return nil
	}
	look := make([]*service, 0, n)
	if len(watched) < serverRounds {
		look = append(look, watched[e.poll.next%serverRounds])
		e.poll.next++
		return look
	}
	for range n {
		look = append(look, watched[e.poll.next%len(watched)])
		e.poll.next++
	}
	return look
}

// polled compares what is in the kernel with what is believed to be there.
func (e *engine) polled(watched []*service, services []ipvs.Service, look []*service, servers [][]ipvs.Server) {
	found := make(map[ipvs.Key]ipvs.Service, len(services))
	for _, s := range services {
		found[s.Key] = s
	}
	for _, s := range watched {
		s.fold()
		have, ok := found[s.have.Normal().Key]
		if !ok {
			e.lost(s)
			continue
		}
		have.Servers = s.have.Servers
		if !have.SameSettings(&s.have) {
			e.repairs.Services++
			e.drifted(s, "its settings were changed")
		}
		s.have = have
	}
	for n, s := range look {
		if !s.present {
			continue
		}
		believed := s.have
		s.have.Servers = servers[n]
		if ops := ipvs.Diff([]ipvs.Service{s.have}, []ipvs.Service{believed}); len(ops) > 0 {
			e.repairs.Servers += uint64(len(ops))
			e.drifted(s, fmt.Sprintf("its servers were changed; of %d repairs the first: %s", len(ops), ops[0]))
		}
	}
}

// lost handles a service that somebody removed.
func (e *engine) lost(s *service) {
	s.present, s.have = false, ipvs.Service{}
	e.repairs.Services++
	e.drifted(s, "it was removed")
}

func (e *engine) drifted(s *service, what string) {
	s.stale = true
	e.log.Warn("IPVS was changed by somebody else and is put right", "service", s.name,
		"entry", s.want.Key.String(), "what", what)
}

// addressGone handles the loss of an address. What was ours, and is wanted, is
// put back at once.
func (e *engine) addressGone(k netif.Key) {
	delete(e.present, k)
	e.routesDue = true
	for _, i := range e.instances {
		for _, a := range i.addrs {
			if a.state == absent || a.hidden || a.hiding || !a.answersTo(k) {
				continue
			}
			was := a.state
			a.state, e.news = absent, true
			if was != ours || i.role != vrrp.Master || a.dropped {
				continue
			}
			if a.NoTrack {
				a.dropped = true
				e.log.Warn("virtual address was removed by somebody else; no_track leaves it so",
					"instance", i.name(), "address", k.String())
				continue
			}
			a.missed = !a.changed
		}
	}
}
