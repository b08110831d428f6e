package ipvs

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/mdlayher/netlink"
)

// encodeKey returns the attributes that identify a service.
func encodeKey(k Key) ([]byte, error) {
	return encodeAttrs(cmdAttrService, func(ae *netlink.AttributeEncoder) { putKey(ae, k) })
}

// encodeService returns all attributes of a service. The kernel wants every
// one of them, also the netmask of a service that is not persistent
// (ip_vs_genl_parse_service).
func encodeService(s Service) ([]byte, error) {
	s = s.Normal()
	return encodeAttrs(cmdAttrService, func(ae *netlink.AttributeEncoder) {
		putKey(ae, s.Key)
		ae.String(svcAttrScheduler, s.Scheduler)
		flags := make([]byte, 8)
		binary.NativeEndian.PutUint32(flags, uint32(s.kernelFlags()))
		binary.NativeEndian.PutUint32(flags[4:], ^uint32(0))
		ae.Bytes(svcAttrFlags, flags)
		ae.Uint32(svcAttrTimeout, uint32(s.Timeout/time.Second))
		ae.Bytes(svcAttrNetmask, s.kernelMask())
		if s.Engine != "" {
			ae.String(svcAttrEngine, s.Engine)
		}
	})
}

// encodeServer returns the attributes of a server.
func encodeServer(s Server) ([]byte, error) {
	s = s.Normal()
	return encodeAttrs(cmdAttrDest, func(ae *netlink.AttributeEncoder) {
		putServerKey(ae, s.ServerKey)
		ae.Uint32(destAttrForward, uint32(s.Forward))
		ae.Uint32(destAttrWeight, s.Weight)
		ae.Uint32(destAttrUpper, s.Upper)
		ae.Uint32(destAttrLower, s.Lower)
		ae.Uint8(destAttrTunnelType, uint8(s.Tunnel))
		ae.Bytes(destAttrTunnelPort, bigEndian(s.TunnelPort))
		ae.Uint16(destAttrTunnelFlags, uint16(s.TunnelFlags))
	})
}

// encodeServerKey returns the attributes that identify a server.
func encodeServerKey(k ServerKey) ([]byte, error) {
	return encodeAttrs(cmdAttrDest, func(ae *netlink.AttributeEncoder) { putServerKey(ae, k) })
}

func encodeAttrs(typ uint16, put func(*netlink.AttributeEncoder)) ([]byte, error) {
	ae := netlink.NewAttributeEncoder()
	ae.Nested(typ, func(nae *netlink.AttributeEncoder) error {
		put(nae)
		return nil
	})
	return ae.Encode()
}

func putKey(ae *netlink.AttributeEncoder, k Key) {
	k = k.normal()
	ae.Uint16(svcAttrFamily, uint16(k.Family))
	if k.FWMark != 0 {
		ae.Uint32(svcAttrFWMark, k.FWMark)
		return
	}
	ae.Uint16(svcAttrProtocol, uint16(k.Protocol))
	ae.Bytes(svcAttrAddress, k.Address.Addr().AsSlice())
	ae.Bytes(svcAttrPort, bigEndian(k.Address.Port()))
}

func putServerKey(ae *netlink.AttributeEncoder, k ServerKey) {
	ae.Uint16(destAttrFamily, uint16(familyOf(k.Address.Addr())))
	ae.Bytes(destAttrAddress, k.Address.Addr().AsSlice())
	ae.Bytes(destAttrPort, bigEndian(k.Address.Port()))
}

// kernelFlags are the flags of a normal service as the kernel wants them.
func (s Service) kernelFlags() Flags {
	if s.Timeout > 0 {
		return s.Flags | flagPersistent
	}
	return s.Flags
}

// kernelMask is the persistence mask of a normal service as the kernel wants it.
func (s Service) kernelMask() []byte {
	bits := s.MaskBits
	if bits == 0 {
		bits = s.fullMask()
	}
	b := make([]byte, 4)
	if s.Family == INET6 {
		binary.NativeEndian.PutUint32(b, uint32(bits))
		return b
	}
	putMask(b, bits)
	return b
}

func bigEndian(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

func familyOf(a netip.Addr) Family {
	if a.Is4() {
		return INET
	}
	return INET6
}

// check reports what can not be encoded, so that a bad operation is refused
// with its reason instead of reaching the kernel as something else.
func (o Op) check() error {
	k := o.Service.Key
	if k.FWMark == 0 && !k.Address.Addr().IsValid() {
		return fmt.Errorf("%w: a service needs an address or a firewall mark", ErrInvalid)
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

var opCommands = [...]uint8{
	AddService:    cmdNewService,
	UpdateService: cmdSetService,
	AddServer:     cmdNewDest,
	UpdateServer:  cmdSetDest,
	DeleteServer:  cmdDelDest,
	DeleteService: cmdDelService,
}

// encodeOp returns the request for an operation.
func encodeOp(op Op) (request, error) {
	if err := op.check(); err != nil {
		return request{}, err
	}
	r := request{cmd: opCommands[op.Kind]}
	var parts [2][]byte
	var err error
	switch op.Kind {
	case AddService, UpdateService:
		parts[0], err = encodeService(op.Service)
	default:
		parts[0], err = encodeKey(op.Service.Key)
	}
	if err != nil {
		return request{}, err
	}
	switch op.Kind {
	case AddServer, UpdateServer:
		parts[1], err = encodeServer(op.Server)
	case DeleteServer:
		parts[1], err = encodeServerKey(op.Server.ServerKey)
	}
	r.attrs = append(parts[0], parts[1]...)
	return r, err
}
