package netif

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// LinkAlias is the alias (ip-link(8)) that marks interfaces as director's.
const LinkAlias = "director"

// Errors of EnsureLink that a caller may tell apart.
var (
	// ErrForeignLink: an interface with the wanted name exists, and is not ours.
	ErrForeignLink = errors.New("an interface of this name exists that director did not make")
	// ErrNotEthernet: a virtual link needs an Ethernet interface below it.
	ErrNotEthernet = errors.New("not an Ethernet interface")
)

// linkMake is what a virtual link was made with, and what it is known by.
type linkMake struct {
	alias string
	group uint32
	// below is the index of the interface below it in namespace belowNS (-1:
	// this one).
	below, belowNS int
	switchedOn     bool
	// mode and flags are the driver's.
	mode  uint32
	flags uint32
}

// parseMake reads what a virtual link was made with.
func (l *Link) parseMake(raw netlink.Link) {
	a := raw.Attrs()
	l.make = linkMake{
		alias: a.Alias, group: a.Group, below: a.ParentIndex, belowNS: a.NetNsID,
		switchedOn: a.RawFlags&unix.IFF_UP != 0,
	}
	switch v := raw.(type) {
	case *netlink.Macvlan:
		l.make.mode = uint32(v.Mode)
	case *netlink.IPVlan:
		l.make.mode, l.make.flags = uint32(v.Mode), uint32(v.Flag)
	default:
		return
	}
	l.Ours = a.Alias == LinkAlias
	if a.NetNsID < 0 {
		l.Base = a.ParentIndex
	}
}

// wantedLink is a VirtualLink with what its parent says.
type wantedLink struct {
	VirtualLink
	parent Link
	mac    net.HardwareAddr
	make   linkMake
}

// resolve looks up the parent of a virtual link and checks what is asked for.
func (t *Table) resolve(v VirtualLink) (wantedLink, error) {
	w := wantedLink{VirtualLink: v}
	if v.Name == "" || len(v.Name) >= unix.IFNAMSIZ {
		return w, fmt.Errorf("name of %d bytes: %w", len(v.Name), unix.EINVAL)
	}
	if v.MAC != "" {
		mac, err := net.ParseMAC(v.MAC)
		if err != nil || len(mac) != 6 || mac[0]&1 != 0 {
			return w, fmt.Errorf("MAC address %s: %w", v.MAC, unix.EINVAL)
		}
		w.mac = mac
	}
	var err error
	if w.parent, err = t.link(v.Parent); err != nil {
		return w, fmt.Errorf("parent %s: %w", v.Parent, err)
	}
	if !w.parent.Ethernet {
		return w, fmt.Errorf("parent %s: %w", v.Parent, ErrNotEthernet)
	}
	w.make = linkMake{alias: LinkAlias, group: v.Group, below: w.parent.Index, belowNS: noNamespace, switchedOn: true}
	if !v.GroupGiven {
		w.make.group = w.parent.make.group
	}
	// The kernel puts a macvlan or an ipvlan that is made on one of its kind on
	// the interface below that.
	if w.parent.Kind == w.kind() {
		w.make.below, w.make.belowNS = w.parent.make.below, w.parent.make.belowNS
	}
	return w, w.setMode()
}

// noNamespace is the id of "this namespace" where the kernel gives none.
const noNamespace = -1

func (w *wantedLink) kind() string {
	if w.mac != nil {
		return "macvlan"
	}
	return "ipvlan"
}

func (w *wantedLink) setMode() error {
	if w.mac != nil {
		w.make.mode = uint32(netlink.MACVLAN_MODE_PRIVATE)
		return nil
	}
	w.make.mode = uint32(netlink.IPVLAN_MODE_L2)
	switch w.IPVLANMode {
	case "", "bridge":
		w.make.flags = uint32(netlink.IPVLAN_FLAG_BRIDGE)
	case "private":
		w.make.flags = uint32(netlink.IPVLAN_FLAG_PRIVATE)
	case "vepa":
		w.make.flags = uint32(netlink.IPVLAN_FLAG_VEPA)
	default:
		return fmt.Errorf("ipvlan mode %q: %w", w.IPVLANMode, unix.EINVAL)
	}
	return nil
}

// matches tells whether a link is what would be made; what can be changed
// later does not count.
func (w *wantedLink) matches(l Link) bool {
	return l.Kind == w.kind() && l.make.below == w.make.below && l.make.belowNS == w.make.belowNS &&
		l.make.mode == w.make.mode && l.make.flags == w.make.flags &&
		(w.mac == nil || l.MAC.String() == w.mac.String())
}
