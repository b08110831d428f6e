package netif

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// routeRecord is a route as the kernel listed it.
type routeRecord struct {
	// Route is as stored. Until name is called its interfaces have numbers for
	// names.
	Route
	header nl.RtMsg
	attrs  []syscall.NetlinkRouteAttr
	// learnt: from a router advertisement. The kernel merges nothing with it.
	learnt bool
}

// parseRoute reads the body of an RTM_NEWROUTE or RTM_DELROUTE message.
func parseRoute(m []byte) (routeRecord, error) {
	if len(m) < unix.SizeofRtMsg {
		return routeRecord{}, fmt.Errorf("route message of %d bytes", len(m))
	}
	rec := routeRecord{header: *nl.DeserializeRtMsg(m)}
	var err error
	if rec.attrs, err = readAttrs(m[unix.SizeofRtMsg:]); err != nil {
		return rec, fmt.Errorf("read route message: %w", err)
	}
	h, attrs := rec.header, rec.attrs
	r := &rec.Route
	r.Table = uint32(h.Table)
	if table, ok := word(find(attrs, unix.RTA_TABLE), 0); ok {
		r.Table = table
	}
	if r.Type = nameOf(routeTypes, h.Type); r.Type == "" {
		r.Type = fmt.Sprintf("type %d", h.Type)
	}
	r.Dest = attrPrefix(attrs, unix.RTA_DST, h.Family, h.Dst_len)
	if h.Src_len != 0 {
		r.From = attrPrefix(attrs, unix.RTA_SRC, h.Family, h.Src_len)
	}
	r.TOS, r.Protocol = h.Tos, h.Protocol
	r.Src = attrAddr(attrs, unix.RTA_PREFSRC)
	r.Metric, _ = word(find(attrs, unix.RTA_PRIORITY), 0)
	r.Scope, r.HasScope = Scope(h.Scope), true
	if r.is6() {
		r.Pref = nameOf(routePrefs, attrByte(attrs, unix.RTA_PREF))
		rec.learnt = h.Protocol == unix.RTPROT_RA
	}
	if r.Metrics, err = parseMetrics(find(attrs, unix.RTA_METRICS)); err != nil {
		return rec, err
	}
	if err := rec.parseHops(); err != nil {
		return rec, err
	}
	rec.Route = rec.asStored()
	return rec, nil
}

func (rec *routeRecord) parseHops() error {
	r := &rec.Route
	if oif, ok := word(find(rec.attrs, unix.RTA_OIF), 0); ok && !r.goesNowhere() {
		r.Dev = numbered(int(oif))
	}
	one, err := parseHop(rec.attrs)
	if err != nil {
		return err
	}
	r.Via, r.Realms, r.Encap = one.Via, one.Realms, one.Encap
	r.OnLink = rec.header.Flags&unix.RTNH_F_ONLINK != 0
	rest := find(rec.attrs, unix.RTA_MULTIPATH)
	for len(rest) >= unix.SizeofRtNexthop {
		raw := nl.DeserializeRtNexthop(rest)
		size := int(raw.RtNexthop.Len)
		if size < unix.SizeofRtNexthop || size > len(rest) {
			return fmt.Errorf("next hop of %d bytes where there are %d", size, len(rest))
		}
		attrs, err := readAttrs(rest[unix.SizeofRtNexthop:size])
		if err != nil {
			return fmt.Errorf("read next hop: %w", err)
		}
		hop, err := parseHop(attrs)
		if err != nil {
			return err
		}
		hop.Weight, hop.OnLink = int(raw.Hops)+1, raw.Flags&unix.RTNH_F_ONLINK != 0
		hop.Dev = numbered(int(raw.Ifindex))
		r.NextHops = append(r.NextHops, hop)
		rest = rest[min((size+3)&^3, len(rest)):]
	}
	return nil
}

// parseHop reads the attributes that a route and its hops have in common.
func parseHop(attrs []syscall.NetlinkRouteAttr) (NextHop, error) {
	h := NextHop{Via: attrAddr(attrs, unix.RTA_GATEWAY)}
	if b := find(attrs, unix.RTA_VIA); len(b) > 2 {
		h.Via, _ = netip.AddrFromSlice(b[2:])
	}
	h.Realms, _ = word(find(attrs, unix.RTA_FLOW), 0)
	var err error
	h.Encap, err = parseEncap(attrs)
	return h, err
}

// numbered stands for an interface whose name is not known.
func numbered(index int) string { return fmt.Sprintf("#%d", index) }

// name gives the interfaces their names. One that has gone meanwhile keeps its
// number.
func (rec *routeRecord) name(links []Link) {
	names := make(map[string]string, len(links))
	for _, l := range links {
		names[numbered(l.Index)] = l.Name
	}
	rec.Dev = cmp.Or(names[rec.Dev], rec.Dev)
	for i, h := range rec.NextHops {
		rec.NextHops[i].Dev = cmp.Or(names[h.Dev], h.Dev)
	}
	slices.SortStableFunc(rec.NextHops, compareHops)
}

// attrPrefix returns a prefix; one of length 0 has no attribute.
func attrPrefix(attrs []syscall.NetlinkRouteAttr, kind uint16, family, bits uint8) netip.Prefix {
	a := attrAddr(attrs, kind)
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
		if family == unix.AF_INET6 {
			a = netip.IPv6Unspecified()
		}
	}
	return netip.PrefixFrom(a, int(bits))
}
