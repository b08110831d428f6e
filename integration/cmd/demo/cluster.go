package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"director/integration/lab"
)

// What examples/lvs-dr/director.hcl says.
var (
	vip     = netip.MustParseAddr("10.99.0.100")
	service = netip.AddrPortFrom(vip, 80)
)

const (
	example  = "examples/lvs-dr/director.hcl"
	interval = time.Second
	// floor is how long the backup, with priority 100, waits after the last
	// advert: three intervals and its skew time (RFC 9568 section 6.1).
	floor = 3*interval + (256-100)*interval/256
)

// A cluster is the five machines.
type cluster struct {
	lab        *lab.Lab
	lvs1, lvs2 *router
	web1, web2 *lab.Host
	server1    *lab.Process
	browser    *lab.Host
	client     *lab.Client
	witness    *lab.Witness
}

// A router is one of the two machines in front.
type router struct {
	*lab.Host
	address    netip.Addr
	keepalived string // its configuration; empty: it is a director
	process    *lab.Process
}

func newCluster(t lab.T, keepalived bool) *cluster {
	c := &cluster{lab: lab.New(t)}
	lan := c.lab.Segment("lan")
	c.lvs1 = &router{Host: c.lab.Host("lvs1", lan.At("10.99.0.2/24")), address: netip.MustParseAddr("10.99.0.2")}
	c.lvs2 = &router{Host: c.lab.Host("lvs2", lan.At("10.99.0.3/24")), address: netip.MustParseAddr("10.99.0.3")}
	if keepalived {
		c.lvs1.keepalived = fmt.Sprintf(keepalivedConf, "lvs1", 150)
		c.lvs2.keepalived = fmt.Sprintf(keepalivedConf, "lvs2", 100)
	}
	c.web1 = c.lab.Host("web1", lan.At("10.99.0.11/24"))
	c.web2 = c.lab.Host("web2", lan.At("10.99.0.12/24"))
	c.server1 = c.web1.WebServer(80, vip)
	c.web2.WebServer(80, vip)
	c.browser = c.lab.Host("client", lan.At("10.99.0.9/24"))
	c.witness = lan.Witness()
	return c
}

func (r *router) start() {
	if r.keepalived != "" {
		r.process = r.Keepalived(r.keepalived, true)
		return
	}
	r.process = r.Director(example).Process
}

// table is the router's IPVS table as `ipvsadm -Ln` shows it, without the head.
func (r *router) table() string {
	lines := strings.Split(strings.TrimSpace(r.Run("ipvsadm", "-Ln")), "\n")
	return strings.Join(lines[min(3, len(lines)):], "\n")
}

// serves reports whether the router holds the address and forwards to n servers.
func (r *router) serves(n int) bool {
	return r.Has(vip) && strings.Count(r.table(), "->") == n
}

// idle reports whether the router holds neither address nor service.
func (r *router) idle() bool { return !r.Has(vip) && r.table() == "" }

// state is the evidence of what a router holds.
func (r *router) state() string {
	text := strings.TrimSpace(r.Run("ip", "-brief", "-4", "address", "show", "dev", "eth0"))
	text = r.Name + "# ip -br -4 address show dev eth0\n" + text + "\n" + r.Name + "# ipvsadm -Ln\n"
	if table := r.table(); table != "" {
		return text + table
	}
	return text + "(no services)"
}

const keepalivedConf = `global_defs {
  router_id %s
  vrrp_version 3
}
vrrp_instance VI_1 {
  interface eth0
  virtual_router_id 51
  state BACKUP
  advert_int 1
  priority %d
  virtual_ipaddress {
    10.99.0.100/24
  }
}
virtual_server 10.99.0.100 80 {
  delay_loop 1
  lb_algo wlc
  lb_kind DR
  protocol TCP
  real_server 10.99.0.11 80 {
    HTTP_GET {
      url {
        path /
        status_code 200
      }
      connect_timeout 1
      retry 1
      delay_before_retry 0.5
    }
  }
  real_server 10.99.0.12 80 {
    HTTP_GET {
      url {
        path /
        status_code 200
      }
      connect_timeout 1
      retry 1
      delay_before_retry 0.5
    }
  }
}
`
