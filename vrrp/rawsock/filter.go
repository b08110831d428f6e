package rawsock

import (
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"director/vrrp"
)

// dropAll lets nothing through, takeAll everything.
var (
	dropAll = []bpf.Instruction{bpf.RetConstant{Val: 0}}
	takeAll = []bpf.Instruction{bpf.RetConstant{Val: wholePacket}}
)

// wholePacket is more than any packet has.
const wholePacket = 1 << 18

// vridFilter lets through adverts of the virtual routers vrids. A packet too
// short to have a VRID is dropped.
//
// A filter on an IPv4 raw socket sees the IP header first, one on an IPv6 raw
// socket does not.
func vridFilter(family vrrp.Family, protocol uint8, vrids []uint8) []bpf.Instruction {
	vrids = slices.Compact(slices.Sorted(slices.Values(vrids)))
	if len(vrids) == 0 {
		return dropAll
	}
	const vridOffset = 1
	var prog []bpf.Instruction
	switch {
	case family == vrrp.IPv6:
		prog = []bpf.Instruction{bpf.LoadAbsolute{Off: vridOffset, Size: 1}}
	case protocol == vrrp.ProtocolAH:
		prog = []bpf.Instruction{bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: vrrp.AHLen + vridOffset, Size: 1}}
	default:
		prog = []bpf.Instruction{bpf.LoadMemShift{Off: 0}, bpf.LoadIndirect{Off: vridOffset, Size: 1}}
	}
	for i, vrid := range vrids {
		// Past the other comparisons and the drop; at most 255, which is what
		// a jump can do.
		accept := len(vrids) - i
		prog = append(prog, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(vrid), SkipTrue: uint8(accept)})
	}
	return append(prog, bpf.RetConstant{Val: 0}, bpf.RetConstant{Val: wholePacket})
}

// setFilter replaces the filter of a socket.
func (s *socket) setFilter(prog []bpf.Instruction) error {
	var failed error
	if err := s.raw.Control(func(fd uintptr) { failed = attach(int(fd), prog) }); err != nil {
		return err
	}
	return failed
}

func attach(fd int, prog []bpf.Instruction) error {
	raw, err := bpf.Assemble(prog)
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
}
