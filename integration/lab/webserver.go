package lab

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
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

// nginxConf makes one process that answers with a name. It takes whatever
// arrives: a server that forks for each connection, with a short queue, is the
// first thing to give way on a slow machine.
const nginxConf = `daemon off;
master_process off;
user root;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
	access_log off;
	default_type text/plain;
	keepalive_timeout 0;
	client_body_temp_path %[1]s;
	proxy_temp_path %[1]s;
	fastcgi_temp_path %[1]s;
	uwsgi_temp_path %[1]s;
	scgi_temp_path %[1]s;
	server {
		listen %[2]d backlog=4096;
		listen [::]:%[2]d backlog=4096 ipv6only=on;
		location / { return 200 %[3]s; }
	}
}
`

// Serve starts the web server and returns when it listens.
func (h *Host) Serve(port uint16) *Process {
	h.lab.t.Helper()
	dir := filepath.Join(h.Dir(), "nginx")
	h.must("folder", os.MkdirAll(dir, 0o755))
	conf := filepath.Join(dir, "nginx.conf")
	h.must("configuration", os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, port, h.Name), 0o644))
	p := h.Start("nginx", "-e", "stderr", "-p", dir, "-c", conf)
	h.lab.Eventually(20*time.Second, "web server of "+h.Name+" listens", func() bool { return h.listens(port) })
	return p
}

// listens reports whether something on the host accepts connections at a port.
func (h *Host) listens(port uint16) bool {
	local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	return h.Get(local).Outcome == Answered
}
