package integration

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"director/integration/lab"
)

// A fifoReader reads a FIFO that somebody else makes, to the test's end.
type fifoReader struct {
	lab  *lab.Lab
	file *os.File
	// reading is held while something is read.
	reading sync.Mutex
	mu      sync.Mutex // guards text
	text    []byte
}

// openFIFO waits until the FIFO is there and opens it; nothing is read yet.
func openFIFO(t lab.T, l *lab.Lab, path string) *fifoReader {
	t.Helper()
	l.Eventually(10*time.Second, path+" is a FIFO", func() bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode()&fs.ModeNamedPipe != 0
	})
	// A writer of our own: the end of theirs is not the end of the file.
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	l.Expect(err == nil, "FIFO: %v", err)
	t.Cleanup(func() { _ = file.Close() })
	return &fifoReader{lab: l, file: file}
}

// read reads from now on.
func (r *fifoReader) read(t lab.T) *fifoReader {
	done := make(chan struct{})
	go func() {
		defer close(done)
		chunk := make([]byte, 4096)
		for {
			r.reading.Lock()
			_ = r.file.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			n, err := r.file.Read(chunk)
			r.reading.Unlock()
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				return
			}
			r.mu.Lock()
			r.text = append(r.text, chunk[:n]...)
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = r.file.Close()
		<-done
	})
	return r
}

// pause reads nothing until the function it returns is called.
func (r *fifoReader) pause() (goOn func()) {
	r.reading.Lock()
	return r.reading.Unlock
}

// all is what was read so far.
func (r *fifoReader) all() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.text)
}

// of are the lines, with their ends, that contain a text.
func (r *fifoReader) of(text string) []string {
	var lines []string
	for line := range strings.Lines(r.all()) {
		if strings.Contains(line, text) {
			lines = append(lines, line)
		}
	}
	return lines
}

// has waits until there are so many lines that contain a text.
func (r *fifoReader) has(count int, text string) {
	r.lab.Eventually(10*time.Second+room, text, func() bool { return len(r.of(text)) >= count })
}
