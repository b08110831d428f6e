package dataplane

import "director/ipvs"

// fold brings have up to date by the part of the plan that is done.
func (s *service) fold() {
	switch {
	case s.next < len(s.plan):
		s.foldPart()
	case s.next > 0 && s.goal != nil:
		s.have = *s.goal
	case s.next > 0:
		s.have = ipvs.Service{}
	}
	s.plan, s.next = nil, 0
}

// foldPart is fold for a plan that was given up on the way.
func (s *service) foldPart() {
	done := s.plan[:s.next]
	servers := s.have.Servers
	at := make(map[ipvs.ServerKey]int, len(servers)+len(done))
	for n, r := range servers {
		at[r.ServerKey] = n
	}
	gone := map[int]bool{}
	for _, op := range done {
		switch op.Kind {
		case ipvs.AddService:
			s.present, s.have, servers = true, op.Service, nil
			clear(at)
			clear(gone)
		case ipvs.UpdateService:
			s.have = op.Service
		case ipvs.DeleteService:
			s.present, s.have, servers = false, ipvs.Service{}, nil
			clear(at)
			clear(gone)
		case ipvs.AddServer, ipvs.UpdateServer:
			if n, ok := at[op.Server.ServerKey]; ok {
				servers[n] = op.Server
				delete(gone, n)
				continue
			}
			at[op.Server.ServerKey] = len(servers)
			servers = append(servers, op.Server)
		case ipvs.DeleteServer:
			if n, ok := at[op.Server.ServerKey]; ok {
				gone[n] = true
			}
		}
	}
	if len(gone) > 0 {
		left := make([]ipvs.Server, 0, len(servers)-len(gone))
		for n, r := range servers {
			if !gone[n] {
				left = append(left, r)
			}
		}
		servers = left
	}
	s.have.Servers = servers
}
