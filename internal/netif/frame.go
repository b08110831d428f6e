package netif

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ndp"
	"golang.org/x/sys/unix"
)

var (
	broadcastMAC = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	// allNodes and its Ethernet address (RFC 2464, section 7).
	allNodes    = netip.MustParseAddr("ff02::1")
	allNodesMAC = net.HardwareAddr{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}
)

// gratuitousARP returns the Ethernet frame of an ARP announcement (RFC 5227,
// section 3): a request for ip from ip. The target hardware address, which
// receivers ignore, is the broadcast address, as in keepalived's.
func gratuitousARP(mac net.HardwareAddr, ip netip.Addr) ([]byte, error) {
	p, err := arp.NewPacket(arp.OperationRequest, mac, ip, broadcastMAC, ip)
	if err != nil {
		return nil, fmt.Errorf("gratuitous ARP from %s: %w", mac, err)
	}
	body, err := p.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("gratuitous ARP from %s: %w", mac, err)
	}
	return append(ethernet(broadcastMAC, mac, unix.ETH_P_ARP), body...), nil
}

// unsolicitedNA returns the Ethernet frame of an unsolicited neighbour
// advertisement (RFC 4861, section 7.2.6) for ip, from ip.
func unsolicitedNA(mac net.HardwareAddr, ip netip.Addr, router bool) ([]byte, error) {
	body, err := ndp.MarshalMessageChecksum(&ndp.NeighborAdvertisement{
		Router: router, Override: true, TargetAddress: ip,
		Options: []ndp.Option{&ndp.LinkLayerAddress{Direction: ndp.Target, Addr: mac}},
	}, ip, allNodes)
	if err != nil {
		return nil, fmt.Errorf("neighbour advertisement from %s: %w", mac, err)
	}
	const version, hopLimit = 6 << 28, 255 // another hop limit is not believed
	b := ethernet(allNodesMAC, mac, unix.ETH_P_IPV6)
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	b = append(b, unix.IPPROTO_ICMPV6, hopLimit)
	b = append(b, ip.AsSlice()...)
	b = append(b, allNodes.AsSlice()...)
	return append(b, body...), nil
}

// ethernet returns an Ethernet header.
func ethernet(dst, src net.HardwareAddr, kind uint16) []byte {
	b := make([]byte, 0, 128)
	b = append(b, dst...)
	b = append(b, src...)
	return binary.BigEndian.AppendUint16(b, kind)
}
