package netif

import (
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink/nl"
)

// nlaTypeMask takes the flags for nesting and byte order off a type.
const nlaTypeMask = 0x3fff

// find returns the value of the first attribute of a type; nil: there is none.
func find(attrs []syscall.NetlinkRouteAttr, kind uint16) []byte {
	for _, a := range attrs {
		if a.Attr.Type&nlaTypeMask == kind {
			return a.Value
		}
	}
	return nil
}

// readAttrs reads attributes. The kernel pads them to four bytes, on which
// package nl relies.
func readAttrs(b []byte) ([]syscall.NetlinkRouteAttr, error) {
	if odd := len(b) % syscall.RTA_ALIGNTO; odd != 0 {
		b = append(slices.Clip(b), make([]byte, syscall.RTA_ALIGNTO-odd)...)
	}
	return nl.ParseRouteAttr(b)
}

// nested reads the attributes inside the first attribute of a type.
func nested(attrs []syscall.NetlinkRouteAttr, kind uint16) ([]syscall.NetlinkRouteAttr, error) {
	inner, err := readAttrs(find(attrs, kind))
	if err != nil {
		return nil, fmt.Errorf("read netlink attribute %d: %w", kind, err)
	}
	return inner, nil
}

// word returns the nth 32-bit number of an array in host byte order.
func word(b []byte, n int) (uint32, bool) {
	if len(b) < 4*(n+1) {
		return 0, false
	}
	return nl.NativeEndian().Uint32(b[4*n:]), true
}

// attrAddr returns the address in an attribute; invalid: it is not there.
func attrAddr(attrs []syscall.NetlinkRouteAttr, kind uint16) netip.Addr {
	a, _ := netip.AddrFromSlice(find(attrs, kind))
	return a
}
