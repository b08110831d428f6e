package config

import (
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// number is a number, or a name that one of iproute2's files has a number for.
type number struct {
	name string // empty: n counts
	n    uint64
}

// named is a number from low to high, 32 bits at most, written as one, in hexadecimal as a string, or
// by name.
func named(want string, low, high uint64) *kind {
	return &kind{want: want, read: func(v cty.Value) (any, *fault) {
		switch v.Type() {
		case cty.Number:
			n, acc := v.AsBigFloat().Int64()
			if acc != big.Exact || n < int64(low) || n > int64(high) {
				return nil, faultf("must be a whole number, %d to %d, or a name", low, high)
			}
			return number{n: uint64(n)}, nil
		case cty.String:
			return readNumber(v.AsString(), low, high)
		}
		return nil, wrongType
	}}
}

func readNumber(s string, low, high uint64) (any, *fault) {
	if isNumeral(s) {
		return nil, faultf("write the number without quotes")
	}
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		n, f := readHex(s, high)
		if f == nil && n < low {
			f = faultf("must be %d to %d", low, high)
		}
		return number{n: n}, f
	}
	if f := checkWord(s, 64, badInNames); f != nil {
		return nil, f
	}
	return number{name: s}, nil
}

// readHex reads a number with 0x, or a decimal one, in a string.
func readHex(s string, high uint64) (uint64, *fault) {
	n, err := strconv.ParseUint(strings.ReplaceAll(s, "_", "?"), 0, 64)
	if err != nil || n > high || len(s) > 1 && s[0] == '0' && (s[1]|0x20) != 'x' {
		return 0, faultf("%q is no number of 0 to %d", s, high)
	}
	return n, nil
}

var (
	tableKind      = named("a routing table: its number, or a name that iproute2 knows", 1, 1<<32-1)
	octetKind      = named(`a number of 0 to 255, "0x10", or a name that iproute2 knows`, 0, 255)
	routeScopeKind = named("a scope: its number, 0 to 255, or a name that iproute2 knows", 0, 255)
	ifgroupKind    = named("an interface group: its number, or a name that iproute2 knows", 0, 1<<32-1)
)

// protocolNumbers are the names that rules take for a protocol.
var protocolNumbers = map[string]uint64{
	"icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51,
	"ipv6-icmp": 58, "ospf": 89, "vrrp": 112, "sctp": 132, "udplite": 136,
}

// protoKind is a protocol over IP.
var protoKind = &kind{want: `a protocol: its number, 1 to 255, or a name such as "tcp"`, read: func(v cty.Value) (any, *fault) {
	got, f := named("", 1, 255).read(v)
	if f != nil {
		return nil, f
	}
	p := got.(number)
	if p.name == "" {
		return p.n, nil
	}
	n, ok := protocolNumbers[p.name]
	if !ok {
		return nil, faultf("needs a number, or one of %s", quoted(sortedKeys(protocolNumbers)))
	}
	return n, nil
}}

// realms are written "from/to" or "to".
type realms struct{ from, to number }

// realmsKind is realms.
var realmsKind = &kind{want: `realms: "from/to", or "to" alone`, read: func(v cty.Value) (any, *fault) {
	one := named("", 0, 65535)
	if v.Type() != cty.String {
		n, f := one.read(v)
		if f != nil {
			return nil, f
		}
		return realms{to: n.(number)}, nil
	}
	from, to, found := strings.Cut(v.AsString(), "/")
	if !found {
		from, to = "0", from
	}
	a, f := readRealm(from)
	if f != nil {
		return nil, f
	}
	b, f := readRealm(to)
	if f != nil {
		return nil, f
	}
	return realms{a, b}, nil
}}

func readRealm(s string) (number, *fault) {
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		n, f := readHex(s, 65535)
		return number{n: n}, f
	}
	return number{name: s}, checkWord(s, 64, badInNames)
}

// mark is a firewall mark with its mask.
type mark struct{ value, mask uint32 }

// markKind is fwmark of a rule.
var markKind = &kind{want: `a mark as a number, or with a mask "0x1/0xff"`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.Number {
		n, f := integer(0, 1<<32-1).read(v)
		if f != nil {
			return nil, f
		}
		return mark{uint32(n.(int64)), 1<<32 - 1}, nil
	}
	if v.Type() != cty.String {
		return nil, wrongType
	}
	value, mask, found := strings.Cut(v.AsString(), "/")
	n, f := readHex(value, 1<<32-1)
	if f != nil {
		return nil, f
	}
	m := uint64(1<<32 - 1)
	if found {
		if m, f = readHex(mask, 1<<32-1); f != nil {
			return nil, f
		}
	}
	if n&^m != 0 {
		return nil, faultf("the mask must cover the mark")
	}
	return mark{uint32(n), uint32(m)}, nil
}}

// span32 is a range, both ends included.
type span32 struct{ low, high uint32 }

// rangeKind is a number or a range "80-90" up to high.
func rangeKind(what string, high uint32) *kind {
	return &kind{want: fmt.Sprintf(`%s: a number, or a range such as "80-90"`, what), read: func(v cty.Value) (any, *fault) {
		if v.Type() == cty.Number {
			n, acc := v.AsBigFloat().Int64()
			if acc != big.Exact || n < 0 || n > int64(high) {
				return nil, faultf("must be a whole number, 0 to %d", high)
			}
			return span32{uint32(n), uint32(n)}, nil
		}
		if v.Type() != cty.String {
			return nil, wrongType
		}
		a, z, found := strings.Cut(v.AsString(), "-")
		if !found {
			return nil, faultf(`needs a number without quotes, or a range such as "80-90"`)
		}
		first, err1 := strconv.ParseUint(a, 10, 64)
		last, err2 := strconv.ParseUint(z, 10, 64)
		if err1 != nil || err2 != nil || last > uint64(high) || first > last {
			return nil, faultf("must go upwards within 0 to %d", high)
		}
		return span32{uint32(first), uint32(last)}, nil
	}}
}

// networkKind is a network: without bits after the prefix.
var networkKind = ofString(`a network such as "10.0.0.0/8", or an address`, func(s string) (any, *fault) {
	p, f := readNetwork(s)
	return p, f
})

func readNetwork(s string) (netip.Prefix, *fault) {
	host, bits, found := strings.Cut(s, "/")
	a, f := readAddr(host)
	if f != nil {
		return netip.Prefix{}, f
	}
	n := a.BitLen()
	if found {
		var err error
		if n, err = strconv.Atoi(bits); err != nil || n < 0 || n > a.BitLen() || strconv.Itoa(n) != bits {
			return netip.Prefix{}, faultf("the prefix length must be 0 to %d", a.BitLen())
		}
	}
	p := netip.PrefixFrom(a, n)
	if p.Masked() != p {
		return netip.Prefix{}, faultf("has bits after the prefix: did you mean %q?", p.Masked())
	}
	return p, nil
}

// locatorKind is the locator of ila: four groups of hexadecimal digits.
var locatorKind = ofString(`a locator such as "1:2:3:4"`, func(s string) (any, *fault) {
	groups := strings.Split(s, ":")
	if len(groups) != 4 {
		return nil, faultf(`needs four groups of hexadecimal digits: "1:2:3:4"`)
	}
	for _, g := range groups {
		if _, err := strconv.ParseUint(g, 16, 16); err != nil {
			return nil, faultf(`needs four groups of hexadecimal digits: "1:2:3:4"`)
		}
	}
	return s, nil
})

// macKind is a MAC address of six octets, or of five.
var macKind = ofString(`a MAC address such as "02:00:00:aa:bb:cc", or five octets that the VRID completes`, func(s string) (any, *fault) {
	octets := strings.Split(strings.ToLower(s), ":")
	bad := len(octets) != 5 && len(octets) != 6
	for _, o := range octets {
		if _, err := strconv.ParseUint(o, 16, 8); err != nil || len(o) != 2 {
			bad = true
		}
	}
	if bad {
		return nil, faultf(`needs six octets such as "02:00:00:aa:bb:cc", or five that the VRID completes`)
	}
	first, _ := strconv.ParseUint(octets[0], 16, 8)
	switch mac := strings.Join(octets, ":"); {
	case first&1 != 0:
		return nil, faultf("is a multicast address")
	case strings.Trim(mac, "0:") == "":
		return nil, faultf("is no address")
	default:
		return mac, nil
	}
})

// textSeconds is a duration that keepalived counts in another unit than
// seconds: only text with a unit is taken.
func textSeconds(low, high float64) *kind {
	k := seconds(low, high)
	between := limits(short(toDuration(low)), short(toDuration(high)), high == unlimited)
	return &kind{want: `a duration with its unit, such as "20ms", ` + between, read: func(v cty.Value) (any, *fault) {
		if v.Type() == cty.Number {
			return nil, faultf(`needs a unit: %s seconds or "%sms"?`, v.AsBigFloat().Text('f', -1), v.AsBigFloat().Text('f', -1))
		}
		return k.read(v)
	}}
}
