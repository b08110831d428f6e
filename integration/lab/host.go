package lab

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// Host is a machine: a network namespace and the processes in it.
type Host struct {
	Name string
	lab  *Lab
	ns   *namespace
	nics []*nic
}

// Host makes a machine with interfaces eth0, eth1 … on the given segments.
func (l *Lab) Host(name string, sockets ...Socket) *Host {
	l.t.Helper()
	h := &Host{Name: name, lab: l}
	var err error
	if h.ns, err = newNamespace("lab-" + l.id + "-" + name); err != nil {
		l.t.Fatalf("lab: host %s: %v", name, err)
	}
	l.t.Cleanup(h.ns.remove)
	// Duplicate address detection takes seconds and tells nothing here.
	for _, scope := range []string{"all", "default"} {
		h.Sysctl("net.ipv6.conf."+scope+".accept_dad", "0")
		h.Sysctl("net.ipv6.conf."+scope+".accept_ra", "0")
	}
	for i, socket := range sockets {
		h.plug(fmt.Sprintf("eth%d", i), socket)
	}
	l.hosts = append(l.hosts, h)
	return h
}

func (h *Host) plug(name string, socket Socket) {
	h.lab.t.Helper()
	n, err := socket.segment.plug(h.ns, name)
	h.must("cable", err)
	h.nics = append(h.nics, n)
	for _, address := range socket.addresses {
		prefix, err := netip.ParsePrefix(address)
		h.must("address", err)
		n.addresses = append(n.addresses, prefix)
		h.AddAddress(name, prefix)
	}
	h.must("up", h.ns.up(name))
	// The kernel opens the queue of an interface some time after it is up.
	h.lab.Eventually(10*time.Second, name+" of "+h.Name+" is running", func() bool {
		link, err := h.ns.links.LinkByName(name)
		return err == nil && link.Attrs().OperState == netlink.OperUp
	})
}

// must ends the test when the lab itself does not work.
func (h *Host) must(what string, err error) {
	h.lab.t.Helper()
	if err != nil {
		h.lab.t.Fatalf("lab: host %s: %s: %v", h.Name, what, err)
	}
}

// Namespace is the name of the host's network namespace.
func (h *Host) Namespace() string { return h.ns.name }

// Dir is a folder of the host's own, with a short path.
func (h *Host) Dir() string { return filepath.Join(h.lab.dir, h.Name) }

// Do runs f on a thread in the host's namespace; sockets opened by f stay there.
func (h *Host) Do(f func() error) error { return h.ns.do(f) }

// Links is a netlink handle in the host's namespace.
func (h *Host) Links() *netlink.Handle { return h.ns.links }

// Sysctl sets a kernel variable under net.
func (h *Host) Sysctl(key, value string) {
	h.lab.t.Helper()
	h.must(key, h.ns.sysctl(key, value))
}

// Cmd returns a command that will run on the host, with the command's own pid.
func (h *Host) Cmd(ctx context.Context, name string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", h.ns.name, name}, args...)...)
}

// Run runs a command on the host and returns what it printed. It has ten
// seconds and must succeed.
func (h *Host) Run(name string, args ...string) string {
	h.lab.t.Helper()
	output, err := h.Try(name, args...)
	if err != nil {
		h.lab.t.Fatalf("%s: %s %s: %v\n%s", h.Name, name, strings.Join(args, " "), err, output)
	}
	return output
}

// Try is Run for a command that may fail.
func (h *Host) Try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.lab.t.Context(), 10*time.Second)
	defer cancel()
	output, err := h.Cmd(ctx, name, args...).CombinedOutput()
	return string(output), err
}

// IPVS returns the host's IPVS table as ipvsadm saves it, sorted as the kernel
// lists it.
func (h *Host) IPVS() string {
	h.lab.t.Helper()
	return h.Run("ipvsadm", "-Sn")
}
