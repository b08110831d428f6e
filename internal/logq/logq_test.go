package logq

import (
	"bytes"
	"testing"
	"testing/synctest"
)

// stuck is a reader that has stopped.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }

func TestAStoppedReaderCostsLinesNotTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stuck{make(chan struct{})}
		w := New(s)
		for range queued + 10 {
			if _, err := w.Write([]byte("line\n")); err != nil {
				t.Fatal(err)
			}
		}
		// One line is in the writer's hands or still queued.
		if d := w.Dropped(); d < 9 || d > 10 {
			t.Errorf("dropped %d lines, want 9 or 10", d)
		}
		w.Close()
		close(s.release)
		<-w.Done()
	})
}

func TestEverythingQueuedIsWritten(t *testing.T) {
	var out bytes.Buffer
	w := New(&out)
	for range 100 {
		w.Write([]byte("x"))
	}
	w.Close()
	<-w.Done()
	if out.Len() != 100 || w.Dropped() != 0 {
		t.Errorf("%d bytes, %d dropped", out.Len(), w.Dropped())
	}
}
