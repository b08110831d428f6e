// Package logq lets a process log without ever waiting for whoever reads the
// log: a full pipe loses lines, counted, instead of time.
package logq

import (
	"io"
	"sync/atomic"
)

// queued is the number of lines that may wait.
const queued = 4096

// Writer is an io.Writer that never blocks. Each Write is one line; lines that
// find the queue full are dropped and counted.
type Writer struct {
	out     io.Writer
	lines   chan []byte
	done    chan struct{}
	dropped atomic.Uint64
}

// New starts a writer to out; Close ends it.
func New(out io.Writer) *Writer {
	w := &Writer{out: out, lines: make(chan []byte, queued), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *Writer) run() {
	defer close(w.done)
	for line := range w.lines {
		if _, err := w.out.Write(line); err != nil {
			w.dropped.Add(1)
		}
	}
}

// Write queues a copy of p. It always succeeds.
func (w *Writer) Write(p []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), p...):
	default:
		w.dropped.Add(1)
	}
	return len(p), nil
}

// Dropped counts the lines that were lost.
func (w *Writer) Dropped() uint64 { return w.dropped.Load() }

// Done is closed when everything queued before Close has been written.
func (w *Writer) Done() <-chan struct{} { return w.done }

// Close takes no more lines. It does not wait: the reader may be gone for good.
// No Write may follow.
func (w *Writer) Close() { close(w.lines) }
