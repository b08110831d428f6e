package guest

import (
	"bytes"
	"io"
	"os"
	"time"
)

// A tail copies what is appended to a file while it grows. The guest writes its
// output to a file because its console also receives the kernel's messages and
// whatever logs with LOG_CONS.
type tail struct {
	end  chan struct{}
	done chan struct{}
	all  bytes.Buffer // owned by the goroutine until done is closed
}

// follow starts copying the file to w until stop is called.
func follow(path string, w io.Writer) *tail {
	t := &tail{end: make(chan struct{}), done: make(chan struct{})}
	go t.run(path, w)
	return t
}

func (t *tail) run(path string, w io.Writer) {
	defer close(t.done)
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	out := io.MultiWriter(&t.all, w)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			_, _ = io.Copy(out, file)
		case <-t.end:
			_, _ = io.Copy(out, file)
			return
		}
	}
}

// stop copies the rest and returns everything there was.
func (t *tail) stop() string {
	close(t.end)
	<-t.done
	return t.all.String()
}
