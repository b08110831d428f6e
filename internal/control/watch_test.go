package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/config"
	"director/internal/api"
	"director/internal/track"
	"director/internal/wire"
)

// configure writes a configuration into a new directory; %[1]s in text is that
// directory. Scripts run as whoever runs the test.
func configure(t *testing.T, text string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	file = filepath.Join(dir, "director.hcl")
	if err := os.WriteFile(file, []byte(expand(text, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func expand(text, dir string) string {
	return strings.NewReplacer("DIR", dir, "USER", fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())).Replace(text)
}

const watched = `
global {
  script_user            = "USER"
  enable_script_security = false
}
vrrp_script "chk" {
  script   = ["/usr/bin/test", "!", "-e", "DIR/down"]
  interval = 0.02
  timeout  = 5
  rise     = 1
  fall     = 1
  weight   = -60
}
track_file "load" { file = "DIR/load" }
vrrp_instance "VI_1" {
  interface         = "lo"
  virtual_router_id = 51
  virtual_ipaddress "192.0.2.100/24" {}
  track_script "chk" {}
  track_file "load" { weight = 1 }
}`

func isTracker(kind track.Kind, wanted func(track.State) bool) func(wire.Message) bool {
	return func(m wire.Message) bool {
		return m.Tracker != nil && m.Tracker.ID.Kind == kind && wanted(m.Tracker.State)
	}
}

func TestTrackersAreToldAndRecalled(t *testing.T) {
	dir, file := configure(t, watched)
	d := startControl(t, file, wire.Hello{})
	pending := false
	begin := d.until("the configuration", func(m wire.Message) bool {
		pending = pending || m.Tracker != nil && m.Tracker.ID.Kind == track.Script && m.Tracker.State.Pending
		return m.Begin != nil
	})
	if i := begin.Begin.Instances[0]; len(i.Tracks) != 2 {
		t.Errorf("tracks of the instance: %+v", i.Tracks)
	}
	if !pending {
		t.Error("at the first start the instance does not wait for its script: no state before the configuration")
	}
	d.until("success of the script", isTracker(track.Script, func(s track.State) bool { return s.Known && s.Up }))
	put(t, dir, "down", "")
	bad := d.until("failure of the script", isTracker(track.Script, func(s track.State) bool { return s.Known && !s.Up }))
	put(t, dir, "load", "7")
	d.until("the number in the file", isTracker(track.File, func(s track.State) bool { return s.Value == 7 }))
	if err := d.stop(); err != nil {
		t.Error(err)
	}

	// The successor knows before it has looked.
	again := startControl(t, file, wire.Hello{Source: begin.Begin.Source, Restarts: 1}, bad)
	first := again.until("the state of the script", isTracker(track.Script, func(track.State) bool { return true }))
	if s := first.Tracker.State; !s.Known || s.Up || s.Pending {
		t.Errorf("recalled state %+v, want that of the predecessor", s)
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

func TestATrackerThatAReloadBringsIsNotWaitedFor(t *testing.T) {
	dir, file := configure(t, strings.ReplaceAll(watched, `track_file "load" { weight = 1 }`, ""))
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	put(t, dir, "director.hcl", expand(strings.ReplaceAll(watched, "/usr/bin/test", "/bin/test"), dir))
	d.say(wire.Message{Reload: &wire.Reload{Seq: 1}})
	d.until("the new configuration", func(m wire.Message) bool {
		if m.Tracker != nil && m.Tracker.State.Pending {
			t.Errorf("an instance is to wait: %+v", m.Tracker)
		}
		return m.Begin != nil
	})
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

// TestFloodOfChangesIsBounded: what changes all the time is told now and then,
// and at last as it is.
func TestFloodOfChangesIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		e := newEngine(Options{}, wire.NewConn(far), 0)
		id := track.ID{Kind: track.VirtualServer, Name: "web"}
		vs := &config.VirtualServer{Name: "web"}
		s := &service{config: vs, decided: true}
		e.services, e.tracking.used = map[string]*service{"web": s}, map[track.ID]bool{id: true}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		e.around.Go(func() { e.write(ctx) })
		var got []wire.Tracker
		received := make(chan struct{})
		go func() {
			defer close(received)
			for in := wire.NewConn(near); ; {
				m, err := in.Receive()
				if err != nil {
					return
				}
				got = append(got, *m.Tracker)
			}
		}()
		for n := range 1000 {
			s.result.QuorumUp, s.result.Live = n%2 == 0, uint64(n)
			e.trackService(s)
			e.trackersChanged()
			time.Sleep(time.Millisecond)
		}
		time.Sleep(trackerGap)
		e.trackersChanged()
		synctest.Wait()
		far.Close()
		<-received
		cancel()
		e.around.Wait()
		if len(got) < 10 || len(got) > 30 {
			t.Errorf("%d messages in a second, want about 20", len(got))
		}
		if last := got[len(got)-1].State; last.Up || !strings.Contains(last.Detail, "999") {
			t.Errorf("the last word is %+v, want the newest state", last)
		}
	})
}

func TestAQuorumIsKnownWhenResultsDecideIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		checks []string // of three servers: "?", "up", "down", "failing" (retries under way)
		known  bool
	}{
		{"nothing yet", []string{"?", "?", "?"}, false},
		{"one of two needed", []string{"up", "?", "?"}, false},
		{"enough up", []string{"up", "up", "?"}, true},
		{"too few can be up", []string{"down", "down", "?"}, true},
		{"a retry is under way", []string{"up", "failing", "down"}, false},
		{"all judged", []string{"up", "down", "up"}, true},
	} {
		s := &service{config: &config.VirtualServer{Quorum: 2}}
		for _, state := range c.checks {
			rs := config.RealServer{}
			rs.Server.Weight = 1
			s.config.Servers = append(s.config.Servers, rs)
			ch := &check{}
			ch.health.Known = state != "?"
			ch.health.Up = state != "down"
			if state == "down" || state == "failing" {
				ch.health.Failures = 1
			}
			s.servers = append(s.servers, &server{config: &rs, checks: []*check{ch}})
		}
		if s.decide(); s.decided != c.known {
			t.Errorf("%s: decided = %v", c.name, s.decided)
		}
	}
}

// TestALostQuorumIsTold follows a tracked service to the dataplane.
func TestALostQuorumIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(write(t, l.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	_, file := configure(t, string(text)+`
vrrp_instance "VI_1" {
  interface         = "lo"
  virtual_router_id = 51
  virtual_ipaddress "192.0.2.80/24" {}
  track_virtual_server "web" {}
}`)
	d := startControl(t, file, wire.Hello{})
	begin := d.until("the configuration", func(m wire.Message) bool {
		if m.Tracker != nil && m.Tracker.State.Known {
			t.Errorf("a quorum before the first result: %+v", m.Tracker)
		}
		return m.Begin != nil
	})
	d.until("the quorum", isTracker(track.VirtualServer, func(s track.State) bool { return s.Known && s.Up }))
	l.Close()
	lost := d.until("its loss", isTracker(track.VirtualServer, func(s track.State) bool { return s.Known && !s.Up }))
	status := d.status(t)
	if len(status.Trackers) != 1 || status.Trackers[0].Up || status.Trackers[0].Kind != "virtual_server" {
		t.Errorf("trackers in status: %+v", status.Trackers)
	}
	health := d.until("the health with the lost quorum", func(m wire.Message) bool { return m.Health != nil && !m.Health.QuorumUp })
	if err := d.stop(); err != nil {
		t.Error(err)
	}

	// The successor does not forget the loss before its own first results.
	again := startControl(t, file, wire.Hello{Source: begin.Begin.Source, Restarts: 1}, lost, health)
	first := again.until("the quorum", isTracker(track.VirtualServer, func(track.State) bool { return true }))
	if s := first.Tracker.State; !s.Known || s.Up {
		t.Errorf("recalled quorum: %+v", s)
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// client asks over the socket.
func (d *dataplane) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", d.socket)
		},
	}}
}

func (d *dataplane) status(t *testing.T) *api.Status {
	t.Helper()
	resp, err := d.client().Get("http://director" + api.StatusPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	s := new(api.Status)
	if err := json.NewDecoder(resp.Body).Decode(s); err != nil {
		t.Fatal(err)
	}
	return s
}
