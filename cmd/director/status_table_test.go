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
			ControlRestarts: 2, Repairs: api.Repairs{Services: 1, Addresses: 2, Routes: 3}, LogDropped: 3, NoticesDropped: 5,
		},
		Control: api.Control{Generation: 12, Checks: api.Checks{Late: 4, WorstLatenessSeconds: 1.5, Unmade: 6}},
		Instances: []api.Instance{
			{
				Name: "VI_1", State: "MASTER", Since: noon.Add(-3 * time.Minute), Priority: 95, BasePriority: 100, Transitions: 3,
				Terms: []api.Term{{Source: `script "chk_nginx"`, Delta: -5}}, SyncGroup: "EDGE", HandingOver: true,
				LastMaster: "10.99.0.3", LastMasterPriority: 100, Dropped: map[string]uint64{"ttl": 2, "checksum": 1},
				Adverts: api.Adverts{WorstLatenessSeconds: 0.0032}, SmallestMarginSeconds: 2.61,
				Addresses: []api.Address{
					{Address: "10.99.0.100/24", Interface: "eth0", State: "ours"},
					{Address: "10.99.0.101/24", Interface: "eth0", State: "foreign"},
					{Address: "10.99.0.102/24", Interface: "eth0", State: "hidden"},
				},
				Routes: []api.Route{
					{Route: "route 10.8.0.0/16 via 10.99.0.1 dev eth0", State: "ours"},
					{Route: "rule from 10.8.0.0/16 lookup 100", State: "absent", Error: "file exists"},
				},
			},
			{
				Name: "VI_2", State: "BACKUP", Since: noon.Add(-3 * time.Minute), Priority: 1, BasePriority: 100,
				Terms: []api.Term{
					{Source: `script "a_script_with_a_long_name"`, Delta: -50},
					{Source: `file "a_file_with_a_long_name"`, Delta: -20}, {Source: `interface "eth1"`, Delta: -60},
				},
				Wishing: true, HandedOver: true, Waiting: []string{`script "chk_db"`}, Error: "macvlan vrrp.52: operation not permitted",
			},
			{
				Name: "VI_3", State: "BACKUP", Since: noon.Add(-3 * time.Minute), Priority: 1, BasePriority: 100, Lingering: true,
				LastResort: []string{`virtual_server "web"`},
			},
			{
				Name: "an-instance-with-a-name-of-more-than-twenty-letters", State: "FAULT", Since: noon.Add(-50 * time.Hour),
				Priority: 90, Transitions: 1, Faults: []string{"interface eth9 does not exist"}, Preparing: true,
				Addresses: []api.Address{{Address: "2001:db8:1234:5678:9abc:def0:1234:5678/64", Interface: "eth9", State: "absent", Error: "no such interface"}},
			},
		},
		Trackers: []api.Tracker{
			{Kind: "script", Name: "chk_nginx", Known: true, Since: noon.Add(-time.Minute), Detail: "exit status 1", Skipped: 2, Runs: 98},
			{Kind: "script", Name: "chk_db", Since: noon.Add(-time.Minute)},
			{Kind: "file", Name: "load", Known: true, Value: -3, Since: noon.Add(-time.Minute)},
		},
		BFD: []api.Session{
			{Name: "peer", Neighbor: "10.99.0.3", Up: true, Since: noon.Add(-time.Hour)},
			{Name: "gone", Neighbor: "10.99.0.4", Reason: "control detection time expired", Since: noon.Add(-time.Hour)},
			{Name: "new", Neighbor: "10.99.0.5", State: "Down"},
		},
		Notify: api.Notify{
			Names: []api.NotifyName{
				{Kind: "INSTANCE", Name: "VI_1", State: "MASTER", Last: &api.ScriptRun{OK: true}},
				{Kind: "INSTANCE", Name: "VI_2", State: "BACKUP", Pending: 3, Running: "notify_backup", Last: &api.ScriptRun{
					Script: "notify_master", State: "MASTER", Ended: noon.Add(-time.Minute), Result: "exit status 3"}},
			},
			FIFOs: []api.FIFO{{Path: "/run/notify.fifo", Stuck: true, Waiting: 7, Dropped: 2, Reader: &api.Reader{Last: "exit status 1"}}},
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
put back    addresses 2, routes 3, services 1 (others removed them)
control     restarted 2 times
checks      4 late, worst by 1.5s; 6 could not be made
log         3 lines lost: nobody reads them
notify      5 events left out while there was no control process

INSTANCE              STATE   SINCE    PRIO  CHANGES  LAST MASTER
VI_1                  MASTER  3m00s      95        3  10.99.0.3 (100)
  sync group EDGE
  priority 95 = 100 - 5 chk_nginx
  handing over: serves on until another router takes over
  10.99.0.100/24 on eth0  ours
  10.99.0.101/24 on eth0  held by somebody else on this machine, left alone
  10.99.0.102/24 on eth0  hidden: served, neither announced nor answered for
  route 10.8.0.0/16 via 10.99.0.1 dev eth0  ours
  rule from 10.8.0.0/16 lookup 100  absent: file exists
  adverts: at worst 3.2ms late; smallest margin 2.61s; dropped checksum 1, ttl 2
VI_2                  BACKUP  3m00s       1        0  -
  priority 1 = 100 - 50 a_script_with_a_long_name - 20 a_file_with_a_long_name
    - 60 eth1 (at least 1)
  could be MASTER, waits for the others of its sync group
  handed over, does not preempt (director handover --back VI_2)
  waits for script "chk_db"
  error: macvlan vrrp.52: operation not permitted
VI_3                  BACKUP  3m00s       1        0  -
  priority 1: quorum lost of virtual_server "web"
    whoever reaches the servers is to be the master
  serves on until the new master has announced the addresses
an-instance-with-a-…  FAULT   2d2h       90        1  -
  preparing services to preempt the master
  fault: interface eth9 does not exist
  2001:db8:1234:5678:9abc:def0:1234:5678/64 on eth9  absent: no such interface

TRACKER           STATE   SINCE    DETAIL
script chk_nginx  DOWN    1m00s    exit status 1; 2 of 100 runs left out
script chk_db     ?       1m00s
file load         -3      1m00s
bfd peer          up      1h00m    10.99.0.3
bfd gone          DOWN    1h00m    10.99.0.4: control detection time expired
bfd new           DOWN    -        10.99.0.5: Down

NOTIFY
  instance VI_2: notify_backup runs, 3 events wait
  instance VI_2: notify_master (MASTER) 1m00s ago: exit status 3
  /run/notify.fifo: nobody reads it, 7 lines wait
  /run/notify.fifo: 2 lines lost
  /run/notify.fifo: its reader ended: exit status 1

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
