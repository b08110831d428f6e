package netif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// framesBeforeRest is how many announcements in a row are read before the
// listener rests for framePause.
const framesBeforeRest = 64

// ear listens on one interface for announcements of one family.
type ear struct {
	conn  *packet.Conn
	own   net.HardwareAddr // whose frames are not somebody else's; nil: nobody's
	wants map[netip.Addr]bool
}

// WatchAnnouncements tells when somebody else announces one of the addresses on
// its interface, by gratuitous ARP or an unsolicited neighbour advertisement,
// until ctx ends. It listens when it returns; done is closed after the last
// call of heard, of which there is one at a time. An interface that goes
// meanwhile is not heard any more.
//
// On a virtual MAC the other router has our MAC address: its frames count too,
// and the kernel gives them to the virtual link only, not to the parent.
func (t *Table) WatchAnnouncements(ctx context.Context, addresses []Key, heard func(ip netip.Addr, mac net.HardwareAddr)) (done <-chan struct{}, err error) {
	wanted := map[lane]map[netip.Addr]bool{}
	for _, k := range addresses {
		on := laneOf(Address{Key: k})
		if wanted[on] == nil {
			wanted[on] = map[netip.Addr]bool{}
		}
		wanted[on][k.Prefix.Addr().Unmap()] = true
	}
	var ears []*ear
	for on, ips := range wanted {
		e, err := t.listen(on, ips)
		if err != nil {
			for _, e := range ears {
				e.conn.Close()
			}
			return nil, fmt.Errorf("listen for announcements on %s: %w", on.link, err)
		}
		ears = append(ears, e)
	}
	return t.hearAll(ctx, ears, heard), nil
}

func (t *Table) listen(on lane, wants map[netip.Addr]bool) (*ear, error) {
	l, err := t.link(on.link)
	if err != nil {
		return nil, err
	}
	filter, err := bpf.Assemble(announcementFilter(on.v4, wants))
	if err != nil {
		return nil, err
	}
	kind := unix.ETH_P_IPV6
	if on.v4 {
		kind = unix.ETH_P_ARP
	}
	e := &ear{wants: wants}
	if !l.Ours {
		e.own = l.MAC
	}
	err = t.space.do(func() (err error) {
		e.conn, err = packet.Listen(&net.Interface{Index: l.Index}, packet.Raw, kind, &packet.Config{Filter: filter})
		return err
	})
	return e, err
}

// hearAll reads from all ears until ctx ends.
func (t *Table) hearAll(ctx context.Context, ears []*ear, heard func(netip.Addr, net.HardwareAddr)) <-chan struct{} {
	var one sync.Mutex
	var readers sync.WaitGroup
	for _, e := range ears {
		readers.Go(func() {
			defer e.conn.Close()
			stop := context.AfterFunc(ctx, func() { e.conn.Close() })
			defer stop()
			err := e.hear(ctx, func(ip netip.Addr, mac net.HardwareAddr) {
				one.Lock()
				defer one.Unlock()
				if ctx.Err() == nil {
					heard(ip, mac)
				}
			})
			if ctx.Err() == nil {
				t.log.Warn("announcements of others are not heard any more", "error", err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		readers.Wait()
		<-ctx.Done()
	}()
	return done
}

// hear returns what ended it.
func (e *ear) hear(ctx context.Context, heard func(netip.Addr, net.HardwareAddr)) error {
	frame := make([]byte, 2048)
	for n := 1; ; n++ {
		size, _, err := e.conn.ReadFrom(frame)
		// While the interface is down it says so once and then goes on.
		if err != nil && !errors.Is(err, unix.ENETDOWN) {
			return err
		}
		if err == nil {
			ip, mac, ok := announced(frame[:size])
			if ok && e.wants[ip] && mac.String() != e.own.String() {
				heard(ip, mac)
			}
		}
		if n%framesBeforeRest == 0 {
			rest(ctx, framePause)
		}
	}
}

// rest waits for d, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
