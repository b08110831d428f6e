package integration

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"director/integration/lab"
)

// A cluster is two directors with one and the same configuration, two web
// servers and a client, all on one segment, with a kernel that has IPVS.
type cluster struct {
	lab        *lab.Lab
	lvs1, lvs2 *node
	web1, web2 *lab.Host
	client     *lab.Host
	witness    *lab.Witness
	config     string // path of the file that both directors read
	interval   time.Duration
}

// node is a machine for a director. lvs1 has priority 150, lvs2 100.
type node struct {
	*balancer
	cluster  *cluster
	address  netip.Addr
	priority int
}

// The addresses of a cluster.
var (
	vip1 = addr("10.99.0.100")
	vip2 = addr("10.99.0.101")
	vip3 = addr("10.99.0.102")
	vip4 = addr("10.99.0.103")
)

// newCluster makes the machines; nothing runs yet but the web servers, which
// answer for all the virtual addresses.
func newCluster(t lab.T, interval time.Duration) *cluster {
	t.Helper()
	c := &cluster{lab: lab.New(t), interval: interval}
	lan := c.lab.Segment("lan")
	c.lvs1 = c.node(lan, "lvs1", addr("10.99.0.2"), 150)
	c.lvs2 = c.node(lan, "lvs2", addr("10.99.0.3"), 100)
	c.web1 = c.lab.Host("web1", lan.At("10.99.0.11/24"))
	c.web2 = c.lab.Host("web2", lan.At("10.99.0.12/24"))
	c.client = c.lab.Host("client", lan.At("10.99.0.9/24"))
	c.witness = lan.Witness()
	for _, web := range []*lab.Host{c.web1, c.web2} {
		web.WebServer(80, vip1, vip2, vip3, vip4)
	}
	return c
}

func (c *cluster) node(lan *lab.Segment, name string, address netip.Addr, priority int) *node {
	host := c.lab.Host(name, lan.At(address.String()+"/24"))
	return &node{balancer: &balancer{Host: host, lab: c.lab}, cluster: c, address: address, priority: priority}
}

func (c *cluster) nodes() []*node { return []*node{c.lvs1, c.lvs2} }

// configure writes the file: one instance with some addresses, and services.
func (c *cluster) configure(vips []netip.Addr, services ...string) {
	c.config = c.lab.File("director.hcl", c.instance(vips)+strings.Join(services, ""))
}

func (c *cluster) instance(vips []netip.Addr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = 51\n")
	fmt.Fprintf(&b, "  advert_int = \"%v\"\n  priority = { lvs1 = %d, lvs2 = %d }[hostname]\n",
		c.interval, c.lvs1.priority, c.lvs2.priority)
	for _, vip := range vips {
		fmt.Fprintf(&b, "  virtual_ipaddress \"%s/24\" {}\n", vip)
	}
	b.WriteString("}\n")
	return b.String()
}

// httpCheck looks at a web server three times a second, and is patient with a
// slow machine.
const httpCheck = `
  delay_loop         = "300ms"
  connect_timeout    = 5
  retry              = 2
  delay_before_retry = "300ms"
  HTTP_GET {
    url {
      path        = "/"
      status_code = 200
    }
  }
`

// service is a virtual server at port 80 of an address, by direct routing; more
// stands in it, as checks.
func service(name string, vip netip.Addr, more string, servers ...string) string {
	return virtualServer(name, fmt.Sprintf("address = \"%s:80\"", vip), more, ":80", servers)
}

func virtualServer(name, what, more, port string, servers []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "virtual_server %q {\n  %s\n  lb_algo = \"rr\"\n  lb_kind = \"DR\"\n%s", name, what, more)
	for _, address := range servers {
		fmt.Fprintf(&b, "  real_server \"%s%s\" {}\n", address, port)
	}
	b.WriteString("}\n")
	return b.String()
}

// webs are the addresses of both web servers.
var webs = []string{"10.99.0.11", "10.99.0.12"}

// manyServers returns n further addresses, half of them of each web server. The
// directors reach them by a route, so that they need no neighbour entry each.
func (c *cluster) manyServers(n int) []string {
	for i, web := range []*lab.Host{c.web1, c.web2} {
		subnet := fmt.Sprintf("10.97.%d.0/17", 128*i)
		web.Run("ip", "route", "replace", "local", subnet, "dev", "lo")
		for _, n := range c.nodes() {
			n.Run("ip", "route", "replace", subnet, "via", webs[i])
		}
	}
	servers := make([]string, n)
	for i := range servers {
		half, index := i%2, i/2+1
		servers[i] = fmt.Sprintf("10.97.%d.%d", 128*half+index/256, index%256)
	}
	return servers
}

// run starts the node's director.
func (n *node) run() { n.director = n.Director(n.cluster.config) }

// down is the master-down interval of the node (RFC 9568 section 6.1).
func (n *node) down() time.Duration { return 3*n.cluster.interval + n.skew() }

func (n *node) skew() time.Duration {
	return time.Duration(256-n.priority) * n.cluster.interval / 256
}

// serves reports whether the node holds the addresses and forwards for n
// services to m servers in all.
func (n *node) serves(vips []netip.Addr, services, servers int) bool {
	for _, vip := range vips {
		if !n.Has(vip) {
			return false
		}
	}
	haveServices, haveServers := n.forwards()
	return haveServices == services && haveServers == servers
}

// idle reports whether the node holds none of the addresses and no service.
func (n *node) idle(vips []netip.Addr) bool {
	for _, vip := range vips {
		if n.Has(vip) {
			return false
		}
	}
	services, _ := n.forwards()
	return services == 0
}

// forwards counts the services and servers in the kernel. It starts no program,
// which would cost a guest more than what it looks for.
func (n *node) forwards() (services, servers int) {
	var table []byte
	err := n.Do(func() (err error) {
		table, err = os.ReadFile("/proc/thread-self/net/ip_vs")
		return err
	})
	n.lab.Expect(err == nil, "IPVS of %s: %v", n.Name, err)
	const head = 1 // "  -> RemoteAddress:Port" explains the columns
	servers = strings.Count(string(table), "\n  -> ") - head
	for line := range strings.Lines(string(table)) {
		for _, kind := range []string{"TCP ", "UDP ", "SCTP ", "FWM "} {
			if strings.HasPrefix(line, kind) {
				services++
			}
		}
	}
	return services, servers
}

// long is enough for a full table on a busy machine.
const long = 30 * time.Second

// eventually waits for long, with pauses that leave the CPU to others.
func (c *cluster) eventually(what string, so func() bool) { eventually(c.lab, what, so) }

func (b *balancer) eventually(what string, so func() bool) { eventually(b.lab, what, so) }

func eventually(l *lab.Lab, what string, so func() bool) {
	l.Eventually(long, what, func() bool {
		time.Sleep(20 * time.Millisecond)
		return so()
	})
}

// lastAdvert is when a node last advertised in a time. There is always a master,
// so the witness, which a busy machine delays, has seen that time when it has
// seen an advert after it.
func (c *cluster) lastAdvert(n *node, since, until time.Time) time.Time {
	c.eventually("the witness has caught up", func() bool { return len(c.witness.Adverts(until)) > 0 })
	var last time.Time
	for _, a := range c.witness.Adverts(since) {
		if a.Source == n.address && a.At.Before(until) {
			last = a.At
		}
	}
	c.lab.Expect(!last.IsZero(), "no advert of %s", n.Name)
	return last
}

// answersAgain waits until a client has an answer to what it asked since a
// moment.
func (c *cluster) answersAgain(client *lab.Client, since time.Time) {
	c.eventually("the client has answers", func() bool {
		return len(client.Attempts().Since(since).With(lab.Answered)) > 0
	})
}
