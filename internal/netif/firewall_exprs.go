package netif

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

// Protocol numbers, and the ICMPv6 types of RFC 4861 that pass.
const (
	vrrpNumber  = 112
	solicitType = 135
	advertType  = 136
)

// register is what the expressions of a rule work on.
const register = 1

// exprs returns the rule as nftables takes it. set holds the rule's addresses,
// nil where it drops nothing.
func (g guardRule) exprs(p guardPlace, set *nftables.Set) []expr.Any {
	switch g.pass {
	case "vrrp":
		return append(protocolIs(vrrpNumber), &expr.Verdict{Kind: expr.VerdictAccept})
	case "nd":
		return append(protocolIs(unix.IPPROTO_ICMPV6),
			&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
			&expr.Range{
				Op: expr.CmpOpEq, Register: register,
				FromData: []byte{solicitType}, ToData: []byte{advertType},
			},
			&expr.Verdict{Kind: expr.VerdictAccept})
	}
	if g.report != noReport {
		return g.reportExprs(p)
	}
	all := append(g.linkIs(p.way), p.address(),
		&expr.Lookup{SourceRegister: register, SetName: set.Name, SetID: set.ID})
	if g.counter {
		all = append(all, &expr.Counter{})
	}
	return append(all, &expr.Verdict{Kind: expr.VerdictDrop})
}

// protocolIs matches the protocol behind all extension headers.
func protocolIs(number uint8) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{number}},
	}
}

// linkIs matches the rule's interface, if it has one.
func (g guardRule) linkIs(way direction) []expr.Any {
	if g.link == "" {
		return nil
	}
	key, data := expr.MetaKeyIIFNAME, append([]byte(g.link), 0)
	switch {
	case g.index != 0 && way == incoming:
		key = expr.MetaKeyIIF
	case g.index != 0:
		key = expr.MetaKeyOIF
	case way == outgoing:
		key = expr.MetaKeyOIFNAME
	}
	if g.index != 0 {
		data = binary.NativeEndian.AppendUint32(nil, uint32(g.index))
	}
	return []expr.Any{
		&expr.Meta{Key: key, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: data},
	}
}

// address loads the address of a packet that the chain is about: where it goes
// on its way in, where it comes from on its way out.
func (p guardPlace) address() *expr.Payload {
	load := expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: 12, Len: 4}
	if p.family == IPv6 {
		load.Offset, load.Len = 8, 16
	}
	if p.way == incoming {
		load.Offset += load.Len // the source comes before it
	}
	return &load
}

// addressType is the type of the elements of a set of addresses.
func (p guardPlace) addressType() nftables.SetDatatype {
	if p.family == IPv6 {
		return nftables.TypeIP6Addr
	}
	return nftables.TypeIPAddr
}

// The user data of a rule of ours: the comment, for people, and what the rule
// does, as a number, in a type that nft(8) does not know and passes over.
const typeFingerprint userdata.Type = 76

func (g guardRule) userData() []byte {
	b := userdata.AppendString(nil, userdata.TypeComment, g.comment())
	return userdata.Append(b, typeFingerprint, []byte(g.fingerprint()))
}

func (g guardRule) fingerprint() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(g.identity())) // never fails
	return fmt.Sprintf("%016x", h.Sum64())
}

// userDataOf returns the fingerprint of a rule of ours; false: somebody
// else's. The library's own reader trusts the lengths in the data.
func userDataOf(b []byte) (fingerprint string, ours bool) {
	for len(b) >= 2 && len(b) >= 2+int(b[1]) {
		value := b[2 : 2+int(b[1])]
		switch userdata.Type(b[0]) {
		case userdata.TypeComment:
			ours = len(value) >= len(ourComment) && string(value[:len(ourComment)]) == ourComment
		case typeFingerprint:
			fingerprint = string(value)
		}
		b = b[2+int(b[1]):]
	}
	return fingerprint, ours && fingerprint != ""
}
