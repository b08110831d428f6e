// Package netspace puts a process, or a socket, into another network namespace.
package netspace

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// named is where iproute2 keeps the namespaces that have a name.
const named = "/run/netns"

// First is the namespace that the machine began with.
const First = "/proc/1/ns/net"

// marker tells the executed copy, and what that executes itself, that it is
// there already.
const marker = "DIRECTOR_NET_NAMESPACE"

// Path returns the file of a namespace that ip-netns(8) knows by name. A name
// with a slash is a path already.
func Path(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	return filepath.Join(named, name)
}

// Enter moves the process into the namespace of that name by executing it
// again: only one that has no other thread yet is there with all it opens. It
// returns nil in the executed copy, else why not. It needs CAP_SYS_ADMIN.
func Enter(name string) error {
	if os.Getenv(marker) == name {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := join(Path(name)); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("execute itself in network namespace %s: %w", name, err)
	}
	err = unix.Exec(self, os.Args, append(os.Environ(), marker+"="+name))
	return fmt.Errorf("execute itself in network namespace %s: %w", name, err)
}

// join moves the calling thread, which must be locked.
func join(path string) error {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", path, err)
	}
	defer ns.Close()
	if err := netns.Set(ns); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", path, err)
	}
	return nil
}

// Within returns a function that does what open does, in a namespace; an empty
// path is the one of the process. Sockets stay in the namespace in which they
// were opened.
func Within[T any](path string, open func() (T, error)) func() (T, error) {
	if path == "" {
		return open
	}
	return func() (v T, err error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			// Never unlocked: the thread ends with the goroutine.
			runtime.LockOSThread()
			if err = join(path); err == nil {
				v, err = open()
			}
		}()
		<-done
		return v, err
	}
}
