package ipvs

// Diff returns the operations that turn have into want, safest order first:
// new services, changed services, new servers, changed servers (those that get
// connections again first, drains last), removed servers, removed services.
// Applied in this order no service is without a server that it had before and
// keeps or gets.
//
// Every service in have that is not in want is removed: the caller leaves out
// of have what is not its own, see [Owned]. The kernel can change everything
// but the key in place (ip_vs_edit_service and ip_vs_edit_dest in
// net/netfilter/ipvs/ip_vs_ctl.c), the forwarding method too, so an entry never
// loses its connections to a change. Where want names a service or a server of
// a service twice, the first counts.
func Diff(have, want []Service) []Op {
	p := plan{old: make(map[Key]*Service, len(have)), wanted: make(map[Key]bool, len(want))}
	for i := range have {
		p.old[have[i].Key.normal()] = &have[i]
	}
	for i := range want {
		p.service(&want[i])
	}
	for i := range have {
		key := have[i].Key.normal()
		if !p.wanted[key] {
			p.wanted[key] = true // once, also if have names it twice
			p.deletedServices = append(p.deletedServices, Op{Kind: DeleteService, Service: Service{Key: key}})
		}
	}
	return p.ops()
}

// plan collects the operations by phase.
type plan struct {
	old    map[Key]*Service
	wanted map[Key]bool

	newServices     []Op
	changedServices []Op
	added           []Op
	revived         []Op // from weight 0 to more
	changed         []Op
	drained         []Op // from more to weight 0
	deleted         []Op
	deletedServices []Op
}

func (p *plan) ops() []Op {
	phases := [][]Op{
		p.newServices, p.changedServices, p.added, p.revived, p.changed, p.drained, p.deleted, p.deletedServices,
	}
	n := 0
	for _, ops := range phases {
		n += len(ops)
	}
	if n == 0 {
		return nil
	}
	all := make([]Op, 0, n)
	for _, ops := range phases {
		all = append(all, ops...)
	}
	return all
}

func (p *plan) service(s *Service) {
	want := s.Normal()
	if p.wanted[want.Key] {
		return
	}
	p.wanted[want.Key] = true
	old, ok := p.old[want.Key]
	if !ok {
		p.newServices = append(p.newServices, Op{Kind: AddService, Service: want})
		p.servers(want.Key, nil, s.Servers)
		return
	}
	if have := old.Normal(); !sameService(&have, &want) {
		p.changedServices = append(p.changedServices, Op{Kind: UpdateService, Service: want})
	}
	p.servers(want.Key, old.Servers, s.Servers)
}

// servers plans the change of one service's servers.
func (p *plan) servers(key Key, have, want []Server) {
	left := make(map[ServerKey]int, len(have)) // not wanted so far
	for i := range have {
		left[have[i].ServerKey] = i
	}
	done := make(map[ServerKey]bool, len(want))
	for _, w := range want {
		if done[w.ServerKey] {
			continue
		}
		done[w.ServerKey] = true
		i, ok := left[w.ServerKey]
		delete(left, w.ServerKey)
		if !ok {
			p.added = append(p.added, Op{Kind: AddServer, Service: Service{Key: key}, Server: w.Normal()})
			continue
		}
		p.change(key, have[i], w.Normal())
	}
	for i := range have {
		if _, ok := left[have[i].ServerKey]; ok {
			delete(left, have[i].ServerKey)
			op := Op{Kind: DeleteServer, Service: Service{Key: key}, Server: Server{ServerKey: have[i].ServerKey}}
			p.deleted = append(p.deleted, op)
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
		p.revived = append(p.revived, op)
	case have.Weight > 0 && want.Weight == 0:
		p.drained = append(p.drained, op)
	default:
		p.changed = append(p.changed, op)
	}
}
