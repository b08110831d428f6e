package netif

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// OurRoutes lists the routes of ours in all tables, as the kernel has them: all
// that carry Mark, also those of an earlier run, and those of this run that
// were given a protocol. The kernel looks for them; what others have costs
// next to nothing. DeleteRoute takes what it returns.
//
// There are changes without an event: IPv4 routes go in silence when their
// interface is switched off or deleted, or loses the address that made the next
// hop reachable; an IPv4 multipath route goes with the first of its interfaces
// that is deleted; an IPv6 route stays when its preferred source address goes,
// without that source.
func (t *Table) OurRoutes(ctx context.Context) ([]Route, error) {
	var ours []Route
	for _, protocol := range t.own.protocols() {
		for _, fam := range []uint8{unix.AF_INET, unix.AF_INET6} {
			records, err := t.routeRecords(ctx, routeQuery{family: fam, protocol: protocol})
			if err != nil {
				return nil, err
			}
			for _, rec := range records {
				if t.own.ownsRoute(rec.key(), rec.Protocol) {
					ours = append(ours, rec.Route)
				}
			}
		}
	}
	return ours, nil
}

// routeQuery says which routes to list; zero values mean any.
type routeQuery struct {
	family, protocol uint8
	// table has to exist: of one that does not, the kernel complains in a form
	// that package nl cannot read (v1.3.1 panics).
	table uint32
	dest  netip.Prefix
}

// passes reports whether a message is about a route that is wanted, as far as
// its header tells.
func (q routeQuery) passes(m []byte) bool {
	if len(m) < unix.SizeofRtMsg {
		return true // parseRoute says what is wrong
	}
	h := nl.DeserializeRtMsg(m)
	return h.Family == q.family && h.Flags&unix.RTM_F_CLONED == 0 &&
		(q.protocol == 0 || h.Protocol == q.protocol) &&
		(!q.dest.IsValid() || int(h.Dst_len) == q.dest.Bits())
}

// routeRecords lists routes, with the names of their interfaces.
func (t *Table) routeRecords(ctx context.Context, q routeQuery) ([]routeRecord, error) {
	records, err := dump(ctx, func() ([]routeRecord, error) {
		// The kernel filters by table and protocol where dumps are strict.
		r := t.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP)
		r.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: q.family, Protocol: q.protocol, Table: shortTable(q.table)}})
		if q.table != 0 {
			r.AddData(nl.NewRtAttr(unix.RTA_TABLE, nl.Uint32Attr(q.table)))
		}
		var records []routeRecord
		var broken error
		err := r.ExecuteIter(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE, func(message []byte) bool {
			if !q.passes(message) {
				return true
			}
			var rec routeRecord
			if rec, broken = parseRoute(message); broken != nil {
				return false
			}
			if (q.table == 0 || rec.Table == q.table) && (!q.dest.IsValid() || rec.Dest == q.dest) {
				records = append(records, rec)
			}
			return true
		})
		return records, cmp.Or(broken, err)
	})
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	if len(records) == 0 {
		return nil, nil
	}
	links, err := t.Links(ctx)
	if err != nil {
		return nil, err
	}
	for i := range records {
		records[i].name(links)
	}
	return records, nil
}

// ourRoutes lists the routes of ours that have the key of a route, and the very
// route if it stands already.
func (t *Table) ourRoutes(ctx context.Context, want Route) ([]routeRecord, error) {
	protocols := t.own.protocols()
	if !slices.Contains(protocols, want.Protocol) {
		protocols = append(protocols, want.Protocol)
	}
	var ours []routeRecord
	for _, protocol := range protocols {
		records, err := t.routeRecords(ctx, routeQuery{
			family: family(want.Dest.Addr()), protocol: protocol, dest: want.Dest,
		})
		if err != nil {
			return nil, err
		}
		for _, rec := range records {
			if rec.key() == want.key() && (t.own.ownsRoute(rec.key(), rec.Protocol) || want.stands(rec.Route)) {
				ours = append(ours, rec)
			}
		}
	}
	return ours, nil
}

// rivals lists all routes that have the key of a route, in the kernel's order.
// It reads the whole table.
func (t *Table) rivals(ctx context.Context, want Route) ([]routeRecord, error) {
	records, err := t.routeRecords(ctx, routeQuery{
		family: family(want.Dest.Addr()), table: want.Table, dest: want.Dest,
	})
	if err != nil {
		return nil, err
	}
	var same []routeRecord
	for _, rec := range records {
		if rec.key() == want.key() {
			same = append(same, rec)
		}
	}
	return same, nil
}
