package integration

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// TestHandoverServices is TestHandover with services by direct routing: each
// datagram to one of them is answered by a real server, and so is each new
// connection, while the role goes to another director, and to keepalived, by
// command and by a stop. A connection that straddles the change may be reset:
// nobody tells the new master of it.
//
// It needs a kernel with IPVS, and keepalived.
func TestHandoverServices(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS, lab.Keepalived)
	for _, other := range []string{"director", "keepalived"} {
		t.Run("to "+other, func(t *testing.T) { testHandoverServices(t, other) })
	}
}

const (
	servicesInterval = 500 * time.Millisecond
	// servicesRate is what the guest can do beside the rest.
	servicesRate = 5 * time.Millisecond
)

func testHandoverServices(t *testing.T, other string) {
	c := newCluster(t, servicesInterval)
	for _, web := range []*lab.Host{c.web1, c.web2} {
		web.Echo(echoPort)
	}
	c.configure([]netip.Addr{vip1}, service("web", vip1, "", webs...),
		virtualServer("echo", fmt.Sprintf("address = \"%s:%d\"\n  protocol = \"UDP\"", vip1, echoPort), "", fmt.Sprint(":", echoPort), webs))
	c.lvs1.run()
	c.eventually("lvs1 serves", func() bool { return c.lvs1.serves([]netip.Addr{vip1}, 2, 4) })
	if other == "director" {
		c.lvs2.run()
		c.eventually("lvs2 knows the configuration", func() bool { return c.lvs2.status() != nil })
	} else {
		p := c.lvs2.Keepalived(c.keepalivedConf(), true)
		c.eventually("lvs2 listens", func() bool { return p.Said("Entering BACKUP STATE") })
	}
	s := &serviceHandover{
		cluster:  c,
		probes:   c.client.Probes(netip.AddrPortFrom(vip1, echoPort), servicesRate),
		attempts: c.client.Client(netip.AddrPortFrom(vip1, 80), 4*servicesRate),
	}
	s.calm()

	begin := time.Now()
	said, err := c.lvs1.director.Command("handover", "VI_1")
	c.lab.Expect(err == nil && strings.Contains(said, c.lvs2.address.String()), "handover: %v, %q", err, said)
	s.judge(t, "command, to "+other, c.lvs2, begin, other == "director")

	_, err = c.lvs1.director.Command("handover", "VI_1", "--back")
	c.lab.Expect(err == nil, "handover --back: %v", err)
	s.judge(t, "--back, from "+other, c.lvs1, time.Now(), false)

	begin = time.Now()
	took := c.lvs1.director.Stop()
	c.lab.Expect(took < stopLimit, "the stop took %v", took)
	s.judge(t, "stop, to "+other, c.lvs2, begin, other == "director")
	c.lab.Expect(c.lvs1.idle([]netip.Addr{vip1}), "lvs1 has stopped and left something:\n%s", c.lvs1.IPVS())
}

// serviceHandover is a cluster whose services somebody asks.
type serviceHandover struct {
	*cluster
	probes   *lab.Probes
	attempts *lab.Client
}

// calm waits for a time in which everything is answered.
func (s *serviceHandover) calm() {
	s.eventually("everything is answered", func() bool {
		begin := time.Now()
		time.Sleep(straggle)
		seen := s.probes.Between(begin, begin.Add(straggle))
		made := s.attempts.Attempts().Since(begin)
		return len(seen) > 0 && len(seen.Lost()) == 0 && len(made.With(lab.Answered)) > 0 && len(made.Failed()) == 0
	})
}

// judge waits until a node is master and all is calm, and demands what has to
// be.
func (s *serviceHandover) judge(t *testing.T, what string, to *node, begin time.Time, none bool) {
	t.Helper()
	from := s.lvs1
	if to == s.lvs1 {
		from = s.lvs2
	}
	s.eventually(to.Name+" is master, "+from.Name+" is not", func() bool { return to.Has(vip1) && !from.Has(vip1) })
	s.calm()
	end := time.Now()
	seen := s.probes.Between(begin, end)
	made := s.attempts.Attempts().Since(begin)
	refused, resets := len(made.With(lab.Refused)), len(made.With(lab.Reset))
	silent := len(made.With(lab.Silent, lab.Unreachable))
	text := fmt.Sprintf("%s: %s (datagrams to a service, longest gap %v); %d new connections: %d refused, %d not answered, %d reset that straddled it",
		what, seen, tenths(seen.Gap()), len(made), refused, silent, resets)
	if none && (len(seen.Lost()) > 0 || refused > 0 || silent > 0) {
		t.Fatal(text)
	}
	lab.Claim(t, "%s", text)
}

// keepalivedConf is the same configuration for a keepalived on lvs2.
func (c *cluster) keepalivedConf() string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id lvs2\n vrrp_version 3\n}\n"+
		"vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n state BACKUP\n priority %d\n advert_int %v\n"+
		" virtual_ipaddress {\n  %s/24\n }\n}\n", c.lvs2.priority, c.interval.Seconds(), vip1)
	for _, s := range []struct {
		port     int
		protocol string
	}{{80, "TCP"}, {echoPort, "UDP"}} {
		fmt.Fprintf(&b, "virtual_server %s %d {\n lvs_sched rr\n lvs_method DR\n protocol %s\n", vip1, s.port, s.protocol)
		for _, web := range webs {
			fmt.Fprintf(&b, " real_server %s %d {\n  weight 1\n }\n", web, s.port)
		}
		b.WriteString("}\n")
	}
	return b.String()
}
