package dataplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"director/bfd"
	"director/bfd/udpsock"
	"director/internal/netif"
	"director/internal/track"
	"director/internal/wire"
	"director/ipvs"
)

// SocketName is the file in the run directory at which control answers.
const SocketName = "director.sock"

// Options say how a dataplane runs.
type Options struct {
	// RunDir holds socket, lock and record; it is made when it does not exist.
	RunDir string
	// IPVSNamespace is the file of the network namespace whose IPVS is
	// programmed; empty: the one of the process.
	IPVSNamespace string
	// Control makes the command of a control process.
	Control func() *exec.Cmd
	// Realtime is nil when the process runs in real time, else why not.
	Realtime error
	Log      *slog.Logger
	// LogDropped counts the lines of Log that were lost.
	LogDropped func() uint64
	// Hurry has an element when a stop is asked for once more: nobody is waited
	// for any longer.
	Hurry <-chan struct{}
	// Reload has an element whenever the configuration is to be read again.
	Reload <-chan struct{}
	// Ready is called once, when the first configuration is in force.
	Ready func()
}

// Run is the dataplane until ctx ends; then it gives up everything and returns
// nil. Otherwise the error is ErrRunning, ErrStart, or says what the machine
// does not allow.
func Run(ctx context.Context, o Options) error {
	neverReap()
	lock, err := acquire(o.RunDir)
	if err != nil {
		return err
	}
	defer lock.release()
	keep, err := openKeeper(o.RunDir, o.Log)
	if err != nil {
		return err
	}
	table, err := netif.New(o.Log, keep.addresses)
	if err != nil {
		return err
	}
	defer table.Close()
	listener, err := listen(o.RunDir)
	if err != nil {
		return err
	}
	defer listener.Close()

	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	e := newEngine(o, work, keep, kernel{table})
	if err := removeLeftovers(work, table, keep, o.Log); err != nil {
		return err
	}
	table.Sysctls().Record(keep.noteSettings)
	return e.run(ctx, table, &supervisor{e: e, log: o.Log, command: o.Control, listener: listener}, o.Reload)
}

func newEngine(o Options, ctx context.Context, keep keeper, machine machine) *engine {
	e := &engine{
		log: o.Log, machine: machine, keep: keep, ctx: ctx, begun: time.Now(), hurry: o.Hurry,
		tracked: tracked{told: map[track.ID]track.State{}, sessions: map[string]bfd.Status{}},
		delays:  delays{pending: map[string]pendingLink{}, seenUp: map[string]bool{}},
		runners: map[string]*running{}, links: map[string]netif.Link{}, present: map[netif.Key]netif.Present{},
		health: map[healthKey]remembered{},
		tasks:  tasks{ready: make(chan struct{}, 1)}, onReady: o.Ready, logDropped: o.LogDropped,
		open: func() (table, error) {
			c, err := ipvs.OpenIn(o.IPVSNamespace)
			if err != nil {
				return nil, err
			}
			return c, nil
		},
	}
	if o.Realtime != nil {
		e.process.Realtime = o.Realtime.Error()
	}
	return e
}

// run runs the engine and everything around it.
func (e *engine) run(ctx context.Context, t *netif.Table, s *supervisor, reload <-chan struct{}) error {
	announcer := netif.NewAnnouncer(e.log, t)
	e.announce = announcer
	sockets := newSockets(e)
	e.network = sockets
	sessions := bfd.New(e.log, udpsock.Network{}, func(name string, s bfd.Status) {
		e.post(func() { e.sessionChanged(name, s) })
	})
	e.sessions = sessions
	e.leftLinks()
	e.relist()
	e.refreshMachine()
	e.openTable()

	around, stop := context.WithCancel(e.ctx)
	e.workers.Go(func() { announcer.Run(around) })
	e.workers.Go(func() {
		t.Watch(around, func(ev netif.Event) { e.post(func() { e.event(ev) }) })
	})
	e.workers.Go(func() { e.passReloads(around, reload) })
	e.workers.Go(func() { sessions.Run(around) })
	// Control goes on while addresses and services are given up, and it is the
	// first to say that the configuration cannot be loaded.
	failed := make(chan error, 1)
	control, end := context.WithCancel(around)
	ended := make(chan struct{})
	loop, endLoop := context.WithCancel(ctx)
	go func() {
		defer close(ended)
		err := s.run(control)
		failed <- err
		if err != nil {
			endLoop()
		}
	}()
	e.loop(loop)
	e.releaseSettings()
	endLoop()
	end()
	<-ended
	stop()
	sockets.close()
	e.workers.Wait()
	if e.table != nil {
		e.table.Close()
	}
	if e.started && e.idle() {
		if err := e.keep.forget(); err != nil {
			e.log.Warn("record of what is owned stays behind", "error", err)
		}
	}
	return <-failed
}

// passReloads passes requests to read the configuration again on to control.
func (e *engine) passReloads(ctx context.Context, reload <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			e.post(func() {
				e.reloads.asked++
				e.askReload()
			})
		}
	}
}

// askReload passes on a request that has not been answered. When there is no
// control, or it ends before it answers, the next one gets it.
func (e *engine) askReload() {
	if e.out != nil && e.reloads.answered < e.reloads.asked {
		e.out.Set("reload", wire.Message{Reload: &wire.Reload{Seq: e.reloads.asked}})
	}
}

// becameReady notes that control has a configuration.
func (e *engine) becameReady() {
	if e.onReady != nil {
		e.onReady()
		e.onReady = nil
	}
}

// kernel is the machine as the engine sees it.
type kernel struct{ *netif.Table }

// ReleaseSettings puts back the sysctls that a user has set.
func (k kernel) ReleaseSettings(user string) error { return k.Sysctls().Release(user) }

// leftLinks takes in the virtual links that an earlier run left: those that are
// not wanted go.
func (e *engine) leftLinks() {
	names, err := e.machine.OurLinks(e.ctx)
	if err != nil {
		e.log.Error("virtual interfaces could not be listed", "error", err)
	}
	for _, name := range names {
		e.made = append(e.made, &madeLink{want: netif.VirtualLink{Name: name}, dropped: true})
	}
}

// removeLeftovers takes away the addresses, routes, rules and settings that an
// earlier run left when it was killed: from here on we are a backup.
func removeLeftovers(ctx context.Context, t *netif.Table, keep keeper, log *slog.Logger) error {
	if err := removeObjects(ctx, t, log); err != nil {
		return fmt.Errorf("look for routes and rules that an earlier run left: %w", err)
	}
	if err := t.Sysctls().Restore(keep.settings); err != nil {
		log.Error("kernel settings of an earlier run stay as they are", "error", err)
	}
	left, err := t.Ours(ctx)
	if err != nil {
		return fmt.Errorf("look for what an earlier run left: %w", err)
	}
	for _, k := range left {
		if err := t.Delete(ctx, netif.Address{Key: k}); err != nil {
			log.Error("an address left by an earlier run stays", "address", k.String(), "error", err)
			continue
		}
		log.Warn("removed an address left by an earlier run", "address", k.String())
	}
	return nil
}

func removeObjects(ctx context.Context, t *netif.Table, log *slog.Logger) error {
	rules, err := t.OurRules(ctx)
	if err != nil {
		return err
	}
	routes, err := t.OurRoutes(ctx)
	if err != nil {
		return err
	}
	note := func(what string, err error) {
		if err != nil {
			log.Error("left by an earlier run, and stays", "what", what, "error", err)
			return
		}
		log.Warn("removed what an earlier run left", "what", what)
	}
	for n := range rules {
		note((&object{rule: &rules[n]}).String(), t.DeleteRule(ctx, rules[n]))
	}
	for n := range routes {
		note((&object{route: &routes[n]}).String(), t.DeleteRoute(ctx, routes[n]))
	}
	return nil
}

// listen opens the socket of control's answers here, so that it outlives a
// control process: who asks meanwhile waits instead of being refused.
func listen(dir string) (*os.File, error) {
	path := filepath.Join(dir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("old socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, err
	}
	return l.File()
}
