package integration

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// testStartupDelay has a backup and an owner wait, and a rival that speaks only
// meanwhile.
func testStartupDelay(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	const delay = 2 * time.Second
	begin := time.Now()
	r.start("global {\n  vrrp_startup_delay = 2\n}\n" + numbered(1, "advert_int = 0.1") + numbered(2, "priority = 255"))
	for time.Since(begin) < delay-200*time.Millisecond {
		// Whoever believed it would wait for 30 s.
		r.sends(t, claimed{vrid: 1, priority: 200, interval: 10 * time.Second})
		time.Sleep(50 * time.Millisecond)
	}
	if i := r.instance(named(1)); i.State != "INIT" || !slices.Equal(i.Waiting, []string{"the start-up delay of 2s"}) {
		t.Errorf("during the delay: %s, waiting for %q", i.State, i.Waiting)
	}
	ready := time.Now()
	after := func(vrid int, least time.Duration) time.Duration {
		first := r.advert(vrid).At
		if first.Sub(begin) < delay+least || first.Sub(ready) > delay+least+room {
			t.Errorf("VRID %d: first advert %v after the start, want %v", vrid, first.Sub(begin), delay+least)
		}
		return first.Sub(begin)
	}
	owner, other := after(2, 0), after(1, 360*time.Millisecond)
	if all := r.witness.Announcements(time.Time{}); len(all) > 0 && all[0].At.Sub(begin) < delay {
		t.Errorf("announced %v after the start", all[0].At.Sub(begin))
	}
	lab.Claim(t, "vrrp_startup_delay 2: an owner is silent for %s, another router for %s, and adverts heard meanwhile count for nothing", ms(owner), ms(other))
}

// uptime is the time since the machine's boot.
func uptime(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	word, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(seconds * float64(time.Second))
}

func testDelayAfterBoot(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	up := int(uptime(t).Seconds()) + 4
	boot := time.Now().Add(-uptime(t))
	r.start("global {\n  vrrp_startup_delay = 0.2\n  vrrp_delay_after_boot = " + strconv.Itoa(up) + "\n}\n" + numbered(1, "priority = 255"))
	want := boot.Add(time.Duration(up) * time.Second)
	ready := time.Now()
	// The uptime is in hundredths.
	if late := r.advert(1).At.Sub(want); late < -20*time.Millisecond || late > max(0, ready.Sub(want))+room {
		t.Errorf("first advert %v after the delay", late)
	}
	lab.Claim(t, "vrrp_delay_after_boot counts from the boot of the machine: an owner advertises %s after it has passed, also where vrrp_startup_delay is shorter", ms(r.advert(1).At.Sub(want)))
}

// testDownTimer has a rival fall silent.
func testDownTimer(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start("global {\n  vrrp_down_timer_adverts = 6\n}\n" + numbered(1, "advert_int = 0.2") +
		numbered(2, "advert_int = 0.2", "down_timer_adverts = 2") + numbered(3, "advert_int = 0.2", "down_timer_adverts = 1"))
	rivals := func() {
		for vrid := 1; vrid <= 3; vrid++ {
			r.sends(t, claimed{vrid: vrid, priority: 150, interval: 200 * time.Millisecond})
		}
	}
	for begin := time.Now(); time.Since(begin) < time.Second; time.Sleep(50 * time.Millisecond) {
		rivals()
	}
	for vrid := 1; vrid <= 3; vrid++ {
		r.becomes("BACKUP", 0, named(vrid))
	}
	rivals()
	took := map[int]time.Duration{}
	for vrid, adverts := range map[int]int{1: 6, 2: 2, 3: 1} {
		heard := r.capture.Packets(time.Time{}, func(p lab.Packet) bool {
			return p.Protocol == lab.VRRP && p.Source == addr(rivalAddress) && int(p.Payload[1]) == vrid
		})
		last := heard[len(heard)-1].At
		r.lab.Eventually(room+2*time.Second, "it takes over", func() bool { return len(r.adverts(vrid, last)) > 0 })
		took[adverts] = r.adverts(vrid, last)[0].At.Sub(last)
		want := time.Duration(adverts)*200*time.Millisecond + 156*200*time.Millisecond/256
		if late := took[adverts] - want; late < -slack || late > room/4 {
			t.Errorf("down_timer_adverts %d: master after %v, want %v", adverts, took[adverts], want)
		}
	}
	lab.Claim(t, "down_timer_adverts at 200 ms: 1 takes over after %s, 2 after %s, 6, by vrrp_down_timer_adverts, after %s",
		ms(took[1]), ms(took[2]), ms(took[6]))
}
