package dataplane

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrRunning says that another director has this run directory or this network
// namespace.
var ErrRunning = errors.New("another director is running")

// lock is what keeps a second director out: two would fight over the same
// kernel objects.
type lock struct {
	file *os.File
	net  *net.UnixListener
}

// acquire takes the run directory and the network namespace. Both go with the
// process, however it ends: the first is a file lock, the second an abstract
// socket, whose names belong to the network namespace (unix(7)).
func acquire(dir string) (*lock, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of the run directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w in the run directory %s", ErrRunning, dir)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@director/namespace", Net: "unix"})
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("%w in this network namespace, with another run directory", ErrRunning)
		}
		return nil, fmt.Errorf("lock of the network namespace: %w", err)
	}
	return &lock{f, l}, nil
}

func (l *lock) release() error { return errors.Join(l.net.Close(), l.file.Close()) }
