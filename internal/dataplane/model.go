package dataplane

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
	"director/vrrp"
)

// model is what should be and what is believed to be in the kernel. Only the
// engine's goroutine touches it.
type model struct {
	instances []*instance
	services  []*service
	groups    []*group
	// made are the virtual links that instances want or have left.
	made []*madeLink
	// settings are those of the configuration in force.
	settings wire.Settings
	firewall firewall
	// routesDue: the kernel may have dropped routes without a word.
	routesDue bool

	// ipvs says whether the kernel's IPVS answers; where it does not, services
	// count as done, so that addresses still move.
	ipvs bool
	// started: the tables of the kernel have been read and leftovers are known.
	started bool
	// stopping: nothing is wanted any more.
	stopping bool
	// local holds the addresses of this machine that are nobody's virtual ones:
	// a server among them is reached without leaving the machine.
	local map[netip.Addr]bool
}

// instance is one virtual router with its addresses.
type instance struct {
	spec wire.Instance
	role vrrp.Role
	// preparing: a living master is about to be preempted.
	preparing bool
	// prepared: the answer to that has been given.
	prepared bool
	// ready: the runner has been told that the addresses are there.
	ready bool
	// running: its runner has not ended.
	running bool
	// static: it is no virtual router but what is there whatever the roles are.
	static bool
	// group is its sync group, nil: none. wishing: it waits for the others.
	group   *group
	wishing bool
	// linger is until when addresses are served on for a successor that has not
	// announced them yet; zero: they are not.
	linger time.Time
	// notice is what is to be told when addresses have followed the role, told
	// the state that was told last.
	notice   *wire.Notice
	noticeAt time.Time
	told     string
	// leaving: no longer configured.
	leaving bool
	// again: the master before is alive, so all is announced once more.
	again bool
	// scheduled is the number of addresses that are announced on schedule.
	scheduled int
	// addrs are those configured, in their order, and then dropped ones.
	addrs []*address
	// objects are its routes and then its rules.
	objects []*object
}

func (i *instance) name() string { return i.spec.VRRP.Name }

// presence says whose an address on the machine is.
type presence uint8

const (
	absent presence = iota
	ours
	foreign
)

// String returns the word that status uses.
func (p presence) String() string { return [...]string{"absent", "ours", "foreign"}[p] }

// address is one virtual address of an instance.
type address struct {
	netif.Address
	state presence
	// dropped: no longer configured; it goes even while its instance is master.
	dropped bool
	// changed: it is ours, with other parameters than are configured now.
	changed bool
	// missed: an event has said that somebody took it away.
	missed bool
	// hidden: it is ours, on loopback, for the time of a handover; hiding: it is
	// on the way there.
	hidden, hiding bool
	// heard is when somebody else announced it.
	heard time.Time
	trouble
}

// answersTo reports whether an address of the kernel is this one: the same, or,
// where somebody else holds it, with another prefix length.
func (a *address) answersTo(k netif.Key) bool {
	return a.Key == k || a.state == foreign && a.Interface == k.Interface && a.Prefix.Addr() == k.Prefix.Addr()
}

// service is one virtual server.
type service struct {
	name string
	// instance is its name; empty: bound to nothing, always programmed.
	instance string
	want     ipvs.Service
	// inst is that instance, at its address at which the service answers: nil
	// for a firewall mark and for an address that is none of the instance's.
	// follows: one of the servers is this machine. [model.link] sets them.
	inst    *instance
	at      *address
	follows bool
	// have is what the kernel holds, when present is set, but for the part of
	// the plan that has been done since.
	have    ipvs.Service
	present bool
	// unsure: an operation failed half-way, or somebody else was at it: the
	// kernel has to be read before the next change.
	unsure bool
	// theirs: the kernel holds a service of this key that somebody else made. It
	// is left alone until ours has to be there: then it is taken over.
	theirs bool
	// dropped: no longer configured.
	dropped bool
	// takenOver: it was in the kernel before we wanted it.
	takenOver bool
	// plan is what turns have into goal, nil: into nothing. The first next
	// operations of it are done. stale: plan anew.
	plan  []ipvs.Op
	next  int
	goal  *ipvs.Service
	stale bool
	// told is what control knows.
	told wire.ServiceState
	trouble
}

// left returns what is left of the plan.
func (s *service) left() []ipvs.Op { return s.plan[s.next:] }

// trouble is the last answer of the kernel that was not a success, and when to
// try again.
type trouble struct {
	err     error
	retryAt time.Time
	backoff time.Duration
}

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// fail notes an error and doubles the time to the next try.
func (t *trouble) fail(err error, now time.Time) {
	t.backoff = min(max(2*t.backoff, firstRetry), lastRetry)
	t.err, t.retryAt = err, now.Add(t.backoff)
}

// clear forgets the trouble.
func (t *trouble) clear() { *t = trouble{} }

// waiting reports whether the next try is still to come.
func (t *trouble) waiting(now time.Time) bool { return t.err != nil && now.Before(t.retryAt) }

// doubt plans the services of an instance anew; what is somebody else's in the
// kernel is looked at once more.
func (m *model) doubt(i *instance) {
	for _, s := range m.services {
		if s.inst == i {
			s.stale = true
			s.unsure = s.unsure || s.theirs
		}
	}
}

// serviceNamed returns nil where there is none.
func (m *model) serviceNamed(name string) *service {
	for _, s := range m.services {
		if s.name == name && !s.dropped {
			return s
		}
	}
	return nil
}

// link brings the pointers between services, instances and addresses up to
// date, after a change of the configuration or of the machine's addresses.
func (m *model) link() {
	byName := make(map[string]*instance, len(m.instances))
	at := map[*instance]map[netip.Addr]*address{}
	for _, i := range m.instances {
		if !i.leaving && !i.static {
			byName[i.name()] = i
		}
		at[i] = make(map[netip.Addr]*address, len(i.addrs))
		for _, a := range slices.Backward(i.addrs) { // dropped ones come last
			at[i][a.Prefix.Addr()] = a
		}
	}
	for _, s := range m.services {
		if !s.dropped {
			s.inst = byName[s.instance]
		}
		s.at = nil
		if s.want.FWMark == 0 {
			s.at = at[s.inst][s.want.Address.Addr()]
		}
		s.follows = slices.ContainsFunc(s.want.Servers, func(r ipvs.Server) bool { return m.local[r.Address.Addr()] })
	}
}

// holds reports whether any address of the instance is on the machine by our
// doing.
func (i *instance) holds() bool {
	return slices.ContainsFunc(i.addrs, func(a *address) bool { return a.state == ours })
}

// takeOverOrder returns the instance's addresses in the order in which they are
// taken: those with the fewest servers behind them first, because they are
// complete soonest. Which is the busiest a backup cannot know.
func (m *model) takeOverOrder(i *instance) []*address {
	servers := map[*address]int{}
	for _, s := range m.services {
		if s.inst == i && s.at != nil {
			servers[s.at] += len(s.want.Servers)
		}
	}
	order := slices.Clone(i.addrs)
	slices.SortStableFunc(order, func(a, b *address) int { return cmp.Compare(servers[a], servers[b]) })
	return order
}
