package bfd

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// reopenAfter is how long a port that could not be opened is left alone.
const reopenAfter = time.Second

// listener keeps the socket of a port open.
type listener struct {
	port    Port
	network Network
	deliver func(Port, *Received)
	log     *slog.Logger
	cancel  context.CancelFunc

	mu     sync.Mutex // guards what follows
	socket Listener   // nil: not open
	text   string     // what is wrong
}

// listen opens a port. It needs mu.
func (s *Set) listen(ctx context.Context, port Port, wg *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	l := &listener{port: port, network: s.network, deliver: s.deliver, log: s.log, cancel: cancel}
	s.listeners[port] = l
	wg.Go(func() {
		defer cancel()
		l.run(ctx)
	})
}

// drain delivers what is waiting in the socket of a port.
func (s *Set) drain(port Port) {
	s.mu.Lock()
	l := s.listeners[port]
	s.mu.Unlock()
	if l == nil {
		return
	}
	l.mu.Lock()
	socket := l.socket
	l.mu.Unlock()
	if socket != nil {
		socket.Drain()
	}
}

// run holds the socket open until ctx ends.
func (l *listener) run(ctx context.Context) {
	for ctx.Err() == nil {
		socket, err := l.network.Listen(l.port)
		if err == nil {
			l.state(socket, nil)
			err = socket.Run(ctx, func(rx *Received) { l.deliver(l.port, rx) })
			if closed := socket.Close(); err == nil {
				err = closed
			}
		}
		l.state(nil, err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenAfter):
		}
	}
}

// state notes what the socket is, and logs when that is news.
func (l *listener) state(socket Listener, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	l.mu.Lock()
	was := l.text
	l.socket, l.text = socket, text
	l.mu.Unlock()
	switch {
	case text == was:
	case text == "":
		l.log.Info("BFD packets can be received again", "port", l.port.Number(), "ipv6", l.port.IPv6)
	default:
		l.log.Warn("BFD packets cannot be received", "error", text)
	}
}

// problem is what is wrong with the port; empty: nothing.
func (l *listener) problem() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}
