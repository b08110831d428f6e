package integration

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// TestRoutes looks at virtual and static routes and rules in the kernel.
func TestRoutes(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"order", testRouteOrder},
		{"kinds", testRouteKinds},
		{"deleted", testRouteDeleted},
		{"link down", testRouteLinkDown},
		{"other interface down", testRouteOtherDown},
		{"sync group", testRouteGroup},
		{"static", testStatic},
		{"track_group", testTrackGroup},
		{"killed", testRouteKilled},
		{"reloaded", testRouteReloaded},
		{"promote_secondaries", testPromote},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// routed is what every instance here has; a table of its own, so that nothing
// else is in it.
const routed = `virtual_ipaddress "10.99.0.100/24" {}
  virtual_ipaddress_excluded "fd99::100/64" {}
  virtual_routes "192.0.2.0/24" {
    via   = "10.99.0.9"
    src   = "10.99.0.100"
    table = 100
  }
  virtual_routes "2001:db8:1::/48" {
    via   = "fd99::9"
    src   = "fd99::100"
    table = 100
  }
  virtual_rules {
    from       = "10.99.0.100/32"
    table      = 100
    preference = 1000
  }
  virtual_rules {
    from       = "fd99::100/128"
    table      = 100
    preference = 1000
  }
`

// routes is a table of a host, both families, as ip(8) prints it.
func routes(h *lab.Host, table string) string {
	var all []string
	for _, family := range []string{"-4", "-6"} {
		// A table that never had a route is an error.
		if out, err := h.Try("ip", family, "route", "show", "table", table); err == nil {
			all = append(all, out)
		}
	}
	return strings.Join(all, "")
}

// rules are all rules of a host with a preference.
func rules(h *lab.Host, preference string) string {
	var all []string
	for _, family := range []string{"-4", "-6"} {
		if out, err := h.Try("ip", family, "rule", "show", "preference", preference); err == nil {
			all = append(all, out)
		}
	}
	return strings.Join(all, "")
}

// complete reports whether a host has all that routed asks for.
func complete(h *lab.Host) bool {
	list, policy := routes(h, "100"), rules(h, "1000")
	return strings.Contains(list, "192.0.2.0/24 via 10.99.0.9 dev eth0") && strings.Contains(list, "src 10.99.0.100") &&
		strings.Contains(list, "2001:db8:1::/48 via fd99::9 dev eth0") && strings.Contains(list, "src fd99::100") &&
		strings.Contains(policy, "from 10.99.0.100 lookup 100") && strings.Contains(policy, "from fd99::100 lookup 100")
}

// bare reports whether a host has nothing of it.
func bare(h *lab.Host) bool { return routes(h, "100") == "" && rules(h, "1000") == "" }

// hasRoutes waits until a host has all of it.
func hasRoutes(l *lab.Lab, h *lab.Host) {
	if !l.Becomes(5*time.Second+room, func() bool { return complete(h) }) {
		l.Expect(false, "routes and rules are not there:\n%s%s", routes(h, "100"), rules(h, "1000"))
	}
}

// testRouteOrder hears the kernel while an instance becomes master and stops.
func testRouteOrder(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	monitor := host.Monitor()
	inOrder := func(begin int, what string, changes ...[]string) {
		place := begin
		for _, words := range changes {
			next, _ := monitor.After(place, words...)
			if next < 0 {
				t.Fatalf("%s: %q is not where it should be in\n%s", what, words, strings.Join(monitor.Lines()[begin:], "\n"))
			}
			place = next
		}
	}
	begin := monitor.Mark()
	b := newBalancer(l, host, virtualRouter(routed))
	b.becomes("MASTER", 5*time.Second+room)
	hasRoutes(l, host)
	l.Eventually(room, "the rules are heard of", func() bool { p, _ := monitor.After(begin, "from fd99::100 lookup"); return p > 0 })
	inOrder(begin, "up, IPv4", []string{"inet 10.99.0.100/24"}, []string{"192.0.2.0/24 via"}, []string{"from 10.99.0.100 lookup"})
	inOrder(begin, "up, IPv6", []string{"inet6 fd99::100/64"}, []string{"2001:db8:1::/48 via"}, []string{"from fd99::100 lookup"})
	down := monitor.Mark()
	b.director.Stop()
	l.Eventually(room, "the last is heard of", func() bool { p, _ := monitor.After(down, "Deleted", "inet6 fd99::100/64"); return p > 0 })
	inOrder(down, "down, IPv4", []string{"Deleted", "from 10.99.0.100 lookup"}, []string{"Deleted 192.0.2.0/24"}, []string{"Deleted", "inet 10.99.0.100/24"})
	inOrder(down, "down, IPv6", []string{"Deleted", "from fd99::100 lookup"}, []string{"Deleted 2001:db8:1::/48"}, []string{"Deleted", "inet6 fd99::100/64"})
	if !bare(host) {
		t.Errorf("left:\n%s%s", routes(host, "100"), rules(host, "1000"))
	}
	lab.Claim(t, "an instance that becomes MASTER adds addresses, then routes (their src a virtual address), then rules; one that leaves takes them away in the opposite order")
}

// kinds has one route or rule of each sort.
const kinds = `virtual_ipaddress "10.99.0.100/24" {}
  virtual_ipaddress_excluded "fd99::100/64" {}
  virtual_routes "192.0.2.0/24" {
    table  = "wan"
    metric = 7
    nexthop {
      via    = "10.99.0.8"
      weight = 3
    }
    nexthop { via = "10.99.0.9" }
  }
  virtual_routes "198.51.100.0/24" {
    type  = "blackhole"
    table = "wan"
  }
  virtual_routes "203.0.113.0/24" {
    dev    = "eth0"
    scope  = "link"
    table  = "wan"
    mtu    = 1400
    lock   = ["mtu"]
    advmss = 1300
  }
  virtual_routes "default" {
    via    = "10.99.0.9"
    src    = "10.99.0.100"
    metric = 50
  }
  virtual_routes "2001:db8:2::/48" {
    table = "wan"
    nexthop { via = "fd99::8" }
    nexthop { via = "fd99::9" }
  }
  virtual_routes "2001:db8:3::/48" {
    type  = "unreachable"
    table = "wan"
  }
  virtual_rules {
    fwmark     = "0x7/0xff"
    dport      = "80-90"
    ipproto    = "tcp"
    table      = "wan"
    preference = 1000
  }
  virtual_rules {
    to         = "203.0.113.7/32"
    type       = "prohibit"
    preference = 1001
  }`

// testRouteKinds has one route of each sort, as ip(8) shows it.
func testRouteKinds(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	names := l.File("rt_tables", "255 local\n254 main\n253 default\n0 unspec\n321 wan\n")
	config := l.File("lvs1/director.hcl", virtualRouter(kinds))
	b := &balancer{Host: host, lab: l}
	// Named tables are those of the machine it runs on.
	b.director = host.DirectorVia([]string{"sh", "-c", `mount --bind "$0" /etc/iproute2/rt_tables && exec "$@"`, names}, config)
	b.director.EventuallyReady(10 * time.Second)
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(5*time.Second, "the last is there", func() bool { return strings.Contains(rules(host, "1001"), "prohibit") })
	// The order of words is that of ip(8).
	got := strings.Join(strings.Fields(routes(host, "321")+routes(host, "main")+rules(host, "1000")+rules(host, "1001")), " ")
	for _, want := range []string{
		"192.0.2.0/24 proto 76 metric 7 nexthop via 10.99.0.8 dev eth0 weight 3 nexthop via 10.99.0.9 dev eth0 weight 1",
		"blackhole 198.51.100.0/24 proto 76",
		"203.0.113.0/24 dev eth0 proto 76 scope link mtu lock 1400 advmss 1300",
		"default via 10.99.0.9 dev eth0 proto 76 src 10.99.0.100 metric 50",
		"2001:db8:2::/48 proto 76 metric 1024 pref medium nexthop via fd99::8 dev eth0 weight 1 nexthop via fd99::9 dev eth0 weight 1",
		"unreachable 2001:db8:3::/48 dev lo proto 76",
		"1000: from all fwmark 0x7/0xff ipproto tcp dport 80-90 lookup 321 proto 76",
		"1001: from all to 203.0.113.7 prohibit proto 76",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for _, r := range b.instance().Routes {
		if r.State != "ours" || r.Error != "" {
			t.Errorf("status says %+v", r)
		}
	}
	b.director.Stop()
	if left := routes(host, "321") + rules(host, "1000") + rules(host, "1001"); left != "" || strings.Contains(routes(host, "main"), "default") {
		t.Errorf("left:\n%s", left)
	}
	lab.Claim(t, "routes with a table by name, over several hops, blackhole, unreachable, with metrics and locks, default with src; rules by mark, port and type: as ip shows them, and gone after a stop")
}

// testRouteDeleted takes routes and rules away from a master.
func testRouteDeleted(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	b := newBalancer(l, host, virtualRouter(routed))
	b.becomes("MASTER", 5*time.Second+room)
	hasRoutes(l, host)
	for _, del := range []string{
		"-4 route del 192.0.2.0/24 table 100", "-6 route del 2001:db8:1::/48 table 100",
		"-4 rule del preference 1000", "-6 rule del preference 1000",
	} {
		host.Run("ip", strings.Fields(del)...)
		hasRoutes(l, host)
	}
	l.Eventually(room, "they are counted", func() bool {
		r := b.status().Dataplane.Repairs
		return r.Routes == 2 && r.Rules == 2
	})
	// The kernel drops the routes with the source address, and says so for IPv6
	// only.
	host.Run("ip", "address", "del", "10.99.0.100/24", "dev", "eth0")
	host.Run("ip", "address", "del", "fd99::100/64", "dev", "eth0")
	b.master(announced...)
	hasRoutes(l, host)
	if i := b.instance(); i.State != "MASTER" || i.Transitions != 2 {
		t.Errorf("%s after %d role changes, want MASTER after 2", i.State, i.Transitions)
	}
	lab.Claim(t, "routes and rules that somebody deletes are put back and counted, so are routes that the kernel drops with their source address; no role change")
}

// testRouteLinkDown has a master that does not track its interface.
func testRouteLinkDown(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	b := newBalancer(l, host, virtualRouter("dont_track_primary = true\n  "+routed))
	b.becomes("MASTER", 5*time.Second+room)
	hasRoutes(l, host)
	host.Run("ip", "link", "set", "eth0", "down")
	l.Eventually(room, "the kernel has dropped the routes", func() bool { return routes(host, "100") == "" })
	host.Run("ip", "link", "set", "eth0", "up")
	// The kernel took the machine's own IPv6 address as well: it is the way to
	// the next hop.
	host.AddAddress("eth0", prefix("fd99::2/64"))
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(15*time.Second, "routes and rules are back", func() bool { return complete(host) })
	lab.Claim(t, "routes that the kernel drops without a word when a link goes down are put back when it is up, IPv6 addresses too")
}

// testRouteOtherDown has a route over another interface.
func testRouteOtherDown(t *testing.T) {
	for _, c := range []struct{ line, state string }{{"", "FAULT"}, {"no_track = true", "MASTER"}} {
		l := lab.New(t)
		host := l.Host("lvs1", l.Segment("lan").At("10.99.0.2/24"), l.Segment("inside").At("10.88.0.2/24"))
		b := newBalancer(l, host, virtualRouter("virtual_ipaddress \"10.99.0.100/24\" {}\n virtual_routes \"192.0.2.0/24\" {\n via = \"10.88.0.9\"\n dev = \"eth1\"\n table = 100\n "+c.line+"\n }"))
		b.becomes("MASTER", 5*time.Second+room)
		l.Eventually(room, "the route is there", func() bool { return routes(host, "100") != "" })
		host.Run("ip", "link", "set", "eth1", "down")
		l.Eventually(room, "the kernel has dropped the route", func() bool { return routes(host, "100") == "" })
		b.becomes(c.state, room)
		l.Always(time.Second, "it is "+c.state, func() bool { return b.instance().State == c.state })
		if c.state == "FAULT" {
			host.Run("ip", "link", "set", "eth1", "up")
			b.becomes("MASTER", 5*time.Second+room)
			l.Eventually(room, "the route is back", func() bool { return routes(host, "100") != "" })
		}
	}
	lab.Claim(t, "a route over another interface: FAULT while that is down, and the route is back after it; with no_track the instance stays MASTER")
}

// testRouteReloaded changes routes and rules of a master.
func testRouteReloaded(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	b := newBalancer(l, host, virtualRouter(routed))
	b.becomes("MASTER", 5*time.Second+room)
	hasRoutes(l, host)
	changed := strings.NewReplacer("10.99.0.9", "10.99.0.8", "preference = 1000", "preference = 1002").Replace(routed)
	l.File(host.Name+"/director.hcl", virtualRouter(changed))
	b.director.Signal(unix.SIGHUP)
	l.Eventually(10*time.Second, "the new ones are in force", func() bool {
		return strings.Contains(routes(host, "100"), "via 10.99.0.8") && !strings.Contains(routes(host, "100"), "via 10.99.0.9") &&
			rules(host, "1000") == "" && strings.Count(rules(host, "1002"), "lookup 100") == 2
	})
	l.File(host.Name+"/director.hcl", virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`))
	b.director.Signal(unix.SIGHUP)
	l.Eventually(10*time.Second, "all are gone", func() bool { return routes(host, "100")+rules(host, "1002") == "" })
	if i := b.instance(); i.State != "MASTER" || i.Transitions != 2 {
		t.Errorf("%s after %d role changes, want MASTER after 2", i.State, i.Transitions)
	}
	lab.Claim(t, "a reload replaces the next hop of a route and the preference of rules, another one takes them away, without a role change")
}

// testRouteKilled kills the dataplane.
func testRouteKilled(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	static := "static_ipaddress \"10.66.0.1/24\" { dev = \"eth0\" }\nstatic_routes \"10.67.0.0/24\" { via = \"10.66.0.9\" }\n"
	b := newBalancer(l, host, static+virtualRouter(routed))
	b.becomes("MASTER", 5*time.Second+room)
	hasRoutes(l, host)
	b.director.Kill()
	l.Eventually(room, "no process is left", func() bool { return len(host.Processes()) == 0 })
	if !complete(host) || !host.Has(addr("10.66.0.1")) {
		t.Errorf("the kernel has:\n%s%s", routes(host, "100"), rules(host, "1000"))
	}
	host.Run("ip", "route", "add", "198.51.100.0/24", "via", "10.99.0.9", "table", "100")
	b.start(virtualRouter(`virtual_ipaddress "10.99.0.101/24" {}`))
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(5*time.Second+room, "what is no longer wanted is gone", func() bool {
		return !strings.Contains(routes(host, "100"), "192.0.2.0/24") && !strings.Contains(routes(host, "100"), "2001:db8") &&
			rules(host, "1000") == "" && !host.Has(addr("10.66.0.1")) && !strings.Contains(routes(host, "main"), "10.67.0.0")
	})
	if !strings.Contains(routes(host, "100"), "198.51.100.0/24") {
		t.Error("somebody else's route is gone")
	}
	lab.Claim(t, "kill -9: the next start takes away routes, rules and static items that are no longer wanted, and leaves a route of somebody else in the same table")
}

// testPromote gives a subnet several virtual addresses.
func testPromote(t *testing.T) {
	l, _, host := alone(t, "10.99.0.2/24")
	host.Sysctl("net.ipv4.conf.eth0.promote_secondaries", "0")
	vips := []netip.Addr{addr("10.77.0.100"), addr("10.77.0.101"), addr("10.77.0.102")}
	lines := `virtual_ipaddress "10.77.0.100/24" {}
  virtual_ipaddress "10.77.0.101/24" {}
  virtual_ipaddress "10.77.0.102/24" {}`
	b := newBalancer(l, host, virtualRouter("promote_secondaries = true", lines))
	b.master(vips...)
	l.Eventually(room, "the setting is there", func() bool { return promotes(host) == "1" })
	host.Run("ip", "address", "del", "10.77.0.100/24", "dev", "eth0")
	for _, vip := range vips[1:] {
		if !host.Has(vip) {
			t.Errorf("%s went with the first of its subnet", vip)
		}
	}
	b.master(vips...)
	l.File(host.Name+"/director.hcl", virtualRouter(lines))
	b.director.Signal(unix.SIGHUP)
	l.Eventually(10*time.Second, "a reload puts it back", func() bool { return promotes(host) == "0" })
	b.director.Kill()
	b.start(virtualRouter("promote_secondaries = true", lines))
	b.master(vips...)
	l.Eventually(room, "the setting is there", func() bool { return promotes(host) == "1" })
	b.director.Kill()
	l.Eventually(room, "no process is left", func() bool { return len(host.Processes()) == 0 })
	b.start(virtualRouter("promote_secondaries = true", lines))
	b.master(vips...)
	b.director.Stop()
	if promotes(host) != "0" || slices.ContainsFunc(vips, host.Has) {
		t.Errorf("after the stop: promote_secondaries %s, %v", promotes(host), host.Addresses())
	}
	lab.Claim(t, "promote_secondaries: the kernel keeps the others when the first address of a subnet is deleted; put back by a reload, by a stop, and by one after kill -9")
}
