package netif

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in an Ethernet frame without VLAN tag, which the kernel takes off.
const (
	ethernetHeader = 14
	arpSenderIP    = ethernetHeader + 14
	arpTargetIP    = ethernetHeader + 24
	ipv6NextHeader = ethernetHeader + 6
	ipv6HopLimit   = ethernetHeader + 7
	ipv6Header     = 40
	icmpv6         = ethernetHeader + ipv6Header
	naTarget       = icmpv6 + 8
	naTargetEnd    = naTarget + 16
)

// announcementFilter passes, of the frames that others sent, announcements of
// one of the addresses. It compares the last 32 bits of an IPv6 address; the rest
// is looked at later.
func announcementFilter(v4 bool, addresses map[netip.Addr]bool) []bpf.Instruction {
	const snapLength = 1 << 16
	drop := bpf.RetConstant{Val: 0}
	prog := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: unix.PACKET_OTHERHOST, SkipTrue: 1},
		drop, // outgoing, looped back
	}
	if v4 {
		prog = append(prog,
			bpf.LoadAbsolute{Off: arpTargetIP, Size: 4}, bpf.TAX{},
			bpf.LoadAbsolute{Off: arpSenderIP, Size: 4},
			bpf.JumpIfX{Cond: bpf.JumpEqual, SkipTrue: 1}, drop)
	} else {
		prog = append(prog,
			bpf.LoadAbsolute{Off: ipv6NextHeader, Size: 2}, // with the hop limit
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ICMPV6<<8 | 255, SkipTrue: 1}, drop,
			bpf.LoadAbsolute{Off: icmpv6, Size: 1},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: neighborAdvertisement, SkipTrue: 1}, drop,
			bpf.LoadAbsolute{Off: naTargetEnd - 4, Size: 4})
	}
	const mostAddresses = 1000 // a program may have 4096 instructions
	if len(addresses) > mostAddresses {
		return append(prog, bpf.RetConstant{Val: snapLength})
	}
	for ip := range addresses {
		b := ip.AsSlice()
		prog = append(prog,
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(b[len(b)-4:]), SkipTrue: 1},
			bpf.RetConstant{Val: snapLength})
	}
	return append(prog, drop)
}

// neighborAdvertisement is the ICMPv6 type (RFC 4861, section 4.4).
const neighborAdvertisement = 136

// announced reads who announces what: a gratuitous ARP request or reply (RFC
// 5227, section 3) or an unsolicited neighbour advertisement (RFC 4861, section
// 7.2.6). ok is false for everything else.
func announced(frame []byte) (ip netip.Addr, mac net.HardwareAddr, ok bool) {
	if len(frame) < ethernetHeader {
		return netip.Addr{}, nil, false
	}
	switch binary.BigEndian.Uint16(frame[ethernetHeader-2:]) {
	case unix.ETH_P_ARP:
		return announcedARP(frame[ethernetHeader:])
	case unix.ETH_P_IPV6:
		return announcedNA(frame)
	}
	return netip.Addr{}, nil, false
}

func announcedARP(b []byte) (ip netip.Addr, mac net.HardwareAddr, ok bool) {
	var p arp.Packet
	if p.UnmarshalBinary(b) != nil || p.SenderIP != p.TargetIP || p.ProtocolType != unix.ETH_P_IP {
		return netip.Addr{}, nil, false
	}
	return p.SenderIP, bytes.Clone(p.SenderHardwareAddr), true
}

func announcedNA(frame []byte) (ip netip.Addr, mac net.HardwareAddr, ok bool) {
	if len(frame) < naTargetEnd || frame[ipv6NextHeader] != unix.IPPROTO_ICMPV6 || frame[ipv6HopLimit] != 255 {
		return netip.Addr{}, nil, false
	}
	// The kernel's own stack checks the sum; a wrong one here at most ends a
	// handover early, as a forged announcement does.
	length := int(binary.BigEndian.Uint16(frame[ethernetHeader+4:]))
	if length > len(frame)-icmpv6 {
		return netip.Addr{}, nil, false
	}
	m, err := ndp.ParseMessage(frame[icmpv6 : icmpv6+length])
	na, is := m.(*ndp.NeighborAdvertisement)
	if err != nil || !is || na.Solicited {
		return netip.Addr{}, nil, false
	}
	mac = bytes.Clone(frame[6:12])
	for _, o := range na.Options {
		if l, is := o.(*ndp.LinkLayerAddress); is && l.Direction == ndp.Target {
			mac = l.Addr
		}
	}
	return na.TargetAddress, mac, true
}
