package netif

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Where a notification carries its type, and a route its protocol.
const (
	messageTypeAt   = 4
	routeProtocolAt = unix.SizeofNlMsghdr + int(unsafe.Offsetof(unix.RtMsg{}.Protocol))
)

// attach makes the kernel drop the notifications of routes that are not ours
// before they reach a socket: a router with a full table changes thousands of
// routes a second, which would overrun it. It follows when a route of ours
// brings a new protocol, until detach is called.
func (o *ownership) attach(socket int) (detach func(), err error) {
	// A number of our own for the same socket: the other may be closed, and
	// used again, at any time.
	fd, err := unix.FcntlInt(uintptr(socket), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the subscription's socket: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.filtered == nil {
		o.filtered = map[int]bool{}
	}
	o.filtered[fd] = true
	detach = func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.filtered, fd)
		_ = unix.Close(fd) // nothing was written
	}
	return detach, o.refilter()
}

// refilter brings the filters in line with the protocols; o.mu is held.
func (o *ownership) refilter() error {
	if len(o.filtered) == 0 {
		return nil
	}
	program, err := routeFilter(o.protocolsLocked())
	if err != nil {
		return fmt.Errorf("route filter: %w", err)
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	for fd := range o.filtered {
		if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
			return fmt.Errorf("attach the route filter: %w", err)
		}
	}
	return nil
}

// routeFilter returns a program that lets everything pass but routes of other
// protocols.
func routeFilter(protocols []uint8) ([]unix.SockFilter, error) {
	const all = 1 << 30
	count := uint8(len(protocols)) // at most 256 numbers exist; see below
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: messageTypeAt, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: asLoaded(unix.RTM_NEWROUTE), SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: asLoaded(unix.RTM_DELROUTE), SkipTrue: 1},
		bpf.RetConstant{Val: all},
		bpf.LoadAbsolute{Off: uint32(routeProtocolAt), Size: 1},
	}
	if len(protocols) > 200 { // more than a jump can skip: the reader looks anyway
		return assemble([]bpf.Instruction{bpf.RetConstant{Val: all}})
	}
	for i, p := range protocols {
		program = append(program, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(p), SkipTrue: count - uint8(i)})
	}
	return assemble(append(program, bpf.RetConstant{Val: 0}, bpf.RetConstant{Val: all}))
}

// asLoaded returns what a filter sees of a number: it reads as networks do,
// netlink writes as the machine does.
func asLoaded(kind uint16) uint32 {
	return uint32(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, kind)))
}

func assemble(program []bpf.Instruction) ([]unix.SockFilter, error) {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return filter, nil
}
