package integration

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"director/integration/lab"
)

// TestVMAC looks at virtual MAC addresses on the wire and in the kernel, beside
// keepalived's, with reverse path filtering strict everywhere.
func TestVMAC(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	for _, w := range vmacWires {
		for _, p := range [][2]string{{"director", "keepalived"}, {"keepalived", "director"}, {"director", "director"}} {
			t.Run(fmt.Sprintf("%s, %s before %s", w.name, p[0], p[1]), func(t *testing.T) {
				t.Parallel()
				testVMACPair(t, w, p[0], p[1])
			})
		}
	}
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"adverts from below", testXmitBase},
		{"adverts from below on one side", testXmitBaseOneSide},
		{"unicast", testVMACUnicast},
		{"another interface", testVMACAddress},
		{"names", testVMACNames},
		{"mistakes", testVMACMistakes},
		{"name taken", testVMACNameTaken},
		{"deleted", testVMACDeleted},
		{"settings", testVMACSettings},
		{"killed", testVMACKilled},
		{"killed and no longer wanted", testVMACNotWanted},
		{"reloaded", testVMACReloaded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

var vmacWires = []wire{
	{"IPv4", 3, false, false, 100 * time.Millisecond},
	{"IPv6", 3, true, false, 100 * time.Millisecond},
}

// mac is the virtual MAC of VRID 51 (RFC 9568 section 7.3).
func (w wire) mac() string {
	if w.ipv6 {
		return "00:00:5e:00:02:33"
	}
	return "00:00:5e:00:01:33"
}

// pinged is the virtual address that a client uses.
func (w wire) pinged() netip.Addr { return w.vips()[len(w.vips())-1].Addr() }

// strict makes the host filter by reverse path wherever it can.
func strict(h *lab.Host) {
	for _, scope := range []string{"all", "default", "eth0", "lo"} {
		h.Sysctl("net.ipv4.conf."+scope+".rp_filter", "1")
	}
}

// useVMAC writes use_vmac and more lines into the configuration of a router.
func (r *router) useVMAC(lines ...string) {
	strict(r.Host)
	word := map[string]string{"director": "use_vmac {}", "keepalived": "use_vmac"}[r.program]
	r.further = append([]string{word}, lines...)
}

// A vmacPair is two routers with a virtual MAC and a client that uses it all the
// time.
type vmacPair struct {
	*pair
	low, high *router
	client    *lab.Host
	knows     *lab.Neighbors
	pulse     *lab.Pulse
}

// often is how often the client asks.
const often = time.Millisecond

func newVMACPair(t *testing.T, w wire, lower, higher string) *vmacPair {
	p := &vmacPair{pair: newPair(t, w, lower, higher)}
	p.low, p.high = p.a, p.b
	p.high.priority = 150
	p.client = p.lab.Host("client", p.lan.At("10.99.0.9/24", "fd99::9/64"))
	p.knows = p.client.Neighbors(w.pinged())
	return p
}

// answered waits until the client has an answer that was sent after a moment.
func (p *vmacPair) answered(since time.Time) {
	p.lab.Eventually(5*time.Second+room, "the client has an answer", func() bool { return len(p.echoes(since)) > 0 })
}

// echoes are the answers since a moment. Those over IPv4 may leave through the
// interface below, with its hardware address, as keepalived's do.
func (p *vmacPair) echoes(since time.Time) []lab.Echo { return p.pulse.Since(since, nil) }

// gap is the longest time without an answer since a moment.
func (p *vmacPair) gap(since time.Time) time.Duration {
	var longest time.Duration
	all := p.echoes(since)
	for n := 1; n < len(all); n++ {
		longest = max(longest, all[n].At.Sub(all[n-1].At))
	}
	return longest
}

// testVMACPair walks two routers through preemption and crash, while a client
// asks every millisecond.
func testVMACPair(t *testing.T, w wire, higher, lower string) {
	p := newVMACPair(t, w, lower, higher)
	p.low.useVMAC()
	p.high.useVMAC()
	p.low.start()
	p.becomesMaster(p.low, w.down(p.low.priority))
	p.pulse = p.client.Pulse(w.pinged(), often)
	p.answered(time.Now())

	begin := time.Now()
	p.high.start()
	p.becomesMaster(p.high, w.down(p.high.priority))
	p.becomesBackup(p.low)
	p.answered(time.Now().Add(5 * w.interval))
	preempted := p.gap(begin)
	p.knows.Forget()
	p.answered(time.Now())
	p.oneMaster(p.high)
	lab.Claim(t, "%s preempts %s: gap %s", higher, lower, ms(preempted))

	begin = time.Now().Add(-2 * w.interval)
	p.high.Crash()
	p.becomesMaster(p.low, w.down(p.low.priority))
	p.answered(time.Now())
	crashed := p.gap(begin)
	if limit := w.down(p.low.priority) + room; crashed > limit {
		t.Errorf("gap of %v at the crash, want %v at most", crashed, limit)
	}
	p.knows.Forget()
	p.answered(time.Now())
	p.pulse.Stop()
	p.onlyVirtual(t)
	p.onlyKnown(t)
	lab.Claim(t, "%s crashes, %s takes over: gap %s (master-down interval %s)", higher, lower, ms(crashed), ms(w.down(p.low.priority)))
	lab.Claim(t, "adverts and announcements of both have %s, with strict rp_filter", w.mac())
}

// onlyVirtual demands that nothing on the wire told another hardware address for
// the virtual router than the virtual one.
func (p *vmacPair) onlyVirtual(t *testing.T) {
	t.Helper()
	vips := p.wire.vips()
	said := map[netip.Addr]int{}
	for _, a := range p.witness.Adverts(time.Time{}) {
		if a.MAC.String() != p.wire.mac() {
			t.Fatalf("an advert of %s from %s", a.Source, a.MAC)
		}
	}
	for _, a := range p.witness.Announcements(time.Time{}) {
		if !slices.ContainsFunc(vips, func(vip netip.Prefix) bool { return vip.Addr() == a.Address }) {
			continue
		}
		said[a.Address]++
		if a.MAC.String() != p.wire.mac() {
			t.Fatalf("%s announced from %s", a.Address, a.MAC)
		}
	}
	for _, vip := range vips {
		if said[vip.Addr()] < 3 {
			t.Errorf("%s was announced %d times", vip, said[vip.Addr()])
		}
	}
}

// onlyKnown demands that the client never had another entry than the virtual
// hardware address, and tells of keepalived's own: its kernel may ask for the
// client in the name of the virtual address through eth0, and who is asked learns.
func (p *vmacPair) onlyKnown(t *testing.T) {
	t.Helper()
	all, strays := p.knows.Seen(), 0
	for _, seen := range all {
		switch seen.String() {
		case p.wire.mac():
		case p.strays():
			strays++
		default:
			t.Errorf("the client's entry was %v", all)
		}
	}
	switch {
	case len(all) == strays:
		t.Error("the client never had the virtual MAC")
	case strays > 0:
		lab.Claim(t, "the client's entry always has %s, but for %d times the MAC of eth0 of keepalived (it leaves arp_announce alone)", p.wire.mac(), strays)
	default:
		lab.Claim(t, "the client's entry has %s all the time", p.wire.mac())
	}
}

// strays is the hardware address of eth0 of keepalived, "" if there is none.
func (p *vmacPair) strays() string {
	for _, r := range []*router{p.a, p.b} {
		if r.program == "keepalived" && !p.wire.ipv6 {
			return macOf(r.Host, "eth0")
		}
	}
	return ""
}
