package integration

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// TestOptionsGuest is TestOptions for what needs the guest's kernel.
func TestOptionsGuest(t *testing.T) {
	lab.Need(t, lab.Netns, lab.IPVS)
	t.Run("VRF", testSocketsInVRF)
	t.Run("IPVS elsewhere", testIPVSElsewhere)
	t.Run("ipvlan modes", testIPVLANModes)
}

// testSocketsInVRF has an instance without interface in a VRF, which alone
// knows the way to the peer.
func testSocketsInVRF(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.Run("ip", "link", "add", "blue", "type", "vrf", "table", "10")
	r.Run("ip", "link", "set", "blue", "up")
	r.Run("ip", "link", "set", "eth0", "master", "blue")
	lines := fromPeer("", "advert_int = 0.2", "virtual_ipaddress \"10.99.1.1/24\" {\n    dev = \"eth0\"\n  } # interface = none")
	r.start(numbered(1, append(lines, `vrf = "blue"`)...))
	r.master(vip(1))
	p := r.advert(1)
	if p.Source != addr(me) || p.Destination != addr(rivalAddress) {
		t.Errorf("adverts from %s to %s", p.Source, p.Destination)
	}
	r.sends(t, claimed{vrid: 1, priority: 200, to: me, interval: 10 * time.Second})
	r.becomes("BACKUP", room, named(1))
	r.director.Stop()
	r.start(numbered(1, lines...))
	begin := time.Now()
	r.lab.Always(1500*time.Millisecond, "without vrf nothing is sent", func() bool { return len(r.adverts(1, begin)) == 0 })
	lab.Claim(t, "vrf: an instance without interface sends and hears its adverts in the VRF; without it there is no way to the peer")
}

// testIPVSElsewhere programs IPVS in another namespace than that of the
// addresses.
func testIPVSElsewhere(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	elsewhere := r.lab.Host("elsewhere", r.lan.At("10.99.0.3/24"))
	first := func() table {
		out, err := exec.Command("nsenter", "--target", "1", "--net", "ipvsadm", "-Sn").CombinedOutput()
		if err != nil {
			t.Fatalf("ipvsadm: %v\n%s", err, out)
		}
		return table(out)
	}
	const service = "-A -t 10.99.1.1:80"
	for value, there := range map[string]func() table{
		`"` + elsewhere.Namespace() + `"`: func() table { return table(elsewhere.IPVS()) },
		"true":                            first,
	} {
		r.start("global {\n  net_namespace_ipvs = " + value + "\n}\n" + numbered(1, owner...) +
			"virtual_server \"web\" {\n  address = \"10.99.1.1:80\"\n  lb_kind = \"DR\"\n  real_server \"10.99.0.11:80\" {}\n}\n")
		r.master(vip(1))
		r.lab.Eventually(5*time.Second+room, "the service is there", func() bool {
			time.Sleep(50 * time.Millisecond)
			return there().has(service)
		})
		if r.table().has(service) {
			t.Errorf("net_namespace_ipvs = %s: the service is where the address is", value)
		}
		r.director.Stop()
		if there().has(service) {
			t.Errorf("net_namespace_ipvs = %s: left by the stop", value)
		}
	}
	lab.Claim(t, "net_namespace_ipvs: services are in the namespace of that name, or with true in the machine's first one, and gone after a stop")
}

// testIPVLANModes has the modes that TestVMACGuest has not.
func testIPVLANModes(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	for _, mode := range []string{"", "bridge", "vepa"} {
		words, want := "", "mode l2 bridge"
		if mode != "" {
			words, want = "\n    mode = \""+mode+"\"", "mode l2 "+mode
		}
		r.start(numbered(1, append(owner, "use_ipvlan {\n    address = \"10.99.0.7/24\"\n    group = 7"+words+"\n  }")...))
		r.master(vip(1))
		if link := r.Run("ip", "-details", "link", "show", "vrrp.1"); !strings.Contains(link, want) || !strings.Contains(link, "group 7") {
			t.Errorf("mode %q: %s", mode, link)
		}
		r.director.Stop()
	}
	lab.Claim(t, "use_ipvlan: bridge (the default) and vepa, and the interface group, as the kernel lists the link")
}
