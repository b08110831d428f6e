package integration

import (
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// testRouteGroup has two directors with a sync group, routes in one of its
// instances.
func testRouteGroup(t *testing.T) {
	l := lab.New(t)
	lan, inside := l.Segment("lan"), l.Segment("inside")
	config := l.File("director.hcl", `vrrp_sync_group "G" { group = ["OUT", "IN"] }
vrrp_instance "OUT" {
  interface         = "eth0"
  virtual_router_id = 51
  advert_int        = 0.1
  priority          = { lvs1 = 150, lvs2 = 100 }[hostname]
  `+routed+`
}
vrrp_instance "IN" {
  interface         = "eth1"
  virtual_router_id = 52
  advert_int        = 0.1
  priority          = { lvs1 = 150, lvs2 = 100 }[hostname]
  virtual_ipaddress "10.88.0.100/24" {}
}
`)
	var nodes []*balancer
	for _, n := range []struct{ name, last string }{{"lvs1", "2"}, {"lvs2", "3"}} {
		host := l.Host(n.name, lan.At("10.99.0."+n.last+"/24", "fd99::"+n.last+"/64"), inside.At("10.88.0."+n.last+"/24"))
		b := &balancer{Host: host, lab: l, director: host.Director(config)}
		b.director.EventuallyReady(10 * time.Second)
		nodes = append(nodes, b)
	}
	holds := func(on, off *balancer) {
		l.Eventually(10*time.Second+room, "routes and rules are on "+on.Name+" only", func() bool {
			return complete(on.Host) && on.Has(addr("10.88.0.100")) && bare(off.Host) && !off.Has(addr("10.88.0.100"))
		})
	}
	first, second := nodes[0], nodes[1]
	holds(first, second)
	first.Run("ip", "link", "set", "eth1", "down")
	holds(second, first)
	first.Run("ip", "link", "set", "eth1", "up")
	holds(first, second)
	first.director.Stop()
	holds(second, first)
	lab.Claim(t, "two directors with a sync group: when the inner interface of one fails, comes back, or it stops, routes and rules of the outer instance move with the group")
}

const staticItems = `static_ipaddress "10.66.0.1/24" { dev = "eth1" }
static_ipaddress "fd66::1/64" { dev = "eth1" }
static_routes "192.0.2.0/24" {
  via   = "10.66.0.9"
  dev   = "eth1"
  src   = "10.66.0.1"
  table = 200
}
static_routes "2001:db8:4::/48" {
  via   = "fd66::9"
  dev   = "eth1"
  table = 200
}
static_rules {
  from       = "10.66.0.0/24"
  table      = 200
  preference = 1500
}
`

// stands reports whether all static items are there.
func stands(h *lab.Host) bool {
	list := routes(h, "200")
	return h.Has(addr("10.66.0.1")) && h.Has(addr("fd66::1")) && strings.Contains(rules(h, "1500"), "lookup 200") &&
		strings.Contains(list, "192.0.2.0/24 via 10.66.0.9 dev eth1 proto 76 src 10.66.0.1") && strings.Contains(list, "2001:db8:4::/48")
}

// twoLinks is a machine with two interfaces.
func twoLinks(t *testing.T) (*lab.Lab, *lab.Host) {
	l := lab.New(t)
	return l, l.Host("lvs1", l.Segment("lan").At("10.99.0.2/24"), l.Segment("inside").At("10.88.0.2/24"))
}

// testStatic walks an instance through all roles; what is static stays.
func testStatic(t *testing.T) {
	l, host := twoLinks(t)
	b := newBalancer(l, host, staticItems+virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`))
	b.becomes("MASTER", 5*time.Second+room)
	l.Eventually(room, "what is static is there", func() bool { return stands(host) })
	host.Run("ip", "link", "set", "eth0", "down")
	b.becomes("FAULT", room)
	l.Always(500*time.Millisecond, "what is static is there in FAULT", func() bool { return stands(host) })
	host.Run("ip", "-4", "route", "del", "192.0.2.0/24", "table", "200")
	host.Run("ip", "-4", "rule", "del", "preference", "1500")
	host.Run("ip", "address", "del", "fd66::1/64", "dev", "eth1")
	l.Eventually(room, "what was deleted is back", func() bool { return stands(host) })
	host.Run("ip", "link", "set", "eth1", "down")
	l.Eventually(room, "the kernel has dropped the routes", func() bool { return routes(host, "200") == "" })
	host.Run("ip", "link", "set", "eth1", "up")
	l.Eventually(15*time.Second, "what the kernel dropped is back", func() bool { return stands(host) })
	b.director.Stop()
	if left := routes(host, "200") + rules(host, "1500"); left != "" || host.Has(addr("10.66.0.1")) || host.Has(addr("fd66::1")) {
		t.Errorf("left:\n%s%v", left, host.Addresses())
	}
	lab.Claim(t, "static addresses, routes and rules are there whatever the role is, are put back when somebody or the kernel takes them away, and go with a stop")
}

// testTrackGroup ties a static route to an instance.
func testTrackGroup(t *testing.T) {
	l, host := twoLinks(t)
	b := newBalancer(l, host, "track_group \"TG\" { group = [\"VI_1\"] }\n"+
		strings.Replace(staticItems, "src   = \"10.66.0.1\"", "src   = \"10.66.0.1\"\n  track_group = \"TG\"", 1)+
		virtualRouter(`virtual_ipaddress "10.99.0.100/24" {}`)+
		strings.NewReplacer("VI_1", "VI_2", "= 51", "= 52").Replace(virtualRouter(`virtual_ipaddress "10.99.0.101/24" {}`)))
	b.becomes("MASTER", 5*time.Second+room, "VI_1")
	b.becomes("MASTER", 5*time.Second+room, "VI_2")
	host.Run("ip", "link", "set", "eth1", "down")
	b.becomes("FAULT", room, "VI_1")
	if got := b.instance("VI_2").State; got != "MASTER" {
		t.Errorf("the instance that is not in the track_group is %s", got)
	}
	host.Run("ip", "link", "set", "eth1", "up")
	b.becomes("MASTER", 5*time.Second+room, "VI_1")
	l.Eventually(15*time.Second, "what is static is back", func() bool { return stands(host) })
	lab.Claim(t, "track_group: with the interface of a static route its instances are in FAULT, others stay MASTER")
}
