package ipvs

import "runtime"

// Diff returns the operations that turn have into want, safest order first:
// new services, changed services, new servers, changed servers (those that get
// connections again first, drains last), removed servers, removed services.
// Applied in this order no service is without a server that it had before and
// keeps or gets.
//
// Every service in have that is not in want is removed: the caller leaves out
// of have what is not its own. The kernel can change everything
// but the key in place (ip_vs_edit_service and ip_vs_edit_dest in
// net/netfilter/ipvs/ip_vs_ctl.c), the forwarding method too, so an entry never
// loses its connections to a change. Both tables name a service once, and a
// server once in its service.
func Diff(have, want []Service) []Op {
	p := plan{have: have, want: want, old: make(map[Key]int, len(have))}
	for i := range have {
		p.old[have[i].Key.normal()] = i
	}
	p.run() // counts
	n := 0
	for phase, count := range p.next {
		p.next[phase] = n
		n += count
	}
	if n == 0 {
		return nil
	}
	p.ops = make([]Op, n)
	p.run() // places
	return p.ops
}

// The phases, in their order.
const (
	newServices = iota
	changedServices
	newServers
	revivedServers // from weight 0 to more
	changedServers
	drainedServers // from more to weight 0
	removedServers
	removedServices
	phaseCount
)

// plan is run twice, to count the operations and to place them: ten thousand
// are two megabytes, and a real-time process should not touch them thrice.
type plan struct {
	have, want []Service
	old        map[Key]int // index in have
	ops        []Op        // nil while counting
	next       [phaseCount]int
	added      int
}

func (p *plan) add(phase int, op Op) {
	if p.ops != nil {
		p.ops[p.next[phase]] = op
	}
	p.next[phase]++
	p.added++
	if p.added%breath == 0 {
		runtime.Gosched()
	}
}

// breath is after how many operations others may run. A real-time process with
// one CPU is not preempted by its own runtime, and where fresh memory is slow
// ten thousand operations take 25 ms (User Mode Linux), many times the interval
// between two adverts.
const breath = 256

func (p *plan) run() {
	wanted := make([]bool, len(p.have))
	for i := range p.want {
		want := p.want[i].Normal()
		at, ok := p.old[want.Key]
		if !ok {
			p.add(newServices, Op{Kind: AddService, Service: want})
			p.servers(want.Key, nil, p.want[i].Servers)
			continue
		}
		wanted[at] = true
		if have := p.have[at].Normal(); !sameService(&have, &want) {
			p.add(changedServices, Op{Kind: UpdateService, Service: want})
		}
		p.servers(want.Key, p.have[at].Servers, p.want[i].Servers)
	}
	for i := range p.have {
		if !wanted[i] {
			p.add(removedServices, Op{Kind: DeleteService, Service: Service{Key: p.have[i].Key.normal()}})
		}
	}
}

// servers plans the change of one service's servers.
func (p *plan) servers(key Key, have, want []Server) {
	// Mostly both are in the same order, and need no map.
	for len(have) > 0 && len(want) > 0 && have[0].ServerKey == want[0].ServerKey {
		p.change(key, have[0], want[0].Normal())
		have, want = have[1:], want[1:]
	}
	left := make(map[ServerKey]int, len(have)) // not wanted so far
	for i := range have {
		left[have[i].ServerKey] = i
	}
	for i := range want {
		w := want[i].Normal()
		if at, ok := left[w.ServerKey]; ok {
			delete(left, w.ServerKey)
			p.change(key, have[at], w)
		} else {
			p.add(newServers, Op{Kind: AddServer, Service: Service{Key: key}, Server: w})
		}
	}
	for i := range have {
		if _, ok := left[have[i].ServerKey]; ok {
			gone := Server{ServerKey: have[i].ServerKey}
			p.add(removedServers, Op{Kind: DeleteServer, Service: Service{Key: key}, Server: gone})
		}
	}
}

// change plans the change of one server, if it needs one. want is normal.
func (p *plan) change(key Key, have, want Server) {
	if have.Normal() == want {
		return
	}
	op := Op{Kind: UpdateServer, Service: Service{Key: key}, Server: want}
	switch {
	case have.Weight == 0 && want.Weight > 0:
		p.add(revivedServers, op)
	case have.Weight > 0 && want.Weight == 0:
		p.add(drainedServers, op)
	default:
		p.add(changedServers, op)
	}
}
