package netif

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// fibRuleInvert is FIB_RULE_INVERT of linux/fib_rules.h.
const fibRuleInvert = 0x2

// Package netlink's own Rule lacks l3mdev, cuts tunnel numbers to 32 bits and
// forgets suppress_* where the table is above 255; so the message is put
// together here from package nl's parts.

// write puts the rule into a request that adds or deletes it.
func (k RuleKey) write(req *nl.NetlinkRequest) {
	header := nl.RtMsg{RtMsg: unix.RtMsg{
		Family: Family(k.Family).number(), Tos: k.TOS, Table: shortTable(k.Table), Type: ruleActions[k.Type],
	}}
	if k.Goto != 0 {
		header.Type = nl.FR_ACT_GOTO
	}
	if k.Not {
		header.Flags |= fibRuleInvert
	}
	req.AddData(&header)
	add := func(given bool, kind int, value []byte) {
		if given {
			req.AddData(nl.NewRtAttr(kind, value))
		}
	}
	if k.From.IsValid() {
		header.Src_len = uint8(k.From.Bits())
		add(true, nl.FRA_SRC, k.From.Addr().AsSlice())
	}
	if k.To.IsValid() {
		header.Dst_len = uint8(k.To.Bits())
		add(true, nl.FRA_DST, k.To.Addr().AsSlice())
	}
	add(true, nl.FRA_PRIORITY, nl.Uint32Attr(k.Preference))
	add(true, nl.FRA_PROTOCOL, nl.Uint8Attr(k.Protocol))
	add(k.Table != 0, nl.FRA_TABLE, nl.Uint32Attr(k.Table))
	add(k.Goto != 0, nl.FRA_GOTO, nl.Uint32Attr(k.Goto))
	add(k.HasMark, nl.FRA_FWMARK, nl.Uint32Attr(k.FWMark))
	add(k.HasMark, nl.FRA_FWMASK, nl.Uint32Attr(k.FWMask))
	add(k.IIF != "", nl.FRA_IIFNAME, nl.ZeroTerminated(k.IIF))
	add(k.OIF != "", nl.FRA_OIFNAME, nl.ZeroTerminated(k.OIF))
	add(k.HasUID, nl.FRA_UID_RANGE, append(nl.Uint32Attr(k.UIDLow), nl.Uint32Attr(k.UIDHigh)...))
	add(k.SPortLow|k.SPortHigh != 0, nl.FRA_SPORT_RANGE, append(nl.Uint16Attr(k.SPortLow), nl.Uint16Attr(k.SPortHigh)...))
	add(k.DPortLow|k.DPortHigh != 0, nl.FRA_DPORT_RANGE, append(nl.Uint16Attr(k.DPortLow), nl.Uint16Attr(k.DPortHigh)...))
	add(k.L3MDev, nl.FRA_L3MDEV, nl.Uint8Attr(1))
	add(k.TunnelID != 0, nl.FRA_TUN_ID, binary.BigEndian.AppendUint64(nil, k.TunnelID))
	add(k.IPProto != 0, nl.FRA_IP_PROTO, nl.Uint8Attr(k.IPProto))
	add(k.Realms != 0, nl.FRA_FLOW, nl.Uint32Attr(k.Realms))
	add(k.SuppressPrefixLength >= 0, nl.FRA_SUPPRESS_PREFIXLEN, nl.Uint32Attr(uint32(k.SuppressPrefixLength)))
	add(k.SuppressIfGroup >= 0, nl.FRA_SUPPRESS_IFGROUP, nl.Uint32Attr(uint32(k.SuppressIfGroup)))
}

// parseRule reads the body of an RTM_NEWRULE or RTM_DELRULE message.
func parseRule(m []byte) (RuleKey, error) {
	if len(m) < unix.SizeofRtMsg {
		return RuleKey{}, fmt.Errorf("rule message of %d bytes", len(m))
	}
	h := nl.DeserializeRtMsg(m)
	attrs, err := readAttrs(m[unix.SizeofRtMsg:])
	if err != nil {
		return RuleKey{}, fmt.Errorf("read rule message: %w", err)
	}
	r := Rule{Family: uint8(IPv4), Not: h.Flags&fibRuleInvert != 0, TOS: h.Tos}
	if h.Family == unix.AF_INET6 {
		r.Family = uint8(IPv6)
	}
	if h.Src_len != 0 {
		r.From = attrPrefix(attrs, nl.FRA_SRC, h.Family, h.Src_len)
	}
	if h.Dst_len != 0 {
		r.To = attrPrefix(attrs, nl.FRA_DST, h.Family, h.Dst_len)
	}
	r.parseAction(h, attrs)
	r.parseSelectors(attrs)
	k := r.Key()
	// What the kernel lists is not filled in: no table is none, no protocol is
	// somebody else's.
	k.Table, k.Protocol = r.Table, r.Protocol
	return k, nil
}

func (r *Rule) parseAction(h *nl.RtMsg, attrs []syscall.NetlinkRouteAttr) {
	number := func(kind uint16) uint32 { n, _ := word(find(attrs, kind), 0); return n }
	r.Preference, r.Table, r.Goto = number(nl.FRA_PRIORITY), number(nl.FRA_TABLE), number(nl.FRA_GOTO)
	r.Protocol, r.L3MDev = attrByte(attrs, nl.FRA_PROTOCOL), attrByte(attrs, nl.FRA_L3MDEV) != 0
	r.Realms = number(nl.FRA_FLOW)
	switch r.Type = nameOf(ruleActions, h.Type); {
	case h.Type == nl.FR_ACT_TO_TBL, h.Type == nl.FR_ACT_GOTO:
		r.Type = ""
	case r.Type == "":
		r.Type = fmt.Sprintf("type %d", h.Type)
	}
	r.SuppressPrefixLength, r.SuppressIfGroup = -1, -1
	if n, ok := word(find(attrs, nl.FRA_SUPPRESS_PREFIXLEN), 0); ok {
		r.SuppressPrefixLength = int(int32(n))
	}
	if n, ok := word(find(attrs, nl.FRA_SUPPRESS_IFGROUP), 0); ok {
		r.SuppressIfGroup = int(int32(n))
	}
}

func (r *Rule) parseSelectors(attrs []syscall.NetlinkRouteAttr) {
	mask, hasMask := word(find(attrs, nl.FRA_FWMASK), 0)
	mark, hasMark := word(find(attrs, nl.FRA_FWMARK), 0)
	r.FWMark, r.FWMask, r.HasMark = mark, mask, hasMask || hasMark
	r.IIF = unix.ByteSliceToString(find(attrs, nl.FRA_IIFNAME))
	r.OIF = unix.ByteSliceToString(find(attrs, nl.FRA_OIFNAME))
	if b := find(attrs, nl.FRA_UID_RANGE); len(b) == 8 {
		r.UIDLow, _ = word(b, 0)
		r.UIDHigh, _ = word(b, 1)
		r.HasUID = true
	}
	if b := find(attrs, nl.FRA_SPORT_RANGE); len(b) == 4 {
		r.SPortLow, r.SPortHigh = nl.NativeEndian().Uint16(b), nl.NativeEndian().Uint16(b[2:])
	}
	if b := find(attrs, nl.FRA_DPORT_RANGE); len(b) == 4 {
		r.DPortLow, r.DPortHigh = nl.NativeEndian().Uint16(b), nl.NativeEndian().Uint16(b[2:])
	}
	if b := find(attrs, nl.FRA_TUN_ID); len(b) == 8 {
		r.TunnelID = binary.BigEndian.Uint64(b)
	}
	r.IPProto = attrByte(attrs, nl.FRA_IP_PROTO)
}
