package netif

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Package netlink's own Route leaves out half of the attributes (locks, life,
// preference, tunnels, realms of hops ...) and its request cannot be added to;
// so the messages are put together here from package nl's parts.

// indexer returns the index of an interface by its name.
type indexer func(name string) (int, error)

// write puts a route that is as stored into a request. expires is its life.
func (r Route) write(req *nl.NetlinkRequest, expires time.Duration, index indexer) error {
	header := nl.NewRtMsg()
	header.Family = family(r.Dest.Addr())
	header.Dst_len, header.Tos = uint8(r.Dest.Bits()), r.TOS
	header.Table, header.Protocol = shortTable(r.Table), r.Protocol
	header.Scope, header.Type = uint8(r.Scope), routeTypes[r.Type]
	if r.From.IsValid() {
		header.Src_len = uint8(r.From.Bits())
	}
	if r.OnLink {
		header.Flags |= unix.RTNH_F_ONLINK
	}
	req.AddData(header)
	add := func(kind int, value []byte) { req.AddData(nl.NewRtAttr(kind, value)) }
	add(unix.RTA_DST, r.Dest.Addr().AsSlice())
	add(unix.RTA_TABLE, nl.Uint32Attr(r.Table))
	if r.From.IsValid() {
		add(unix.RTA_SRC, r.From.Addr().AsSlice())
	}
	if r.Src.IsValid() {
		add(unix.RTA_PREFSRC, r.Src.AsSlice())
	}
	if r.Metric != 0 {
		add(unix.RTA_PRIORITY, nl.Uint32Attr(r.Metric))
	}
	if r.is6() {
		add(unix.RTA_PREF, nl.Uint8Attr(routePrefs[r.Pref]))
	}
	if expires != 0 {
		add(unix.RTA_EXPIRES, nl.Uint32Attr(uint32(expires/time.Second)))
	}
	if m := r.Metrics.attribute(); m != nil {
		req.AddData(m)
	}
	return r.writeHops(req, index)
}

// writeHops adds where the packets go.
func (r Route) writeHops(req *nl.NetlinkRequest, index indexer) error {
	if len(r.NextHops) == 0 {
		if r.Dev != "" {
			i, err := index(r.Dev)
			if err != nil {
				return err
			}
			req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(uint32(i))))
		}
		h := NextHop{Via: r.Via, Realms: r.Realms, Encap: r.Encap}
		for _, a := range h.attributes(r.is6()) {
			req.AddData(a)
		}
		return nil
	}
	var hops []byte
	for _, h := range r.NextHops {
		one := nl.RtNexthop{RtNexthop: unix.RtNexthop{Hops: uint8(h.Weight - 1)}}
		if h.OnLink {
			one.Flags = unix.RTNH_F_ONLINK
		}
		if h.Dev != "" {
			i, err := index(h.Dev)
			if err != nil {
				return err
			}
			one.Ifindex = int32(i)
		}
		for _, a := range h.attributes(r.is6()) {
			one.Children = append(one.Children, a)
		}
		hops = append(hops, one.Serialize()...)
	}
	req.AddData(nl.NewRtAttr(unix.RTA_MULTIPATH, hops))
	if r.Realms != 0 {
		req.AddData(nl.NewRtAttr(unix.RTA_FLOW, nl.Uint32Attr(r.Realms)))
	}
	return nil
}

// attributes returns what a hop of a route of IPv6, or of IPv4, is made of,
// but for its interface.
func (h NextHop) attributes(is6 bool) []*nl.RtAttr {
	var all []*nl.RtAttr
	switch {
	case !h.Via.IsValid():
	case h.Via.Is6() == is6:
		all = append(all, nl.NewRtAttr(unix.RTA_GATEWAY, h.Via.AsSlice()))
	default:
		all = append(all, nl.NewRtAttr(unix.RTA_VIA, encodeVia(h.Via)))
	}
	if h.Realms != 0 {
		all = append(all, nl.NewRtAttr(unix.RTA_FLOW, nl.Uint32Attr(h.Realms)))
	}
	return append(all, h.Encap.attributes()...)
}

// encodeVia returns struct rtvia: a next hop of another family.
func encodeVia(a netip.Addr) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(family(a)))
	return append(b, a.AsSlice()...)
}

// shortTable returns the table as far as the header has room.
func shortTable(table uint32) uint8 {
	if table > 255 {
		return unix.RT_TABLE_UNSPEC
	}
	return uint8(table)
}
