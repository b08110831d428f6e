package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A Probe is one datagram that should come back.
type Probe struct {
	Sent time.Time
	// Took is how long the answer was on its way; 0: there is none.
	Took time.Duration
}

// lostAfter is how long a probe waits: what has no answer by then is lost.
const lostAfter = time.Second

// Probes sends datagram after datagram to a [Host.Echo] and keeps what came
// back. A lost one is not sent again, as TCP would.
type Probes struct {
	host   *Host
	target netip.AddrPort
	// forget: each one asks anew who has the address, by ARP or neighbour
	// solicitation, when the one before is over.
	forget bool
	every  time.Duration
	file   *os.File
	end    chan struct{}
	// sending and hearing are the goroutines.
	sending, hearing sync.WaitGroup

	mu     sync.Mutex // guards probes
	probes []Probe
}

// Probes starts sending from the host until it is stopped.
func (h *Host) Probes(target netip.AddrPort, every time.Duration) *Probes {
	h.lab.t.Helper()
	return h.probes(&Probes{host: h, target: target, every: every})
}

// FreshProbes is Probes by one who knows nothing: before each one it forgets who
// has the address. It sends one at a time.
func (h *Host) FreshProbes(target netip.AddrPort, every time.Duration) *Probes {
	h.lab.t.Helper()
	return h.probes(&Probes{host: h, target: target, every: every, forget: true})
}

func (h *Host) probes(p *Probes) *Probes {
	h.lab.t.Helper()
	p.end = make(chan struct{})
	family := unix.AF_INET6
	if p.target.Addr().Is4() {
		family = unix.AF_INET
	}
	fd := -1
	h.must("probes", h.Do(func() (err error) {
		fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return err
	}))
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapBuffer)
	h.must("probes", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	p.file = os.NewFile(uintptr(fd), "probes")
	receiver := &tap{file: p.file}
	p.hearing.Go(func() { receiver.run(p.hear) })
	p.sending.Go(func() { p.send(fd) })
	h.lab.t.Cleanup(func() { p.Stop() })
	return p
}

func (p *Probes) send(fd int) {
	urgent()
	to := sockaddr(p.target)
	for {
		select {
		case <-p.end:
			return
		default:
		}
		if p.forget {
			p.forgetNeighbour()
		}
		p.mu.Lock()
		number := len(p.probes)
		payload := binary.BigEndian.AppendUint64(nil, uint64(number))
		p.probes = append(p.probes, Probe{Sent: time.Now()})
		p.mu.Unlock()
		// What cannot be sent is lost.
		_ = unix.Sendto(fd, payload, unix.MSG_DONTWAIT, to)
		for begin := time.Now(); ; {
			pause := unix.NsecToTimespec(p.every.Nanoseconds())
			_ = unix.Nanosleep(&pause, nil)
			if !p.forget || time.Since(begin) > lostAfter || p.at(number).Took > 0 {
				break
			}
		}
	}
}

func (p *Probes) at(number int) Probe {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.probes[number]
}

func (p *Probes) forgetNeighbour() {
	link, err := p.host.ns.links.LinkByName("eth0")
	if err == nil {
		// It may know nothing.
		_ = p.host.ns.links.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: net.IP(p.target.Addr().AsSlice())})
	}
}

// hear takes in an answer.
func (p *Probes) hear(payload []byte, at time.Time) {
	if len(payload) != 8 {
		return
	}
	number := binary.BigEndian.Uint64(payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	if number < uint64(len(p.probes)) && p.probes[number].Took == 0 {
		p.probes[number].Took = max(at.Sub(p.probes[number].Sent), 1)
	}
}

// Between waits until everything that was sent in a time has its answer, or is
// lost, and returns it.
func (p *Probes) Between(since, until time.Time) Probed {
	p.host.lab.t.Helper()
	var all Probed
	p.host.lab.Becomes(time.Until(until)+lostAfter, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		all = nil
		for _, probe := range p.probes {
			if !probe.Sent.Before(since) && probe.Sent.Before(until) {
				all = append(all, probe)
			}
		}
		return time.Now().After(until) && len(all.Lost()) == 0
	})
	return all
}

// Stop ends the probes.
func (p *Probes) Stop() {
	select {
	case <-p.end:
	default:
		close(p.end)
		p.sending.Wait()
		_ = p.file.Close()
	}
	p.hearing.Wait()
}
