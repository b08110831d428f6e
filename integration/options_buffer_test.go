package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// leastBuffer is what a director asks for in any case, as a flood needs it.
const leastBuffer = 1 << 20

// testReceiveBuffer reads the sizes of the sockets' receive buffers. The kernel
// doubles what it is asked for.
func testReceiveBuffer(t *testing.T) {
	r := newRig(t, "10.99.0.2/24")
	group := func(n int) string { return fmt.Sprintf("mcast_dst_ip = \"224.0.0.%d\"", 100+n) }
	for _, c := range []struct {
		global string
		// lines are those of routers, each with its own socket, sizes of theirs.
		lines []string
		sizes []int
	}{
		{"", []string{"", "kernel_rx_buf_size = 2000000", "kernel_rx_buf_size = 3000"}, []int{leastBuffer, 2000000, leastBuffer}},
		{"vrrp_rx_bufs_policy = [700000]", []string{"", "kernel_rx_buf_size = 1500000"}, []int{3 * 700000, 1500000}},
		{"vrrp_rx_bufs_policy = [700000]\n  vrrp_rx_bufs_multiplier = 2", []string{""}, []int{2 * 700000}},
		{"vrrp_rx_bufs_policy = [\"MTU\"]\n  vrrp_rx_bufs_multiplier = 900", []string{""}, []int{900 * 1500}},
		// One more address is 4 bytes more of each advert.
		{"vrrp_rx_bufs_policy = [\"MTU\", \"ADVERT\"]\n  vrrp_rx_bufs_multiplier = 900", []string{`virtual_ipaddress "10.99.1.1/24" {}`,
			`virtual_ipaddress "10.99.1.2/24" {}` + "\n" + `virtual_ipaddress "10.99.1.3/24" {}`}, []int{900 * (1500 + 128 + 4), 900 * (1500 + 128 + 8)}},
	} {
		conf := "global {\n  " + c.global + "\n}\n"
		for n, line := range c.lines {
			conf += numbered(n+1, quiet, line, group(n))
		}
		r.start(conf)
		want := make([]int, 0, len(c.sizes))
		for _, size := range c.sizes {
			want = append(want, 2*size)
		}
		slices.Sort(want)
		var got []int
		r.lab.Becomes(room+time.Second, func() bool { got = r.buffers(); return slices.Equal(got, want) })
		if !slices.Equal(got, want) {
			t.Errorf("%q, %q: buffers of %d, want %d", c.global, c.lines, got, want)
		}
		r.director.Stop()
	}
	lab.Claim(t, "kernel_rx_buf_size, vrrp_rx_bufs_policy (bytes, MTU, ADVERT) and vrrp_rx_bufs_multiplier size the sockets' buffers, which have %d bytes at least", leastBuffer)
}

// buffers are the sizes of the receive buffers of the dataplane's VRRP sockets,
// asked of the sockets themselves.
func (r *rig) buffers() []int {
	var sizes []int
	status := r.status()
	if status == nil {
		return nil
	}
	process, err := unix.PidfdOpen(status.Dataplane.PID, 0)
	r.lab.Expect(err == nil, "open the dataplane: %v", err)
	defer func() { _ = unix.Close(process) }()
	for n := range 128 {
		fd, err := unix.PidfdGetfd(process, n, 0)
		if err != nil {
			continue
		}
		kind, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
		protocol, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
		if kind == unix.SOCK_RAW && protocol == lab.VRRP {
			size, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
			sizes = append(sizes, size)
		}
		_ = unix.Close(fd)
	}
	slices.Sort(sizes)
	return sizes
}
