package config

import (
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"director/checkers"
	"director/internal/netif"
	"director/vrrp"

	"github.com/zclconf/go-cty/cty"
)

// ipaddr is an address without port.
var ipaddr = ofString("an IP address", func(s string) (any, *fault) {
	a, f := readAddr(s)
	return a, f
})

func readAddr(s string) (netip.Addr, *fault) {
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		return netip.Addr{}, faultf("write IPv6 addresses in brackets only with a port")
	}
	if strings.Contains(s, "/") {
		return netip.Addr{}, faultf("needs an address without prefix length")
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		if _, err := netip.ParseAddrPort(s); err == nil {
			return a, faultf("needs an address without port")
		}
		return a, faultf("is not an IP address")
	}
	if a.Zone() != "" {
		return a, faultf("write the address without %%%s: the interface is known", a.Zone())
	}
	if a.Is4In6() {
		return a, faultf("write it as IPv4: %s", a.Unmap())
	}
	return a, nil
}

// addrPort is an address with or without a port (port 0).
var addrPort = ofString(`an address with port, such as "10.0.0.1:80" or "[2001:db8::1]:80"`, func(s string) (any, *fault) {
	a, f := readAddrPort(s)
	return a, f
})

func readAddrPort(s string) (netip.AddrPort, *fault) {
	if strings.Contains(s, "/") {
		return netip.AddrPort{}, faultf("needs an address without prefix length")
	}
	host, port, found := s, "", false
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (strings.Count(s, ":") == 1 || s[i-1] == ']') {
		host, port, found = s[:i], s[i+1:], true
	}
	if found && strings.HasPrefix(host, "[") {
		host = strings.TrimSuffix(host[1:], "]")
		if !strings.Contains(host, ":") {
			return netip.AddrPort{}, faultf("brackets are for IPv6 addresses")
		}
	}
	a, f := readAddr(host)
	if f != nil {
		return netip.AddrPort{}, f
	}
	if a.IsUnspecified() || a.IsMulticast() {
		return netip.AddrPort{}, faultf("must be the address of a host")
	}
	if !found {
		return netip.AddrPortFrom(a, 0), nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '0' || port[0] == '+' {
		if n == 0 && port == "0" {
			return netip.AddrPort{}, faultf("leave the port out where all are meant")
		}
		return netip.AddrPort{}, faultf("the port must be a number, 1 to 65535")
	}
	return netip.AddrPortFrom(a, uint16(n)), nil
}

// prefixKind is an address with or without prefix length, not masked.
var prefixKind = ofString(`an address with prefix length, such as "10.0.0.5/24"`, func(s string) (any, *fault) {
	p, f := readPrefix(s)
	return p, f
})

func readPrefix(s string) (netip.Prefix, *fault) {
	p, f := readAnyPrefix(s)
	if f == nil && p.Addr().IsMulticast() {
		return netip.Prefix{}, faultf("must be the address of a host")
	}
	return p, f
}

// readAnyPrefix is readPrefix for what may be a multicast group, too.
func readAnyPrefix(s string) (netip.Prefix, *fault) {
	host, bits, found := strings.Cut(s, "/")
	a, f := readAddr(host)
	if f != nil {
		return netip.Prefix{}, f
	}
	if a.IsUnspecified() {
		return netip.Prefix{}, faultf("must be the address of a host")
	}
	if !found {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := strconv.Atoi(bits)
	if err != nil || n < 1 || n > a.BitLen() || strconv.Itoa(n) != bits {
		return netip.Prefix{}, faultf("the prefix length must be 1 to %d", a.BitLen())
	}
	return netip.PrefixFrom(a, n), nil
}

// multicast4 and multicast6 are multicast groups of one family.
var (
	multicast4 = multicastKind("an IPv4 multicast address", netip.Addr.Is4)
	multicast6 = multicastKind("an IPv6 multicast address", netip.Addr.Is6)
)

func multicastKind(want string, family func(netip.Addr) bool) *kind {
	return ofString(want, func(s string) (any, *fault) {
		a, f := readAddr(s)
		if f == nil && (!a.IsMulticast() || !family(a)) {
			f = faultf("needs %s", want)
		}
		return a, f
	})
}

// word makes a kind of string with a limit in bytes and no odd characters.
func word(want string, limit int, bad string) *kind {
	return ofString(want, func(s string) (any, *fault) {
		return s, checkWord(s, limit, bad)
	})
}

func checkWord(s string, limit int, bad string) *fault {
	switch {
	case s == "":
		return faultf("must not be empty")
	case len(s) > limit:
		return faultf("must have at most %d bytes, not %d", limit, len(s))
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(bad, r) }):
		return faultf("must not contain blanks, control characters or any of %s", bad)
	}
	return nil
}

// badInNames may not stand in names of blocks.
const badInNames = "\"'`/"

var (
	// nameKind is the name of a block.
	nameKind = word("a name of 1 to 64 bytes", 64, badInNames)
	// ifname is an interface; the kernel allows 15 bytes.
	ifname = word("the name of an interface, at most 15 bytes", 15, "/:")
	// labelKind is the label of an IPv4 address.
	labelKind = word("a label of at most 15 bytes", 15, "/")
	// linkPrefixKind leaves room for a point and a VRID.
	linkPrefixKind = word("the beginning of an interface's name, at most 11 bytes", 11, "/:")
	// nftTableKind is the name of an nftables table.
	nftTableKind = word("the name of an nftables table, at most 31 bytes", 31, badInNames)
)

// pathKind is the target of an HTTP request.
var pathKind = ofString(`a path such as "/health"`, func(s string) (any, *fault) {
	switch {
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		return nil, faultf("needs the path alone; the host is virtualhost")
	case !strings.HasPrefix(s, "/"):
		return nil, faultf(`must begin with "/"`)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return nil, faultf("must not contain blanks or control characters; write %%20 for a blank")
	}
	return s, nil
})

// domainKind is the name a DNS server is asked for, fully qualified.
var domainKind = ofString(`a domain name such as "example.net"`, func(s string) (any, *fault) {
	name, err := checkers.DomainName(s)
	if err != nil {
		return nil, faultf("%s", err)
	}
	return name, nil
})

// checksumKind is v3_checksum_as_v2.
var checksumKind = &kind{want: `true, false or "either"`, read: func(v cty.Value) (any, *fault) {
	switch {
	case v.Type() == cty.Bool && v.True():
		return vrrp.ChecksumMessageOnly, nil
	case v.Type() == cty.Bool:
		return vrrp.ChecksumPseudoHeader, nil
	case v.Type() == cty.String && v.AsString() == "either":
		return vrrp.ChecksumEither, nil
	}
	return nil, wrongType
}}

// oldChecksumKind is old_unicast_checksum.
var oldChecksumKind = &kind{want: `true, false or "never"`, read: func(v cty.Value) (any, *fault) {
	switch {
	case v.Type() == cty.Bool && v.True():
		return vrrp.OldChecksumAlways, nil
	case v.Type() == cty.Bool:
		return vrrp.OldChecksumLearn, nil
	case v.Type() == cty.String && v.AsString() == "never":
		return vrrp.OldChecksumNever, nil
	}
	return nil, wrongType
}}

// bufferKind is one word of vrrp_rx_bufs_policy, or a number of bytes.
var bufferKind = &kind{want: `"MTU", "ADVERT" or a number of bytes`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.Number {
		return integer(256, unlimited).read(v)
	}
	return oneOf("MTU", "ADVERT").read(v)
}}

// broadcastKind is brd; "+" and "-" need the prefix and stay words.
var broadcastKind = ofString(`an IPv4 address, "+" or "-"`, func(s string) (any, *fault) {
	if s == "+" || s == "-" {
		return s, nil
	}
	a, f := readAddr(s)
	if f == nil && !a.Is4() {
		f = faultf("needs an IPv4 address")
	}
	return a, f
})

// scopeNames are iproute2's names.
var scopeNames = map[string]netif.Scope{
	"global": netif.ScopeGlobal, "site": netif.ScopeSite, "link": netif.ScopeLink,
	"host": netif.ScopeHost, "nowhere": netif.ScopeNowhere,
}

// scopeKind is scope.
var scopeKind = &kind{want: `"global", "site", "link", "host", "nowhere" or a number, 0 to 255`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.Number {
		n, f := integer(0, 255).read(v)
		if f != nil {
			return nil, f
		}
		return netif.Scope(n.(int64)), nil
	}
	if v.Type() != cty.String {
		return nil, wrongType
	}
	s, ok := scopeNames[v.AsString()]
	if !ok {
		return nil, faultf(`needs "global", "site", "link", "host", "nowhere" or a number`)
	}
	return s, nil
}}

// forever is preferred_lft without an end.
const forever = time.Duration(-1)

// lifetimeKind is preferred_lft: a duration, or forever.
var lifetimeKind = &kind{want: `a duration of whole seconds, or "forever"`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.String && v.AsString() == "forever" {
		return forever, nil
	}
	d, f := readDuration(v)
	switch {
	case f != nil && f.wrongType:
		return nil, f
	case f != nil || d < 0:
		return nil, faultf(`needs seconds, or "forever"`)
	case d%time.Second != 0 || d/time.Second >= 1<<32-1:
		return nil, faultf("needs whole seconds, less than 4294967295")
	}
	return d, nil
}}

// granularityKind is persistence_granularity as a prefix length. netmask
// marks one that was written as an IPv4 mask.
var granularityKind = &kind{want: `an IPv4 mask such as "255.255.255.0", or a prefix length as a number`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.Number {
		n, f := integer(1, 128).read(v)
		if f != nil {
			return nil, f
		}
		return granularity{bits: uint8(n.(int64))}, nil
	}
	if v.Type() != cty.String {
		return nil, wrongType
	}
	a, err := netip.ParseAddr(v.AsString())
	if err != nil || !a.Is4() {
		return nil, faultf(`needs an IPv4 mask such as "255.255.255.0", or a prefix length without quotes`)
	}
	bits := uint8(0)
	for _, b := range a.AsSlice() {
		for ; b&0x80 != 0; b <<= 1 {
			bits++
		}
	}
	if p, err := a.Prefix(int(bits)); err != nil || p.Addr() != a || bits == 0 || netmask(bits) != a {
		return nil, faultf("is not a network mask")
	}
	return granularity{bits: bits, mask: true}, nil
}}

type granularity struct {
	bits uint8
	mask bool
}

// netmask is the IPv4 mask of a prefix length.
func netmask(bits uint8) netip.Addr {
	m := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
}

var statusRange = regexp.MustCompile(`^([0-9]{3})-([0-9]{3})$`)

// statusKind is a status code or a range of them.
var statusKind = &kind{want: `a status code as a number, or a range such as "200-299"`, read: func(v cty.Value) (any, *fault) {
	if v.Type() == cty.Number {
		n, f := integer(100, 599).read(v)
		if f != nil {
			return nil, f
		}
		return checkers.StatusRange{First: int(n.(int64)), Last: int(n.(int64))}, nil
	}
	if v.Type() != cty.String {
		return nil, wrongType
	}
	m := statusRange.FindStringSubmatch(v.AsString())
	if m == nil {
		return nil, faultf(`needs a number such as 200, or a range such as "200-299"`)
	}
	first, _ := strconv.Atoi(m[1])
	last, _ := strconv.Atoi(m[2])
	if first < 100 || last > 599 || first > last {
		return nil, faultf("must go upwards within 100 to 599")
	}
	return checkers.StatusRange{First: first, Last: last}, nil
}}

// digestKind is an MD5 in hexadecimal.
var digestKind = ofString("32 hexadecimal digits", func(s string) (any, *fault) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 16 {
		return nil, faultf("needs 32 hexadecimal digits")
	}
	return (*[16]byte)(b), nil
})

// wholeSecond reports whether d has no fraction of a second.
func wholeSecond(d time.Duration) bool { return d%time.Second == 0 }
