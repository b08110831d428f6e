package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"director/internal/api"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// troubled is a status in which nearly everything is wrong.
func troubled() *api.Status {
	return &api.Status{
		Node: "lvs1", Version: "v0.1.0",
		Dataplane: api.Dataplane{
			RealtimeReason: "SCHED_FIFO (needs CAP_SYS_NICE and a real-time budget of the cgroup): operation not permitted",
			IPVS:           true, Generation: 12, KernelGeneration: 11, UptimeSeconds: 200, AgeSeconds: 0.1,
			ControlRestarts: 2, Repairs: api.Repairs{Services: 1, Addresses: 2}, LogDropped: 3,
		},
		Control: api.Control{Generation: 12, Checks: api.Checks{Late: 4, WorstLatenessSeconds: 1.5, Unmade: 6}},
		Instances: []api.Instance{
			{
				Name: "VI_1", State: "MASTER", Since: noon.Add(-3 * time.Minute), Priority: 150, Transitions: 3,
				LastMaster: "10.99.0.3", LastMasterPriority: 100, Dropped: map[string]uint64{"ttl": 2, "checksum": 1},
				Addresses: []api.Address{
					{Address: "10.99.0.100/24", Interface: "eth0", State: "ours"},
					{Address: "10.99.0.101/24", Interface: "eth0", State: "foreign"},
				},
			},
			{
				Name: "an-instance-with-a-name-of-more-than-twenty-letters", State: "FAULT", Since: noon.Add(-50 * time.Hour),
				Priority: 90, Transitions: 1, Faults: []string{"interface eth9 does not exist"}, Preparing: true,
				Addresses: []api.Address{{Address: "2001:db8:1234:5678:9abc:def0:1234:5678/64", Interface: "eth9", State: "absent", Error: "no such interface"}},
			},
		},
		Services: []api.Service{
			{
				Name: "web", Entry: "TCP 10.99.0.100:80", Scheduler: "wlc", Forward: "DR", Programmed: true, QuorumUp: true,
				Servers: []api.Server{
					{Name: "10.99.0.11:80", Weight: 1, InService: true, Healthy: true, Since: noon.Add(-200 * time.Second), Reason: "status 200"},
					{Name: "[2001:db8:1234:5678:9abc:def0:1234:5678]:8080", Since: noon.Add(-5 * time.Second), Reason: "status 503, want 200-299, and a very long explanation of that"},
				},
			},
			{
				Name: "mark", Entry: "FWM 3", Scheduler: "twos", Forward: "NAT", Why: "refused by the kernel",
				Error:     `-A -f 3 -s twos: scheduler "twos" is not available`,
				TakenOver: true, Quorum: 3, LiveWeight: 1, SorryInUse: true,
			},
		},
	}
}

func TestStatusFitsAndNamesEveryTrouble(t *testing.T) {
	var b strings.Builder
	if err := writeStatus(&b, troubled(), noon); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	want := `director v0.1.0 on lvs1, up 3m20s
generation  control 12  dataplane 12  kernel 11   (dataplane heard 0.1s ago)
real time   no: SCHED_FIFO (needs CAP_SYS_NICE and a real-time budget of the cg…
IPVS        yes
put back    1 services, 0 servers, 2 addresses that others removed
control     restarted 2 times
checks      4 late, worst by 1.5s; 6 could not be made
log         3 lines lost: nobody reads them

INSTANCE              STATE   SINCE    PRIO  CHANGES  LAST MASTER
VI_1                  MASTER  3m00s     150        3  10.99.0.3 (100)
  10.99.0.100/24 on eth0  ours
  10.99.0.101/24 on eth0  held by somebody else on this machine, left alone
  adverts dropped: checksum 1, ttl 2
an-instance-with-a-…  FAULT   2d2h       90        1  -
  preparing services to preempt the master
  fault: interface eth9 does not exist
  2001:db8:1234:5678:9abc:def0:1234:5678/64 on eth9  absent: no such interface

SERVICE web  TCP 10.99.0.100:80 wlc DR  programmed
  SERVER                              HEALTH  SINCE    WEIGHT  REASON
  10.99.0.11:80                       up      3m20s         1  status 200
  [2001:db8:1234:5678:9abc:def0:123…  DOWN    5.0s          0  status 503, want…

SERVICE mark  FWM 3 twos NAT  not programmed: refused by the kernel
  kernel: -A -f 3 -s twos: scheduler "twos" is not available
  taken over: it was in the kernel before
  quorum lost (1 of 3): the sorry server serves
  SERVER  HEALTH  SINCE    WEIGHT  REASON
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("status (-want +got):\n%s", d)
	}
}
