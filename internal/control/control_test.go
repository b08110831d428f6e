package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"director/config"
	"director/internal/wire"
	"director/ipvs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dataplane is the other end of a control process that runs in this one.
type dataplane struct {
	t      *testing.T
	socket string
	conn   *wire.Conn
	ended  chan error
	stderr bytes.Buffer // to be read after ended
	log    lockedBuffer
	health map[string]wire.Health
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startControl runs a control process that is greeted with what a predecessor
// left.
func startControl(t *testing.T, file string, hello wire.Hello, left ...wire.Message) *dataplane {
	t.Helper()
	near, far := net.Pipe()
	path := filepath.Join(t.TempDir(), "s")
	socket, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	d := &dataplane{t: t, socket: path, conn: wire.NewConn(near), ended: make(chan error, 1), health: map[string]wire.Health{}}
	go func() {
		d.ended <- Run(context.Background(), Options{
			Load: config.Options{Paths: []string{file}, Node: "lvs1"}, Conn: far, Listener: socket,
			Log: slog.New(slog.NewTextHandler(&d.log, nil)), Stderr: &d.stderr, Version: "test",
		})
		far.Close()
	}()
	for _, m := range left {
		if m.Health != nil {
			hello.Healths++
		}
		if m.Tracker != nil {
			hello.Trackers++
		}
	}
	d.say(wire.Message{Hello: &hello})
	for _, m := range left {
		d.say(m)
	}
	return d
}

func (d *dataplane) say(m wire.Message) {
	d.t.Helper()
	if err := d.conn.Send(m); err != nil {
		d.t.Fatal(err)
	}
}

// until reads messages until one is as wanted, and keeps the health on the way.
func (d *dataplane) until(what string, wanted func(wire.Message) bool) wire.Message {
	d.t.Helper()
	for {
		m, err := d.conn.Receive()
		if err != nil {
			d.conn.Close()
			d.t.Fatalf("waiting for %s: %v, control says %v\n%s", what, err, <-d.ended, &d.stderr)
		}
		if m.Health != nil {
			d.health[m.Health.Server] = *m.Health
		}
		if wanted(m) {
			return m
		}
	}
}

// stop ends the control process by its parent's death.
func (d *dataplane) stop() error {
	d.conn.Close()
	return <-d.ended
}

// write writes a configuration with one service and one server.
func write(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "director.hcl")
	text := fmt.Sprintf(`
virtual_server "web" {
  address    = "192.0.2.80:80"
  delay_loop = "20ms"
  lb_kind    = "NAT"
  retry      = 0
  TCP_CHECK { connect_timeout = 5 }
  real_server %q {}
}`, server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func isPlan(m wire.Message) bool  { return m.Plan != nil }
func isReady(m wire.Message) bool { return m.Ready != nil }

func servers(m wire.Message) []ipvs.Server { return m.Plan.Service.Servers }

func TestHealthSurvivesAControlProcess(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, l.Addr().String())
	first := startControl(t, file, wire.Hello{})
	begin := first.until("the configuration", func(m wire.Message) bool { return m.Begin != nil })
	if plan := first.until("the service", isPlan); len(servers(plan)) != 1 {
		t.Errorf("before the first result the server is not in: %+v", plan.Plan)
	}
	first.until("readiness", isReady)
	l.Close()
	gone := first.until("the removal of the dead server", func(m wire.Message) bool { return m.Delta != nil })
	if len(gone.Delta.Delete) != 1 {
		t.Errorf("delta = %+v", gone.Delta)
	}
	first.until("the health of the dead server", func(m wire.Message) bool {
		return m.Health != nil && len(m.Health.Checks) == 1 && !m.Health.Checks[0].Up
	})
	if err := first.stop(); err != nil {
		t.Errorf("end after the parent's death: %v", err)
	}

	// The file is worth nothing now: what runs is what counts.
	if err := os.WriteFile(file, []byte("nonsense {"), 0o600); err != nil {
		t.Fatal(err)
	}
	var remembered []wire.Message
	for _, h := range first.health {
		remembered = append(remembered, wire.Message{Health: &h})
	}
	second := startControl(t, file, wire.Hello{Source: begin.Begin.Source, Generation: 9, Restarts: 1}, remembered...)
	again := second.until("the configuration", func(m wire.Message) bool { return m.Begin != nil })
	if again.Begin.Generation <= 9 {
		t.Errorf("generation %d does not go on from 9", again.Begin.Generation)
	}
	if plan := second.until("the service", isPlan); len(servers(plan)) != 0 {
		t.Errorf("the dead server came back with the new process: %+v", servers(plan))
	}
	if err := second.stop(); err != nil {
		t.Error(err)
	}
}

func TestAnInvalidFirstConfigurationIsExplained(t *testing.T) {
	file := filepath.Join(t.TempDir(), "director.hcl")
	if err := os.WriteFile(file, []byte(`virtual_server "web" { adress = "x" }`), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startControl(t, file, wire.Hello{})
	d.until("the failure", func(m wire.Message) bool { return m.Failed != nil })
	if err := <-d.ended; !errors.Is(err, ErrConfig) {
		t.Errorf("err = %v, want ErrConfig", err)
	}
	if out := d.stderr.String(); !strings.Contains(out, `did you mean "address"?`) {
		t.Errorf("stderr:\n%s", out)
	}
}

func TestReload(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file := write(t, l.Addr().String())
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("nonsense {"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.say(wire.Message{Reload: &wire.Reload{}})
	d.until("the refusal", func(m wire.Message) bool {
		if m.Begin != nil && m.Begin.Full {
			t.Error("an invalid file was put in force")
		}
		return strings.Contains(d.log.String(), "nothing reloaded")
	})
	if err := os.WriteFile(file, good, 0o600); err != nil {
		t.Fatal(err)
	}
	d.say(wire.Message{Reload: &wire.Reload{}})
	d.until("the new configuration", func(m wire.Message) bool { return m.Begin != nil && m.Begin.Full })
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

func TestDeltas(t *testing.T) {
	one := func(addr string, weight uint32) ipvs.Server {
		return ipvs.Server{ServerKey: ipvs.ServerKey{Address: netip.MustParseAddrPort(addr)}, Weight: weight}
	}
	have := []ipvs.Server{one("10.0.0.1:80", 1), one("10.0.0.2:80", 1), one("10.0.0.3:80", 1)}
	want := []ipvs.Server{one("10.0.0.1:80", 1), one("10.0.0.2:80", 5), one("10.0.0.4:80", 1)}
	got := deltas("web", have, want)
	if len(got) != 1 || len(got[0].Delta.Set) != 2 || len(got[0].Delta.Delete) != 1 {
		t.Errorf("deltas = %+v", got)
	}
	if none := deltas("web", want, want); len(none) != 0 {
		t.Errorf("no change gives %+v", none)
	}
	var many []ipvs.Server
	for n := range 3*serversPerMessage + 1 {
		many = append(many, one(fmt.Sprintf("10.0.%d.%d:80", n>>8, n&255), 1))
	}
	if parts := deltas("web", nil, many); len(parts) != 4 {
		t.Errorf("%d messages, want 4", len(parts))
	}
}
