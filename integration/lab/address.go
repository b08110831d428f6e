package lab

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
)

// Addresses lists the host's addresses on all interfaces, loopback included.
func (h *Host) Addresses() []netip.Prefix {
	h.lab.t.Helper()
	list, err := h.ns.links.AddrList(nil, netlink.FAMILY_ALL)
	h.must("addresses", err)
	var all []netip.Prefix
	for _, a := range list {
		if prefix, ok := prefixOf(a.IPNet); ok {
			all = append(all, prefix)
		}
	}
	return all
}

// Has reports whether the host holds an address.
func (h *Host) Has(address netip.Addr) bool {
	h.lab.t.Helper()
	for _, prefix := range h.Addresses() {
		if prefix.Addr() == address {
			return true
		}
	}
	return false
}

// EventuallyHas waits until the host holds an address.
func (h *Host) EventuallyHas(address netip.Addr, within time.Duration) {
	h.lab.t.Helper()
	h.lab.Eventually(within, h.Name+" holds "+address.String(), func() bool { return h.Has(address) })
}

// EventuallyLacks waits until the host does not hold an address.
func (h *Host) EventuallyLacks(address netip.Addr, within time.Duration) {
	h.lab.t.Helper()
	h.lab.Eventually(within, h.Name+" does not hold "+address.String(), func() bool { return !h.Has(address) })
}

// AddAddress gives an interface an address, without duplicate detection.
func (h *Host) AddAddress(ifname string, prefix netip.Prefix) {
	h.lab.t.Helper()
	link, err := h.ns.links.LinkByName(ifname)
	h.must("address", err)
	address := &netlink.Addr{IPNet: &net.IPNet{
		IP:   prefix.Addr().AsSlice(),
		Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
	}}
	if prefix.Addr().Is6() {
		address.Flags = ifaNoDAD
	}
	h.must("address", h.ns.links.AddrReplace(link, address))
}

// ifaNoDAD is IFA_F_NODAD of include/uapi/linux/if_addr.h.
const ifaNoDAD = 0x02

// resetAddresses leaves only the addresses that the host was made with.
func (h *Host) resetAddresses() {
	h.lab.t.Helper()
	for _, n := range h.nics {
		link, err := h.ns.links.LinkByName(n.name)
		h.must("address", err)
		list, err := h.ns.links.AddrList(link, netlink.FAMILY_ALL)
		h.must("address", err)
		for _, a := range list {
			prefix, ok := prefixOf(a.IPNet)
			if ok && !slices.Contains(n.addresses, prefix) && !prefix.Addr().IsLinkLocalUnicast() {
				// It may have gone with another of its subnet.
				_ = h.ns.links.AddrDel(link, &a)
			}
		}
		for _, prefix := range n.addresses {
			h.AddAddress(n.name, prefix)
		}
	}
}

func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	address, ok := netip.AddrFromSlice(n.IP)
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(address.Unmap(), bits), ok
}

// LinkLocal returns the IPv6 link-local address that an interface made itself.
func (h *Host) LinkLocal(ifname string) netip.Addr {
	h.lab.t.Helper()
	link, err := h.ns.links.LinkByName(ifname)
	h.must("address", err)
	mac := link.Attrs().HardwareAddr
	// Modified EUI-64, RFC 4291 appendix A.
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80,
		8: mac[0] ^ 0x02, 9: mac[1], 10: mac[2], 11: 0xff, 12: 0xfe, 13: mac[3], 14: mac[4], 15: mac[5]})
}
