package integration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"director/integration/lab"
)

// walkTwoScripts: two scripts of weight -5, the second with fall 2 and rise 1.
func walkTwoScripts(s *site) {
	s.vip, s.vrid = addr("10.1.0.93"), 14
	web := make(map[*machine]*lab.Process)
	for _, m := range s.both() {
		m.notifies("notify.sh")
		m.script("killall", "kill -0 \"$(cat %[1]s/nginx/nginx.pid)\"\nstatus=$?\necho \"$(date +%%s.%%N) $status\" >>%[1]s/killall.log\nexit $status")
		web[m] = m.Serve(80)
	}
	s.a.start()
	s.master(s.a, s.down(0))
	s.b.start()
	s.told(s.b, "backup")
	began := time.Now()

	s.a.touch("down")
	down := s.says(s.a, 95, began, s.interval)
	s.keeps(s.a, s.b)
	s.claim("a file called down: priority 100 becomes 95 on the wire %s later, and the master stays", ms(down.Sub(began)))

	died := time.Now()
	web[s.a].Kill()
	lower := s.says(s.a, 90, died, 2*s.interval)
	failures := s.a.failures(died)
	s.lab.Expect(len(failures) > 1 && lower.After(failures[1]), "priority 90 at %v, want it after the second of the failures %v", lower, failures)
	for _, failure := range failures[:1] {
		for _, a := range s.adverts(s.a, failure) {
			s.lab.Expect(a.Priority == 95 || a.At.After(failures[1]), "priority %d after one failure", a.Priority)
		}
	}
	s.master(s.b, s.down(92))
	s.a.EventuallyLacks(s.vip, room)
	if got := priorities(s.adverts(s.a, time.Time{})); !slices.Equal(got, []uint8{100, 95, 90}) {
		s.t.Errorf("priorities on the wire: %v", got)
	}
	s.told(s.a, "backup", "master", "backup")
	s.told(s.b, "backup", "master")
	s.claim("nginx dies: one failure changes nothing, after the second 95 becomes 90 (%s after it died), and 92 takes over",
		ms(lower.Sub(died)))

	s.a.Serve(80)
	s.master(s.a, s.interval+s.down(95))
	s.b.EventuallyLacks(s.vip, room)
	s.a.remove("down")
	s.says(s.a, 100, time.Now(), s.interval)
	s.told(s.a, "backup", "master", "backup", "master")
	s.told(s.b, "backup", "master", "backup")
	if got := priorities(s.adverts(s.a, lower)); !slices.Equal(got, []uint8{90, 95, 100}) {
		s.t.Errorf("priorities on the wire: %v", got)
	}
	s.claim("nginx is back: one success is enough, 95 preempts 92; without the file 95 becomes 100")

	gap := s.crash(s.a, s.b, s.down(92))
	s.claim("crash: take-over %s after the last advert (floor %s)", ms(gap), ms(s.down(92)))
}

// failures are the times at which killall did not find its process.
func (m *machine) failures(since time.Time) []time.Time {
	var all []time.Time
	for _, line := range m.lines("killall.log") {
		stamp, status, _ := strings.Cut(line, " ")
		var seconds, nanoseconds int64
		if n, err := fmt.Sscanf(stamp, "%d.%d", &seconds, &nanoseconds); n != 2 || err != nil {
			m.t.Fatalf("killall.log: %q", line)
		}
		if at := time.Unix(seconds, nanoseconds); status != "0" && at.After(since) {
			all = append(all, at)
		}
	}
	return all
}
