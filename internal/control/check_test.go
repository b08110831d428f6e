package control

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"director/checkers"
	"director/config"
	"director/internal/wire"
)

// hasWeight waits for a change that gives the only server of a service a weight;
// -1: that takes it out.
func (d *dataplane) hasWeight(service string, weight int) {
	d.t.Helper()
	d.until(fmt.Sprintf("weight %d in %s", weight, service), func(m wire.Message) bool {
		if m.Delta == nil || m.Delta.Name != service {
			return false
		}
		if weight < 0 {
			return len(m.Delta.Delete) == 1
		}
		return len(m.Delta.Set) == 1 && m.Delta.Set[0].Weight == uint32(weight)
	})
}

// TestOneProbeForOneThing: two services with the same check of the same server
// have one check between them, and both hear of its failure.
func TestOneProbeForOneThing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text := `
virtual_server "NAME" {
  address    = "192.0.2.80:PORT"
  delay_loop = "20ms"
  retry      = 0
  TCP_CHECK { log_all_failures = LOG }
  real_server "ADDR" {}
}
`
	one := strings.NewReplacer("NAME", "one", "PORT", "80", "ADDR", l.Addr().String(), "LOG", "true").Replace(text)
	two := strings.NewReplacer("NAME", "two", "PORT", "81", "ADDR", l.Addr().String(), "LOG", "false").Replace(text)
	other := strings.NewReplacer("NAME", "other", "PORT", "82", "ADDR", l.Addr().String(), "LOG", "false",
		"retry      = 0", "retry = 1").Replace(text)
	_, file := configure(t, one+two+other)
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	d.until("health of two", func(m wire.Message) bool {
		return m.Health != nil && m.Health.Service == "two" && m.Health.Checks[0].Known
	})
	statusOf := make(chan [4]int, 1)
	go func() {
		s := d.status(t)
		statusOf <- [4]int{s.Control.Checks.Count, s.Services[0].Servers[0].Checks[0].SharedBy,
			s.Services[1].Servers[0].Checks[0].SharedBy, s.Services[2].Servers[0].Checks[0].SharedBy}
	}()
	if got, want := <-statusOf, [4]int{2, 2, 2, 1}; got != want {
		t.Errorf("checks, and who shares them: %v, want %v", got, want)
	}
	l.Close()
	gone := map[string]bool{}
	d.until("removal in all services", func(m wire.Message) bool {
		if m.Delta != nil && len(m.Delta.Delete) == 1 {
			gone[m.Delta.Name] = true
		}
		return len(gone) == 3
	})
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

const weighted = `
global {
  script_user            = "USER"
  enable_script_security = false
}
track_file "load" {
  file = "DIR/load"
  init_file {}
}
virtual_server "web" {
  address    = "192.0.2.80:80"
  delay_loop = "20ms"
  real_server "127.0.0.1:80" {
    weight = 10
    CHECK
  }
}`

func TestFileCheckSetsTheWeight(t *testing.T) {
	dir, file := configure(t, strings.Replace(weighted, "CHECK", `FILE_CHECK {
      track_file = "load"
      weight     = -2
    }`, 1))
	d := startControl(t, file, wire.Hello{})
	begin := d.until("the configuration", func(m wire.Message) bool { return m.Begin != nil })
	d.hasWeight("web", 10)
	put(t, dir, "load", "3")
	d.hasWeight("web", 4)
	put(t, dir, "load", "100")
	d.hasWeight("web", 0)
	put(t, dir, "load", "-70000")
	d.hasWeight("web", 65535)
	if log := d.log.String(); !strings.Contains(log, "weight out of range") {
		t.Errorf("nothing says that the weight was cut:\n%s", log)
	}
	put(t, dir, "load", "2147483647")
	d.hasWeight("web", -1)
	put(t, dir, "load", "4")
	d.hasWeight("web", 2)
	d.until("its health", func(m wire.Message) bool { return m.Health != nil && m.Health.Checks[0].Part == -8 })
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	// The successor knows it before it has read the file.
	h := d.health["127.0.0.1:80"]
	again := startControl(t, file, wire.Hello{Source: begin.Begin.Source, Restarts: 1}, wire.Message{Health: &h})
	if plan := again.until("the service", isPlan); len(servers(plan)) != 1 || servers(plan)[0].Weight != 2 {
		t.Errorf("the new process begins with %+v, want weight 2", servers(plan))
	}
	put(t, dir, "load", "5")
	again.hasWeight("web", 0)
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

func TestMiscCheckSetsTheWeight(t *testing.T) {
	dir, file := configure(t, strings.Replace(weighted, "CHECK", `MISC_CHECK {
      misc_path    = ["/bin/sh", "-c", "exit $(cat DIR/status)"]
      misc_timeout = 10
      misc_dynamic = true
    }`, 1))
	put(t, dir, "status", "0")
	d := startControl(t, file, wire.Hello{})
	begin := d.until("the configuration", func(m wire.Message) bool { return m.Begin != nil })
	d.until("readiness", isReady)
	put(t, dir, "status", "42")
	d.hasWeight("web", 40)
	put(t, dir, "status", "1")
	d.hasWeight("web", -1)
	put(t, dir, "status", "255")
	d.hasWeight("web", 253)
	d.until("its health", func(m wire.Message) bool {
		return m.Health != nil && m.Health.Checks[0].SetsWeight && m.Health.Checks[0].Weight == 253 && m.Health.Checks[0].Up
	})
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	h := d.health["127.0.0.1:80"]
	again := startControl(t, file, wire.Hello{Source: begin.Begin.Source, Restarts: 1}, wire.Message{Health: &h})
	if plan := again.until("the service", isPlan); len(servers(plan)) != 1 || servers(plan)[0].Weight != 253 {
		t.Errorf("the new process begins with %+v, want weight 253", servers(plan))
	}
	put(t, dir, "status", "0")
	again.hasWeight("web", 10)
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

// TestBFDCheckFollowsTheSession: a server is out while its session is down, but
// one that was never up decides nothing.
func TestBFDCheckFollowsTheSession(t *testing.T) {
	_, file := configure(t, strings.Replace(weighted, "CHECK", `BFD_CHECK { name = "core" }`, 1)+
		"\nbfd_instance \"core\" { neighbor_ip = \"192.0.2.9\" }\n")
	d := startControl(t, file, wire.Hello{})
	if plan := d.until("the service", isPlan); len(servers(plan)) != 1 {
		t.Errorf("out before the session is known: %+v", plan.Plan)
	}
	d.until("readiness", isReady)
	session := func(state string, transitions uint64) {
		d.say(wire.Message{Process: &wire.ProcessState{Sessions: []wire.Session{
			{Name: "core", State: state, Up: state == "Up", Transitions: transitions, Reason: "control detection time expired"}}}})
	}
	session("Down", 0)
	d.until("that the session was never up", func(m wire.Message) bool {
		return m.Health != nil && m.Health.Checks[0].Up && strings.Contains(m.Health.Checks[0].Reason, "never up")
	})
	session("Up", 1)
	session("Down", 2)
	d.hasWeight("web", -1)
	session("Up", 3)
	d.hasWeight("web", 10)
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

// TestAnyOfSeveralChecks: with require = "any" the last check that fails takes
// the server out.
func TestAnyOfSeveralChecks(t *testing.T) {
	dir, file := configure(t, strings.Replace(weighted, "CHECK", `require = "any"
    FILE_CHECK {
      track_file = "load"
      weight     = 0
    }
    MISC_CHECK {
      misc_path    = ["/bin/sh", "-c", "exit $(cat DIR/status)"]
      misc_timeout = 10
    }`, 1))
	put(t, dir, "status", "1")
	d := startControl(t, file, wire.Hello{})
	d.until("one bad and one good check", func(m wire.Message) bool {
		return m.Health != nil && m.Health.Checks[0].Known && m.Health.Checks[0].Up && !m.Health.Checks[1].Up
	})
	if log := d.log.String(); !strings.Contains(log, "check turned, its servers did not") {
		t.Errorf("nothing says that a check fails:\n%s", log)
	}
	put(t, dir, "load", "1")
	d.hasWeight("web", -1)
	put(t, dir, "status", "0")
	d.hasWeight("web", 10)
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

func TestJudged(t *testing.T) {
	up := &check{health: checkers.Health{Known: true, Up: true}}
	down := &check{health: checkers.Health{Known: true, Failures: 2}}
	unknown := &check{health: checkers.Health{Up: true}}
	failing := &check{health: checkers.Health{Known: true, Up: true, Failures: 1}}
	for _, tt := range []struct {
		name       string
		any        bool
		checks     []*check
		up, judged bool
	}{
		{"no checks", false, nil, true, true}, {"any of none", true, nil, true, true},
		{"all up", false, []*check{up, up}, true, true}, {"one down", false, []*check{up, down}, false, true},
		{"one down, one unknown", false, []*check{unknown, down}, false, true}, {"one unknown", false, []*check{up, unknown}, true, false},
		{"any: one up", true, []*check{down, up}, true, true}, {"any: one up, one unknown", true, []*check{unknown, up}, true, true},
		{"any: all down", true, []*check{down, down}, false, true}, {"any: one down, one failing", true, []*check{down, failing}, false, false},
	} {
		s := &server{config: &config.RealServer{RequireAny: tt.any}, checks: tt.checks}
		if up, judged := s.judged(); judged != tt.judged || judged && up != tt.up {
			t.Errorf("%s: %v %v, want %v %v", tt.name, up, judged, tt.up, tt.judged)
		}
	}
}
