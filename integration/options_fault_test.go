package integration

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// last is the priority of the latest advert of a router.
func (r *rig) last(vrid int) int {
	a, ok := r.witness.Latest(uint8(vrid))
	if !ok {
		return -1
	}
	return int(a.Priority)
}

// testFault has the interface of an address go down and come back.
func testFault(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.Run("ip", "link", "add", "t0", "type", "veth", "peer", "name", "t1")
	r.Run("ip", "link", "set", "t0", "up")
	r.Run("ip", "link", "set", "t1", "up")
	on := func(vip, option string) string {
		return "virtual_ipaddress_excluded \"" + vip + "\" {\n    dev = \"t0\"\n    " + option + "\n  }"
	}
	own := func(n int) string { return "virtual_ipaddress \"" + vip(n).String() + "/24\" {}" }
	r.start(numbered(1, "advert_int = 0.2", own(1), on("10.88.0.1/24", "")) + numbered(2, "advert_int = 0.2", own(2), on("10.89.0.2/24", "no_track = true")) +
		numbered(3, append(fromPeer("", "advert_int = 0.2"), own(3), on("10.90.0.3/24", ""))...))
	vips := []netip.Addr{vip(1), vip(2), vip(3), addr("10.88.0.1"), addr("10.89.0.2"), addr("10.90.0.3")}
	r.master(vips...)
	r.Run("ip", "address", "del", "10.88.0.1/24", "dev", "t0")
	r.master(addr("10.88.0.1"))
	r.Run("ip", "address", "del", "10.89.0.2/24", "dev", "t0")

	r.Run("ip", "link", "set", "t1", "down") // no carrier
	r.becomes("FAULT", room, named(1))
	r.becomes("FAULT", room, named(3))
	r.EventuallyLacks(vip(1), room)
	r.lab.Eventually(room, "it leaves with priority 0", func() bool { return r.last(1) == 0 })
	begin := time.Now()
	received := r.instance(named(1)).Adverts.Received
	r.sends(t, claimed{vrid: 1, priority: 254, interval: 30 * time.Second})
	time.Sleep(answered)
	if i := r.instance(named(1)); i.State != "FAULT" || i.LastMaster != "" || len(i.Faults) != 1 || len(r.adverts(1, begin)) > 0 {
		t.Errorf("in FAULT (%v): %+v, received %d, %d before; %d adverts", i.Faults, i.LastMaster, i.Adverts.Received, received, len(r.adverts(1, begin)))
	}
	if i, all := r.instance(named(1)), r.adverts(1, time.Time{}); i.Adverts.Sent != uint64(len(all)) || i.Adverts.SentPriorityZero != 1 {
		t.Errorf("status counts %+v, on the wire are %d adverts", i.Adverts, len(all))
	}
	if i := r.instance(named(2)); i.State != "MASTER" || i.Transitions != 2 || r.Has(addr("10.89.0.2")) {
		t.Errorf("with no_track: %s after %d role changes, addresses %v", i.State, i.Transitions, r.Addresses())
	}
	lab.Claim(t, "an address's interface is down: priority 0, FAULT, addresses gone, adverts change nothing; with no_track MASTER as before, and the address is not put back when somebody deletes it; status counts the adverts that are on the wire")

	begin = time.Now()
	r.Run("ip", "link", "set", "t1", "up")
	r.becomes("MASTER", 2*time.Second+room, named(1))
	r.becomes("MASTER", 2*time.Second+room, named(3))
	r.master(vip(1), addr("10.88.0.1"), vip(3), addr("10.90.0.3"))
	const down = 600*time.Millisecond + 156*200*time.Millisecond/256
	first := r.adverts(1, begin)[0].At.Sub(begin)
	if first < down-slack || first > down+room {
		t.Errorf("first advert %v after the interface is back, want %v", first, down)
	}
	announced := slices.DeleteFunc(r.witness.Announcements(begin), func(a lab.Announcement) bool { return a.Address != addr(me) })
	if len(announced) != 1 || announced[0].At.After(r.adverts(3, begin)[0].At) {
		t.Errorf("the source was announced %v", announced)
	}
	lab.Claim(t, "it is up: BACKUP with a full master-down time, first advert after %s; a router with unicast peers announces its source before", ms(first))
}

// testSource takes the configured source address of adverts away.
func testSource(t *testing.T) {
	r := newRig(t, "10.99.0.2/24", "10.99.0.3/24")
	const often = "advert_int = 0.1"
	r.start(numbered(1, often, `mcast_src_ip = "10.99.0.3"`, "track_src_ip = true") + numbered(2, often, `mcast_src_ip = "10.99.0.3"`) +
		numbered(3, often, `unicast_src_ip = "10.99.0.2"`, `unicast_peer "10.99.0.2" {}`, "unicast_fault_no_peer = true"))
	r.becomes("MASTER", room, named(1))
	r.becomes("MASTER", room, named(2))
	r.becomes("FAULT", room, named(3))
	r.Run("ip", "address", "del", "10.99.0.3/24", "dev", "eth0")
	r.becomes("FAULT", room, named(1))
	begin := time.Now()
	r.lab.Eventually(room, "the other one goes on", func() bool { return len(r.adverts(2, begin)) > 2 })
	if p := r.adverts(2, begin)[0]; p.Source != addr("10.99.0.3") || len(r.adverts(1, begin)) != 0 || r.Has(vip(1)) || !r.Has(vip(2)) {
		t.Errorf("adverts from %s, %d of the one that tracks its source, addresses %v", p.Source, len(r.adverts(1, begin)), r.Addresses())
	}
	lab.Claim(t, "track_src_ip: FAULT while the configured source address is gone; without it adverts go on from there")
	r.AddAddress("eth0", prefix("10.99.0.3/24"))
	r.becomes("MASTER", room, named(1))
	if i := r.instance(named(3)); i.State != "FAULT" || len(i.Faults) != 1 || len(r.adverts(3, time.Time{})) != 0 {
		t.Errorf("without a peer: %s, %v", i.State, i.Faults)
	}
	lab.Claim(t, "unicast_fault_no_peer: FAULT where the node itself is the only peer")
}
