package netif

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Attributes of linux/mpls_iptunnel.h, linux/ila.h and, the same numbers for
// both families, linux/lwtunnel.h.
const (
	mplsIPTunnelDst = 1
	ilaLocator      = 1
	lwtunnelID      = 1
	lwtunnelDst     = 2
	lwtunnelSrc     = 3
	lwtunnelTTL     = 4
	lwtunnelTOS     = 5
)

// encapKinds are the tunnels that can be written.
var encapKinds = map[string]uint8{
	"mpls": nl.LWTUNNEL_ENCAP_MPLS, "ip": nl.LWTUNNEL_ENCAP_IP,
	"ip6": nl.LWTUNNEL_ENCAP_IP6, "ila": nl.LWTUNNEL_ENCAP_ILA,
}

// maxLabel is the largest MPLS label (20 bits).
const maxLabel = 1<<20 - 1

func (e Encap) given() bool {
	return e.Kind != "" || e.ID != 0 || e.Src.IsValid() || e.Dst.IsValid() || e.TOS != 0 || e.TTL != 0 ||
		len(e.Labels) != 0 || e.Locator != ""
}

// check says what cannot be written, and what would not be.
func (e Encap) check() error {
	ofIP := e.ID != 0 || e.Src.IsValid() || e.Dst.IsValid() || e.TOS != 0 || e.TTL != 0
	switch {
	case !e.given():
		return nil
	case encapKinds[e.Kind] == 0:
		return fmt.Errorf("encap %q: not ip, ip6, mpls or ila", e.Kind)
	case ofIP && e.Kind != "ip" && e.Kind != "ip6":
		return fmt.Errorf("encap %s: has no id, src, dst, tos or ttl", e.Kind)
	case len(e.Labels) != 0 != (e.Kind == "mpls"):
		return fmt.Errorf("encap %s: labels belong to mpls", e.Kind)
	case e.Locator != "" != (e.Kind == "ila"):
		return fmt.Errorf("encap %s: a locator belongs to ila", e.Kind)
	}
	var errs []error
	for _, a := range []netip.Addr{e.Src, e.Dst} {
		if a.IsValid() && (a.Is4() != (e.Kind == "ip") || a.Zone() != "") {
			errs = append(errs, fmt.Errorf("encap %s: %s is of the wrong family", e.Kind, a))
		}
	}
	for _, l := range e.Labels {
		if l > maxLabel {
			errs = append(errs, fmt.Errorf("encap mpls: label %d above %d", l, maxLabel))
		}
	}
	if e.Kind == "ila" {
		_, err := parseLocator(e.Locator)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// asStored returns the tunnel as the kernel lists it.
func (e Encap) asStored() Encap {
	if e.Src.IsValid() && e.Src.IsUnspecified() {
		e.Src = netip.Addr{}
	}
	if e.Dst.IsValid() && e.Dst.IsUnspecified() {
		e.Dst = netip.Addr{}
	}
	if id, err := parseLocator(e.Locator); err == nil {
		e.Locator = formatLocator(id)
	}
	if len(e.Labels) == 0 {
		e.Labels = nil
	}
	return e
}

// attributes returns RTA_ENCAP_TYPE and RTA_ENCAP; none: no tunnel.
func (e Encap) attributes() []*nl.RtAttr {
	if e.Kind == "" {
		return nil
	}
	body := nl.NewRtAttr(unix.RTA_ENCAP, nil)
	switch e.Kind {
	case "mpls":
		labels := make([]int, len(e.Labels))
		for i, l := range e.Labels {
			labels[i] = int(l)
		}
		body.AddRtAttr(mplsIPTunnelDst, nl.EncodeMPLSStack(labels...))
	case "ila":
		id, _ := parseLocator(e.Locator) // checked
		body.AddRtAttr(ilaLocator, binary.BigEndian.AppendUint64(nil, id))
	default:
		body.AddRtAttr(lwtunnelID, binary.BigEndian.AppendUint64(nil, e.ID))
		if e.Dst.IsValid() {
			body.AddRtAttr(lwtunnelDst, e.Dst.AsSlice())
		}
		if e.Src.IsValid() {
			body.AddRtAttr(lwtunnelSrc, e.Src.AsSlice())
		}
		body.AddRtAttr(lwtunnelTTL, nl.Uint8Attr(e.TTL))
		body.AddRtAttr(lwtunnelTOS, nl.Uint8Attr(e.TOS))
	}
	kind := nl.Uint16Attr(uint16(encapKinds[e.Kind]))
	return []*nl.RtAttr{nl.NewRtAttr(unix.RTA_ENCAP_TYPE, kind), body}
}

// parseEncap reads the tunnel among the attributes of a route or a hop. One
// that a Table never writes has a Kind that equals no wanted one.
func parseEncap(attrs []syscall.NetlinkRouteAttr) (Encap, error) {
	b := find(attrs, unix.RTA_ENCAP_TYPE)
	if len(b) < 2 {
		return Encap{}, nil
	}
	number := nl.NativeEndian().Uint16(b)
	e := Encap{Kind: nameOf(encapKinds, uint8(number))}
	inner, err := nested(attrs, unix.RTA_ENCAP)
	if err != nil {
		return e, err
	}
	switch e.Kind {
	case "":
		e.Kind = fmt.Sprintf("type %d", number)
	case "mpls":
		for _, l := range nl.DecodeMPLSStack(find(inner, mplsIPTunnelDst)) {
			e.Labels = append(e.Labels, uint32(l))
		}
	case "ila":
		if b := find(inner, ilaLocator); len(b) == 8 {
			e.Locator = formatLocator(binary.BigEndian.Uint64(b))
		}
	default:
		if b := find(inner, lwtunnelID); len(b) == 8 {
			e.ID = binary.BigEndian.Uint64(b)
		}
		e.Dst, e.Src = attrAddr(inner, lwtunnelDst), attrAddr(inner, lwtunnelSrc)
		e.TTL, e.TOS = attrByte(inner, lwtunnelTTL), attrByte(inner, lwtunnelTOS)
	}
	return e.asStored(), nil
}

// attrByte returns an attribute of one byte; 0: it is not there.
func attrByte(attrs []syscall.NetlinkRouteAttr, kind uint16) uint8 {
	if b := find(attrs, kind); len(b) > 0 {
		return b[0]
	}
	return 0
}

// parseLocator reads the upper half of an IPv6 address: four groups.
func parseLocator(s string) (uint64, error) {
	groups := strings.Split(s, ":")
	if len(groups) != 4 {
		return 0, fmt.Errorf("encap ila: locator %q is not of four groups", s)
	}
	var id uint64
	for _, g := range groups {
		n, err := strconv.ParseUint(g, 16, 16)
		if err != nil {
			return 0, fmt.Errorf("encap ila: locator %q: %w", s, err)
		}
		id = id<<16 | n
	}
	return id, nil
}

func formatLocator(id uint64) string {
	return fmt.Sprintf("%x:%x:%x:%x", id>>48, id>>32&0xffff, id>>16&0xffff, id&0xffff)
}
