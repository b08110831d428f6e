package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// A namespace is one network namespace with a name under /run/netns.
type namespace struct {
	name  string
	file  netns.NsHandle
	links *netlink.Handle
	link  string // "net:[4026532]", as /proc shows it for its processes
}

// newNamespace makes a namespace with its loopback up.
func newNamespace(name string) (*namespace, error) {
	made := make(chan error, 1)
	n := &namespace{name: name}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with us
		var err error
		if n.file, err = netns.NewNamed(name); err == nil {
			n.link, err = os.Readlink("/proc/thread-self/ns/net")
		}
		made <- err
	}()
	err := <-made
	if err == nil {
		n.links, err = netlink.NewHandleAt(n.file, unix.NETLINK_ROUTE)
	}
	if err == nil {
		err = n.up("lo")
	}
	if err != nil {
		return nil, fmt.Errorf("namespace %s: %w", name, err)
	}
	return n, nil
}

// do runs f on a thread that is in the namespace and nowhere else afterwards.
// Sockets that f opens stay in the namespace.
func (n *namespace) do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := netns.Set(n.file); err != nil {
			done <- fmt.Errorf("enter %s: %w", n.name, err)
			return
		}
		done <- f()
	}()
	return <-done
}

func (n *namespace) up(name string) error {
	link, err := n.links.LinkByName(name)
	if err != nil {
		return err
	}
	return n.links.LinkSetUp(link)
}

// sysctl sets net.X.Y to a value. In do the path is that of the namespace.
func (n *namespace) sysctl(key, value string) error {
	path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
	return n.do(func() error { return os.WriteFile(path, []byte(value), 0o644) })
}

// pids lists the processes in the namespace, without our own: the runtime never
// ends its first thread, so that one may stay where a goroutine of ours left it.
func (n *namespace) pids() []int {
	found, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	var pids []int
	for _, path := range found {
		if link, err := os.Readlink(path); err == nil && link == n.link {
			if pid, err := strconv.Atoi(strings.Split(path, "/")[2]); err == nil && pid != os.Getpid() {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// remove ends all processes in the namespace and takes its name away.
func (n *namespace) remove() {
	n.killAll()
	n.links.Close()
	_ = n.file.Close()
	_ = netns.DeleteNamed(n.name)
}
