package rawsock_test

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"director/internal/nstest"
	"director/vrrp"
	"director/vrrp/rawsock"
)

// keepalivedCase is a virtual router that we hold against a keepalived.
type keepalivedCase struct {
	name    string
	change  func(*vrrp.Config)
	unicast bool
}

// A real keepalived stays BACKUP while we send, becomes MASTER when we stop,
// and its adverts are accepted by us then.
func TestKeepalivedBelievesUs(t *testing.T) {
	if _, err := exec.LookPath("keepalived"); err != nil {
		nstest.Missing(t, "keepalived", err.Error())
	}
	v2 := func(auth vrrp.AuthType) func(*vrrp.Config) {
		return func(c *vrrp.Config) {
			c.Version, c.Auth, c.AuthPassword = 2, auth, "s3cret"
		}
	}
	fast := func(c *vrrp.Config) { c.AdvertInt = 250 * time.Millisecond }
	fast6 := func(c *vrrp.Config) {
		fast(c)
		c.Family, c.Addresses = vrrp.IPv6, []netip.Addr{vip6, netip.MustParseAddr("2001:db8::50")}
	}
	for _, c := range []keepalivedCase{
		{name: "v2 multicast", change: v2(vrrp.AuthNone)},
		{name: "v2 PASS", change: v2(vrrp.AuthPass)},
		{name: "v2 AH", change: v2(vrrp.AuthAH)},
		{name: "v2 AH unicast", change: v2(vrrp.AuthAH), unicast: true},
		{name: "v3 IPv4 multicast", change: fast},
		{name: "v3 IPv4 unicast", change: fast, unicast: true},
		{name: "v3 IPv6 multicast", change: fast6},
		{name: "v3 IPv6 unicast", change: fast6, unicast: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func (c keepalivedCase) run(t *testing.T) {
	a, b := newPair(t)
	cfg := config4()
	c.change(cfg)
	opts := rawsock.Options{Family: cfg.Family, VRIDs: []uint8{cfg.VRID}, AH: cfg.Auth == vrrp.AuthAH}
	src, dst, peer := a4, vrrp.GroupIPv4, b4
	if cfg.Family == vrrp.IPv6 {
		src, dst, peer = aL, vrrp.GroupIPv6, b6
	}
	if c.unicast {
		if cfg.Family == vrrp.IPv6 {
			src = a6
		}
		dst, opts.Source = peer, src
		cfg.Peers = []vrrp.Peer{{Addr: peer}}
		cfg.CheckUnicastSource = true
	}
	conn := a.open(opts)
	arrived := listen(t, conn)
	stop := advertise(t, conn.For(cfg), cfg, src, dst)
	roles := b.keepalived(cfg, src, peer)
	roles.want(t, "BACKUP")
	roles.none(t, 4*cfg.AdvertInt) // its master-down time is 3.6 intervals
	stop()
	roles.want(t, "MASTER")
	receiver := vrrp.NewReceiver(cfg)
	advert, drop := receiver.Check(next(t, arrived))
	if drop != vrrp.Accepted || advert.Priority != 100 {
		t.Errorf("keepalived's advert: %v, %+v", drop, advert)
	}
	if odd := receiver.Oddities(); odd != (vrrp.Oddities{}) {
		t.Errorf("odd: %+v", odd)
	}
}

// advertise sends adverts until the returned function is called.
func advertise(t *testing.T, tr *rawsock.Transport, cfg *vrrp.Config, src, dst netip.Addr) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	message := advert(t, cfg, src, dst)
	go func() {
		defer close(done)
		tick := time.NewTicker(cfg.AdvertInt)
		defer tick.Stop()
		for {
			if err := tr.Send(src, dst, message); err != nil {
				t.Error(err)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// roleLog is what keepalived says of its role: "BACKUP", "MASTER".
type roleLog <-chan string

// keepalived runs a keepalived as a backup of cfg's router until the test ends.
func (h host) keepalived(cfg *vrrp.Config, peer, own netip.Addr) roleLog {
	h.t.Helper()
	path, err := exec.LookPath("keepalived")
	if err != nil {
		h.t.Fatal(err)
	}
	dir := h.t.TempDir()
	conf := filepath.Join(dir, "keepalived.conf")
	if err := os.WriteFile(conf, []byte(keepalivedConfig(cfg, peer, own)), 0o600); err != nil {
		h.t.Fatal(err)
	}
	cmd := exec.Command(path, "--vrrp", "--dont-fork", "--log-console", "--log-detail",
		"--use-file", conf, "--pid", filepath.Join(dir, "pid"), "--vrrp_pid", filepath.Join(dir, "vrrp.pid"))
	out, err := cmd.StderrPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd.Stdout = cmd.Stderr
	h.ns.Do(func() {
		if err := cmd.Start(); err != nil {
			h.t.Fatal(err)
		}
	})
	roles, ended := make(chan string, 100), make(chan struct{})
	go func() {
		defer close(ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			h.t.Log(lines.Text())
			if _, role, ok := strings.Cut(lines.Text(), "Entering "); ok {
				roles <- strings.Fields(role)[0]
			}
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
		_ = cmd.Wait()
	})
	return roles
}

func keepalivedConfig(cfg *vrrp.Config, peer, own netip.Addr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n script_user root\n}\nvrrp_instance test {\n interface eth0\n virtual_router_id %d\n priority 100\n"+
		" version %d\n advert_int %v\n garp_master_delay 0\n", cfg.VRID, cfg.Version, cfg.AdvertInt.Seconds())
	if cfg.Unicast() {
		fmt.Fprintf(&b, " unicast_src_ip %v\n unicast_peer {\n  %v\n }\n", own, peer)
	}
	if cfg.Auth != vrrp.AuthNone {
		kind := map[vrrp.AuthType]string{vrrp.AuthPass: "PASS", vrrp.AuthAH: "AH"}[cfg.Auth]
		fmt.Fprintf(&b, " authentication {\n  auth_type %s\n  auth_pass %s\n }\n", kind, cfg.AuthPassword)
	}
	b.WriteString(" virtual_ipaddress {\n")
	for _, a := range cfg.Addresses {
		fmt.Fprintf(&b, "  %v\n", a)
	}
	b.WriteString(" }\n}\n")
	return b.String()
}

// want waits for the next role.
func (r roleLog) want(t *testing.T, role string) {
	t.Helper()
	select {
	case got := <-r:
		if got != role {
			t.Fatalf("keepalived entered %s, want %s", got, role)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("keepalived did not enter %s", role)
	}
}

// none wants no change of role for d.
func (r roleLog) none(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case got := <-r:
		t.Fatalf("keepalived entered %s", got)
	case <-time.After(d):
	}
}
