package lab

import (
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// WebServer makes the host a real server of direct routing: it holds the virtual
// addresses on its loopback, silently, and answers every request for / with its
// name.
func (h *Host) WebServer(port uint16, vips ...netip.Addr) *Process {
	h.lab.t.Helper()
	h.Sysctl("net.ipv4.conf.all.arp_ignore", "1")
	h.Sysctl("net.ipv4.conf.all.arp_announce", "2")
	for _, vip := range vips {
		h.AddAddress("lo", netip.PrefixFrom(vip, vip.BitLen()))
	}
	return h.Serve(port)
}

// Serve starts the web server and returns when it listens.
func (h *Host) Serve(port uint16) *Process {
	h.lab.t.Helper()
	root := filepath.Join(h.Dir(), "www")
	h.must("folder", os.MkdirAll(root, 0o755))
	h.must("page", os.WriteFile(filepath.Join(root, "index.html"), []byte(h.Name), 0o644))
	p := h.Start("busybox", "httpd", "-f", "-p", strconv.Itoa(int(port)), "-h", root)
	h.lab.Eventually(5*time.Second, "web server of "+h.Name+" listens", func() bool { return h.listens(port) })
	return p
}

// listens reports whether something on the host accepts connections at a port.
func (h *Host) listens(port uint16) bool {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	return h.Get(local).Outcome == Answered
}
