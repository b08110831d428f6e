package netif

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// report is a kind of packet by which the kernel speaks for itself on a link.
// A virtual link of a backup would tell switches with it that the virtual MAC is
// here, and draw the master's traffic: up to an interval of silence (measured).
type report uint8

const (
	noReport report = iota
	igmpReport
	// mldReport is versions 1 (131, 132) and 2 (143) of RFC 2710 and 3810.
	mldReport1
	mldReport2
	routerSolicit
)

// addReports adds the rules about one virtual link.
func addReports(all map[guardPlace][]guardRule, r Refusal, index func(string) (int, error)) {
	parent, err := index(r.Parent)
	if err != nil {
		parent = 0 // it may come later; until then nothing leaves at all
	}
	rule := func(f Family, kind report) {
		place := guardPlace{f, outgoing}
		g := guardRule{instance: r.Instance, link: r.Link, report: kind, parent: parent}
		if kind == routerSolicit {
			g.parent = 0
		}
		all[place] = append(all[place], g)
	}
	rule(IPv4, igmpReport)
	rule(IPv6, mldReport1)
	rule(IPv6, mldReport2)
	rule(IPv6, routerSolicit)
}

// device is the register beside the one of 16 bytes.
const device = 2

// reportExprs matches the packets of a rule about a virtual link, sends a copy
// of each from the parent, and drops them.
func (g guardRule) reportExprs(p guardPlace) []expr.Any {
	all := g.linkIs(outgoing)
	switch g.report {
	case igmpReport:
		all = append(all, protocolIs(unix.IPPROTO_IGMP)...)
	case mldReport1:
		all = append(all, icmpTypes(131, 132)...)
	case mldReport2:
		all = append(all, icmpTypes(143, 143)...)
	case routerSolicit:
		all = append(all, icmpTypes(133, 133)...)
	}
	if g.parent != 0 {
		to := expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: 16, Len: 4}
		if p.family == IPv6 {
			to.Offset, to.Len = 24, 16
		}
		all = append(all, &to,
			&expr.Immediate{Register: device, Data: binary.NativeEndian.AppendUint32(nil, uint32(g.parent))},
			&expr.Dup{RegAddr: register, RegDev: device, IsRegDevSet: true})
	}
	return append(all, &expr.Verdict{Kind: expr.VerdictDrop})
}

// icmpTypes matches ICMPv6 messages of some types.
func icmpTypes(from, to byte) []expr.Any {
	return append(protocolIs(unix.IPPROTO_ICMPV6),
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Range{Op: expr.CmpOpEq, Register: register, FromData: []byte{from}, ToData: []byte{to}})
}
