package config

import (
	"testing"
	"time"

	"director/internal/script"
	"director/internal/track"
	"director/vrrp"
)

func TestTrackedObjects(t *testing.T) {
	cfg := built(t, `
vrrp_script "a" {
  script = "/usr/bin/killall -0 nginx"
}
vrrp_script "b" {
  script    = ["/bin/sh", "-c", "exit 0 | cat"]
  interval  = "20ms"
  timeout   = 3
  rise      = 2
  fall      = 4
  user      = "nobody:nogroup"
  init_fail = true
}
track_file "c" {
  file = "/run//load"
  init_file {
    value     = -7
    overwrite = true
  }
}
vrrp_track_process "d" {
  process         = "nginx"
  quorum          = 2
  quorum_max      = 9
  delay           = 5
  terminate_delay = "20ms"
}
vrrp_track_process "e" {
  process    = ["/usr/sbin/sshd", "-D", "-p"]
  quorum_max = 0
}
vrrp_track_process "f" {
  process     = "nginx"
  param_match = "exact"
}
vrrp_track_process "g" {
  process     = ["x", "y"]
  param_match = "partial"
}
`+oneInstance(`
  track_script "a" {}
  track_script "b" {}
  track_process "d" {}
  track_process "e" {}
  track_process "f" {}
  track_process "g" {}`))
	same(t, []track.ScriptSpec{
		{Name: "a", Command: script.Command{Args: []string{"/usr/bin/killall", "-0", "nginx"}}, Interval: time.Second, Timeout: time.Second, Rise: 1, Fall: 1},
		{Name: "b", Command: script.Command{Args: []string{"/bin/sh", "-c", "exit 0 | cat"}, User: "nobody", Group: "nogroup"},
			Interval: 20 * time.Millisecond, Timeout: 3 * time.Second, Rise: 2, Fall: 4, InitFail: true},
	}, cfg.Scripts)
	same(t, []track.FileSpec{{Name: "c", Path: "/run/load", Init: true, Overwrite: true, Value: -7}}, cfg.Files)
	same(t, []track.ProcessSpec{
		{Name: "d", Command: "nginx", Quorum: 2, QuorumMax: 9, ForkDelay: 5 * time.Second, TerminateDelay: 20 * time.Millisecond},
		{Name: "e", Command: "/usr/sbin/sshd", Params: []string{"-D", "-p"}, Match: track.MatchExact, FullCommand: true},
		{Name: "f", Command: "nginx", Match: track.MatchExact, FullCommand: true, Quorum: 1, QuorumMax: -1},
		{Name: "g", Command: "x", Params: []string{"y"}, Match: track.MatchPartial, FullCommand: true, Quorum: 1, QuorumMax: -1},
	}, cfg.Processes)
}

// trackedObjects are some objects to track, with and without weight.
const trackedObjects = `
vrrp_script "plain" { script = "/bin/true" }
vrrp_script "heavy" {
  script  = "/bin/true"
  weight  = -20
  reverse = true
}
track_file "load" { file = "/run/load" }
track_file "heavy" {
  file    = "/run/heavy"
  weight  = 3
  reverse = true
}
vrrp_track_process "bird" {
  process = "bird"
  weight  = 7
}
bfd_instance "core" {
  neighbor_ip = "10.0.0.9"
  weight      = 9
}
virtual_server "web" {
  address = "10.0.0.1:80"
  weight  = 5
  real_server "10.0.0.11:80" {}
}
`

func id(k track.Kind, name string) track.ID { return track.ID{Kind: k, Name: name} }

func TestWeightsOfTrackedObjects(t *testing.T) {
	cfg := built(t, trackedObjects+oneInstance(`
  track_interface "eth1" {}
  track_interface "eth2" {
    weight  = -253
    reverse = true
  }
  track_script "plain" {}
  track_script "heavy" {}
  track_file "load" {}
  track_file "heavy" { reverse = false }
  track_process "bird" { weight = 0 }
  track_bfd "core" { reverse = true }
  track_virtual_server "web" { weight = -20 }`)+otherInstance(`
  track_script "heavy" {
    weight  = 5
    reverse = false
  }
  track_virtual_server "web" {}`))
	same(t, []track.Use{
		{ID: id(track.Interface, "eth1")}, {ID: id(track.Interface, "eth2"), Weight: -253, Reverse: true},
		{ID: id(track.Script, "plain")}, {ID: id(track.Script, "heavy"), Weight: -20, Reverse: true},
		{ID: id(track.File, "load"), Weight: 1}, {ID: id(track.File, "heavy"), Weight: 3},
		{ID: id(track.Process, "bird")}, {ID: id(track.BFD, "core"), Weight: 9, Reverse: true},
		{ID: id(track.VirtualServer, "web"), Weight: -20},
	}, cfg.Instances[0].Tracks)
	same(t, []track.Use{{ID: id(track.Script, "heavy"), Weight: 5}, {ID: id(track.VirtualServer, "web")}}, cfg.Instances[1].Tracks)
}

func TestTracksOfASyncGroup(t *testing.T) {
	own := `
  track_interface "eth1" { weight = 5 }
  track_interface "eth2" {}
  track_interface "eth3" { weight = 3 }`
	cfg := built(t, oneInstance(own)+otherInstance(own)+`
vrrp_sync_group "G" {
  group                      = ["VI_2", "VI_1"]
  sync_group_tracking_weight = true
  track_interface "eth1" { weight = 7 }
  track_interface "eth2" { weight = 7 }
  track_interface "eth4" {}
}`)
	want := []track.Use{
		{ID: id(track.Interface, "eth2")},            // the instance's, without weight
		{ID: id(track.Interface, "eth3"), Weight: 3}, // the instance's alone
		{ID: id(track.Interface, "eth1"), Weight: 7}, // the group's wins
		{ID: id(track.Interface, "eth4"), Weight: 0}, // the group's alone
	}
	for _, inst := range cfg.Instances {
		same(t, want, inst.Tracks)
		if inst.Group != "G" || !inst.VRRP.Grouped {
			t.Errorf("%s: group %q, grouped %v", inst.VRRP.Name, inst.Group, inst.VRRP.Grouped)
		}
	}
	same(t, []SyncGroup{{Name: "G", Members: []string{"VI_2", "VI_1"}}}, cfg.Groups)
}

func TestUnweightedTracksNeedNoPermissionInASyncGroup(t *testing.T) {
	cfg := built(t, trackedObjects+oneInstance(`  track_file "load" { weight = 0 }`)+otherInstance("")+`
vrrp_sync_group "G" {
  group = ["VI_1", "VI_2"]
  track_script "heavy" { weight = 0 }
  track_script "plain" {}
  track_process "bird" { weight = 0 }
}`)
	group := []track.Use{{ID: id(track.Script, "heavy"), Reverse: true}, {ID: id(track.Script, "plain")}, {ID: id(track.Process, "bird")}}
	same(t, append([]track.Use{{ID: id(track.File, "load")}}, group...), cfg.Instances[0].Tracks)
	same(t, group, cfg.Instances[1].Tracks)
}

func TestOwnersOfASyncGroup(t *testing.T) {
	owners := func(second string) []bool {
		cfg := built(t, oneInstance("  priority = 255")+otherInstance(second)+`vrrp_sync_group "G" { group = ["VI_1", "VI_2"] }`)
		return []bool{cfg.Instances[0].VRRP.StartMaster, cfg.Instances[1].VRRP.StartMaster}
	}
	same(t, []bool{true, true}, owners("  priority = 255"))
	same(t, []bool{false, false}, owners("  priority = 254"))
}

func TestTrackGroups(t *testing.T) {
	cfg := built(t, oneInstance("  track_interface \"eth7\" { weight = 5 }")+otherInstance("")+`
global { default_interface = "eth5" }
track_group "one" { group = "VI_1" }
track_group "both" { group = ["VI_1", "VI_2"] }
static_ipaddress "10.1.0.1/24" { track_group = "one" }
static_routes "10.2.0.0/16" {
  dev         = "eth6"
  track_group = "both"
}
static_rules {
  iif         = "eth7"
  preference  = 5
  track_group = "both"
}`)
	same(t, []track.Use{{ID: id(track.Interface, "eth7")}, {ID: id(track.Interface, "eth5")}, {ID: id(track.Interface, "eth6")}}, cfg.Instances[0].Tracks)
	same(t, []track.Use{{ID: id(track.Interface, "eth6")}, {ID: id(track.Interface, "eth7")}}, cfg.Instances[1].Tracks)
}

func TestManyInstancesInOneGroup(t *testing.T) {
	cfg := built(t, `
dynamic "vrrp_instance" {
  for_each = range(1, 251)
  labels   = [tostring(vrrp_instance.value)]
  content {
    interface         = "eth0"
    virtual_router_id = vrrp_instance.value
    dynamic "virtual_ipaddress" {
      for_each = ["10.0.0.${vrrp_instance.value}/24"]
      labels   = [virtual_ipaddress.value]
      content {}
    }
  }
}
vrrp_sync_group "G" { group = [for n in range(1, 251) : tostring(n)] }`)
	if len(cfg.Groups[0].Members) != 250 || !cfg.Instances[249].VRRP.Grouped || cfg.Instances[249].VRRP.Family != vrrp.IPv4 {
		t.Errorf("not all are in: %d", len(cfg.Groups[0].Members))
	}
}
