package netif

import (
	"fmt"
	"runtime"

	"github.com/vishvananda/netns"
)

// space is a network namespace, held open.
type space struct{ handle netns.NsHandle }

// currentSpace holds the namespace of the calling thread.
func currentSpace() (space, error) {
	h, err := netns.Get()
	if err != nil {
		return space{}, fmt.Errorf("open the network namespace of this thread: %w", err)
	}
	return space{h}, nil
}

func (s space) close() { s.handle.Close() }

// do calls f on a thread that is in the namespace. It changes the namespace of
// a thread only when it must: that needs CAP_SYS_ADMIN, which the daemon, all
// of it in one namespace, does not have.
func (s space) do(f func() error) error {
	runtime.LockOSThread()
	here, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("open the network namespace of this thread: %w", err)
	}
	defer here.Close()
	if here.Equal(s.handle) {
		defer runtime.UnlockOSThread()
		return f()
	}
	runtime.UnlockOSThread()
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and nobody else
		// gets it while it is in the wrong namespace.
		runtime.LockOSThread()
		if err := netns.Set(s.handle); err != nil {
			done <- fmt.Errorf("enter the network namespace: %w", err)
			return
		}
		done <- f()
	}()
	return <-done
}
