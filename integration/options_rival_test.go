package integration

import (
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// quiet is an interval in which a master has said its own, and says no more
// unless it is made to.
const quiet = "advert_int = 30"

// answered is for how long an answer is waited for.
const answered = 500 * time.Millisecond

// answers tells a master of a rival that leaves, of a lower one and then of a
// higher one, and counts its adverts after the last two.
func (r *rig) answers(t *testing.T, vrids ...int) (lower, higher map[int]int) {
	t.Helper()
	r.yields(t, vrids...)
	provoke := func(priority int) map[int]int {
		counts, begin := map[int]int{}, time.Now()
		for _, vrid := range vrids {
			r.sends(t, claimed{vrid: vrid, priority: priority, interval: 5 * time.Second})
		}
		time.Sleep(answered)
		for _, vrid := range vrids {
			counts[vrid] = len(r.adverts(vrid, begin))
		}
		return counts
	}
	for vrid, count := range provoke(0) {
		if count != 1 {
			t.Errorf("VRID %d: %d adverts after one of priority 0, want 1 at once", vrid, count)
		}
	}
	lower = provoke(50)
	for _, vrid := range vrids {
		r.becomes("MASTER", 0, named(vrid))
	}
	higher = provoke(200)
	for _, vrid := range vrids {
		r.becomes("BACKUP", room, named(vrid))
	}
	return lower, higher
}

func testAnswers(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start(numbered(1, quiet) + numbered(2, quiet, "lower_prio_no_advert = true", "higher_prio_send_advert = true"))
	lower, higher := r.answers(t, 1, 2)
	if lower[1] != 1 || lower[2] != 0 || higher[1] != 0 || higher[2] != 1 {
		t.Errorf("adverts after a lower rival %v, after a higher one %v", lower, higher)
	}
	lab.Claim(t, "a master answers priority 0 and a lower rival with an advert, the latter not with lower_prio_no_advert; it gives way to a higher one without a word, with higher_prio_send_advert after one advert more")
}

func testAnswersByDefault(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start("global {\n  vrrp_lower_prio_no_advert = true\n  vrrp_higher_prio_send_advert = true\n}\n" + numbered(1, quiet) +
		numbered(2, quiet, "lower_prio_no_advert = false", "higher_prio_send_advert = false"))
	lower, higher := r.answers(t, 1, 2)
	if lower[1] != 0 || lower[2] != 1 || higher[1] != 1 || higher[2] != 0 {
		t.Errorf("adverts after a lower rival %v, after a higher one %v", lower, higher)
	}
	lab.Claim(t, "vrrp_lower_prio_no_advert and vrrp_higher_prio_send_advert are the defaults of every instance, which may say false")
}

// testStrict looks at what strict mode changes without refusing anything.
func testStrict(t *testing.T) {
	r := newRig(t, "10.99.0.2/24", "10.99.1.254/24")
	r.rival.AddAddress("eth0", prefix("10.99.1.253/24"))
	few := "garp_master_delay = 0"
	r.start("global {\n  vrrp_strict = true\n  vrrp_garp_master_repeat = 1\n}\n" + numbered(1, quiet, few) + numbered(2, quiet, few, "strict_mode = false") +
		numbered(3, quiet, few, "strict_mode = true") + numbered(4, few, "priority = 255") + numbered(5, few, "strict_mode = false", "priority = 255"))
	r.yields(t, 1, 2, 3)
	r.master(vip(1), vip(2), vip(3), vip(4), vip(5))
	for vrid, want := range map[int]bool{1: false, 2: true, 3: false, 4: true, 5: true} {
		_, err := r.rival.Try("ping", "-c", "1", "-W", "1", vip(vrid).String())
		if answers := err == nil; answers != want {
			t.Errorf("the address of VRID %d answers a ping: %v, want %v", vrid, answers, want)
		}
	}
	lab.Claim(t, "strict_mode: the address of a master takes no packets, that of an owner does")
	begin := time.Now()
	for vrid := 1; vrid <= 3; vrid++ {
		r.sends(t, claimed{vrid: vrid, priority: 50})
	}
	for vrid := 4; vrid <= 5; vrid++ { // who has the higher address wins
		r.sends(t, claimed{vrid: vrid, priority: 255})
	}
	r.becomes("BACKUP", room, named(5))
	time.Sleep(answered)
	for vrid, want := range map[int]int{1: 0, 2: 1, 3: 0} {
		announced := 0
		for _, a := range r.witness.Announcements(begin) {
			if a.Address == vip(vrid) {
				announced++
			}
		}
		if got := len(r.adverts(vrid, begin)); got != want || announced != want {
			t.Errorf("VRID %d answered a lower rival with %d adverts and %d announcements, want %d of each", vrid, got, announced, want)
		}
	}
	if i := r.instance(named(4)); i.State != "MASTER" || i.Dropped["owner"] != 1 {
		t.Errorf("a strict owner is %s, dropped %v", i.State, i.Dropped)
	}
	lab.Claim(t, "strict_mode: a master answers a lower rival neither by an advert nor by announcements, and an owner ignores another one; vrrp_strict is the default, strict_mode = false wins")
}

// testTwoOwners has a rival with a lower address that owns the addresses, too.
func testTwoOwners(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	r.start(numbered(1, "advert_int = 0.2", "priority = 255"))
	r.becomes("MASTER", room, named(1))
	begin := time.Now()
	gaveWay := r.lab.Becomes(2*room, func() bool {
		r.sends(t, claimed{vrid: 1, priority: 255, source: "10.99.0.1", interval: 200 * time.Millisecond})
		time.Sleep(50 * time.Millisecond)
		return r.instance(named(1)).State == "BACKUP"
	})
	took := r.instance(named(1)).Since.Sub(begin)
	if !gaveWay || took < 240*time.Millisecond || len(r.adverts(1, begin)) < 2 {
		t.Errorf("it gave way: %v, after %v and %d adverts", gaveWay, took, len(r.adverts(1, begin)))
	}
	r.becomes("MASTER", 2*room, named(1))
	r.lab.Eventually(room, "it is the owner again", func() bool { return r.last(1) == 255 })
	lab.Claim(t, "an owner hears another one with a lower address: it answers with adverts, and gives way after %s (1.2 intervals: 240 ms) to one that goes on; owner again when that is gone", ms(took))
}

// testExpired stops two masters for longer than others wait.
func testExpired(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	const interval = 300 * time.Millisecond
	r.start(numbered(1, "advert_int = 0.3", "nopreempt = true", "timer_expired_backup = true") + numbered(2, "advert_int = 0.3", "nopreempt = true"))
	r.becomes("MASTER", room, named(1))
	r.becomes("MASTER", room, named(2))
	dataplane := r.status().Dataplane.PID
	r.lab.Expect(syscall.Kill(dataplane, syscall.SIGSTOP) == nil, "no process %d", dataplane)
	time.Sleep(5 * interval)
	begin := time.Now()
	r.lab.Expect(syscall.Kill(dataplane, syscall.SIGCONT) == nil, "no process %d", dataplane)
	after := func(vrid int) time.Duration {
		r.lab.Eventually(2*room, named(vrid)+" advertises again", func() bool { return len(r.adverts(vrid, begin)) > 0 })
		return r.adverts(vrid, begin)[0].At.Sub(begin)
	}
	const down = 3*interval + 156*interval/256
	with, without := after(1), after(2)
	if with < down-slack || without > down/2 || len(r.log("role change", "VI_1", "from=MASTER to=BACKUP")) != 1 {
		t.Errorf("first advert %v after the stop with timer_expired_backup, %v without", with, without)
	}
	lab.Claim(t, "timer_expired_backup: a master that was stopped for %s is BACKUP first and advertises %s after it goes on, without it after %s", ms(5*interval), ms(with), ms(without))
}
