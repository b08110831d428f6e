package lab

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// An Echo is an answer to an ICMP echo request, and which machine gave it.
type Echo struct {
	At  time.Time // by the kernel's stamp
	MAC net.HardwareAddr
}

// Pulse asks an address for an echo again and again and keeps the answers.
// It is cheaper than a [Client], and so dense enough for a gap of milliseconds.
type Pulse struct {
	target netip.Addr
	tap    *tap
	end    chan struct{}
	open   sync.WaitGroup

	mu     sync.Mutex // guards echoes
	echoes []Echo
}

// Pulse starts asking from the host until it is stopped.
func (h *Host) Pulse(target netip.Addr, every time.Duration) *Pulse {
	h.lab.t.Helper()
	p := &Pulse{target: target, end: make(chan struct{})}
	var socket int
	err := h.Do(func() (err error) {
		if p.tap, err = openTap("eth0"); err != nil {
			return err
		}
		domain, protocol := unix.AF_INET, unix.IPPROTO_ICMP
		if target.Is6() {
			domain, protocol = unix.AF_INET6, unix.IPPROTO_ICMPV6
		}
		socket, err = unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
		return err
	})
	h.must("pulse", err)
	p.open.Go(func() { p.tap.run(p.see) })
	p.open.Go(func() { p.ask(socket, every) })
	h.lab.t.Cleanup(p.Stop)
	return p
}

// ask sends requests from a thread of its own, in real time where that is
// allowed: a pulse that is late tells nothing of those it asks.
func (p *Pulse) ask(socket int, every time.Duration) {
	runtime.LockOSThread() // and never unlocked: the thread ends with us
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
	defer func() { _ = unix.Close(socket) }()
	echo := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: socket, Seq: 1}}
	var to unix.Sockaddr
	if p.target.Is4() {
		to = &unix.SockaddrInet4{Addr: p.target.As4()}
	} else {
		echo.Type, to = ipv6.ICMPTypeEchoRequest, &unix.SockaddrInet6{Addr: p.target.As16()}
	}
	packet, err := echo.Marshal(nil)
	if err != nil {
		return
	}
	pause := unix.NsecToTimespec(every.Nanoseconds())
	for {
		select {
		case <-p.end:
			return
		default:
		}
		// Nobody has the address for a while: that is what we are here for.
		_ = unix.Sendto(socket, packet, unix.MSG_DONTWAIT, to)
		_ = unix.Nanosleep(&pause, nil)
	}
}

func (p *Pulse) see(frame []byte, at time.Time) {
	if source, ok := echoSource(frame); !ok || source != p.target {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.echoes = append(p.echoes, Echo{at, slices.Clone(frame[6:12])})
}

// echoSource is who sent an echo reply.
func echoSource(frame []byte) (source netip.Addr, ok bool) {
	const header4, header6 = ethernet + 20, ethernet + 40 // without options
	switch {
	case len(frame) >= header4+8 && frame[12] == 0x08 && frame[13] == 0 && frame[ethernet] == 0x45 &&
		frame[ethernet+9] == unix.IPPROTO_ICMP && frame[header4] == byte(ipv4.ICMPTypeEchoReply):
		return netip.AddrFrom4([4]byte(frame[ethernet+12 : ethernet+16])), true
	case len(frame) >= header6+8 && frame[12] == 0x86 && frame[13] == 0xdd &&
		frame[ethernet+6] == unix.IPPROTO_ICMPV6 && frame[header6] == byte(ipv6.ICMPTypeEchoReply):
		return netip.AddrFrom16([16]byte(frame[ethernet+8 : ethernet+24])), true
	}
	return netip.Addr{}, false
}

// Since returns the answers of a machine since a moment, in order; nil: of any.
func (p *Pulse) Since(moment time.Time, of net.HardwareAddr) []Echo {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.echoes), func(e Echo) bool {
		return e.At.Before(moment) || of != nil && !bytes.Equal(e.MAC, of)
	})
}

// Stop ends the pulse and waits for its end.
func (p *Pulse) Stop() {
	select {
	case <-p.end:
	default:
		close(p.end)
		p.tap.close()
	}
	p.open.Wait()
}
