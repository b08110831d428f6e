package config

import (
	"net/netip"
	"time"

	"director/checkers"
)

// checkParts build what only one kind needs; scope is the checker and what is
// around it, from the inside out.
var checkParts = map[checkers.Kind]func(b *builder, scope []*node, s *checkers.Spec){
	checkers.TCPCheck:  func(*builder, []*node, *checkers.Spec) {},
	checkers.HTTPGet:   (*builder).http,
	checkers.SSLGet:    (*builder).ssl,
	checkers.SMTPCheck: (*builder).smtp,
	checkers.DNSCheck:  (*builder).dns,
	checkers.UDPCheck:  (*builder).udp,
	checkers.PingCheck: func(*builder, []*node, *checkers.Spec) {},
	checkers.MiscCheck: (*builder).misc,
	checkers.FileCheck: (*builder).fileCheck,
	checkers.BFDCheck:  (*builder).bfdCheck,
}

// checks builds the checks of a real server: its own, or else those of the
// service, as if they were copied.
func (b *builder) checks(r, vs *node, target netip.AddrPort) []checkers.Spec {
	from := r
	if !r.hasCheckers() {
		from = vs
	}
	var specs []checkers.Spec
	for _, k := range from.kids {
		kind := checkers.Kind(k.spec.name)
		part := checkParts[kind]
		if part == nil {
			continue
		}
		scope := []*node{k, r, vs}
		s := checkers.Spec{Kind: kind}
		if !kind.Follows() {
			b.rhythm(scope, &s)
			if kind != checkers.MiscCheck {
				b.target(scope, target, &s)
			}
		}
		part(b, scope, &s)
		specs = append(specs, s)
	}
	return specs
}

// hasCheckers reports whether a block has checkers of its own.
func (n *node) hasCheckers() bool {
	for _, c := range checkerBlocks {
		if n.one(c.name) != nil {
			return true
		}
	}
	return false
}

// tries are the defaults of retry and delay_before_retry; a delay of 0 stands
// for delay_loop.
var tries = map[checkers.Kind]struct {
	retry int64
	delay time.Duration
}{
	checkers.TCPCheck:  {1, time.Second},
	checkers.HTTPGet:   {1, 3 * time.Second},
	checkers.SSLGet:    {1, 3 * time.Second},
	checkers.SMTPCheck: {1, time.Second},
	checkers.DNSCheck:  {3, 0},
	checkers.UDPCheck:  {1, time.Second},
	checkers.PingCheck: {1, time.Second},
	checkers.MiscCheck: {0, time.Second},
}

// rhythm builds when a check is made and what its failures mean.
func (b *builder) rhythm(scope []*node, s *checkers.Spec) {
	s.DelayLoop = nearestOf(scope, "delay_loop", DefaultDelayLoop)
	s.Retry = int(nearestOf(scope, "retry", tries[s.Kind].retry))
	s.Alpha = nearestOf(scope, "alpha", false)
	s.LogAllFailures = or(scope[0], "log_all_failures", or(b.global, "checker_log_all_failures", false))
	delay := tries[s.Kind].delay
	if delay == 0 {
		delay = s.DelayLoop
	}
	s.DelayBeforeRetry = nearestOf(scope, "delay_before_retry", delay)
	s.Warmup = nearestOf(scope, "warmup", s.DelayLoop)
}

// target builds where a check goes, and from where.
func (b *builder) target(scope []*node, target netip.AddrPort, s *checkers.Spec) {
	k, r := scope[0], scope[1]
	s.Bind = or(k, "bindto", netip.Addr{})
	s.BindPort = uint16(or(k, "bind_port", int64(0)))
	s.BindInterface = or(k, "bind_if", "")
	s.FWMark = uint32(or(k, "fwmark", int64(0)))
	s.ConnectTimeout = nearestOf(scope, "connect_timeout", 5*time.Second)
	addr := or(k, "connect_ip", target.Addr())
	port := uint16(or(k, "connect_port", int64(target.Port())))
	switch {
	case s.Kind == checkers.PingCheck:
		port = 0
	case port == 0:
		b.fail(k.header, "Nothing says which port to check", "write connect_port, or a port in real_server %q", r.label)
	}
	s.Target = netip.AddrPortFrom(addr, port)
	if s.Bind.IsValid() && s.Bind.Is4() != addr.Is4() {
		b.fail(k.at("bindto"), "Families differ", "the target is %s", addr)
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() && s.BindInterface == "" {
		b.fail(k.header, "A link-local target needs bind_if", "the target is %s", addr)
	}
}
