package ipvs

import (
	"encoding/binary"
	"fmt"
)

// Netlink attributes (struct nlattr, include/uapi/linux/netlink.h) written to
// and read from a buffer in place. The encoders of the netlink library make
// some thirty small allocations for one server; ten thousand of them cost a
// process with one CPU more time than the kernel needs (measured, see
// docs/decisions/ipvs-client.md).

const (
	attrHeader = 4
	// attrNested is NLA_F_NESTED; the two highest bits are no part of the type.
	attrNested   = 1 << 15
	attrTypeMask = 1<<14 - 1
)

// beginAttr appends an attribute's header; endAttr sets its length.
func beginAttr(b []byte, typ uint16) []byte {
	b = binary.NativeEndian.AppendUint16(b, 0)
	return binary.NativeEndian.AppendUint16(b, typ)
}

// endAttr ends the attribute whose header is at start.
func endAttr(b []byte, start int) []byte {
	binary.NativeEndian.PutUint16(b[start:], uint16(len(b)-start))
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func appendAttr(b []byte, typ uint16, value ...byte) []byte {
	start := len(b)
	return endAttr(append(beginAttr(b, typ), value...), start)
}

func appendUint16(b []byte, typ, v uint16) []byte {
	start := len(b)
	return endAttr(binary.NativeEndian.AppendUint16(beginAttr(b, typ), v), start)
}

func appendUint32(b []byte, typ uint16, v uint32) []byte {
	start := len(b)
	return endAttr(binary.NativeEndian.AppendUint32(beginAttr(b, typ), v), start)
}

func appendString(b []byte, typ uint16, s string) []byte {
	start := len(b)
	return endAttr(append(append(beginAttr(b, typ), s...), 0), start)
}

// appendPort appends a port in network order.
func appendPort(b []byte, typ, port uint16) []byte {
	return appendAttr(b, typ, byte(port>>8), byte(port))
}

// eachAttr calls do with every attribute in b.
func eachAttr(b []byte, do func(typ uint16, value []byte) error) error {
	for len(b) >= attrHeader {
		n := int(binary.NativeEndian.Uint16(b))
		if n < attrHeader || n > len(b) {
			return fmt.Errorf("%w: attribute of %d bytes in %d", errAnswer, n, len(b))
		}
		if err := do(binary.NativeEndian.Uint16(b[2:])&attrTypeMask, b[attrHeader:n]); err != nil {
			return err
		}
		b = b[min(align4(n), len(b)):]
	}
	if len(b) > 0 {
		return fmt.Errorf("%w: %d bytes after the last attribute", errAnswer, len(b))
	}
	return nil
}

// number reads a native unsigned integer of one, two or four bytes.
func number(value []byte) (uint32, error) {
	switch len(value) {
	case 1:
		return uint32(value[0]), nil
	case 2:
		return uint32(binary.NativeEndian.Uint16(value)), nil
	case 4:
		return binary.NativeEndian.Uint32(value), nil
	}
	return 0, fmt.Errorf("%w: number of %d bytes", errAnswer, len(value))
}
