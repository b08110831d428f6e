package ipvs

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// OpKind says what an operation does.
type OpKind uint8

// The operations, in the order in which [Diff] plans them.
const (
	AddService OpKind = iota
	UpdateService
	AddServer
	UpdateServer
	DeleteServer
	DeleteService
)

// letter is the command letter of ipvsadm(8).
func (k OpKind) letter() string {
	if int(k) < len(opLetters) {
		return opLetters[k]
	}
	return fmt.Sprintf("-?%d", uint8(k))
}

var opLetters = [...]string{"-A", "-E", "-a", "-e", "-d", "-D"}

// Op is one change of the kernel's table.
type Op struct {
	Kind OpKind
	// Service is the service changed; its Servers are not looked at. Only its
	// Key counts, except with AddService and UpdateService.
	Service Service
	// Server is the server changed: its key with DeleteServer, all of it with
	// AddServer and UpdateServer.
	Server Server
}

// String prints the operation as options of ipvsadm(8), as "ipvsadm -Sn" does:
// "-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1". Thresholds, which ipvsadm leaves
// out there, are added.
func (o Op) String() string {
	head := o.Kind.letter() + " " + o.Service.Key.options()
	switch o.Kind {
	case AddService, UpdateService:
		return head + o.Service.options()
	case AddServer, UpdateServer:
		return head + " -r " + o.Server.Address.String() + o.Server.options()
	case DeleteServer:
		return head + " -r " + o.Server.Address.String()
	}
	return head
}

// options prints the key as ipvsadm -Sn does: "-t 10.0.0.1:80", "-f 3 -6".
func (k Key) options() string {
	if k.FWMark != 0 {
		if k.Family == INET6 {
			return fmt.Sprintf("-f %d -6", k.FWMark)
		}
		return fmt.Sprintf("-f %d", k.FWMark)
	}
	switch k.Protocol {
	case UDP:
		return "-u " + k.Address.String()
	case SCTP:
		return "--sctp-service " + k.Address.String()
	}
	return "-t " + k.Address.String()
}

// options prints what follows the key, with a leading space.
func (s Service) options() string {
	s = s.Normal()
	var b strings.Builder
	b.WriteString(" -s " + s.Scheduler)
	if s.Timeout > 0 {
		fmt.Fprintf(&b, " -p %d", int64(s.Timeout/time.Second))
	}
	if s.MaskBits != 0 {
		b.WriteString(" -M " + s.mask())
	}
	if s.Engine != "" {
		b.WriteString(" --pe " + s.Engine)
	}
	if s.Flags&OnePacket != 0 {
		b.WriteString(" -o")
	}
	if names := s.schedFlags(); len(names) > 0 {
		b.WriteString(" -b " + strings.Join(names, ","))
	}
	return b.String()
}

// mask prints the persistence mask: a dotted quad for IPv4, bits for IPv6.
func (s Service) mask() string {
	if s.Family == INET6 {
		return fmt.Sprint(s.MaskBits)
	}
	return netip.AddrFrom4(dottedMask(s.MaskBits)).String()
}

// schedFlags lists the scheduler flags by ipvsadm's names, which depend on the
// scheduler.
func (s Service) schedFlags() []string {
	named := [...]string{"flag-1", "flag-2", "flag-3"}
	if s.Scheduler == "sh" || s.Scheduler == "mh" {
		named[0], named[1] = s.Scheduler+"-fallback", s.Scheduler+"-port"
	}
	var names []string
	for i, flag := range [...]Flags{SchedFlag1, SchedFlag2, SchedFlag3} {
		if s.Flags&flag != 0 {
			names = append(names, named[i])
		}
	}
	return names
}

// options prints what follows the server's address, with a leading space.
func (s Server) options() string {
	var b strings.Builder
	b.WriteString(s.Forward.option())
	fmt.Fprintf(&b, " -w %d", s.Weight)
	if s.Upper != 0 || s.Lower != 0 {
		fmt.Fprintf(&b, " -x %d -y %d", s.Upper, s.Lower)
	}
	if s.Forward == TUN {
		b.WriteString(s.tunnelOptions())
	}
	return b.String()
}

func (s Server) tunnelOptions() string {
	switch s.Tunnel {
	case GUE:
		return fmt.Sprintf(" --tun-type gue --tun-port %d%s", s.TunnelPort, s.TunnelFlags.option())
	case GRE:
		return " --tun-type gre" + s.TunnelFlags.option()
	}
	return " --tun-type ipip"
}

// option is the forwarding method as ipvsadm prints it. It has no option for
// Local.
func (f Forward) option() string {
	switch f {
	case NAT:
		return " -m"
	case Local:
		return " -l"
	case TUN:
		return " -i"
	case DR:
		return " -g"
	}
	return " " + f.String()
}

func (f TunnelFlags) option() string {
	switch f {
	case TunnelChecksum:
		return " --tun-csum"
	case TunnelRemoteChecksum:
		return " --tun-remcsum"
	}
	return " --tun-nocsum"
}
