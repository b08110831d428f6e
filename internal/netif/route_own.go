package netif

import (
	"errors"
	"fmt"
	"sync"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ownership knows the routes and rules of this run that were given a protocol,
// so that Mark does not tell that they are ours. The zero value is ready.
type ownership struct {
	mu     sync.Mutex
	routes map[RouteKey]uint8 // with their protocol
	rules  map[RuleKey]bool
	// vrfs are the tables of the VRF devices that were asked for: a device may
	// be gone when its routes are to be deleted.
	vrfs map[string]uint32
	// filtered are the sockets that a filter is attached to.
	filtered map[int]bool
}

// ownsRoute tells whether a route is ours.
func (o *ownership) ownsRoute(k RouteKey, protocol uint8) bool {
	if protocol == Mark {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	given, ok := o.routes[k]
	return ok && given == protocol
}

// keepRoute writes down that a route is ours, before the kernel is asked for
// it: else its event would not get through. undo is for the case that the
// kernel refuses.
func (o *ownership) keepRoute(k RouteKey, protocol uint8) (undo func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old, known := o.routes[k]
	if known && old == protocol || !known && protocol == Mark {
		return func() {}, nil
	}
	if o.routes == nil {
		o.routes = map[RouteKey]uint8{}
	}
	// That of Mark is written down as well: it says nothing new, and hides
	// that there was another one.
	o.routes[k] = protocol
	undo = func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if delete(o.routes, k); known {
			o.routes[k] = old
		}
	}
	return undo, o.refilter()
}

func (o *ownership) dropRoute(k RouteKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.routes, k)
}

// protocols returns each protocol that a route of ours may have, once.
func (o *ownership) protocols() []uint8 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.protocolsLocked()
}

func (o *ownership) protocolsLocked() []uint8 {
	all, seen := []uint8{Mark}, map[uint8]bool{Mark: true}
	for _, p := range o.routes {
		if !seen[p] {
			all, seen[p] = append(all, p), true
		}
	}
	return all
}

func (o *ownership) ownsRule(k RuleKey) bool {
	if k.Protocol == Mark {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rules[k]
}

func (o *ownership) keepRule(k RuleKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if k.Protocol != Mark {
		if o.rules == nil {
			o.rules = map[RuleKey]bool{}
		}
		o.rules[k] = true
	}
}

func (o *ownership) dropRule(k RuleKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.rules, k)
}

// tableOf returns the routing table of a VRF device, or the last one that it
// had when it is no longer there.
func (t *Table) tableOf(vrf string) (uint32, error) {
	table, err := t.lookUpVRF(vrf)
	t.own.mu.Lock()
	defer t.own.mu.Unlock()
	if known, ok := t.own.vrfs[vrf]; ok && errors.Is(err, ErrNoInterface) {
		return known, nil
	}
	if err != nil {
		return 0, fmt.Errorf("VRF %s: %w", vrf, err)
	}
	if t.own.vrfs == nil {
		t.own.vrfs = map[string]uint32{}
	}
	t.own.vrfs[vrf] = table
	return table, nil
}

func (t *Table) lookUpVRF(name string) (uint32, error) {
	r := t.request(unix.RTM_GETLINK, 0)
	r.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	r.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	messages, err := r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if errors.Is(err, unix.ENODEV) || err == nil && len(messages) == 0 {
		return 0, ErrNoInterface
	}
	if err != nil {
		return 0, err
	}
	link, err := netlink.LinkDeserialize(nil, messages[0])
	if err != nil {
		return 0, err
	}
	vrf, ok := link.(*netlink.Vrf)
	if !ok {
		return 0, fmt.Errorf("is a %s, not a VRF", link.Type())
	}
	return vrf.Table, nil
}
