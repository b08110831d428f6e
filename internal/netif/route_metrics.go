package netif

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// check says what the kernel would cut or round without telling.
func (m RouteMetrics) check() error {
	var errs []error
	for _, n := range routeMetricNumbers {
		if v := *n.value(&m); n.most != 0 && v > n.most {
			errs = append(errs, fmt.Errorf("%s %d: at most %d", n.name, v, n.most))
		}
	}
	for _, n := range routeMetricTimes {
		v := *n.value(&m)
		if v < 0 || v%n.unit != 0 || v/n.unit > math.MaxUint32 {
			errs = append(errs, fmt.Errorf("%s %s: the kernel keeps multiples of %s", n.name, v, n.unit))
		}
	}
	const most = 15 // TCP_CA_NAME_MAX less its end
	if len(m.CongCtl) > most {
		errs = append(errs, fmt.Errorf("congctl %q: longer than %d bytes", m.CongCtl, most))
	}
	return errors.Join(errs...)
}

// attribute returns RTA_METRICS; nil: no metric is given.
func (m RouteMetrics) attribute() *nl.RtAttr {
	top := nl.NewRtAttr(unix.RTA_METRICS, nil)
	given := false
	add := func(kind uint16, value []byte) {
		given = true
		top.AddRtAttr(int(kind), value)
	}
	for _, n := range routeMetricNumbers {
		if v := *n.value(&m); v != 0 {
			add(n.kind, nl.Uint32Attr(v))
		}
	}
	for _, n := range routeMetricTimes {
		if v := *n.value(&m); v != 0 {
			add(n.kind, nl.Uint32Attr(uint32(v/n.unit)))
		}
	}
	for _, n := range routeMetricFlags {
		if *n.value(&m) {
			add(n.kind, nl.Uint32Attr(1))
		}
	}
	if m.CongCtl != "" {
		add(unix.RTAX_CC_ALGO, nl.ZeroTerminated(m.CongCtl))
	}
	if !given {
		return nil
	}
	return top
}

// parseMetrics reads RTA_METRICS.
func parseMetrics(b []byte) (RouteMetrics, error) {
	var m RouteMetrics
	attrs, err := readAttrs(b)
	if err != nil {
		return m, fmt.Errorf("read a route's metrics: %w", err)
	}
	for _, n := range routeMetricNumbers {
		*n.value(&m), _ = word(find(attrs, n.kind), 0)
	}
	for _, n := range routeMetricTimes {
		v, _ := word(find(attrs, n.kind), 0)
		*n.value(&m) = time.Duration(v) * n.unit
	}
	for _, n := range routeMetricFlags {
		v, _ := word(find(attrs, n.kind), 0)
		*n.value(&m) = v != 0
	}
	m.CongCtl = unix.ByteSliceToString(find(attrs, unix.RTAX_CC_ALGO))
	return m, nil
}
