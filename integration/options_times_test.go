package integration

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"director/integration/lab"
)

// testStartupDelay has a backup and an owner wait, and a rival that speaks only
// meanwhile.
func testStartupDelay(t lab.T) {
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
		t.Fatalf("during the delay: %s, waiting for %q", i.State, i.Waiting)
	}
	ready := time.Now()
	after := func(vrid int, least time.Duration) time.Duration {
		first := r.advert(vrid).At
		if first.Sub(begin) < delay+least || first.Sub(ready) > delay+least+room {
			t.Fatalf("VRID %d: first advert %v after the start, want %v", vrid, first.Sub(begin), delay+least)
		}
		return first.Sub(begin)
	}
	owner, other := after(2, 0), after(1, 360*time.Millisecond)
	if all := r.witness.Announcements(time.Time{}); len(all) > 0 && all[0].At.Sub(begin) < delay {
		t.Fatalf("announced %v after the start", all[0].At.Sub(begin))
	}
	lab.Claim(t, "vrrp_startup_delay 2: an owner is silent for %s, another router for %s, and adverts heard meanwhile count for nothing", ms(owner), ms(other))
}

// uptime is the time since the machine's boot.
func uptime(t lab.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatalf("%v", err)
	}
	word, _, _ := strings.Cut(string(text), " ")
	seconds, err := strconv.ParseFloat(word, 64)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return time.Duration(seconds * float64(time.Second))
}

func testDelayAfterBoot(t lab.T) {
	r := newRig(t, "10.99.0.2/24")
	up := int(uptime(t).Seconds()) + 4
	boot := time.Now().Add(-uptime(t))
	r.start("global {\n  vrrp_startup_delay = 0.2\n  vrrp_delay_after_boot = " + strconv.Itoa(up) + "\n}\n" + numbered(1, "priority = 255"))
	want := boot.Add(time.Duration(up) * time.Second)
	ready := time.Now()
	// The uptime is in hundredths.
	if late := r.advert(1).At.Sub(want); late < -20*time.Millisecond || late > max(0, ready.Sub(want))+room {
		t.Fatalf("first advert %v after the delay", late)
	}
	lab.Claim(t, "vrrp_delay_after_boot counts from the boot of the machine: an owner advertises %s after it has passed, also where vrrp_startup_delay is shorter", ms(r.advert(1).At.Sub(want)))
}

// testDownTimer has a rival fall silent.
func testDownTimer(t lab.T) {
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
			t.Fatalf("down_timer_adverts %d: master after %v, want %v", adverts, took[adverts], want)
		}
	}
	lab.Claim(t, "down_timer_adverts at 200 ms: 1 takes over after %s, 2 after %s, 6, by vrrp_down_timer_adverts, after %s",
		ms(took[1]), ms(took[2]), ms(took[6]))
}

// testPreemptDelay has a rival of lower priority that does not give up.
func testPreemptDelay(t lab.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start(numbered(1, "advert_int = 0.1", "preempt_delay = 1.5") + numbered(2, "advert_int = 0.1"))
	r.yieldsNot(t, 1, 2)
	begin := time.Now()
	for len(r.adverts(1, begin)) == 0 && time.Since(begin) < 1500*time.Millisecond+2*room {
		r.sends(t, claimed{vrid: 1, priority: 50}, claimed{vrid: 2, priority: 50})
		time.Sleep(20 * time.Millisecond)
	}
	delayed, at := r.adverts(1, begin), r.adverts(2, begin)
	if len(delayed) == 0 || len(at) == 0 {
		t.Fatalf("%d and %d adverts", len(delayed), len(at))
	}
	late, soon := delayed[0].At.Sub(begin), at[0].At.Sub(begin)
	if late < 1500*time.Millisecond || late > 1500*time.Millisecond+400*time.Millisecond+room || soon > 400*time.Millisecond+room/4 {
		t.Fatalf("a lower master is preempted after %v with preempt_delay 1.5 s, after %v without", late, soon)
	}
	lab.Claim(t, "preempt_delay 1.5 s: a lower master is preempted %s after it was first heard, without it after %s", ms(late), ms(soon))
}

// yieldsNot makes routers BACKUP of a higher rival, which has just spoken.
func (r *rig) yieldsNot(t lab.T, vrids ...int) {
	t.Helper()
	for _, vrid := range vrids {
		r.sends(t, claimed{vrid: vrid, priority: 254})
	}
	for _, vrid := range vrids {
		r.lab.Eventually(room, "it heard the rival", func() bool {
			r.sends(t, claimed{vrid: vrid, priority: 254})
			i := r.instance(named(vrid))
			return i.State == "BACKUP" && i.LastMaster == rivalAddress
		})
	}
	for _, vrid := range vrids {
		r.sends(t, claimed{vrid: vrid, priority: 254})
	}
}

// testOwnerState starts owners of their addresses with each state.
func testOwnerState(t lab.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start(numbered(1, "priority = 255") + numbered(2, "priority = 255", `state = "MASTER"`) + numbered(3, "priority = 255", `state = "BACKUP"`) +
		numbered(4, `state = "MASTER"`, "priority = 254"))
	first := r.advert(1).At
	const down = 3*time.Second + time.Second/256
	for vrid, want := range map[int]time.Duration{2: 0, 3: down, 4: down + time.Second/256} {
		if late := r.advert(vrid).At.Sub(first) - want; late.Abs() > room/4 {
			t.Fatalf("VRID %d: first advert %v after the owner's, want %v", vrid, late+want, want)
		}
	}
	lab.Claim(t, "an owner is master at once, with state = \"BACKUP\" after a master-down time; state = \"MASTER\" does not make anybody else master at once")
}
