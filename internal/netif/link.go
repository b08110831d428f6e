package netif

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Link is a network interface as the kernel describes it.
type Link struct {
	Name  string
	Index int
	// MAC is the hardware address; empty where the type has none.
	MAC net.HardwareAddr
	// MTU is in bytes.
	MTU int
	// Up: switched on, with a carrier, and operational (IFF_UP, IFF_LOWER_UP
	// and IFF_RUNNING of netdevice(7)).
	Up bool
	// Kind is the driver kind of ip-link(8), such as "veth" or "macvlan", and
	// "device" for hardware and loopback.
	Kind string
	// Ethernet: frames have Ethernet headers. Loopback is not counted.
	Ethernet bool
	// Multicast: the interface can send multicast.
	Multicast bool
	// ARP: neighbours are looked for at all.
	ARP bool

	// Base is the index of the interface below a virtual one; 0: none, or in
	// another namespace. Ours: it is a virtual link that director made.
	Base int
	Ours bool

	// make is what a virtual link was made with.
	make linkMake
	// conf4 is the interface's IPv4 sysctls, 32 bits each.
	conf4 []byte
	// inet6: it has IPv6; addrGenMode says how its link-local address is made.
	inet6       bool
	addrGenMode uint8
	// asksPeers: the message says that neighbours have to be told anew.
	asksPeers bool
	// forwards is the net.ipv6.conf.NAME.forwarding sysctl.
	forwards bool
	// promotes is net.ipv4.conf.NAME.promote_secondaries, if known.
	promotes, promotesKnown bool
}

// Links lists all interfaces.
func (t *Table) Links(ctx context.Context) ([]Link, error) {
	links, err := dump(ctx, func() ([]Link, error) {
		r := t.request(unix.RTM_GETLINK, unix.NLM_F_DUMP)
		r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
		messages, err := r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
		if err != nil {
			return nil, err
		}
		links := make([]Link, 0, len(messages))
		for _, m := range messages {
			l, err := parseLink(m)
			if err != nil {
				return nil, err
			}
			links = append(links, l)
		}
		return links, nil
	})
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	return links, nil
}

// link looks one interface up by its name.
func (t *Table) link(name string) (Link, error) {
	if len(name) >= unix.IFNAMSIZ {
		return Link{}, ErrNoInterface
	}
	r := t.request(unix.RTM_GETLINK, 0)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	messages, err := r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	switch {
	case errors.Is(err, unix.ENODEV) || err == nil && len(messages) == 0:
		return Link{}, ErrNoInterface
	case err != nil:
		return Link{}, fmt.Errorf("look up the interface: %w", err)
	}
	l, err := parseLink(messages[0])
	if err != nil {
		return Link{}, err
	}
	if l.Name != name {
		// The kernel also finds alternative names; addresses and events would
		// come back under the other one.
		return Link{}, fmt.Errorf("%w; it is an alternative name of %s", ErrNoInterface, l.Name)
	}
	return l, nil
}

// parseLink reads the body of an RTM_NEWLINK or RTM_DELLINK message.
func parseLink(m []byte) (Link, error) {
	if len(m) < unix.SizeofIfInfomsg {
		return Link{}, fmt.Errorf("interface message of %d bytes", len(m))
	}
	raw, err := netlink.LinkDeserialize(nil, m)
	if err != nil {
		return Link{}, fmt.Errorf("read interface message: %w", err)
	}
	attrs := raw.Attrs()
	const working = unix.IFF_UP | unix.IFF_LOWER_UP | unix.IFF_RUNNING
	l := Link{
		Name: attrs.Name, Index: attrs.Index, MAC: attrs.HardwareAddr, MTU: attrs.MTU,
		Up:        attrs.RawFlags&working == working,
		Kind:      raw.Type(),
		Ethernet:  nl.DeserializeIfInfomsg(m).Type == unix.ARPHRD_ETHER,
		Multicast: attrs.RawFlags&unix.IFF_MULTICAST != 0,
		ARP:       attrs.RawFlags&(unix.IFF_NOARP|unix.IFF_LOOPBACK) == 0,
	}
	l.parseMake(raw)
	return l, l.parseSettings(m[unix.SizeofIfInfomsg:])
}
