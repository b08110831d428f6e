package config

import (
	"net/netip"
	"testing"

	"director/internal/netif"
)

// links are the virtual links of all instances, and where their addresses are.
type links struct {
	own       netif.VirtualLink
	more      []netif.VirtualLink
	base      bool
	addresses []string
}

func linksOf(t *testing.T, text string) []links {
	t.Helper()
	var out []links
	for _, inst := range built(t, text).Instances {
		l := links{own: inst.Link, more: inst.MoreLinks, base: inst.XmitBase}
		for _, a := range inst.Addresses {
			l.addresses = append(l.addresses, a.String())
		}
		out = append(out, l)
	}
	return out
}

func sameLinks(t *testing.T, want, got []links) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		same(t, want[i].own, got[i].own)
		same(t, want[i].more, got[i].more)
		same(t, want[i].addresses, got[i].addresses)
		same(t, want[i].base, got[i].base)
	}
}

func TestVirtualMACs(t *testing.T) {
	six := func(name, iface, body string) string {
		return "vrrp_instance \"" + name + "\" {\ninterface = \"" + iface + "\"\nvirtual_router_id = 51\nvirtual_ipaddress \"fe80::51/64\" {}\n" + body + "\n}\n"
	}
	got := linksOf(t, oneInstance("  use_vmac {}\n  virtual_ipaddress \"10.0.9.1/24\" { dev = \"eth9\" }")+
		six("six", "eth0", "use_vmac {}")+six("again", "eth1", "use_vmac {}")+
		otherInstance(`
  vmac_xmit_base = true
  use_vmac {
    name  = "vrrp6.51"
    mac   = "02:AA:00:00:00"
    group = 7
  }`))
	sameLinks(t, []links{
		{own: netif.VirtualLink{Name: "vrrp.51", Parent: "eth0", MAC: "00:00:5e:00:01:33", IPv4: true}, addresses: []string{"10.0.0.1/24 on vrrp.51", "10.0.9.1/24 on eth9"}},
		// vrrp6.51 has been given to another by name.
		{own: netif.VirtualLink{Name: "vrrp1.51", Parent: "eth0", MAC: "00:00:5e:00:02:33", IPv6: true}, addresses: []string{"fe80::51/64 on vrrp1.51"}},
		{own: netif.VirtualLink{Name: "vrrp2.51", Parent: "eth1", MAC: "00:00:5e:00:02:33", IPv6: true}, addresses: []string{"fe80::51/64 on vrrp2.51"}},
		{own: netif.VirtualLink{Name: "vrrp6.51", Parent: "eth0", MAC: "02:aa:00:00:00:34", Group: 7, GroupGiven: true, IPv4: true}, base: true,
			addresses: []string{"10.0.0.2/24 on vrrp6.51"}},
	}, got)
}

func TestDefaultNamesFollowTheFamily(t *testing.T) {
	got := linksOf(t, `
global {
  vmac_prefix = "vip"
}
`+oneInstance("  use_vmac {}")+`
vrrp_instance "six" {
  interface         = "eth0"
  virtual_router_id = 51
  use_vmac {}
  virtual_ipaddress "fe80::51/64" {}
}
vrrp_instance "four" {
  interface         = "vip.52"
  virtual_router_id = 52
  use_vmac {}
  virtual_ipaddress "10.0.3.1/24" {}
}`)
	var names []string
	for _, l := range got {
		names = append(names, l.own.Name)
	}
	same(t, []string{"vip.51", "vip6.51", "vip4.52"}, names)
}

func TestVirtualMACsOfAddresses(t *testing.T) {
	got := linksOf(t, `
global {
  vmac_addr_prefix = "va"
}
`+oneInstance(`
  use_vmac_addr = true
  use_vmac { mac = "02:00:00:00:00:01" }
  virtual_ipaddress "10.0.0.11/24" {
    dev      = "eth0"
    use_vmac = true
  }
  virtual_ipaddress "10.0.0.12/24" { dev = "eth0" }
  virtual_ipaddress "10.0.1.1/24" { dev = "eth1" }
  virtual_ipaddress_excluded "2001:db8::1/64" { dev = "eth1" }
  virtual_ipaddress "10.0.2.1/24" { dev = "eth2" }`)+otherInstance(`
  virtual_ipaddress "10.0.0.21/24" { use_vmac = true }
  virtual_ipaddress "10.0.1.21/24" { dev = "eth1" }`))
	sameLinks(t, []links{{
		own: netif.VirtualLink{Name: "vrrp.51", Parent: "eth0", MAC: "02:00:00:00:00:01", IPv4: true},
		more: []netif.VirtualLink{
			{Name: "va.51", Parent: "eth1", MAC: "02:00:00:00:00:01", IPv4: true, IPv6: true},
			{Name: "va4.51", Parent: "eth2", MAC: "02:00:00:00:00:01", IPv4: true},
		},
		addresses: []string{"10.0.0.1/24 on vrrp.51", "10.0.0.11/24 on vrrp.51", "10.0.0.12/24 on eth0", "10.0.1.1/24 on va.51", "10.0.2.1/24 on va4.51", "2001:db8::1/64 on va.51"},
	}, {
		more:      []netif.VirtualLink{{Name: "va.52", Parent: "eth0", MAC: "00:00:5e:00:01:34", IPv4: true}},
		addresses: []string{"10.0.0.2/24 on eth0", "10.0.0.21/24 on va.52", "10.0.1.21/24 on eth1"},
	}}, got)
}

func TestUnicastGoesThroughTheInterfaceBelow(t *testing.T) {
	got := linksOf(t, oneInstance("  use_vmac {}\n  unicast_peer \"10.0.0.9\" {}")+otherInstance("  use_vmac {}"))
	same(t, []bool{true, false}, []bool{got[0].base, got[1].base})
}

func TestIPVLANs(t *testing.T) {
	got := linksOf(t, oneInstance(`
  use_ipvlan {
    address = "10.0.0.5/24"
    mode    = "vepa"
  }`)+otherInstance(`
  vmac_xmit_base = true
  use_ipvlan {
    name  = "ipv0"
    group = "default"
  }`))
	sameLinks(t, []links{
		{own: netif.VirtualLink{Name: "vrrp.51", Parent: "eth0", IPVLANMode: "vepa", Address: netip.MustParsePrefix("10.0.0.5/24"), IPv4: true},
			addresses: []string{"10.0.0.1/24 on vrrp.51"}},
		{own: netif.VirtualLink{Name: "ipv0", Parent: "eth0", IPVLANMode: "bridge", GroupGiven: true, IPv4: true}, base: true,
			addresses: []string{"10.0.0.2/24 on ipv0"}},
	}, got)
}
