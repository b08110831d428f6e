package ipvstest

import (
	"fmt"
	"net/netip"
	"time"

	"pgregory.net/rapid"

	"director/ipvs"
)

// Tables generates tables that the kernel accepts, over few keys, so that two
// of them have much in common.
func Tables() *rapid.Generator[[]ipvs.Service] {
	return rapid.Custom(func(t *rapid.T) []ipvs.Service {
		keys := rapid.SliceOfDistinct(rapid.SampledFrom(someKeys), rapid.ID[ipvs.Key]).Draw(t, "keys")
		var table []ipvs.Service
		for _, key := range keys {
			table = append(table, drawService(t, key))
		}
		return table
	})
}

var someKeys = []ipvs.Key{
	key(ipvs.TCP, "192.0.2.1:80"), key(ipvs.TCP, "192.0.2.1:0"), key(ipvs.UDP, "192.0.2.1:53"),
	key(ipvs.SCTP, "192.0.2.1:80"), key(ipvs.TCP, "[2001:db8::1]:80"), key(ipvs.UDP, "[2001:db8::1]:5060"),
	{Family: ipvs.INET, FWMark: 7}, {Family: ipvs.INET6, FWMark: 7},
}

func drawService(t *rapid.T, k ipvs.Key) ipvs.Service {
	s := ipvs.Service{
		Key:       k,
		Scheduler: rapid.SampledFrom([]string{"rr", "wrr", "wlc", "sh"}).Draw(t, "scheduler"),
		Flags:     rapid.SampledFrom([]ipvs.Flags{0, 0, ipvs.SchedFlag1, ipvs.SchedFlag1 | ipvs.SchedFlag2}).Draw(t, "flags"),
		Timeout:   rapid.SampledFrom([]time.Duration{0, 0, 50 * time.Second, time.Hour}).Draw(t, "timeout"),
		MaskBits:  rapid.SampledFrom([]uint8{0, 0, 24, 1}).Draw(t, "mask"),
	}
	if s.Scheduler != "sh" { // ipvsadm does not print it there
		s.Flags |= rapid.SampledFrom([]ipvs.Flags{0, ipvs.SchedFlag3}).Draw(t, "third flag")
	}
	if k.Protocol == ipvs.UDP && s.Timeout > 0 {
		s.Engine = rapid.SampledFrom([]string{"", "sip"}).Draw(t, "engine")
	}
	if k.Protocol == ipvs.UDP {
		s.Flags |= rapid.SampledFrom([]ipvs.Flags{0, ipvs.OnePacket}).Draw(t, "one packet")
	}
	hosts := rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 0, 6, rapid.ID[int]).Draw(t, "servers")
	for _, host := range hosts {
		s.Servers = append(s.Servers, drawServer(t, k.Family, host))
	}
	return s
}

func drawServer(t *rapid.T, f ipvs.Family, host int) ipvs.Server {
	format := "10.9.0.%d:80"
	if f == ipvs.INET6 {
		format = "[2001:db8:9::%d]:80"
	}
	s := ipvs.Server{
		ServerKey: serverKey(fmt.Sprintf(format, host)),
		Forward:   rapid.SampledFrom([]ipvs.Forward{ipvs.DR, ipvs.DR, ipvs.NAT, ipvs.TUN}).Draw(t, "forward"),
		Weight:    rapid.SampledFrom([]uint32{0, 1, 1, 100, 65535}).Draw(t, "weight"),
		Upper:     rapid.SampledFrom([]uint32{0, 0, 1000}).Draw(t, "upper"),
	}
	s.Lower = s.Upper / 2
	if s.Forward == ipvs.TUN {
		s.Tunnel = rapid.SampledFrom([]ipvs.TunnelType{ipvs.IPIP, ipvs.GUE, ipvs.GRE}).Draw(t, "tunnel")
	}
	if s.Tunnel == ipvs.GUE {
		s.TunnelPort = 6080
		s.TunnelFlags = rapid.SampledFrom([]ipvs.TunnelFlags{0, 1, 2}).Draw(t, "tunnel flags")
	}
	return s
}

// key makes the key of a service with an address.
func key(p ipvs.Protocol, addr string) ipvs.Key {
	a := netip.MustParseAddrPort(addr)
	return ipvs.Key{Family: familyOf(a.Addr()), Protocol: p, Address: a}
}

func serverKey(addr string) ipvs.ServerKey {
	return ipvs.ServerKey{Address: netip.MustParseAddrPort(addr)}
}
