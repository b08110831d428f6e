package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"director/integration/lab"
)

// watchedFor is how long announcements are of interest after the first one.
const watchedFor = 3500 * time.Millisecond

// seesSince checks for a while the sizes of the bursts of an address, and the
// time between the first and the others.
func seesSince(t lab.T, w *lab.Witness, begin time.Time, counts []int, after []time.Duration, of netip.Addr) {
	t.Helper()
	var sizes []int
	var late []time.Duration
	all := bursts(w.Announcements(begin), of)
	for n, b := range all {
		if since := b.at.Sub(all[0].at); since < watchedFor {
			sizes = append(sizes, b.count)
			late = append(late, (since - after[min(n, len(after)-1)]).Abs())
		}
	}
	if !slices.Equal(sizes, counts) || slices.Max(append(late, 0)) > room/4 {
		t.Fatalf("%s was announced %v times, late by %v; want %v times", of, sizes, late, counts)
	}
}

// testAnnounceDefaults looks at the vrrp_garp_* of global and at what an
// instance says itself.
func testAnnounceDefaults(t lab.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start("global {\n  vrrp_garp_master_delay = 1\n  vrrp_garp_master_repeat = 2\n  vrrp_garp_master_refresh = 1\n  vrrp_garp_master_refresh_repeat = 3\n}\n" +
		numbered(1, "priority = 255") +
		numbered(2, "priority = 255", "garp_master_delay = 2", "garp_master_repeat = 4", "garp_master_refresh = 0") +
		numbered(3, "priority = 255", "garp_master_delay = 0", "garp_master_repeat = 0", "garp_master_refresh = 1.5", "garp_master_refresh_repeat = 0"))
	r.master(vip(1), vip(2), vip(3))
	time.Sleep(watchedFor)
	seesSince(t, r.witness, time.Time{}, []int{2, 2, 3, 3}, []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}, vip(1))
	seesSince(t, r.witness, time.Time{}, []int{4, 4}, []time.Duration{0, 2 * time.Second}, vip(2))
	seesSince(t, r.witness, time.Time{}, []int{1, 1, 1}, []time.Duration{0, 1500 * time.Millisecond, 3 * time.Second}, vip(3))
	lab.Claim(t, "vrrp_garp_master_delay, _repeat, _refresh and _refresh_repeat are the defaults of every instance, which may have its own; a repeat of 0 counts as 1")
}

// testAnnounceLower has a rival of lower priority claim the addresses.
func testAnnounceLower(t lab.T) {
	const often = "advert_int = 0.1"
	r := newRig(t, "10.99.0.2/24")
	r.start("global {\n  vrrp_min_garp = true\n  vrrp_garp_lower_prio_delay = 1\n  vrrp_garp_lower_prio_repeat = 3\n}\n" +
		numbered(1, often) + numbered(2, often, "garp_lower_prio_repeat = 0") +
		numbered(3, often, "garp_lower_prio_delay = 2", "garp_lower_prio_repeat = 2") +
		numbered(4, often, "garp_master_repeat = 3"))
	r.master(vip(1), vip(2), vip(3), vip(4))
	time.Sleep(2 * apart)
	for vrid := 1; vrid <= 3; vrid++ {
		seesSince(t, r.witness, time.Time{}, []int{1}, []time.Duration{0}, vip(vrid))
	}
	seesSince(t, r.witness, time.Time{}, []int{3}, []time.Duration{0}, vip(4))
	lab.Claim(t, "vrrp_min_garp: a new master announces each address once, without a second burst, but as often as an instance says itself")
	begin := time.Now()
	for vrid := 1; vrid <= 3; vrid++ {
		r.sends(t, claimed{vrid: vrid, priority: 50})
	}
	time.Sleep(2600 * time.Millisecond)
	seesSince(t, r.witness, begin, []int{3, 3}, []time.Duration{0, time.Second}, vip(1))
	seesSince(t, r.witness, begin, nil, nil, vip(2))
	seesSince(t, r.witness, begin, []int{2, 2}, []time.Duration{0, 2 * time.Second}, vip(3))
	lab.Claim(t, "a lower rival: announcements by garp_lower_prio_repeat and garp_lower_prio_delay, and their defaults in global; 0: none")
}

// gaps are the times before announcements, but for the first of each address,
// which does not wait.
func gaps(all []lab.Announcement, v4 bool) []time.Duration {
	var list []time.Duration
	known := map[netip.Addr]bool{}
	all = slices.DeleteFunc(slices.Clone(all), func(a lab.Announcement) bool { return a.Address.Is4() != v4 })
	slices.SortFunc(all, func(a, b lab.Announcement) int { return a.At.Compare(b.At) })
	for n, a := range all {
		if known[a.Address] {
			list = append(list, a.At.Sub(all[n-1].At))
		}
		known[a.Address] = true
	}
	return list
}

// paced checks how many gaps there are and that the least is wide enough.
func paced(t lab.T, what string, got []time.Duration, count int, least time.Duration) time.Duration {
	t.Helper()
	if len(got) != count || slices.Min(append(got, time.Hour)) < least-slack {
		t.Fatalf("%s: gaps %v, want %d of %v or more", what, got, count, least)
	}
	return slices.Min(append(got, time.Hour))
}

// testAnnouncePaced looks at the least gap between announcements.
func testAnnouncePaced(t lab.T) {
	r := newRig(t, "10.99.0.2/24", "fd99::2/64")
	lines := []string{"priority = 255", "garp_master_delay = 0", "garp_master_repeat = 4"}
	excluded := func(n int) string { return fmt.Sprintf("virtual_ipaddress_excluded \"fd99::1:%d/64\" {}", n) }
	own := func(n int) string { return fmt.Sprintf("virtual_ipaddress \"%s/24\" {}", vip(n)) }
	r.start("global {\n  vrrp_garp_interval = 0.05\n  vrrp_gna_interval = 0.1\n}\n" +
		numbered(1, append(lines, own(1), excluded(1))...) + numbered(2, append(lines, own(2), excluded(2))...))
	count := func() int { return len(r.witness.Announcements(time.Time{})) }
	r.lab.Eventually(5*time.Second+room, "all is announced", func() bool { return count() >= 16 })
	all := r.witness.Announcements(time.Time{})
	v4 := paced(t, "gratuitous ARP", gaps(all, true), 6, 50*time.Millisecond)
	v6 := paced(t, "neighbour advertisements", gaps(all, false), 6, 100*time.Millisecond)
	lab.Claim(t, "vrrp_garp_interval 50 ms and vrrp_gna_interval 100 ms: after the first of each address announcements of two instances are %s and %s apart at least", ms(v4), ms(v6))
}

// testAnnounceGroup has two interfaces share their gap.
func testAnnounceGroup(t lab.T) {
	l := lab.New(t)
	one, two := l.Segment("one"), l.Segment("two")
	b := &balancer{Host: l.Host("lvs1", one.At("10.99.0.2/24", "fd99::2/64"), two.At("10.98.0.2/24", "fd98::2/64")), lab: l}
	witnesses := []*lab.Witness{one.Witness(), two.Witness()}
	lines := []string{"priority = 255", "garp_master_delay = 0", "garp_master_repeat = 4"}
	b.start("garp_group {\n  interfaces = [\"eth0\", \"eth1\"]\n  garp_interval = 0.06\n  gna_interval = 0.12\n}\n" +
		numbered(1, append(lines, `virtual_ipaddress "10.99.0.100/24" {}`, `virtual_ipaddress_excluded "fd99::100/64" {}`)...) +
		numbered(2, append(lines, `interface = "eth1"`, `virtual_ipaddress "10.98.0.100/24" {}`, `virtual_ipaddress_excluded "fd98::100/64" {}`)...))
	all := func() []lab.Announcement {
		return append(witnesses[0].Announcements(time.Time{}), witnesses[1].Announcements(time.Time{})...)
	}
	l.Eventually(5*time.Second+room, "all is announced", func() bool { return len(all()) >= 16 })
	v4 := paced(t, "gratuitous ARP", gaps(all(), true), 6, 60*time.Millisecond)
	v6 := paced(t, "neighbour advertisements", gaps(all(), false), 6, 120*time.Millisecond)
	lab.Claim(t, "garp_group: announcements on both of its interfaces together are %s (IPv4, garp_interval 60 ms) and %s (IPv6, gna_interval 120 ms) apart at least", ms(v4), ms(v6))
}

// testAnnounceExtra looks at the announcements of addresses that are not on the
// interface of the adverts.
func testAnnounceExtra(t lab.T) {
	l := lab.New(t)
	one, two := l.Segment("one"), l.Segment("two")
	b := &balancer{Host: l.Host("lvs1", one.At("10.99.0.2/24"), two.At("10.98.0.2/24")), lab: l}
	here, there := one.Witness(), two.Witness()
	elsewhere := func(n int) string {
		return fmt.Sprintf("virtual_ipaddress_excluded \"10.98.0.10%d/24\" {\n    dev = \"eth1\"\n  }", n)
	}
	b.start("global {\n  vrrp_garp_extra_if = 1\n  vrrp_min_garp = true\n}\n" +
		numbered(1, "priority = 255", elsewhere(1), `virtual_ipaddress "10.99.0.101/24" {}`, "garp_extra_if_all = true") +
		numbered(2, "priority = 255", elsewhere(2), `virtual_ipaddress "10.99.0.102/24" {}`, "use_vmac {}") +
		numbered(3, "priority = 255", elsewhere(3), `virtual_ipaddress "10.99.0.103/24" {}`, "use_vmac {}", "garp_extra_if = 0"))
	b.master(addr("10.98.0.103"), addr("10.98.0.102"), addr("10.98.0.101"))
	time.Sleep(2500 * time.Millisecond)
	once := func(w *lab.Witness, of ...netip.Addr) {
		for _, a := range of {
			seesSince(t, w, time.Time{}, []int{1}, []time.Duration{0}, a)
		}
	}
	once(here, addr("10.99.0.101"), addr("10.99.0.103"))
	once(there, addr("10.98.0.102"), addr("10.98.0.103"))
	again := func(w *lab.Witness, of netip.Addr) {
		list := bursts(w.Announcements(time.Time{}), of)
		if len(list) < 3 || slices.ContainsFunc(list, func(b burst) bool { return b.count != 1 }) {
			t.Fatalf("%s was announced %v, want once and each second", of, list)
		}
		for n := 1; n < len(list); n++ {
			// Each is as late as the machine is.
			if gap := list[n].at.Sub(list[n-1].at) - time.Second; gap.Abs() > room/4 {
				t.Fatalf("%s: announced again after %v", of, gap+time.Second)
			}
		}
	}
	again(there, addr("10.98.0.101"))
	again(here, addr("10.99.0.102"))
	lab.Claim(t, "garp_extra_if 1: each second the addresses on a virtual MAC are announced, with garp_extra_if_all those on another interface; 0 in an instance: none, whatever vrrp_garp_extra_if says")
}
