package lab

// CutFrom takes the host off one segment. It notices nothing: its carrier stays.
func (h *Host) CutFrom(s *Segment) {
	h.lab.t.Helper()
	for _, n := range h.nics {
		if n.segment == s {
			h.must("cut", s.ns.links.LinkSetNoMaster(n.port))
		}
	}
}

// ConnectTo undoes CutFrom.
func (h *Host) ConnectTo(s *Segment) {
	h.lab.t.Helper()
	for _, n := range h.nics {
		if n.segment == s {
			h.must("connect", s.ns.links.LinkSetMaster(n.port, s.bridge))
		}
	}
}
