package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// The daemons of FRR that a test starts beside zebra.
const (
	VRRPD = "vrrpd"
	BFDD  = "bfdd"
)

// frrPrograms is where they are, on no search path.
const frrPrograms = "/usr/lib/frr"

// FRR is FRRouting on a host: zebra, which speaks with the kernel, and the
// folder with the sockets by which the other daemons and vtysh find it.
type FRR struct {
	*Process
	dir string
}

// FRR starts zebra on the host and returns when it listens.
func (h *Host) FRR() *FRR {
	h.lab.t.Helper()
	f := &FRR{dir: filepath.Join(h.Dir(), "frr")}
	// What a crash has left of the sockets would look like a zebra.
	h.must("folder", os.RemoveAll(f.dir))
	h.must("folder", os.MkdirAll(f.dir, 0o755))
	for name, text := range map[string]string{
		"passwd": "root:x:0:0::/:/bin/sh\n", "group": "root:x:0:root\nfrrvty:x:0:root\n",
	} {
		h.must("folder", os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644))
	}
	f.Process = f.run(h, "zebra", "")
	h.lab.Eventually(10*time.Second, "zebra on "+h.Name+" listens", func() bool {
		_, err := os.Stat(f.path("zserv.api"))
		return err == nil
	})
	return f
}

func (f *FRR) path(name string) string { return filepath.Join(f.dir, name) }

// Daemon starts a daemon beside zebra with a configuration of its own.
func (f *FRR) Daemon(name, config string) *Process {
	f.host.lab.t.Helper()
	return f.run(f.host, name, config)
}

// frrWorld gives a daemon what it was built to find, for it alone (ip netns exec
// has made a mount namespace): accounts, of which a user namespace has one only,
// and a place for its crash logs. Its adverts are as punctual as director's,
// where that is allowed.
const frrWorld = `mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group &&
mount -t tmpfs tmpfs /var/tmp || exit
chrt --fifo --pid 50 $$ 2>/dev/null
shift
exec "$@"`

func (f *FRR) run(h *Host, name, config string) *Process {
	h.lab.t.Helper()
	conf := f.path(name + ".conf")
	h.must("configuration", os.WriteFile(conf, []byte(config), 0o644))
	args := []string{"-c", frrWorld, "sh", f.dir, filepath.Join(frrPrograms, name), "-u", "root", "-g", "root",
		"-f", conf, "-i", f.path(name + ".pid"), "-z", f.path("zserv.api"), "--vty_socket", f.dir, "-P", "0",
		"--log", "stdout", "--log-level", "info"}
	if name == BFDD {
		args = append(args, "--bfdctl", f.path("bfdd.sock"))
	}
	p := h.Start("sh", args...)
	p.Name = name
	return p
}

// Show returns what vtysh prints for a command, "" when no daemon answers.
func (f *FRR) Show(command string) string {
	ctx, cancel := context.WithTimeout(f.host.lab.t.Context(), 10*time.Second)
	defer cancel()
	// On its other output it complains of configurations that it may not read.
	output, err := f.host.Cmd(ctx, "vtysh", "--vty_socket", f.dir, "-c", command).Output()
	if err != nil {
		return ""
	}
	return string(output)
}

// VirtualLink makes the link that vrrpd wants to find for a virtual router: a
// macvlan on eth0 with the virtual hardware address, and no other address yet
// than a link-local one, the source of adverts over IPv6. A link that is there
// already is made anew.
func (h *Host) VirtualLink(name string, mac net.HardwareAddr) {
	h.lab.t.Helper()
	_, _ = h.Try("ip", "link", "delete", name)
	h.Run("ip", "link", "add", name, "link", "eth0", "type", "macvlan", "mode", "bridge")
	// Not in the same command: the kernel refuses it for a new link.
	h.Run("ip", "link", "set", name, "address", mac.String(), "addrgenmode", "random")
	// As a backup vrrpd takes the link's carrier away, and the kernel would answer
	// for its addresses on eth0.
	h.Sysctl("net.ipv4.conf.all.arp_ignore", "1")
	h.must("up", h.ns.up(name))
	// vrrpd does not wait for it.
	h.lab.Eventually(10*time.Second, name+" of "+h.Name+" has a link-local address", func() bool {
		link, err := h.ns.links.LinkByName(name)
		h.must("address", err)
		list, err := h.ns.links.AddrList(link, netlink.FAMILY_V6)
		h.must("address", err)
		return len(list) > 0
	})
}

// frrMissing says what of FRR is not installed.
func frrMissing() string {
	var all []string
	for _, name := range []string{"zebra", VRRPD, BFDD} {
		if _, err := os.Stat(filepath.Join(frrPrograms, name)); err != nil {
			all = append(all, err.Error())
		}
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("package frr: %s", strings.Join(all, ", "))
}
