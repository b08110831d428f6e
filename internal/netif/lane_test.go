package netif

import (
	"testing"
	"time"
)

// at returns an address on another interface.
func at(link, prefix string) Address {
	a := vip(prefix)
	a.Interface = link
	return a
}

func TestAnnounceGroupSharesItsGap(t *testing.T) {
	groups := Wiring{Groups: []AnnounceGroup{{Interfaces: []string{"eth0", "eth1"}, Interval: time.Second}}}
	addresses := []Address{
		vip("10.0.0.1/32"), at("eth1", "10.0.0.2/32"), at("eth2", "10.0.0.3/32"),
		vip("2001:db8::1/128"), at("eth1", "2001:db8::2/128"),
	}
	s := Schedule{Repeat: 3, Interval: 100 * time.Millisecond, NAInterval: 2 * time.Second}
	want := []string{
		"0s 10.0.0.1 10.0.0.2@eth1 10.0.0.3@eth2 2001:db8::1 2001:db8::2@eth1",
		"100ms 10.0.0.3@eth2",
		"200ms 10.0.0.3@eth2",
		"1s 10.0.0.1",
		// For IPv6 the group says nothing: each interface has its own gap.
		"2s 10.0.0.2@eth1 2001:db8::1 2001:db8::2@eth1",
		"3s 10.0.0.1",
		"4s 10.0.0.2@eth1 2001:db8::1 2001:db8::2@eth1",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Wire(groups)
		a.Start("one", addresses, s)
		time.Sleep(time.Minute)
	})
}

func TestAnnounceGroupsChangeWhileAnnouncementsWait(t *testing.T) {
	addresses := []Address{vip("10.0.0.1/32"), at("eth1", "10.0.0.2/32")}
	want := []string{
		"0s 10.0.0.1 10.0.0.2@eth1", "1s 10.0.0.1 10.0.0.2@eth1",
		// One lane from 1.5 s on, and two again from 6 s on.
		"3s 10.0.0.1", "5s 10.0.0.2@eth1",
		"6s 10.0.0.1 10.0.0.2@eth1", "7s 10.0.0.1 10.0.0.2@eth1",
	}
	play(t, want, func(a *Announcer, _ *wireLog) {
		a.Start("one", addresses, Schedule{Repeat: 5, Interval: time.Second})
		time.Sleep(1500 * time.Millisecond)
		a.Wire(Wiring{Groups: []AnnounceGroup{{Interfaces: []string{"eth0", "eth1"}, Interval: 2 * time.Second}}})
		time.Sleep(4500 * time.Millisecond)
		a.Wire(Wiring{})
		time.Sleep(time.Minute)
	})
}

func TestAnnouncementsOfVirtualLinksCountForTheParent(t *testing.T) {
	play(t, []string{"0s 10.0.0.1 10.0.0.2@vrrp.1", "1s 10.0.0.1", "2s 10.0.0.2@vrrp.1"}, func(a *Announcer, _ *wireLog) {
		a.Wire(Wiring{Parents: map[string]string{"vrrp.1": "eth0"}})
		a.Start("one", []Address{vip("10.0.0.1/32"), at("vrrp.1", "10.0.0.2/32")}, Schedule{Repeat: 2, Interval: time.Second})
		time.Sleep(time.Minute)
	})
}

func TestExtraAnnouncements(t *testing.T) {
	addresses := []Address{vip("10.0.0.1/32"), at("vrrp.1", "10.0.0.2/32"), at("eth1", "10.0.0.3/32")}
	s := Schedule{Repeat: 1, Delay: 5 * time.Second, Extra: 10 * time.Second, Own: "eth0"}
	all := s
	all.ExtraAll = true
	for name, test := range map[string]struct {
		s    Schedule
		want []string
	}{
		"virtual links": {s, []string{"15s 10.0.0.2@vrrp.1", "25s 10.0.0.2@vrrp.1"}},
		"all others":    {all, []string{"15s 10.0.0.2@vrrp.1 10.0.0.3@eth1", "25s 10.0.0.2@vrrp.1 10.0.0.3@eth1"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := append([]string{
				"0s 10.0.0.1 10.0.0.2@vrrp.1 10.0.0.3@eth1", "5s 10.0.0.1 10.0.0.2@vrrp.1 10.0.0.3@eth1",
			}, test.want...)
			play(t, want, func(a *Announcer, _ *wireLog) {
				a.Wire(Wiring{Parents: map[string]string{"vrrp.1": "eth0"}})
				a.Start("one", addresses, test.s)
				time.Sleep(30 * time.Second)
			})
		})
	}
}
