package checkers

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/internal/nstest"

	"github.com/miekg/dns"
)

// serveDNS runs a DNS server on addr for the test.
func serveDNS(t *testing.T, addr string, handler dns.HandlerFunc) netip.AddrPort {
	t.Helper()
	pc := listenUDP(t, addr)
	server, done := &dns.Server{PacketConn: pc, Handler: handler}, make(chan error, 1)
	ready := make(chan struct{})
	server.NotifyStartedFunc = func() { close(ready) }
	go func() { done <- server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() {
		if err := errors.Join(server.Shutdown(), <-done); err != nil {
			t.Error(err)
		}
	})
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

func listenUDP(t *testing.T, addr string) *net.UDPConn {
	t.Helper()
	pc, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { pc.Close() })
	return pc.(*net.UDPConn)
}

// closedUDP returns an address that nobody listens on.
func closedUDP(t *testing.T) netip.AddrPort {
	t.Helper()
	pc := listenUDP(t, "127.77.0.1:0")
	defer pc.Close()
	return pc.LocalAddr().(*net.UDPAddr).AddrPort()
}

// zone answers as the server of example.net does.
func zone(w dns.ResponseWriter, q *dns.Msg) {
	var m dns.Msg
	m.SetReply(q)
	question := q.Question[0]
	switch {
	case !q.RecursionDesired:
		m.Rcode = dns.RcodeRefused
	case question.Name == "big.example.net.":
		for range 100 {
			rr, err := dns.NewRR(`big.example.net. 60 IN TXT "` + strings.Repeat("x", 200) + `"`)
			if err != nil {
				panic(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		m.Truncate(dns.MinMsgSize)
	case question.Name != "example.net." && question.Name != ".":
		m.Rcode = dns.RcodeNameError
	case question.Qtype == dns.TypeMX:
		for _, host := range []string{"a", "b", "c"} {
			m.Answer = append(m.Answer, &dns.MX{Hdr: dns.RR_Header{Name: question.Name, Rrtype: dns.TypeMX, Class: dns.ClassINET}, Mx: host + "."})
		}
	}
	// A probe that has gone by now is not the server's error.
	_ = w.WriteMsg(&m)
}

func TestDNSServer(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "127.77.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			target := serveDNS(t, addr, zone)
			for _, tt := range []struct {
				name, kind string
				ok         bool
				reason     string
			}{
				{".", "SOA", true, "NOERROR, 0 answers"},
				{"example.net.", "MX", true, "NOERROR, 3 answers"},
				{"EXAMPLE.net.", "MX", false, "rcode NXDOMAIN"}, // this server's fault
				{"big.example.net.", "TXT", true, "NOERROR, 2 answers, truncated"},
				{"absent.example.net.", "A", false, "rcode NXDOMAIN"},
			} {
				s := dnsSpec(target)
				s.DNS = &DNS{Type: tt.kind, Name: tt.name}
				wantResult(t, probe(t, s, Env{}), tt.ok, false, tt.reason)
			}
		})
	}
}

// TestBadDNSServers has what a pipe cannot do; TestDNSForeign has the rest.
func TestBadDNSServers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		serve  func(pc *net.UDPConn, query []byte, from netip.AddrPort)
		ok     bool
		reason string
	}{
		{"silence", func(*net.UDPConn, []byte, netip.AddrPort) {}, false, "no answer within 100ms"},
		{"an empty datagram", func(pc *net.UDPConn, _ []byte, from netip.AddrPort) {
			pc.WriteToUDPAddrPort(nil, from)
		}, false, "no answer within 100ms, 1 datagram ignored, the last of 0 bytes"},
		{"64 KiB", func(pc *net.UDPConn, query []byte, from netip.AddrPort) {
			query[2] |= 0x80
			pc.WriteToUDPAddrPort(append(query, make([]byte, 65000)...), from)
		}, true, "NOERROR, 0 answers"},
		{"from another port", func(_ *net.UDPConn, query []byte, from netip.AddrPort) {
			other, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				panic(err)
			}
			defer other.Close()
			query[2] |= 0x80
			other.WriteTo(query, net.UDPAddrFromAddrPort(from))
		}, false, "no answer within 100ms"},
		{"goes away", func(pc *net.UDPConn, _ []byte, _ netip.AddrPort) { pc.Close() }, false, "no answer within 100ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pc := listenUDP(t, "127.0.0.1:0")
			done := make(chan struct{})
			go func() {
				defer close(done)
				query := make([]byte, 512)
				if n, from, err := pc.ReadFromUDPAddrPort(query); err == nil {
					tt.serve(pc, query[:n], from)
				}
			}()
			s := dnsSpec(pc.LocalAddr().(*net.UDPAddr).AddrPort())
			s.ConnectTimeout = 100 * time.Millisecond
			wantResult(t, probe(t, s, Env{}), tt.ok, false, tt.reason)
			<-done
		})
	}
}

func TestDNSNoServer(t *testing.T) {
	s := dnsSpec(closedUDP(t))
	wantResult(t, probe(t, s, Env{}), false, false, "connection refused")
	s.Bind, s.BindPort = s.Target.Addr(), s.Target.Port() // it would hear itself
	wantResult(t, probe(t, s, Env{}), false, false, "connect: connection refused")
}

func TestDNSStopsAtOnce(t *testing.T) {
	s := dnsSpec(listenUDP(t, "127.0.0.1:0").LocalAddr().(*net.UDPAddr).AddrPort())
	s.ConnectTimeout = time.Hour
	p, err := New(s, Env{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("stopping"))
	defer cancel()
	wantResult(t, p.Probe(ctx, 0), false, true, "probe: stopping")
}

// TestDNSSource: the socket of a datagram is prepared as that of a connection.
func TestDNSSource(t *testing.T) {
	from := make(chan netip.AddrPort, 1)
	target := serveDNS(t, "127.0.0.1:0", func(w dns.ResponseWriter, q *dns.Msg) {
		from <- w.RemoteAddr().(*net.UDPAddr).AddrPort()
		zone(w, q)
	})
	chosen := Env{SourceFor: func(netip.Addr) (netip.Addr, error) { return netip.MustParseAddr("127.6.6.6"), nil }}
	for _, tt := range []struct {
		name   string
		change func(*Spec)
		env    Env
		want   string // what the source begins with
	}{
		{"the kernel's choice", func(*Spec) {}, Env{}, "127.0.0.1:"},
		{"the machine's choice", func(*Spec) {}, chosen, "127.6.6.6:"},
		{"bindto", func(s *Spec) { s.Bind = netip.MustParseAddr("127.5.5.5") }, chosen, "127.5.5.5:"},
		{"bind_port", func(s *Spec) { s.BindPort = 20053 }, chosen, "127.6.6.6:20053"},
		{"bind_port again", func(s *Spec) { s.BindPort = 20053 }, chosen, "127.6.6.6:20053"},
		{"bind_if", func(s *Spec) { s.BindInterface = "lo" }, Env{}, "127.0.0.1:"},
	} {
		s := dnsSpec(target)
		tt.change(&s)
		wantResult(t, probe(t, s, tt.env), true, false, "NOERROR, 0 answers")
		if got := (<-from).String(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: came from %s, want %s", tt.name, got, tt.want)
		}
	}
	s := dnsSpec(target)
	s.Bind = netip.MustParseAddr("192.0.2.1")
	wantResult(t, probe(t, s, Env{}), false, true, "bind to 192.0.2.1:0: cannot assign requested address")
	s = dnsSpec(target)
	s.BindInterface = "nosuch0"
	wantResult(t, probe(t, s, Env{}), false, true, "bind_if nosuch0: no such device")
}

// TestDNSPortIsShared: checks of several servers from one bind_port, all
// waiting at the same time.
func TestDNSPortIsShared(t *testing.T) {
	arrived, goOn := make(chan struct{}, 2), make(chan struct{})
	handler := func(w dns.ResponseWriter, q *dns.Msg) {
		arrived <- struct{}{}
		<-goOn
		zone(w, q)
	}
	results := make(chan Result, 2)
	for _, addr := range []string{"127.0.0.1:0", "127.77.0.1:0"} {
		s := dnsSpec(serveDNS(t, addr, handler))
		s.Bind, s.BindPort, s.ConnectTimeout = netip.MustParseAddr("127.7.7.7"), 20054, 10*time.Second
		p, err := New(s, Env{})
		if err != nil {
			t.Fatal(err)
		}
		go func() { results <- p.Probe(t.Context(), 0) }()
	}
	<-arrived
	<-arrived
	close(goOn)
	for range 2 {
		wantResult(t, <-results, true, false, "NOERROR, 0 answers")
	}
}

// TestProhibited: "administratively prohibited" of a router or of the server's
// firewall, EACCES with IPv6, is about the server; our own route of that kind
// is about us.
func TestProhibited(t *testing.T) {
	near, far := nstest.New(t), nstest.New(t)
	nstest.Veth(t, near, "eth0", far, "eth0")
	for _, command := range []string{
		"ip addr add 2001:db8:1::1/64 dev eth0 nodad",
		"ip route add 2001:db8:2::/64 via 2001:db8:1::2",
		"ip route add prohibit 2001:db8:3::/64 dev lo",
		"ip route add prohibit 203.0.113.0/24",
	} {
		near.Run(t, strings.Fields(command)...)
	}
	for _, command := range []string{
		"sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0",
		"ip addr add 2001:db8:1::2/64 dev eth0 nodad",
		"ip route add prohibit 2001:db8:2::/64 dev lo",
	} {
		far.Run(t, strings.Fields(command)...)
	}
	for _, tt := range []struct {
		target, tcp, dns string
		unmade           bool
	}{
		{"[2001:db8:2::9]:53", "connect: permission denied", "permission denied", false},
		{"[2001:db8:3::9]:53", "connect: permission denied", "connect: permission denied", true},
		{"203.0.113.9:53", "connect: permission denied", "connect: permission denied", true},
	} {
		near.Do(func() {
			target := netip.MustParseAddrPort(tt.target)
			for _, check := range []struct {
				spec Spec
				want string
			}{{tcpSpec(target), tt.tcp}, {dnsSpec(target), tt.dns}} {
				check.spec.ConnectTimeout = 10 * time.Second
				wantResult(t, probe(t, check.spec, Env{}), false, tt.unmade, check.want)
			}
		})
	}
}
