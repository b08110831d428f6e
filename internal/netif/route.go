package netif

import (
	"net/netip"
	"time"
)

// Route is a route that director adds: virtual or static. Zero values mean
// that the attribute is not given. Words are iproute2's.
type Route struct {
	// Type is "unicast", "blackhole", "unreachable", "prohibit", "throw",
	// "local" ...; empty: unicast.
	Type string
	// Dest is the destination; of the default route 0.0.0.0/0 or ::/0.
	Dest netip.Prefix
	// From is the source-specific prefix of an IPv6 route.
	From netip.Prefix
	// Via is the next hop, also of the other family; Dev the interface.
	Via netip.Addr
	Dev string
	// Src is the preferred source address.
	Src netip.Addr
	// Table is the routing table, 0: main. VRF names a VRF device whose table
	// is used.
	Table uint32
	VRF   string
	// Metric is the priority, 0: the kernel's default.
	Metric uint32
	// Scope is set when HasScope is.
	Scope    Scope
	HasScope bool
	// Protocol is the origin (rtm_protocol); 0: director's mark.
	Protocol uint8
	TOS      uint8
	Realms   uint32 // from<<16 | to
	OnLink   bool
	// Metrics are the RTAX values that are given, by their names below.
	Metrics RouteMetrics
	// Pref is "low", "medium", "high" (IPv6); Expires the life of an IPv6 route.
	Pref         string
	TTLPropagate string // "enabled", "disabled" (MPLS)
	Expires      time.Duration
	Encap        Encap
	NextHops     []NextHop
	// Insert is "add", "prepend" or "append"; empty: prepend.
	Insert string
	// NoTrack: its interface being down is no fault, its deletion is not
	// repaired.
	NoTrack bool
}

// RouteMetrics are the metrics of a route; 0: not given. Times are in the
// kernel's units as iproute2 writes them.
type RouteMetrics struct {
	MTU, AdvMSS, Window, Cwnd, InitCwnd, InitRwnd, SSThresh, Reordering, HopLimit uint32
	RTT, RTTVar, RTOMin                                                           time.Duration
	QuickAck, FastOpenNoCookie                                                    bool
	// Features is a mask; 1: ecn. CongCtl is the congestion control's name.
	Features uint32
	CongCtl  string
	// Lock is the mask of locked metrics (1 << RTAX number).
	Lock uint32
}

// NextHop is one hop of a multipath route.
type NextHop struct {
	Via    netip.Addr
	Dev    string
	Weight int // 1 to 256
	OnLink bool
	Realms uint32
	Encap  Encap
}

// Encap is a lightweight tunnel; empty Kind: none.
type Encap struct {
	// Kind is "ip", "ip6", "mpls" or "ila".
	Kind string
	// ID, Src, Dst, TOS, TTL are those of ip and ip6.
	ID       uint64
	Src, Dst netip.Addr
	TOS, TTL uint8
	// Labels are the MPLS labels; Locator is ila's.
	Labels  []uint32
	Locator string
}

// Rule is a policy routing rule that director adds.
type Rule struct {
	// Family is 4 or 6.
	Family   uint8
	Not      bool
	From, To netip.Prefix
	TOS      uint8
	// FWMark and FWMask are set when HasMark is.
	FWMark, FWMask uint32
	HasMark        bool
	IIF, OIF       string
	// UIDRange, SPort, DPort are set when their Has field is; both ends
	// included.
	UIDLow, UIDHigh     uint32
	HasUID              bool
	SPortLow, SPortHigh uint16
	DPortLow, DPortHigh uint16
	L3MDev              bool
	TunnelID            uint64
	IPProto             uint8
	// Type is "nop", "blackhole", "unreachable", "prohibit", or empty: the
	// lookup of Table, or Goto when it is not 0.
	Type  string
	Table uint32
	Goto  uint32
	// Preference is the place of the rule; it is always given or chosen by the
	// configuration.
	Preference uint32
	Realms     uint32
	// SuppressPrefixLength and SuppressIfGroup are -1 where not given.
	SuppressPrefixLength, SuppressIfGroup int
	Protocol                              uint8
	NoTrack                               bool
}
