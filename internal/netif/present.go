package netif

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Present is an address that an interface has.
type Present struct {
	// Address is what would be asked for to get it. DAD and NoTrack are never
	// set: the kernel does not keep them.
	//
	// The kernel stores one prefix length, and with a peer that is the peer's:
	// such an address has a Key with the full length (32 or 128).
	Address
	// Index is the interface's.
	Index int
	// Ours: it carries our mark.
	Ours bool
	// Tentative: duplicate address detection is still running. DADFailed:
	// somebody else has it. Both make it unusable.
	Tentative, DADFailed bool
	// Secondary: an earlier IPv4 address has the same subnet; if that one is
	// removed, this one goes too.
	Secondary bool
	// Temporary is an IPv6 privacy address.
	Temporary bool
}

// Usable reports whether packets can be sent from the address.
func (p Present) Usable() bool { return !p.Tentative && !p.DADFailed }

// record is an address message with what was read out of it.
type record struct {
	Present
	header unix.IfAddrmsg
	// attrs is all that the kernel said, for adding the address again as it
	// was.
	attrs []syscall.NetlinkRouteAttr
	// origin is IFA_PROTO; 0: the kernel said none.
	origin uint8
}

// parseAddress reads the body of an RTM_NEWADDR or RTM_DELADDR message. The
// name of the interface and whether the address is ours are not in it.
func parseAddress(m []byte) (record, error) {
	if len(m) < unix.SizeofIfAddrmsg {
		return record{}, fmt.Errorf("address message of %d bytes", len(m))
	}
	attrs, err := nl.ParseRouteAttr(m[unix.SizeofIfAddrmsg:])
	if err != nil {
		return record{}, fmt.Errorf("read address message: %w", err)
	}
	r := record{header: nl.DeserializeIfAddrmsg(m).IfAddrmsg, attrs: attrs}
	r.Index = int(r.header.Index)

	local, other := attrAddr(attrs, unix.IFA_LOCAL), attrAddr(attrs, unix.IFA_ADDRESS)
	if !local.IsValid() {
		local = other // IPv6 without a peer
	}
	if !local.IsValid() {
		return record{}, fmt.Errorf("address message without an address")
	}
	bits := int(r.header.Prefixlen)
	r.Prefix = netip.PrefixFrom(local, bits)
	if other.IsValid() && other != local {
		r.Prefix = netip.PrefixFrom(local, local.BitLen())
		r.Peer = netip.PrefixFrom(other, bits)
	}
	r.parseRest(local.Is4())
	return r, nil
}

// parseRest reads what is beside the address itself.
func (r *record) parseRest(is4 bool) {
	r.Scope = Scope(r.header.Scope)
	r.Broadcast = attrAddr(r.attrs, unix.IFA_BROADCAST)
	r.Label = unix.ByteSliceToString(find(r.attrs, unix.IFA_LABEL))
	if origin := find(r.attrs, ifaProto); len(origin) > 0 {
		r.origin = origin[0]
	}
	flags, known := word(find(r.attrs, unix.IFA_FLAGS), 0)
	if !known {
		flags = uint32(r.header.Flags)
	}
	r.Home = flags&unix.IFA_F_HOMEADDRESS != 0
	r.ManageTempAddr = flags&unix.IFA_F_MANAGETEMPADDR != 0
	r.NoPrefixRoute = flags&unix.IFA_F_NOPREFIXROUTE != 0
	r.AutoJoin = flags&unix.IFA_F_MCAUTOJOIN != 0
	r.Deprecated = flags&unix.IFA_F_DEPRECATED != 0
	r.Tentative = flags&unix.IFA_F_TENTATIVE != 0 && flags&unix.IFA_F_OPTIMISTIC == 0
	r.DADFailed = flags&unix.IFA_F_DADFAILED != 0
	// The same bit means secondary in IPv4 and temporary in IPv6.
	r.Secondary = is4 && flags&unix.IFA_F_SECONDARY != 0
	r.Temporary = !is4 && flags&unix.IFA_F_TEMPORARY != 0
}

// Addresses lists all addresses of all interfaces, in the kernel's order.
func (t *Table) Addresses(ctx context.Context) ([]Present, error) {
	links, err := t.Links(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[int]string, len(links))
	for _, l := range links {
		names[l.Index] = l.Name
	}
	records, err := t.records(ctx, filter{family: unix.AF_UNSPEC})
	if err != nil {
		return nil, err
	}
	all := make([]Present, 0, len(records))
	for _, r := range records {
		// An interface that came or went between the two lists has no name
		// here, and an event of its own.
		if name, ok := names[r.Index]; ok {
			all = append(all, t.complete(r, name).Present)
		}
	}
	return all, nil
}

// filter says which addresses to list.
type filter struct {
	index  int   // of the interface; 0: all
	family uint8 // AF_UNSPEC: both
	// ip is the only address wanted; invalid: all.
	ip netip.Addr
}

// passes reports whether a message may be about an address that is wanted.
// Looking for the bytes is a fraction of the work of reading the message, and
// an interface may have thousands of addresses.
func (f filter) passes(m []byte) bool {
	return !f.ip.IsValid() || bytes.Contains(m, f.ip.AsSlice())
}

// records lists addresses. Their interface has no name yet.
func (t *Table) records(ctx context.Context, f filter) ([]record, error) {
	records, err := dump(ctx, func() ([]record, error) {
		m := nl.NewIfAddrmsg(int(f.family))
		m.Index = uint32(f.index)
		r := t.request(unix.RTM_GETADDR, unix.NLM_F_DUMP)
		r.AddData(m)
		var records []record
		var broken error
		err := r.ExecuteIter(unix.NETLINK_ROUTE, unix.RTM_NEWADDR, func(message []byte) bool {
			if !f.passes(message) {
				return true
			}
			var rec record
			if rec, broken = parseAddress(message); broken != nil {
				return false
			}
			same := !f.ip.IsValid() || rec.Prefix.Addr() == f.ip
			if same && (f.index == 0 || rec.Index == f.index) {
				records = append(records, rec)
			}
			return true
		})
		return records, cmp.Or(broken, err)
	})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	return records, nil
}

// complete adds the interface's name and whether the address is ours.
func (t *Table) complete(r record, name string) record {
	r.Interface = name
	r.Ours = t.ours(r.Key, r.origin)
	return r
}

// on lists the addresses of a link in a family, completed.
func (t *Table) on(ctx context.Context, l Link, family uint8) ([]record, error) {
	return t.listed(ctx, l, filter{index: l.Index, family: family})
}

// same lists the addresses of a link that have this IP, completed.
func (t *Table) same(ctx context.Context, l Link, ip netip.Addr) ([]record, error) {
	return t.listed(ctx, l, filter{index: l.Index, family: family(ip), ip: ip})
}

func (t *Table) listed(ctx context.Context, l Link, f filter) ([]record, error) {
	records, err := t.records(ctx, f)
	if err != nil {
		return nil, err
	}
	for i := range records {
		records[i] = t.complete(records[i], l.Name)
	}
	return records, nil
}

// family returns the address family's number.
func family(a netip.Addr) uint8 {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
