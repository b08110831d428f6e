// Package ipvs holds virtual services and real servers as values, finds the
// operations that turn one table into another ([Diff]) and carries them out on
// the kernel ([Client]).
//
// Package ipvs decides nothing: which services are wanted, and when, is the
// caller's business. It never touches an entry that no operation names.
package ipvs

import (
	"fmt"
	"net/netip"
	"time"
)

// Family is an address family by its Linux number.
type Family uint16

// The address families IPVS knows.
const (
	INET  Family = 2
	INET6 Family = 10
)

// Protocol is a transport protocol by its IP number; 0 for firewall marks.
type Protocol uint16

// The protocols IPVS knows.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// String returns "TCP", "UDP", "SCTP" or "FWM".
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case SCTP:
		return "SCTP"
	case 0:
		return "FWM"
	}
	return fmt.Sprintf("protocol %d", uint16(p))
}

// Forward is the forwarding method of a server (IP_VS_CONN_F_FWD_MASK,
// include/uapi/linux/ip_vs.h).
type Forward uint8

// The forwarding methods. Whatever is asked for, packets to a server that is an
// address of the machine itself are delivered locally; the entry still reads
// back as written (since Linux 2.6.37, tried on 6.1).
const (
	NAT   Forward = 0
	Local Forward = 1
	TUN   Forward = 2
	DR    Forward = 3
)

// String returns "NAT", "LOCAL", "TUN" or "DR".
func (f Forward) String() string {
	switch f {
	case NAT:
		return "NAT"
	case Local:
		return "LOCAL"
	case TUN:
		return "TUN"
	case DR:
		return "DR"
	}
	return fmt.Sprintf("forward %d", uint8(f))
}

// Flags are the service flags a user may set (IP_VS_SVC_F_*). Persistence is
// not among them: it follows from Service.Timeout.
type Flags uint32

// Service flags.
const (
	OnePacket  Flags = 0x04
	SchedFlag1 Flags = 0x08 // sh-fallback, mh-fallback
	SchedFlag2 Flags = 0x10 // sh-port, mh-port
	SchedFlag3 Flags = 0x20
)

// TunnelType is the encapsulation of a TUN server.
type TunnelType uint8

// The encapsulations.
const (
	IPIP TunnelType = 0
	GUE  TunnelType = 1
	GRE  TunnelType = 2
)

// TunnelFlags are the checksum flags of GUE and GRE.
type TunnelFlags uint16

// The tunnel flags.
const (
	TunnelNoChecksum     TunnelFlags = 0
	TunnelChecksum       TunnelFlags = 1
	TunnelRemoteChecksum TunnelFlags = 2
)

// Key identifies a service in the kernel: a firewall mark and a family, or a
// protocol, address and port. It is comparable.
type Key struct {
	Family   Family
	Protocol Protocol       // 0 with FWMark
	Address  netip.AddrPort // invalid with FWMark; port 0: all ports
	FWMark   uint32         // not 0: a firewall-mark service
}

// String prints the key as ipvsadm does: "TCP 10.1.0.93:80", "FWM 3 IPv6".
func (k Key) String() string {
	if k.FWMark != 0 {
		if k.Family == INET6 {
			return fmt.Sprintf("FWM %d IPv6", k.FWMark)
		}
		return fmt.Sprintf("FWM %d", k.FWMark)
	}
	return k.Protocol.String() + " " + k.Address.String()
}

// Service is one virtual service with its servers.
type Service struct {
	Key
	// Scheduler is the kernel's name of it, at most 15 bytes.
	Scheduler string
	Flags     Flags
	// Timeout is the persistence timeout in whole seconds; 0: not persistent.
	Timeout time.Duration
	// MaskBits is the prefix length by which clients are grouped for
	// persistence: 1 to 32 or 1 to 128. 0: 32 or 128. It means nothing without
	// Timeout.
	MaskBits uint8
	// Engine is the persistence engine ("sip") or empty.
	Engine string
	// Servers are the destinations, each address and port once.
	Servers []Server
}

// ServerKey identifies a server in its service. It is comparable.
type ServerKey struct {
	Address netip.AddrPort
}

// Server is one real server of a service.
type Server struct {
	ServerKey
	Forward Forward
	// Weight is 0 to 65535; 0 takes no new connections.
	Weight uint32
	// Upper and Lower are connection thresholds; 0: none.
	Upper, Lower uint32
	Tunnel       TunnelType
	TunnelPort   uint16
	TunnelFlags  TunnelFlags
}

// Schedulers are the scheduler names Linux knows, in ipvsadm's order.
var Schedulers = []string{"rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos"}
