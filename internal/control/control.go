package control

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"director/checkers"
	"director/config"
	"director/internal/netif"
	"director/internal/script"
	"director/internal/wire"
)

// ErrConfig says that the configuration has errors; they have been written to
// Options.Stderr.
var ErrConfig = errors.New("the configuration has errors")

// Options say how a control process runs.
type Options struct {
	// Load names the configuration.
	Load config.Options
	// Conn is the wire to the dataplane, Listener the socket for questions.
	Conn     io.ReadWriteCloser
	Listener net.Listener
	Log      *slog.Logger
	Stderr   io.Writer
	Version  string
}

// Run is the control process until the dataplane ends it or is gone. The error
// is ErrConfig when the first configuration cannot be used.
func Run(ctx context.Context, o Options) error {
	conn := wire.NewConn(o.Conn)
	defer conn.Close()
	err := run(ctx, o, conn)
	if err != nil {
		// The dataplane does not see the exit status.
		err = errors.Join(err, conn.Send(wire.Message{Failed: &wire.Failed{}}))
	}
	return err
}

// run fails only before the first configuration is in force.
func run(ctx context.Context, o Options, conn *wire.Conn) error {
	hello, known, err := greeting(conn)
	if err != nil {
		return err
	}
	source, cfg, err := first(o, hello)
	if err != nil {
		return err
	}
	table, err := netif.New(o.Log, nil)
	if err != nil {
		return err
	}
	defer table.Close()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e := newEngine(o, conn, hello.Generation)
	sources := netif.NewSources(table)
	e.sources = sources
	env := checkers.Env{SourceFor: sources.SourceFor, Policy: func() script.Policy { return *e.tracking.policy.Load() }}
	e.pool = checkers.NewPool(env, checkers.Options{Report: e.reported, Log: o.Log})
	e.handovers.seq = uint64(hello.Restarts) << 32
	e.opening = len(hello.Source) == 0
	e.recall(known.healths)
	e.recallTrackers(known.trackers)
	if err := e.adopt(source, cfg); err != nil {
		return err
	}

	e.around.Go(func() { sources.Run(ctx) })
	e.around.Go(func() { e.pool.Run(ctx) })
	e.around.Go(func() { e.tracking.set.Run(ctx) })
	e.around.Go(func() { e.serve(ctx, o.Listener) })
	// What was heard of is told and acknowledged after ctx has ended.
	last, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	e.around.Go(func() { e.write(last) })
	told := make(chan struct{})
	go func() { defer close(told); e.notifier.Run(last) }()
	// Not waited for: it ends with the process, by the end of the stream.
	go e.read(cancel)
	e.loop(ctx)
	e.drain()
	<-told
	end()
	e.around.Wait()
	return nil
}

// memory is what the dataplane remembers of a predecessor.
type memory struct {
	healths  []wire.Health
	trackers []wire.Tracker
}

// greeting reads what the dataplane says first.
func greeting(conn *wire.Conn) (*wire.Hello, memory, error) {
	var known memory
	m, err := conn.Receive()
	if err != nil {
		return nil, known, fmt.Errorf("greeting of the dataplane: %w", err)
	}
	if m.Hello == nil {
		return nil, known, errors.New("the dataplane said something else than a greeting first")
	}
	for len(known.healths) < m.Hello.Healths || len(known.trackers) < m.Hello.Trackers {
		h, err := conn.Receive()
		if err != nil {
			return nil, known, fmt.Errorf("what the dataplane remembers: %w", err)
		}
		switch {
		case h.Health != nil:
			known.healths = append(known.healths, *h.Health)
		case h.Tracker != nil:
			known.trackers = append(known.trackers, *h.Tracker)
		}
	}
	return m.Hello, known, nil
}

// first returns the configuration to begin with: the one that runs, where there
// is one, because a crash of this process is no reload.
func first(o Options, hello *wire.Hello) (*config.Source, *config.Config, error) {
	if len(hello.Source) > 0 {
		source := new(config.Source)
		if err := gob.NewDecoder(bytes.NewReader(hello.Source)).Decode(source); err != nil {
			return nil, nil, fmt.Errorf("configuration that runs: %w", err)
		}
		cfg, diags := source.Load()
		if cfg == nil {
			diags.WriteText(o.Stderr)
			return nil, nil, ErrConfig
		}
		return source, cfg, nil
	}
	cfg, source, diags := config.Load(o.Load)
	if err := diags.WriteText(o.Stderr); err != nil {
		return nil, nil, err
	}
	if cfg == nil {
		return nil, nil, ErrConfig
	}
	return source, cfg, nil
}

// FromFiles makes Options of the two file descriptors that the dataplane hands
// to its child.
func FromFiles(conn, listener *os.File) (Options, error) {
	c, err := net.FileConn(conn)
	if err != nil {
		return Options{}, fmt.Errorf("wire to the dataplane (is this command started by director run?): %w", err)
	}
	l, err := net.FileListener(listener)
	if err != nil {
		return Options{}, fmt.Errorf("socket for questions: %w", err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the dataplane's
	}
	return Options{Conn: c, Listener: l}, errors.Join(conn.Close(), listener.Close())
}

// since is the time that was an age ago.
func since(age time.Duration) time.Time { return time.Now().Add(-age) }
