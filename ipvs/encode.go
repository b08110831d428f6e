package ipvs

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// appendKey appends the attributes that identify a service.
func appendKey(b []byte, k Key) []byte {
	start := len(b)
	return endAttr(appendKeyFields(beginAttr(b, cmdAttrService|attrNested), k.normal()), start)
}

// appendService appends all attributes of a service. The kernel wants every one
// of them, also the netmask of a service that is not persistent
// (ip_vs_genl_parse_service).
func appendService(b []byte, s Service) []byte {
	s = s.Normal()
	start := len(b)
	b = appendKeyFields(beginAttr(b, cmdAttrService|attrNested), s.Key)
	b = appendString(b, svcAttrScheduler, s.Scheduler)

	flags := len(b)
	b = binary.NativeEndian.AppendUint32(beginAttr(b, svcAttrFlags), uint32(s.kernelFlags()))
	b = binary.NativeEndian.AppendUint32(b, ^uint32(0)) // the mask: all of them
	b = endAttr(b, flags)

	b = appendUint32(b, svcAttrTimeout, uint32(s.Timeout/time.Second))
	if s.Family == INET6 {
		b = appendUint32(b, svcAttrNetmask, uint32(s.kernelMask()))
	} else {
		mask := dottedMask(s.kernelMask())
		b = appendAttr(b, svcAttrNetmask, mask[:]...)
	}
	if s.Engine != "" {
		b = appendString(b, svcAttrEngine, s.Engine)
	}
	return endAttr(b, start)
}

func appendKeyFields(b []byte, k Key) []byte {
	b = appendUint16(b, svcAttrFamily, uint16(k.Family))
	if k.FWMark != 0 {
		return appendUint32(b, svcAttrFWMark, k.FWMark)
	}
	b = appendUint16(b, svcAttrProtocol, uint16(k.Protocol))
	b = appendAddr(b, svcAttrAddress, k.Address.Addr())
	return appendPort(b, svcAttrPort, k.Address.Port())
}

// appendServer appends all attributes of a server.
func appendServer(b []byte, s Server) []byte {
	s = s.Normal()
	start := len(b)
	b = appendServerFields(beginAttr(b, cmdAttrDest|attrNested), s.ServerKey)
	b = appendUint32(b, destAttrForward, uint32(s.Forward))
	b = appendUint32(b, destAttrWeight, s.Weight)
	b = appendUint32(b, destAttrUpper, s.Upper)
	b = appendUint32(b, destAttrLower, s.Lower)
	b = appendAttr(b, destAttrTunnelType, byte(s.Tunnel))
	b = appendPort(b, destAttrTunnelPort, s.TunnelPort)
	b = appendUint16(b, destAttrTunnelFlags, uint16(s.TunnelFlags))
	return endAttr(b, start)
}

// appendServerKey appends the attributes that identify a server.
func appendServerKey(b []byte, k ServerKey) []byte {
	start := len(b)
	return endAttr(appendServerFields(beginAttr(b, cmdAttrDest|attrNested), k), start)
}

func appendServerFields(b []byte, k ServerKey) []byte {
	b = appendUint16(b, destAttrFamily, uint16(familyOf(k.Address.Addr())))
	b = appendAddr(b, destAttrAddress, k.Address.Addr())
	return appendPort(b, destAttrPort, k.Address.Port())
}

func appendAddr(b []byte, typ uint16, a netip.Addr) []byte {
	if a.Is4() {
		four := a.As4()
		return appendAttr(b, typ, four[:]...)
	}
	sixteen := a.As16()
	return appendAttr(b, typ, sixteen[:]...)
}

// kernelFlags are the flags of a normal service as the kernel wants them.
func (s Service) kernelFlags() Flags {
	if s.Timeout > 0 {
		return s.Flags | flagPersistent
	}
	return s.Flags
}

// kernelMask is the persistence mask of a normal service as the kernel wants it.
func (s Service) kernelMask() uint8 {
	if s.MaskBits == 0 {
		return s.fullMask()
	}
	return s.MaskBits
}

// dottedMask is an IPv4 mask of the given length in network order.
func dottedMask(bits uint8) [4]byte {
	m := ^uint32(0) << (32 - min(bits, 32))
	return [4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}
}

func familyOf(a netip.Addr) Family {
	if a.Is4() {
		return INET
	}
	return INET6
}

var opCommands = [...]uint8{
	AddService:    cmdNewService,
	UpdateService: cmdSetService,
	AddServer:     cmdNewDest,
	UpdateServer:  cmdSetDest,
	DeleteServer:  cmdDelDest,
	DeleteService: cmdDelService,
}

// appendOp appends the attributes of an operation that passed check.
func appendOp(b []byte, op Op) []byte {
	switch op.Kind {
	case AddService, UpdateService:
		return appendService(b, op.Service)
	case AddServer, UpdateServer:
		return appendServer(appendKey(b, op.Service.Key), op.Server)
	case DeleteServer:
		return appendServerKey(appendKey(b, op.Service.Key), op.Server.ServerKey)
	}
	return appendKey(b, op.Service.Key)
}

// check reports what can not be encoded, so that a bad operation is refused
// with its reason instead of reaching the kernel as something else.
func (o Op) check() error {
	k := o.Service.Key
	if k.FWMark == 0 && !k.Address.Addr().IsValid() {
		return fmt.Errorf("%w: a service needs an address or a firewall mark", ErrInvalid)
	}
	if strings.ContainsRune(o.Service.Scheduler+o.Service.Engine, 0) {
		return fmt.Errorf("%w: a name holds a zero byte", ErrInvalid)
	}
	switch o.Kind {
	case AddServer, UpdateServer, DeleteServer:
		if !o.Server.Address.Addr().IsValid() {
			return fmt.Errorf("%w: a server needs an address", ErrInvalid)
		}
	case AddService, UpdateService, DeleteService:
	default:
		return fmt.Errorf("%w: operation %d", ErrInvalid, o.Kind)
	}
	return nil
}
