package ipvs

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
	"time"
)

// decodeService reads one answer to a dump of services, into its normal form.
// The counters are skipped.
func decodeService(b []byte) (Service, error) {
	var d serviceDecoder
	err := eachAttr(b, func(typ uint16, value []byte) error {
		if typ != cmdAttrService {
			return nil
		}
		return eachAttr(value, d.attr)
	})
	if err != nil {
		return Service{}, err
	}
	return d.service()
}

// serviceDecoder holds what can only be read when the rest is known.
type serviceDecoder struct {
	s                 Service
	addr, mask, flags []byte
	port              uint16
}

func (d *serviceDecoder) attr(typ uint16, value []byte) (err error) {
	var n uint32
	switch typ {
	case svcAttrFamily, svcAttrProtocol, svcAttrFWMark, svcAttrTimeout:
		n, err = number(value)
	}
	switch typ {
	case svcAttrFamily:
		d.s.Family = Family(n)
	case svcAttrProtocol:
		d.s.Protocol = Protocol(n)
	case svcAttrAddress:
		d.addr = value
	case svcAttrPort:
		d.port, err = networkPort(value)
	case svcAttrFWMark:
		d.s.FWMark = n
	case svcAttrScheduler:
		d.s.Scheduler = cString(value)
	case svcAttrFlags:
		d.flags = value
	case svcAttrTimeout:
		d.s.Timeout = time.Duration(n) * time.Second
	case svcAttrNetmask:
		d.mask = value
	case svcAttrEngine:
		d.s.Engine = cString(value)
	}
	return err
}

func (d *serviceDecoder) service() (Service, error) {
	s := d.s
	if len(d.flags) < 4 || len(d.mask) < 4 {
		return s, fmt.Errorf("%w: a service without flags or netmask", errAnswer)
	}
	s.Flags = Flags(binary.NativeEndian.Uint32(d.flags))
	if s.Flags&flagPersistent == 0 {
		s.Timeout = 0 // some programs leave one behind, it has no effect
	}
	n := binary.NativeEndian.Uint32(d.mask)
	if s.Family == INET {
		n = uint32(bits.LeadingZeros32(^binary.BigEndian.Uint32(d.mask)))
	}
	s.MaskBits = uint8(min(n, uint32(s.fullMask())))
	if s.FWMark == 0 {
		a, err := decodeAddr(s.Family, d.addr)
		if err != nil {
			return s, err
		}
		s.Address = netip.AddrPortFrom(a, d.port)
	}
	return s.Normal(), nil
}

// decodeServer reads one answer to a dump of the servers of a service of
// family f.
func decodeServer(f Family, b []byte) (Server, error) {
	d := serverDecoder{family: f}
	err := eachAttr(b, func(typ uint16, value []byte) error {
		if typ != cmdAttrDest {
			return nil
		}
		return eachAttr(value, d.attr)
	})
	if err != nil {
		return Server{}, err
	}
	a, err := decodeAddr(d.family, d.addr)
	d.s.Address = netip.AddrPortFrom(a, d.port)
	return d.s, err
}

type serverDecoder struct {
	s      Server
	family Family
	addr   []byte
	port   uint16
}

func (d *serverDecoder) attr(typ uint16, value []byte) (err error) {
	var n uint32
	switch typ {
	case destAttrAddress:
		d.addr = value
		return nil
	case destAttrPort:
		d.port, err = networkPort(value)
		return err
	case destAttrTunnelPort:
		d.s.TunnelPort, err = networkPort(value)
		return err
	case destAttrForward, destAttrWeight, destAttrUpper, destAttrLower, destAttrFamily, destAttrTunnelType, destAttrTunnelFlags:
		n, err = number(value)
	}
	switch typ {
	case destAttrForward:
		d.s.Forward = Forward(n & forwardMask)
	case destAttrWeight:
		d.s.Weight = n
	case destAttrUpper:
		d.s.Upper = n
	case destAttrLower:
		d.s.Lower = n
	case destAttrFamily:
		d.family = Family(n)
	case destAttrTunnelType:
		d.s.Tunnel = TunnelType(n)
	case destAttrTunnelFlags:
		d.s.TunnelFlags = TunnelFlags(n)
	}
	return err
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

func networkPort(b []byte) (uint16, error) {
	if len(b) != 2 {
		return 0, fmt.Errorf("%w: port of %d bytes", errAnswer, len(b))
	}
	return binary.BigEndian.Uint16(b), nil
}

// cString reads a string that ends with a zero byte.
func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
