package integration

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// A forwarding is one way to reach real servers through a director.
type forwarding struct {
	name string
	// settings are lines of the virtual_server, servers its real servers.
	settings []string
	servers  []string
	target   string // what the client asks
	by       []string
	// lines are what `ipvsadm -Sn` prints.
	lines []string
}

var forwardings = []forwarding{
	{"DR-IPv4", []string{`address = "10.99.0.100:80"`, `lb_kind = "DR"`}, []string{"10.99.0.11:80", "10.99.0.12:80"},
		"10.99.0.100:80", []string{"web1", "web2"}, []string{"-A -t 10.99.0.100:80 -s rr",
			"-a -t 10.99.0.100:80 -r 10.99.0.11:80 -g -w 1", "-a -t 10.99.0.100:80 -r 10.99.0.12:80 -g -w 1"}},
	{"DR-IPv6", []string{`address = "[fd99::100]:80"`, `lb_kind = "DR"`}, []string{"[fd99::11]:80", "[fd99::12]:80"},
		"[fd99::100]:80", []string{"web1", "web2"}, []string{"-A -t [fd99::100]:80 -s rr",
			"-a -t [fd99::100]:80 -r [fd99::11]:80 -g -w 1", "-a -t [fd99::100]:80 -r [fd99::12]:80 -g -w 1"}},
	{"NAT-to-another-port", []string{`address = "10.99.0.101:80"`, `lb_kind = "NAT"`}, []string{"10.98.0.11:8080", "10.98.0.12:8080"},
		"10.99.0.101:80", []string{"nat1", "nat2"}, []string{"-A -t 10.99.0.101:80 -s rr",
			"-a -t 10.99.0.101:80 -r 10.98.0.11:8080 -m -w 1", "-a -t 10.99.0.101:80 -r 10.98.0.12:8080 -m -w 1"}},
	{"TUN-ipip", []string{`address = "10.99.0.102:80"`, `lb_kind = "TUN"`}, []string{"10.99.0.13:80"},
		"10.99.0.102:80", []string{"tun1"}, []string{"-A -t 10.99.0.102:80 -s rr", "-a -t 10.99.0.102:80 -r 10.99.0.13:80 -i -w 1"}},
	{"fwmark", []string{`fwmark = 7`, `vrrp_instance = "VI_1"`, `lb_kind = "DR"`}, []string{"10.99.0.11:80", "10.99.0.12:80"},
		"10.99.0.103:80", []string{"web1", "web2"}, []string{"-A -f 7 -s rr",
			"-a -f 7 -r 10.99.0.11:0 -g -w 1", "-a -f 7 -r 10.99.0.12:0 -g -w 1"}},
	{"persistence", []string{`address = "10.99.0.105:80"`, `lb_kind = "DR"`, `persistence_timeout = "2m"`, `persistence_granularity = 24`},
		[]string{"10.99.0.11:80", "10.99.0.12:80"}, "10.99.0.105:80", nil,
		[]string{"-A -t 10.99.0.105:80 -s rr -p 120 -M 255.255.255.0"}},
	{"sorry-server", []string{`address = "10.99.0.106:80"`, `lb_kind = "DR"`, `sorry_server = "10.99.0.12:80"`, `retry = 0`},
		[]string{"10.99.0.250:80"}, "10.99.0.106:80", []string{"web2"}, []string{"-A -t 10.99.0.106:80 -s rr",
			"-a -t 10.99.0.106:80 -r 10.99.0.12:80 -g -w 1"}},
}

// schedulers are all that the guest's kernel has.
var schedulers = strings.Fields("rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh")

// settings are those of services that are only looked at in the kernel: a
// virtual_server's lines, its only server, and what the kernel has.
var settings = []struct {
	lines, server string
	have          []string
}{
	{"address = \"10.99.0.107:2000\"\n  lb_algo = \"sh\"\n  sh_port = true\n  sh_fallback = true", "10.98.0.11:8080",
		[]string{"-A -t 10.99.0.107:2000 -s sh -b sh-fallback,sh-port"}},
	{"address = \"10.99.0.107:2001\"\n  lb_algo = \"mh\"\n  mh_port = true", "10.98.0.11:8080",
		[]string{"-A -t 10.99.0.107:2001 -s mh -b mh-port"}},
	{"address = \"10.99.0.107:2002\"\n  protocol = \"SCTP\"", "10.98.0.11:2002",
		[]string{"-A --sctp-service 10.99.0.107:2002 -s wlc", "-a --sctp-service 10.99.0.107:2002 -r 10.98.0.11:2002 -m -w 1"}},
	{"address = \"10.99.0.107:2003\"\n  protocol = \"UDP\"\n  ops = true", "10.98.0.11:2003",
		[]string{"-A -u 10.99.0.107:2003 -s wlc -o"}},
	{"address = \"10.99.0.107:2004\"\n  weight = 7\n  uthreshold = 100\n  lthreshold = 50", "10.98.0.11:2004",
		[]string{"-a -t 10.99.0.107:2004 -r 10.98.0.11:2004 -m -w 7"}},
	{"fwmark = 8\n  ip_family = \"inet6\"\n  vrrp_instance = \"VI_1\"\n  lb_kind = \"DR\"", "[fd99::11]:80",
		[]string{"-A -f 8 -6 -s wlc"}},
}

const udpService = `virtual_server "UDP" {
  address  = "10.99.0.104:53"
  protocol = "UDP"
  lb_kind  = "DR"
  lb_algo  = "rr"
  real_server "10.99.0.11:53" {}
  real_server "10.99.0.12:53" {}
}
`

// TestForwarding sends a client's requests through every way of forwarding.
func TestForwarding(t *testing.T) {
	lab.Need(t, lab.IPVS, lab.Netns)
	b, client := newForwarding(t)
	b.master(addr("10.99.0.107"))
	l := b.lab
	l.Eventually(10*time.Second, "the sorry server is in use", func() bool { return b.service("sorry-server").SorryInUse })
	l.Eventually(15*time.Second, "all services are programmed", func() bool {
		s := b.status()
		return s != nil && !slices.ContainsFunc(s.Services, func(v api.Service) bool { return !v.Programmed && v.Name != "scheduler-twos" })
	})
	have := b.table()
	for _, f := range forwardings {
		t.Run(f.name, func(t *testing.T) {
			if !have.has(f.lines...) {
				t.Errorf("want %q, the kernel has\n%s", f.lines, have)
			}
			// A busy machine may let an attempt wait for too long: it is made
			// again. It is never refused.
			var attempts lab.Attempts
			for len(attempts.With(lab.Answered)) < 6 && len(attempts) < 12 {
				attempts = append(attempts, client.Get(netip.MustParseAddrPort(f.target)))
			}
			by := slices.Sorted(maps.Keys(attempts.By()))
			if len(attempts.With(lab.Answered)) < 6 || len(attempts.With(lab.Refused, lab.Reset, lab.Unreachable)) > 0 || f.by != nil && !slices.Equal(by, f.by) || f.by == nil && len(by) != 1 {
				t.Errorf("%v, want answers of %v", attempts, f.by)
			}
			lab.Claim(t, "%v", attempts)
		})
	}
	t.Run("UDP", func(t *testing.T) { testUDP(t, client, have) })
	t.Run("schedulers", func(t *testing.T) { testSchedulers(t, b, have) })
	b.director.Stop()
	if left := b.table(); strings.TrimSpace(string(left)) != "" {
		t.Errorf("left by the stop:\n%s", left)
	}
}

// newForwarding makes the network and starts the director.
func newForwarding(t *testing.T) (*balancer, *lab.Host) {
	l := lab.New(t)
	lan, inside := l.Segment("lan"), l.Segment("inside")
	host := l.Host("lvs1", lan.At("10.99.0.2/24", "fd99::2/64"), inside.At("10.98.0.1/24"))
	host.Sysctl("net.ipv4.ip_forward", "1")
	host.Run("iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-d", "10.99.0.103", "-j", "MARK", "--set-mark", "7")
	for n := 1; n <= 2; n++ {
		web := l.Host(fmt.Sprintf("web%d", n), lan.At(fmt.Sprintf("10.99.0.1%d/24", n), fmt.Sprintf("fd99::1%d/64", n)))
		web.WebServer(80, addr("10.99.0.100"), addr("10.99.0.103"), addr("10.99.0.104"), addr("10.99.0.105"), addr("10.99.0.106"), addr("fd99::100"))
		nameOverUDP(t, web, "10.99.0.104:53")
		nat := l.Host(fmt.Sprintf("nat%d", n), inside.At(fmt.Sprintf("10.98.0.1%d/24", n)))
		nat.Run("ip", "route", "add", "default", "via", "10.98.0.1")
		nat.Serve(8080)
	}
	tunnel(l.Host("tun1", lan.At("10.99.0.13/24")))
	return newBalancer(l, host, forwardingConf()), l.Host("client", lan.At("10.99.0.9/24", "fd99::9/64"))
}

// tunnel makes a host a real server of tunnelling.
func tunnel(h *lab.Host) {
	h.Run("ip", "link", "set", "tunl0", "up")
	h.Run("ip", "address", "add", "10.99.0.102/32", "dev", "tunl0")
	h.Sysctl("net.ipv4.conf.all.rp_filter", "0")
	h.Sysctl("net.ipv4.conf.tunl0.rp_filter", "0")
	h.WebServer(80)
}

func forwardingConf() string {
	var vips []string
	for n := 100; n <= 107; n++ {
		vips = append(vips, fmt.Sprintf("virtual_ipaddress \"10.99.0.%d/24\" {}", n))
	}
	var b strings.Builder
	b.WriteString(virtualRouter(append(vips, `virtual_ipaddress_excluded "fd99::100/64" {}`)...))
	for _, f := range forwardings {
		fmt.Fprintf(&b, "virtual_server %q {\n  lb_algo = \"rr\"\n  delay_loop = 1\n  connect_timeout = 1\n  %s\n  TCP_CHECK {}\n",
			f.name, strings.Join(f.settings, "\n  "))
		for _, server := range f.servers {
			fmt.Fprintf(&b, "  real_server %q {}\n", server)
		}
		b.WriteString("}\n")
	}
	b.WriteString(udpService)
	// The guest's kernel has no twos.
	for n, name := range append(slices.Clone(schedulers), "twos") {
		fmt.Fprintf(&b, "virtual_server \"scheduler-%s\" {\n  address = \"10.99.0.107:%d\"\n  lb_algo = %q\n  real_server \"10.98.0.11:8080\" {}\n}\n",
			name, 1000+n, name)
	}
	for n, set := range settings {
		fmt.Fprintf(&b, "virtual_server \"settings-%d\" {\n  %s\n  real_server %q {}\n}\n", n, set.lines, set.server)
	}
	return b.String()
}

// nameOverUDP answers every datagram with the host's name, from the address it
// was sent to.
func nameOverUDP(t *testing.T, h *lab.Host, at string) {
	t.Helper()
	var conn net.PacketConn
	err := h.Do(func() (err error) {
		conn, err = net.ListenPacket("udp", at)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 512)
		for {
			_, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte(h.Name), from)
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
}

func testUDP(t *testing.T, client *lab.Host, have table) {
	if !have.has("-A -u 10.99.0.104:53 -s rr", "-a -u 10.99.0.104:53 -r 10.99.0.11:53 -g -w 1", "-a -u 10.99.0.104:53 -r 10.99.0.12:53 -g -w 1") {
		t.Errorf("the kernel has\n%s", have)
	}
	by := map[string]int{}
	for range 6 {
		name, err := askOverUDP(client, "10.99.0.104:53")
		if err != nil {
			t.Error(err)
		}
		by[name]++
	}
	if by["web1"] != 3 || by["web2"] != 3 {
		t.Errorf("answers by %v, want 3 of web1 and 3 of web2", by)
	}
	lab.Claim(t, "6 datagrams from 6 ports: answers by %v", by)
}

// askOverUDP sends one datagram and returns the answer.
func askOverUDP(h *lab.Host, target string) (string, error) {
	var conn net.Conn
	err := h.Do(func() (err error) {
		conn, err = net.Dial("udp", target)
		return err
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte("who?")); err != nil {
		return "", err
	}
	answer := make([]byte, 512)
	n, err := conn.Read(answer)
	return string(answer[:n]), err
}

func testSchedulers(t *testing.T, b *balancer, have table) {
	for n, name := range schedulers {
		entry := fmt.Sprintf("-A -t 10.99.0.107:%d -s %s", 1000+n, name)
		if !have.has(entry) {
			t.Errorf("%q is not in the kernel:\n%s", entry, have)
		}
	}
	lab.Claim(t, "the kernel takes each of %s", strings.Join(schedulers, " "))
	for _, set := range settings {
		if !have.has(set.have...) {
			t.Errorf("want %q, the kernel has\n%s", set.have, have)
		}
	}
	// ipvsadm -S leaves thresholds out.
	limits := strings.Join(strings.Fields(b.Run("ipvsadm", "-Ln", "--thresholds")), " ")
	if !strings.Contains(limits, "-> 10.98.0.11:2004 100 50 ") {
		t.Errorf("thresholds are not 100 and 50: %s", limits)
	}
	lab.Claim(t, "and scheduler flags, SCTP, one-packet scheduling, thresholds, IPv6 marks")
	if v := b.service("scheduler-twos"); v.Programmed || v.Error == "" || v.Why != "refused by the kernel" {
		t.Errorf("status says of a scheduler that the kernel does not have: %+v", v)
	}
	lab.Claim(t, "a scheduler that this kernel does not have is an error at its service, and at no other: %q", b.service("scheduler-twos").Error)
}
