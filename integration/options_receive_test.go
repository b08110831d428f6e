package integration

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// A verdict is what becomes of one advert: a router that owns its addresses
// gives way to it, or drops it for a reason.
type verdict struct {
	what   string
	lines  []string
	advert claimed
	// dropped is the reason in status; believed and unheard stand for none.
	dropped string
}

const believed, unheard = "", "-"

// fromPeer has the rival as a unicast peer.
func fromPeer(options string, more ...string) []string {
	return append([]string{`unicast_src_ip = "10.99.0.2"`, "unicast_peer \"" + rivalAddress + "\" {\n" + options + "\n}"}, more...)
}

// sealOld is the checksum of version 3 by keepalived up to 1.3.6, for unicast.
func sealOld(frame []byte) []byte {
	pseudo := slices.Concat(frame[atIP+12:atIP+16], []byte{224, 0, 0, 18, 0, 112, 0, byte(len(frame) - atMessage)})
	return seal(frame, pseudo)
}

const me, stranger = "10.99.0.2", "10.99.0.8"

// verdicts are those without defaults in global.
var verdicts = []verdict{
	{"unicast, from a stranger", fromPeer(""), claimed{to: me, source: stranger}, believed},
	{"check_unicast_src, from a stranger", fromPeer("", "check_unicast_src = true"), claimed{to: me, source: stranger}, "not a peer"},
	{"check_unicast_src, from a peer", fromPeer("", "check_unicast_src = true"), claimed{to: me, ttl: 3}, believed},
	{"min_ttl, below", fromPeer("min_ttl = 250"), claimed{to: me, ttl: 249}, "ttl"},
	{"min_ttl, just so", fromPeer("min_ttl = 250"), claimed{to: me, ttl: 250}, believed},
	{"min_ttl, from a stranger", fromPeer("min_ttl = 250"), claimed{to: me, source: stranger}, "not a peer"},
	{"max_ttl, above", fromPeer("max_ttl = 100"), claimed{to: me, ttl: 101}, "ttl"},
	{"max_ttl, just so", fromPeer("max_ttl = 100"), claimed{to: me, ttl: 100}, believed},
	{"old checksum", fromPeer(""), claimed{to: me, seal: sealOld}, believed},
	{"old checksum, never", fromPeer("", `old_unicast_checksum = "never"`), claimed{to: me, seal: sealOld}, "checksum"},
	{"v3_checksum_as_v2, without pseudo-header", []string{"v3_checksum_as_v2 = true"}, claimed{seal: sealV2}, believed},
	{"v3_checksum_as_v2, with pseudo-header", []string{"v3_checksum_as_v2 = true"}, claimed{}, "checksum"},
	{"either, without pseudo-header", []string{`v3_checksum_as_v2 = "either"`}, claimed{seal: sealV2}, believed},
	{"either, with pseudo-header", []string{`v3_checksum_as_v2 = "either"`}, claimed{}, believed},
	{"without pseudo-header", nil, claimed{seal: sealV2}, "checksum"},
	{"owner_ignore_adverts", []string{"owner_ignore_adverts = true"}, claimed{}, "owner"},
	{"an owner", nil, claimed{}, believed},
	{"mcast_dst_ip, to it", []string{`mcast_dst_ip = "224.0.0.100"`}, claimed{to: "224.0.0.100"}, believed},
	{"mcast_dst_ip, to the other group", []string{`mcast_dst_ip = "224.0.0.100"`}, claimed{}, unheard},
	{"no_virtual_ipaddress", []string{"no_virtual_ipaddress = true # virtual_ipaddress"}, claimed{addresses: []netip.Addr{}}, believed},
	{"other addresses", nil, claimed{addresses: []netip.Addr{addr("10.99.7.7")}}, believed},
	{"our own address as source", nil, claimed{source: me}, "own source"},
}

// defaulted are those whose options stand in global.
var defaulted = []verdict{
	{"check_unicast_src", fromPeer("", "owner_ignore_adverts = false"), claimed{to: me, source: stranger, seal: sealV2}, "not a peer"},
	{"check_unicast_src = false", fromPeer("", "owner_ignore_adverts = false", "check_unicast_src = false"),
		claimed{to: me, source: stranger, seal: sealV2}, believed},
	{"owner_ignore_adverts", nil, claimed{seal: sealV2}, "owner"},
	{"owner_ignore_adverts = false", []string{"owner_ignore_adverts = false"}, claimed{seal: sealV2}, believed},
	{"v3_checksum_as_v2 = false", []string{"owner_ignore_adverts = false", "v3_checksum_as_v2 = false"}, claimed{}, believed},
	{"v3_checksum_as_v2", []string{"owner_ignore_adverts = false"}, claimed{}, "checksum"},
	{"to the default group", []string{"owner_ignore_adverts = false", `mcast_dst_ip = "224.0.0.100"`}, claimed{seal: sealV2, to: "224.0.0.100"}, believed},
}

func testVerdicts(t *testing.T) {
	given(t, "", verdicts)
	lab.Claim(t, "%d adverts, each to an owner with or without check_unicast_src, min_ttl, max_ttl, old_unicast_checksum, v3_checksum_as_v2, owner_ignore_adverts, mcast_dst_ip, no_virtual_ipaddress: believed, or dropped and counted under its reason", len(verdicts))
}

func testVerdictsByDefault(t *testing.T) {
	given(t, "global {\n  vrrp_check_unicast_src = true\n  vrrp_owner_ignore_adverts = true\n  v3_checksum_as_v2 = true\n}\n", defaulted)
	lab.Claim(t, "vrrp_check_unicast_src, vrrp_owner_ignore_adverts and v3_checksum_as_v2 in global are the defaults of every instance, which may say false")
}

// given sends the adverts, each to a router of its own.
func given(t *testing.T, global string, all []verdict) {
	r := newRig(t, "10.99.0.2/24")
	// Without it the kernel itself drops what claims to come from our address.
	r.Sysctl("net.ipv4.conf.eth0.accept_local", "1")
	conf := global
	for n, v := range all {
		conf += numbered(n+1, append(v.lines, "priority = 255", quiet)...)
	}
	r.start(conf)
	for n := range all {
		r.becomes("MASTER", 3*time.Second+room, named(n+1))
	}
	for n, v := range all {
		v.advert.vrid, v.advert.priority, v.advert.interval = n+1, 255, 10*time.Second
		r.sends(t, v.advert)
	}
	for n, v := range all {
		if v.dropped == believed {
			r.lab.Becomes(room, func() bool { return r.instance(named(n+1)).State == "BACKUP" })
		}
		i := r.instance(named(n + 1))
		var want []string
		if v.dropped != believed && v.dropped != unheard {
			want = []string{v.dropped}
			r.lab.Becomes(room, func() bool { i = r.instance(named(n + 1)); return len(i.Dropped) > 0 })
		}
		var got []string
		for reason, count := range i.Dropped {
			if count > 0 {
				got = append(got, reason)
			}
		}
		if gaveWay := i.State == "BACKUP"; gaveWay != (v.dropped == believed) || !slices.Equal(got, want) {
			t.Errorf("%s: %s, dropped %v, want %v", v.what, i.State, i.Dropped, want)
		}
	}
}

// testSkipCheck has a master advertise other addresses than ours.
func testSkipCheck(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	other := []netip.Addr{addr("10.99.7.7")}
	notes := func(vrid int) int { return len(r.log("it advertises the addresses", "instance="+named(vrid)+" ")) }
	for _, c := range []struct {
		global string
		lines  map[int]string
		skips  map[int]bool
	}{
		{"", map[int]string{1: "", 2: "skip_check_adv_addr = true"}, map[int]bool{2: true}},
		{"global {\n  vrrp_skip_check_adv_addr = true\n}\n", map[int]string{1: "", 2: "skip_check_adv_addr = false"}, map[int]bool{1: true}},
	} {
		r.start(c.global + numbered(1, quiet, c.lines[1]) + numbered(2, quiet, c.lines[2]))
		for _, vrid := range []int{1, 2} {
			r.becomes("BACKUP", 3*time.Second+room, named(vrid))
			r.sends(t, claimed{vrid: vrid, priority: 200, interval: 30 * time.Second},
				claimed{vrid: vrid, priority: 200, interval: 30 * time.Second, addresses: other})
		}
		for _, vrid := range []int{1, 2} {
			if !c.skips[vrid] {
				r.lab.Eventually(room, "the log tells of other addresses", func() bool { return notes(vrid) == 1 })
			}
		}
		for _, vrid := range []int{1, 2} {
			r.lab.Eventually(room, "both adverts have come", func() bool { return r.instance(named(vrid)).Adverts.Received == 2 })
			if c.skips[vrid] && notes(vrid) != 0 {
				t.Errorf("%sVRID %d: the log tells of other addresses of the same master", c.global, vrid)
			}
			r.sends(t, claimed{vrid: vrid, priority: 210, source: stranger, interval: 30 * time.Second, addresses: other})
		}
		for vrid := range c.skips {
			r.lab.Eventually(room, "the log tells of the new master's addresses", func() bool { return notes(vrid) == 1 })
		}
		r.director.Stop()
	}
	lab.Claim(t, "other addresses of a master are said once in the log; with skip_check_adv_addr, or vrrp_skip_check_adv_addr, only those of a new master")
}
