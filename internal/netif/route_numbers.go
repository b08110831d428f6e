package netif

import (
	"time"

	"golang.org/x/sys/unix"
)

// routeTypes are the types of rtnetlink(7) by ip-route(8)'s names.
var routeTypes = map[string]uint8{
	"unicast": unix.RTN_UNICAST, "local": unix.RTN_LOCAL, "broadcast": unix.RTN_BROADCAST,
	"anycast": unix.RTN_ANYCAST, "multicast": unix.RTN_MULTICAST, "blackhole": unix.RTN_BLACKHOLE,
	"unreachable": unix.RTN_UNREACHABLE, "prohibit": unix.RTN_PROHIBIT, "throw": unix.RTN_THROW,
}

// routePrefs are the values of RTA_PREF (linux/icmpv6.h, RFC 4191).
var routePrefs = map[string]uint8{"medium": 0, "high": 1, "low": 3}

// nameOf returns the name of a number; empty: it has none.
func nameOf(names map[string]uint8, number uint8) string {
	for name, n := range names {
		if n == number {
			return name
		}
	}
	return ""
}

// routeMetric is a metric of a route that is a number, with how to reach it.
type routeMetric struct {
	name  string
	kind  uint16
	value func(*RouteMetrics) *uint32
	// most is the largest value that the kernel does not cut; 0: any.
	most uint32
}

var routeMetricNumbers = []routeMetric{
	{"mtu", unix.RTAX_MTU, func(m *RouteMetrics) *uint32 { return &m.MTU }, 65535 - 15},
	{"advmss", unix.RTAX_ADVMSS, func(m *RouteMetrics) *uint32 { return &m.AdvMSS }, 65535 - 40},
	{"window", unix.RTAX_WINDOW, func(m *RouteMetrics) *uint32 { return &m.Window }, 0},
	{"cwnd", unix.RTAX_CWND, func(m *RouteMetrics) *uint32 { return &m.Cwnd }, 0},
	{"initcwnd", unix.RTAX_INITCWND, func(m *RouteMetrics) *uint32 { return &m.InitCwnd }, 0},
	{"initrwnd", unix.RTAX_INITRWND, func(m *RouteMetrics) *uint32 { return &m.InitRwnd }, 0},
	{"ssthresh", unix.RTAX_SSTHRESH, func(m *RouteMetrics) *uint32 { return &m.SSThresh }, 0},
	{"reordering", unix.RTAX_REORDERING, func(m *RouteMetrics) *uint32 { return &m.Reordering }, 0},
	{"hoplimit", unix.RTAX_HOPLIMIT, func(m *RouteMetrics) *uint32 { return &m.HopLimit }, 255},
	{"features", unix.RTAX_FEATURES, func(m *RouteMetrics) *uint32 { return &m.Features }, 0},
	{"lock", unix.RTAX_LOCK, func(m *RouteMetrics) *uint32 { return &m.Lock }, 0},
}

// routeTime is a metric of a route that is a time, in units of the kernel's.
type routeTime struct {
	name  string
	kind  uint16
	value func(*RouteMetrics) *time.Duration
	unit  time.Duration
}

// The units are those of include/net/dst.h: eighths and quarters of a
// millisecond, as TCP keeps its averages.
var routeMetricTimes = []routeTime{
	{"rtt", unix.RTAX_RTT, func(m *RouteMetrics) *time.Duration { return &m.RTT }, time.Millisecond / 8},
	{"rttvar", unix.RTAX_RTTVAR, func(m *RouteMetrics) *time.Duration { return &m.RTTVar }, time.Millisecond / 4},
	{"rto_min", unix.RTAX_RTO_MIN, func(m *RouteMetrics) *time.Duration { return &m.RTOMin }, time.Millisecond},
}

// routeFlag is a metric of a route that is on or off.
type routeFlag struct {
	kind  uint16
	value func(*RouteMetrics) *bool
}

var routeMetricFlags = []routeFlag{
	{unix.RTAX_QUICKACK, func(m *RouteMetrics) *bool { return &m.QuickAck }},
	{unix.RTAX_FASTOPEN_NO_COOKIE, func(m *RouteMetrics) *bool { return &m.FastOpenNoCookie }},
}
