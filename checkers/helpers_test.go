package checkers

import (
	"net/netip"
	"time"
)

// tcpSpec is a TCP_CHECK with keepalived's defaults, but a shorter timeout.
func tcpSpec(target netip.AddrPort) Spec {
	return Spec{
		Kind:             TCPCheck,
		Target:           target,
		ConnectTimeout:   time.Second,
		DelayLoop:        10 * time.Second,
		Retry:            1,
		DelayBeforeRetry: time.Second,
		Warmup:           10 * time.Second,
	}
}

// dnsSpec is a DNS_CHECK with keepalived's defaults, but a shorter timeout.
func dnsSpec(target netip.AddrPort) Spec {
	s := tcpSpec(target)
	s.Kind = DNSCheck
	s.Retry, s.DelayBeforeRetry = 3, s.DelayLoop
	s.DNS = &DNS{Type: "SOA", Name: "."}
	return s
}

// httpSpec is an HTTP_GET of urls.
func httpSpec(target netip.AddrPort, urls ...URL) Spec {
	s := tcpSpec(target)
	s.Kind = HTTPGet
	s.HTTP = &HTTP{Protocol: "1.0", URLs: urls}
	return s
}
