package netif

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// sendTimeout bounds the wait for a full transmit queue.
const sendTimeout = 20 * time.Millisecond

// wireKey is an interface and the EtherType that is sent on it.
type wireKey struct {
	link string
	kind uint16
}

// wire is the socket that announcements leave through.
type wire struct {
	conn *packet.Conn
	// index of the interface that the socket is bound to. An interface that is
	// deleted and made again has another one.
	index int
}

// Announce tells the neighbours on an address's interface once that the address
// is here: an IPv4 address by gratuitous ARP, an IPv6 address by an unsolicited
// neighbour advertisement, whose router flag follows the interface's forwarding
// sysctl. Where neighbours are not looked for (loopback, tunnels, multicast
// groups) there is nobody to tell, and nothing is sent.
//
// It does not look whether the interface has the address.
func (t *Table) Announce(ctx context.Context, a Address) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.announce(a); err != nil {
		return fmt.Errorf("announce %s: %w", a.Key, err)
	}
	return nil
}

func (t *Table) announce(a Address) error {
	l, err := t.link(a.Interface)
	if err != nil {
		return err
	}
	if !l.ARP || a.Prefix.Addr().IsMulticast() {
		return nil
	}
	if !l.Ethernet || len(l.MAC) != len(broadcastMAC) {
		return fmt.Errorf("no announcements on an interface of kind %q without Ethernet address: %w", l.Kind, errors.ErrUnsupported)
	}
	var frame []byte
	to, kind := broadcastMAC, uint16(unix.ETH_P_ARP)
	ip := a.Prefix.Addr().Unmap()
	if ip.Is4() {
		frame, err = gratuitousARP(l.MAC, ip)
	} else {
		to, kind = allNodesMAC, unix.ETH_P_IPV6
		frame, err = unsolicitedNA(l.MAC, ip, l.forwards)
	}
	if err != nil {
		return err
	}
	return t.send(l, kind, to, frame)
}

// send puts a frame on the wire.
func (t *Table) send(l Link, kind uint16, to net.HardwareAddr, frame []byte) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	key := wireKey{l.Name, kind}
	w := t.wires[key]
	if w != nil && w.index != l.Index {
		t.unplug(key)
		w = nil
	}
	if w == nil {
		var err error
		if w, err = t.plug(key, l); err != nil {
			return err
		}
	}
	if err := w.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	_, err := w.conn.WriteTo(frame, &packet.Addr{HardwareAddr: to})
	if err != nil {
		// A socket whose interface has gone never works again.
		t.unplug(key)
	}
	return err
}

// plug opens the socket for a key. Its filter drops everything: nobody reads it.
func (t *Table) plug(key wireKey, l Link) (*wire, error) {
	filter, err := bpf.Assemble([]bpf.Instruction{bpf.RetConstant{Val: 0}})
	if err != nil {
		return nil, err
	}
	var conn *packet.Conn
	err = t.space.do(func() (err error) {
		conn, err = packet.Listen(&net.Interface{Index: l.Index}, packet.Raw, int(key.kind), &packet.Config{Filter: filter})
		return err
	})
	if err != nil {
		return nil, err
	}
	w := &wire{conn: conn, index: l.Index}
	t.wires[key] = w
	return w, nil
}

// unplug closes the socket of a key.
func (t *Table) unplug(key wireKey) {
	t.wires[key].conn.Close()
	delete(t.wires, key)
}
