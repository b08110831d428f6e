package integration

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// A burst is announcements of one address that follow each other at once.
type burst struct {
	at    time.Time
	count int
}

// apart is more than the time between two announcements of a burst.
const apart = 400 * time.Millisecond

// bursts groups the announcements of an address.
func bursts(all []lab.Announcement, of netip.Addr) []burst {
	var list []burst
	var last time.Time
	for _, a := range all {
		if a.Address != of {
			continue
		}
		if a.At.Sub(last) > apart {
			list = append(list, burst{at: a.At})
		}
		list[len(list)-1].count++
		last = a.At
	}
	return list
}

// sees checks the sizes of the bursts of addresses since a moment, and the time
// between the first and the others.
func sees(t *testing.T, w *lab.Witness, since time.Time, counts []int, after []time.Duration, of ...netip.Addr) {
	t.Helper()
	for _, a := range of {
		got := bursts(w.Announcements(since), a)
		var sizes []int
		for _, b := range got {
			sizes = append(sizes, b.count)
		}
		if !slices.Equal(sizes, counts) {
			t.Errorf("%s was announced %v times, want %v", a, sizes, counts)
			continue
		}
		for n, want := range after {
			if late := got[n].at.Sub(got[0].at) - want; late < -100*time.Millisecond || late > room/4 {
				t.Errorf("%s: burst %d came %v after the first, want %v", a, n, got[n].at.Sub(got[0].at), want)
			}
		}
	}
}

var announced = []netip.Addr{addr("10.99.0.100"), addr("fd99::100")}

const announcedLines = "virtual_ipaddress \"10.99.0.100/24\" {}\n  virtual_ipaddress_excluded \"fd99::100/64\" {}"

// testAnnouncements looks at garp_master_repeat and garp_master_delay on the
// wire, when an instance becomes master and when a carrier returns.
func testAnnouncements(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	witness := lan.Witness()
	b := newBalancer(l, host, virtualRouter(announcedLines, "garp_master_repeat = 3", "garp_master_delay = 1", "dont_track_primary = true"))
	b.master(announced...)
	time.Sleep(2500 * time.Millisecond)
	sees(t, witness, time.Time{}, []int{3, 3}, []time.Duration{0, time.Second}, announced...)
	link, err := host.Links().LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range witness.Announcements(time.Time{}) {
		if a.MAC.String() != link.Attrs().HardwareAddr.String() {
			t.Errorf("%s was announced from %s, want from %s", a.Address, a.MAC, link.Attrs().HardwareAddr)
		}
	}
	lab.Claim(t, "a new master announces each address by gratuitous ARP or NA 3 times, and 3 times 1 s later, as configured")

	host.Carrier(false)
	time.Sleep(apart)
	begin := time.Now()
	host.Carrier(true)
	time.Sleep(2500 * time.Millisecond)
	// The kernel has taken the IPv6 address away with the carrier or not; it is
	// announced once more when it had to be added.
	sees(t, witness, begin, []int{3, 3}, []time.Duration{0, time.Second}, announced[0])
	if got := bursts(witness.Announcements(begin), announced[1]); len(got) != 2 {
		t.Errorf("%s was announced %v, want two bursts", announced[1], got)
	}
	if i := b.instance(); i.State != "MASTER" || i.Transitions != 2 {
		t.Errorf("%s after %d role changes, want MASTER after 2", i.State, i.Transitions)
	}
	lab.Claim(t, "a master that does not track its interface announces everything again when the carrier returns")
}

// testRefresh looks at garp_master_refresh on the wire.
func testRefresh(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	witness := lan.Witness()
	b := newBalancer(l, host, virtualRouter(announcedLines, "garp_master_repeat = 1", "garp_master_delay = 0",
		"garp_master_refresh = 1", "garp_master_refresh_repeat = 2"))
	b.master(announced...)
	time.Sleep(2500 * time.Millisecond)
	sees(t, witness, time.Time{}, []int{1, 2, 2}, []time.Duration{0, time.Second, 2 * time.Second}, announced...)
	b.director.Stop()
	begin := time.Now()
	time.Sleep(1500 * time.Millisecond)
	if got := witness.Announcements(begin); len(got) != 0 {
		t.Errorf("announced after the stop: %v", got)
	}
	lab.Claim(t, "garp_master_refresh 1 announces each address again every second, twice, and no longer after a stop")
}

// testCarrier pulls the cable of a master and puts it in again.
func testCarrier(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24", "fd99::2/64")
	witness := lan.Witness()
	b := newBalancer(l, host, virtualRouter(announcedLines, "garp_master_delay = 0"))
	b.master(announced...)
	host.Carrier(false)
	b.becomes("FAULT", room)
	for _, a := range announced {
		b.EventuallyLacks(a, room)
	}
	begin := time.Now()
	host.Carrier(true)
	b.becomes("MASTER", 2*time.Second+room)
	b.master(announced...)
	l.Eventually(room, "the addresses are announced", func() bool {
		return !slices.ContainsFunc(announced, func(a netip.Addr) bool { return len(bursts(witness.Announcements(begin), a)) == 0 })
	})
	if len(b.log("from=FAULT", "to=BACKUP")) != 1 || len(b.log("from=MASTER", "to=FAULT")) != 1 {
		t.Errorf("role changes: %q", b.log("role change"))
	}
	lab.Claim(t, "a master without carrier is in FAULT without addresses; with it BACKUP, MASTER, and they are announced")
}
