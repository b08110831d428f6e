package integration

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// TestAccept looks at accept = false from outside and in the kernel.
func TestAccept(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"IPv4", func(t *testing.T) { testAccept(t, vmacWires[0]) }},
		{"IPv6", func(t *testing.T) { testAccept(t, vmacWires[1]) }},
		{"killed", testAcceptKilled},
		{"killed and no longer wanted", testAcceptNotWanted},
		{"table", testAcceptTable},
		{"services", testAcceptService},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

const refusing = "accept = false"

// ruleset is all of nftables on a host.
func ruleset(h *lab.Host) string { return strings.TrimSpace(h.Run("nft", "list", "ruleset")) }

// pings reports whether a host has an answer from an address.
func pings(h *lab.Host, target netip.Addr) bool {
	_, err := h.Try("ping", "-c", "1", "-W", "1", target.String())
	return err == nil
}

// testAccept has two directors that refuse, of which each becomes master.
func testAccept(t *testing.T, w wire) {
	p := newPair(t, w, "director", "director")
	low, high := p.a, p.b
	high.priority = 150
	client := p.lab.Host("client", p.lan.At("10.99.0.9/24", "fd99::9/64"))
	for _, r := range []*router{low, high} {
		r.further = []string{refusing}
		r.Serve(80)
	}
	vip := w.pinged()
	low.start()
	p.becomesMaster(low, w.down(low.priority))
	refuses(t, p, client, low)
	high.start()
	p.becomesMaster(high, w.down(high.priority))
	p.oneMaster(high)
	refuses(t, p, client, high)
	p.lab.Eventually(room, "the backup has no rules", func() bool { return ruleset(low.Host) == "" })
	high.Crash()
	p.becomesMaster(low, w.down(low.priority))
	refuses(t, p, client, low)
	lab.Claim(t, "accept = false: the MASTER answers ARP or ND for %s, and neither ping nor TCP there; both at its own address; adverts pass: preemption, one master, crash", vip)
	low.process.Stop()
	if left := ruleset(low.Host); left != "" {
		t.Errorf("left by the stop:\n%s", left)
	}
	lab.Claim(t, "no rule is left after a stop, and a backup has none")
}

// refuses demands that a master answers at its own address, and at the virtual
// one to nothing but the question who has it.
func refuses(t *testing.T, p *pair, client *lab.Host, master *router) {
	t.Helper()
	vip := p.wire.pinged()
	knows := client.Neighbors(vip)
	knows.Forget()
	if pings(client, vip) {
		t.Errorf("%s: a ping to %s is answered", master, vip)
	}
	if a := client.Get(netip.AddrPortFrom(vip, 80)); a.Outcome == lab.Answered {
		t.Errorf("%s: TCP to %s is answered", master, vip)
	}
	if len(knows.Seen()) == 0 {
		t.Errorf("%s: nobody answers who has %s", master, vip)
	}
	if !pings(client, master.own) {
		t.Errorf("%s: no answer at %s, its own", master, master.own)
	}
	if a := client.Get(netip.AddrPortFrom(master.own, 80)); a.Outcome != lab.Answered {
		t.Errorf("%s: %s at %s, its own", master, a.Outcome, master.own)
	}
}

// refuser is a machine alone, MASTER, that refuses; and a client.
func refuser(t *testing.T, lines ...string) (*balancer, *lab.Host) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	client := l.Host("client", lan.At("10.99.0.9/24", "fd99::9/64"))
	b := newBalancer(l, host, strings.Join(lines, "\n")+virtualRouter(refusing, announcedLines))
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	for _, a := range announced {
		if pings(client, a) {
			t.Errorf("a ping to %s is answered", a)
		}
	}
	return b, client
}

// testAcceptKilled kills the dataplane and starts it again.
func testAcceptKilled(t *testing.T) {
	b, client := refuser(t)
	b.director.Kill()
	b.eventually("no process is left", func() bool { return len(b.Processes()) == 0 })
	if ruleset(b.Host) == "" || pings(client, announced[0]) {
		t.Error("the rules have gone with the process")
	}
	rules := ruleset(b.Host)
	b.start(virtualRouter(refusing, announcedLines))
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	if pings(client, announced[0]) || ruleset(b.Host) != rules {
		t.Errorf("after another start:\n%s\nwant\n%s", ruleset(b.Host), rules)
	}
	b.director.Stop()
	if left := ruleset(b.Host); left != "" {
		t.Errorf("left by the stop:\n%s", left)
	}
	lab.Claim(t, "kill -9: the rules stay with the addresses, the next start takes them over, and its stop leaves none")
}

// testAcceptNotWanted starts with a configuration that accepts.
func testAcceptNotWanted(t *testing.T) {
	b, client := refuser(t)
	b.director.Kill()
	b.eventually("no process is left", func() bool { return len(b.Processes()) == 0 })
	b.start(virtualRouter(announcedLines))
	b.becomes("MASTER", 5*time.Second+room)
	b.master(announced...)
	for _, a := range announced {
		b.eventually(a.String()+" answers", func() bool { return pings(client, a) })
	}
	if left := ruleset(b.Host); left != "" {
		t.Errorf("left:\n%s", left)
	}
	lab.Claim(t, "kill -9, and a start with a configuration that accepts: no rule is left, the addresses answer")
}

// testAcceptTable gives the table a name, and has rules of somebody else in it.
func testAcceptTable(t *testing.T) {
	b, _ := refuser(t, "global {\n nftables = \"lvs\"\n nftables_counters = true\n}\n")
	b.Run("nft", "add rule ip lvs in ip saddr 192.0.2.1 drop")
	rules := ruleset(b.Host)
	for _, want := range []string{"table ip lvs", "table ip6 lvs", "counter", "10.99.0.100", "fd99::100"} {
		if !strings.Contains(rules, want) {
			t.Errorf("%q is not in\n%s", want, rules)
		}
	}
	b.director.Stop()
	if left := ruleset(b.Host); !strings.Contains(left, "192.0.2.1") || strings.Contains(left, "10.99.0.100") || strings.Contains(left, "ip6") {
		t.Errorf("after the stop:\n%s\nwant the other rule alone", left)
	}
	lab.Claim(t, "the rules stand in the table of global.nftables, with counters; a rule that somebody added there stays")
}

// testAcceptService has a virtual server on an address that refuses.
func testAcceptService(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	path := l.File("director.hcl", virtualRouter(refusing, `virtual_ipaddress "10.99.0.100/24" {}`)+
		"virtual_server \"web\" {\n address = \"10.99.0.100:80\"\n lb_kind = \"DR\"\n real_server \"10.99.0.11:80\" {}\n}\n")
	output, err := host.DirectorCommand("validate", path)
	if err == nil || !strings.Contains(output, "The address accepts no packets") || !strings.Contains(output, "director.hcl line 9") {
		t.Errorf("%v: %s", err, output)
	}
	lab.Claim(t, "accept = false with a virtual server on the address is an error with its place")
}
