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

	"director/internal/netif"
	"director/internal/wire"
	"director/ipvs"
)

// SocketName is the file in the run directory at which control answers.
const SocketName = "director.sock"

// Options say how a dataplane runs.
type Options struct {
	// RunDir holds socket, lock and record; it is made when it does not exist.
	RunDir string
	// Control makes the command of a control process.
	Control func() *exec.Cmd
	// Realtime is nil when the process runs in real time, else why not.
	Realtime error
	Log      *slog.Logger
	// LogDropped counts the lines of Log that were lost.
	LogDropped func() uint64
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
	e := newEngine(o, work, keep, table)
	if err := removeLeftovers(work, table, o.Log); err != nil {
		return err
	}
	return e.run(ctx, table, &supervisor{e: e, log: o.Log, command: o.Control, listener: listener}, o.Reload)
}

func newEngine(o Options, ctx context.Context, keep keeper, machine machine) *engine {
	e := &engine{
		log: o.Log, machine: machine, keep: keep, ctx: ctx, begun: time.Now(),
		runners: map[string]*running{}, links: map[string]netif.Link{}, present: map[netif.Key]netif.Present{},
		health: map[healthKey]remembered{},
		tasks:  tasks{ready: make(chan struct{}, 1)}, onReady: o.Ready, logDropped: o.LogDropped,
		open: func() (table, error) {
			c, err := ipvs.Open()
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
	e.relist()
	e.refreshMachine()
	e.openTable()

	around, stop := context.WithCancel(e.ctx)
	e.workers.Go(func() { announcer.Run(around) })
	e.workers.Go(func() {
		t.Watch(around, func(ev netif.Event) { e.post(func() { e.event(ev) }) })
	})
	e.workers.Go(func() { e.passReloads(around, reload) })
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

// removeLeftovers takes away the addresses that an earlier run left when it was
// killed: from here on we are a backup.
func removeLeftovers(ctx context.Context, t *netif.Table, log *slog.Logger) error {
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
