package integration

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"director/integration/lab"
)

// testTrackProcess starts and ends processes that are looked for in every way.
func testTrackProcess(t *testing.T) {
	name := fmt.Sprintf("trk%x", rand.Uint32()) // processes of others are seen, too
	track := func(n string, weight int) tracking {
		return tracking{uses: []use{{kind: "process", name: n, weight: weight}}}
	}
	p := newPlayground(t, track("any", 10), track("any", -10), track("two", 10), track("atmost", 10), track("none", 10),
		track("exact", 10), track("initial", 10), track("partial", 10), track("slow", 10), track("any", 0))
	sleep, err := os.ReadFile("/bin/sleep")
	p.lab.Expect(err == nil, "no program: %v", err)
	bin := filepath.Join(p.lab.Dir(), name)
	p.lab.Expect(os.WriteFile(bin, sleep, 0o755) == nil, "no copy of sleep")
	p.run(strings.NewReplacer("NAME", name, "PATH", bin).Replace(`
vrrp_track_process "any" { process = ["NAME"] }
vrrp_track_process "two" {
  process = ["NAME"]
  quorum  = 2
}
vrrp_track_process "atmost" {
  process    = ["NAME"]
  quorum_max = 2
}
vrrp_track_process "none" {
  process    = ["NAME"]
  quorum_max = 0
}
vrrp_track_process "exact" { process = ["PATH", "1001"] }
vrrp_track_process "initial" {
  process     = ["PATH", "1001"]
  param_match = "initial"
}
vrrp_track_process "partial" {
  process     = ["PATH", "10"]
  param_match = "partial"
}
vrrp_track_process "slow" {
  process         = ["NAME"]
  fork_delay      = 2
  terminate_delay = 1
}
`))
	start := func(args ...string) *lab.Process { return p.Start(bin, args...) }
	// any, any -10, two, atmost, none, exact, initial, partial, slow, any 0
	p.reads(t, "none runs", 100, 90, 100, 100, 110, 100, 100, 100, 100, inFault)
	begin := time.Now()
	first := start("2001")
	p.reads(t, "one runs", 110, 100, 100, 110, 100, 100, 100, 100, 110, 100)
	if took := p.firstWith(8, 110, begin).Sub(begin); took < 2*time.Second {
		t.Errorf("fork_delay of 2 s: it counted after %v", took)
	}
	second := start("1001", "1")
	p.reads(t, "two run", 110, 100, 110, 110, 100, 100, 110, 110, 110, 100)
	third := start("1001")
	p.reads(t, "three run", 110, 100, 110, 100, 100, 110, 110, 110, 110, 100)
	lab.Claim(t, "track_process: quorum, quorum_max, parameters exact, initial and partial, fork_delay")

	for _, process := range []*lab.Process{first, second, third} {
		process.Signal(syscall.SIGTERM)
	}
	again := start("2001") // before terminate_delay is over
	p.reads(t, "all but a new one ended", 110, 100, 100, 110, 100, 100, 100, 100, 110, 100)
	again.Signal(syscall.SIGTERM)
	p.reads(t, "none runs any more", 100, 90, 100, 100, 110, 100, 100, 100, 100, inFault)
	if tr := p.tracker("process", "two"); tr.Up || tr.Runs == 0 || tr.Detail != "0 processes" {
		t.Errorf("status says %+v", tr)
	}
	lab.Claim(t, "and terminate_delay; a process replaced within it is not missed")
}
