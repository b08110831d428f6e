package script

import (
	"io"
	"strings"
	"sync"
)

// kept is how much output is remembered, in bytes.
const kept = 4096

// tail remembers the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

// ReadFrom reads until nothing comes any more, however much it is.
func (t *tail) ReadFrom(r io.Reader) (int64, error) {
	buf := make([]byte, 4*kept)
	var total int64
	for {
		n, err := r.Read(buf)
		total += int64(n)
		t.add(buf[:n])
		if err != nil {
			return total, err
		}
	}
}

func (t *tail) add(b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, b[max(0, len(b)-kept):]...)
	if over := len(t.data) - kept; over > 0 {
		t.data = append(t.data[:0], t.data[over:]...)
	}
}

// String is what is remembered, as valid UTF-8.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(t.data), "\uFFFD")
}
