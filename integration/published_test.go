package integration

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"director/integration/lab"
)

// publishedSetups are configurations as operators published them, each with the
// addresses of its two routers. The folder has keepalived's file and what
// became of it in our language, each for both nodes.
var publishedSetups = []struct {
	name, a, b string
	walk       func(*site)
}{
	{"cloud-unicast-pair", "10.0.0.12/24", "10.0.0.4/24", walkCloud},
	{"two-scripts", "10.1.0.11/16", "10.1.0.12/16", walkTwoScripts},
	{"script-pair", "192.168.188.101/24", "192.168.188.102/24", walkScriptPair},
	{"dual-master-fwmark", "172.16.0.11/16", "172.16.0.12/16", walkDualMaster},
	{"bfd", "10.0.2.4/24", "10.0.2.8/24", walkBFD},
	{"vrrp3-30ms", "192.168.147.11/24", "192.168.147.12/24", walkFast},
}

// TestPublished runs each published set-up as a pair of directors, and as a
// director beside keepalived on either side: what its users rely on.
func TestPublished(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	for _, setup := range publishedSetups {
		for _, programs := range [][2]string{{"director", "director"}, {"director", "keepalived"}, {"keepalived", "director"}} {
			t.Run(fmt.Sprintf("%s, %s and %s", setup.name, programs[0], programs[1]), func(t *testing.T) {
				t.Parallel()
				setup.walk(newSite(t, setup.name, [2]string{setup.a, setup.b}, programs))
			})
		}
	}
}

// walkScriptPair: MASTER 100 and BACKUP 90 with a check script without weight.
func walkScriptPair(s *site) {
	s.vip, s.vrid = addr("192.168.188.109"), 51
	for _, m := range s.both() {
		m.script("check_ng.sh", "test -e %[1]s/healthy")
		m.touch("healthy")
	}
	s.start()
	s.master(s.a, s.down(0))
	s.b.EventuallyLacks(s.vip, room)
	s.claim("MASTER with priority 100 is master of BACKUP with 90")

	began := time.Now()
	s.a.remove("healthy")
	zero := s.says(s.a, 0, began, 3*time.Second)
	gap := s.becomes(s.b, zero, s.skew(90))
	s.bounded("take-over after priority 0", gap, s.skew(90))
	s.a.EventuallyLacks(s.vip, room)
	s.claim("the check fails: priority 0 %s later (every 3 s), FAULT; the other is master %s after it (skew %s)",
		ms(zero.Sub(began)), ms(gap), ms(s.skew(90)))

	s.a.touch("healthy")
	s.master(s.a, 3*time.Second+s.down(100))
	s.b.EventuallyLacks(s.vip, room)
	s.claim("the check is good again: BACKUP, and master again")

	gap = s.crash(s.a, s.b, s.down(90))
	s.claim("crash of the master: take-over %s after its last advert (floor %s)", ms(gap), ms(s.down(90)))

	s.a.remove("healthy")
	s.a.Return()
	s.a.start()
	s.keeps(s.b, s.a)
	s.a.touch("healthy")
	s.master(s.a, 3*time.Second+s.down(100))
	s.b.EventuallyLacks(s.vip, room)
	s.claim("started while its check fails it leaves the other alone, and preempts when the check is good")
}

// walkDualMaster: two instances, each router master of one, with labels.
func walkDualMaster(s *site) {
	group, vips, vrids := addr("224.0.100.67"), [2]netip.Addr{addr("172.16.0.80"), addr("172.16.0.90")}, [2]uint8{44, 45}
	first, second := *s, *s
	first.vip, first.vrid = vips[0], vrids[0]
	second.vip, second.vrid = vips[1], vrids[1]
	for _, m := range s.both() {
		m.notifies("notify.sh")
	}
	s.a.start()
	first.master(s.a, s.down(0))
	second.master(s.a, s.down(0))
	s.told(s.a, "backup", "backup", "master", "master")
	s.b.start()
	second.master(s.b, s.down(100))
	s.told(s.a, "backup", "backup", "master", "master", "backup")
	s.told(s.b, "backup", "backup", "master")
	s.labelled(s.a, "172.16.0.80/16", "eth0:0")
	s.labelled(s.b, "172.16.0.90/16", "eth0:1")
	s.claim("each is master of one instance; the addresses carry eth0:0 and eth0:1; scripts were told every change")

	gap := second.crash(s.b, s.a, s.down(98))
	s.labelled(s.a, "172.16.0.80/16", "eth0:0")
	s.labelled(s.a, "172.16.0.90/16", "eth0:1")
	s.told(s.a, "backup", "backup", "master", "master", "backup", "master")
	s.claim("crash: the other has both, with both labels, %s after the last advert (floor %s)", ms(gap), ms(s.down(98)))

	s.b.Return()
	s.b.start()
	second.master(s.b, s.down(100))
	s.a.EventuallyLacks(vips[1], room)
	began := time.Now()
	first.keeps(s.a, s.b)
	second.kept(s.b, s.a, began)
	s.told(s.a, "backup", "backup", "master", "master", "backup", "master", "backup")
	s.claim("it returns: each is master of its own again")

	for _, a := range s.witness.Adverts(time.Time{}) {
		s.lab.Expect(a.Destination == group && a.Version == 2, "%+v, want version 2 to %s", a, group)
	}
	s.claim("all adverts, of both instances and routers, went to %s", group)
}
