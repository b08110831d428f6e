package integration

import (
	"testing"
	"time"

	"director/integration/lab"
)

// quiet is an interval in which a master has said its own, and says no more
// unless it is made to.
const quiet = "advert_int = 30"

// answered is for how long an answer is waited for.
const answered = 500 * time.Millisecond

// answers tells a master of a lower rival and then of a higher one, and counts
// its adverts after each.
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
	lab.Claim(t, "a master answers a lower rival with an advert, not with lower_prio_no_advert; it gives way to a higher one without a word, with higher_prio_send_advert after one advert more")
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
