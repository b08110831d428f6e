package ipvs

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
)

// decodeService reads one answer to a dump of services. The counters are
// skipped.
func decodeService(b []byte) (Service, error) {
	var s Service
	err := decodeAttrs(b, cmdAttrService, func(ad *netlink.AttributeDecoder) error {
		return s.decode(ad)
	})
	return s, err
}

func (s *Service) decode(ad *netlink.AttributeDecoder) error {
	var addr, mask, flags []byte
	var port uint16
	for ad.Next() {
		switch ad.Type() {
		case svcAttrFamily:
			s.Family = Family(ad.Uint16())
		case svcAttrProtocol:
			s.Protocol = Protocol(ad.Uint16())
		case svcAttrAddress:
			addr = ad.Bytes()
		case svcAttrPort:
			port = networkPort(ad.Bytes())
		case svcAttrFWMark:
			s.FWMark = ad.Uint32()
		case svcAttrScheduler:
			s.Scheduler = ad.String()
		case svcAttrFlags:
			flags = ad.Bytes()
		case svcAttrTimeout:
			s.Timeout = time.Duration(ad.Uint32()) * time.Second
		case svcAttrNetmask:
			mask = ad.Bytes()
		case svcAttrEngine:
			s.Engine = ad.String()
		}
	}
	if len(flags) < 4 || len(mask) < 4 {
		return fmt.Errorf("%w: service without flags or netmask", errAnswer)
	}
	s.setFlags(Flags(binary.NativeEndian.Uint32(flags)))
	s.setMask(mask)
	if s.FWMark != 0 {
		s.Protocol = 0
		return nil
	}
	a, err := decodeAddr(s.Family, addr)
	s.Address = netip.AddrPortFrom(a, port)
	return err
}

// setFlags takes the kernel's flags. A timeout without the flag of persistence
// has no effect (some programs leave one behind), so it is none.
func (s *Service) setFlags(f Flags) {
	s.Flags = f & userFlags
	if f&flagPersistent == 0 {
		s.Timeout = 0
	}
}

// setMask takes the kernel's netmask; a full one becomes 0.
func (s *Service) setMask(b []byte) {
	n := binary.NativeEndian.Uint32(b)
	if s.Family == INET {
		n = uint32(bits.LeadingZeros32(^binary.BigEndian.Uint32(b)))
	}
	if n < uint32(s.fullMask()) {
		s.MaskBits = uint8(n)
	}
}

// decodeServer reads one answer to a dump of the servers of a service of
// family f.
func decodeServer(f Family, b []byte) (Server, error) {
	var s Server
	err := decodeAttrs(b, cmdAttrDest, func(ad *netlink.AttributeDecoder) error {
		return s.decode(f, ad)
	})
	return s, err
}

func (s *Server) decode(f Family, ad *netlink.AttributeDecoder) error {
	var addr []byte
	var port uint16
	for ad.Next() {
		switch ad.Type() {
		case destAttrFamily:
			f = Family(ad.Uint16())
		case destAttrAddress:
			addr = ad.Bytes()
		case destAttrPort:
			port = networkPort(ad.Bytes())
		case destAttrForward:
			s.Forward = Forward(ad.Uint32() & forwardMask)
		case destAttrWeight:
			s.Weight = ad.Uint32()
		case destAttrUpper:
			s.Upper = ad.Uint32()
		case destAttrLower:
			s.Lower = ad.Uint32()
		case destAttrTunnelType:
			s.Tunnel = TunnelType(ad.Uint8())
		case destAttrTunnelPort:
			s.TunnelPort = networkPort(ad.Bytes())
		case destAttrTunnelFlags:
			s.TunnelFlags = TunnelFlags(ad.Uint16())
		}
	}
	a, err := decodeAddr(f, addr)
	s.Address = netip.AddrPortFrom(a, port)
	return err
}

// decodeAttrs calls decode with the nested attributes of the given type.
func decodeAttrs(b []byte, typ uint16, decode func(*netlink.AttributeDecoder) error) error {
	ad, err := netlink.NewAttributeDecoder(b)
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	found := false
	for ad.Next() {
		if ad.Type() == typ {
			found = true
			ad.Nested(decode)
		}
	}
	if err := ad.Err(); err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	if !found {
		return fmt.Errorf("%w: attribute %d is missing", errAnswer, typ)
	}
	return nil
}

// decodeAddr reads an address, which the kernel always gives as 16 bytes
// (union nf_inet_addr).
func decodeAddr(f Family, b []byte) (netip.Addr, error) {
	if f == INET && len(b) >= 4 {
		return netip.AddrFrom4([4]byte(b)), nil
	}
	if f == INET6 && len(b) == 16 {
		return netip.AddrFrom16([16]byte(b)), nil
	}
	return netip.Addr{}, fmt.Errorf("%w: address of %d bytes for family %d", errAnswer, len(b), f)
}

func networkPort(b []byte) uint16 {
	if len(b) != 2 {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}
