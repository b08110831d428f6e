package ipvs

import (
	"net/netip"
	"time"
)

// userFlags are the service flags that a user may set. The others belong to
// the kernel (IP_VS_SVC_F_HASHED) or follow from other fields
// (IP_VS_SVC_F_PERSISTENT).
const userFlags = OnePacket | SchedFlag1 | SchedFlag2 | SchedFlag3

// Normal returns the service in the one form that [Client.Services] reads
// back, so that equal services compare equal: a full mask, and one without
// persistence, is 0, the timeout whole seconds (rounded up, so that none becomes
// "not persistent"), the family that of the address, and a firewall mark has
// neither protocol nor address. The servers are left out.
func (s Service) Normal() Service {
	s.Key = s.Key.normal()
	s.Timeout = (s.Timeout + time.Second - 1).Truncate(time.Second)
	if s.Timeout == 0 || s.MaskBits >= s.fullMask() {
		s.MaskBits = 0
	}
	s.Flags &= userFlags
	s.Servers = nil
	return s
}

func (s Service) fullMask() uint8 {
	if s.Family == INET6 {
		return 128
	}
	return 32
}

func (k Key) normal() Key {
	switch {
	case k.FWMark != 0:
		k.Protocol, k.Address = 0, netip.AddrPort{}
	case k.Address.Addr().Is4():
		k.Family = INET
	default:
		k.Family = INET6
	}
	return k
}

// Normal returns the server in the one form that [Client.Servers] reads back:
// without TUN there is no tunnel.
func (s Server) Normal() Server {
	if s.Forward != TUN {
		s.Tunnel, s.TunnelPort, s.TunnelFlags = 0, 0, 0
	}
	return s
}

// SameSettings reports whether two services of one key differ in their servers
// at most.
func (s *Service) SameSettings(o *Service) bool {
	a, b := s.Normal(), o.Normal()
	return sameService(&a, &b)
}

// sameService reports whether the kernel's service is as wanted, its servers
// aside. Both are normal.
func sameService(have, want *Service) bool {
	return have.Scheduler == want.Scheduler && have.Flags == want.Flags && have.Timeout == want.Timeout &&
		have.MaskBits == want.MaskBits && have.Engine == want.Engine
}
