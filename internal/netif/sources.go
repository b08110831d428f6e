package netif

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// mostSources bounds the cache of Sources. Above the number of destinations
// that a director may have, it only stops growth without end.
const mostSources = 1 << 16

// Sources finds source addresses that are no virtual addresses. A virtual
// address alone in its subnet would otherwise become the source of checks, and
// a real server that holds it too (direct routing) answers itself.
//
// Answers are cached while Run is running and listening; without it every call
// asks the kernel. All methods may be called concurrently.
type Sources struct {
	t *Table

	// mu guards the rest.
	mu      sync.RWMutex
	virtual map[netip.Addr]bool
	// listening: changes are reported, so answers may be kept.
	listening bool
	// generation counts what made answers invalid, so that one that was under
	// way meanwhile is not kept.
	generation uint64
	cache      map[netip.Addr]sourceAnswer
	addresses  *snapshot

	// listing is held while the addresses are listed, so that ten thousand
	// checks that find nothing kept do it once.
	listing sync.Mutex
}

type sourceAnswer struct {
	src netip.Addr
	err error
}

// snapshot is the addresses of the namespace at one moment.
type snapshot struct {
	byIndex map[int][]Present
	marked  map[netip.Addr]bool
}

// NewSources returns a Sources for the namespace of the Table, which must stay
// open as long.
func NewSources(t *Table) *Sources {
	return &Sources{t: t, cache: map[netip.Addr]sourceAnswer{}}
}

// SetVirtual says which addresses are virtual, beside those that carry our
// mark. It replaces what was said before.
func (s *Sources) SetVirtual(addrs []netip.Addr) {
	virtual := make(map[netip.Addr]bool, len(addrs))
	for _, a := range addrs {
		virtual[a.Unmap().WithZone("")] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.virtual = virtual
	s.invalidate()
}

// Run keeps the cache true until ctx ends.
func (s *Sources) Run(ctx context.Context) {
	s.t.subscribe(ctx, subscription{
		groups: []uint{
			unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR,
			unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE, unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE,
		},
		begun:   func(error) error { s.listen(true); return nil },
		message: func(syscall.NetlinkMessage) error { s.changed(); return nil },
		ended:   func() { s.listen(false) },
	})
}

func (s *Sources) listen(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listening = on
	s.invalidate()
}

func (s *Sources) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalidate()
}

// invalidate forgets all answers; s.mu is held.
func (s *Sources) invalidate() {
	s.generation++
	clear(s.cache)
	s.addresses = nil
}

// SourceFor returns the address to send from to dst; a zero address: let the
// kernel choose, its choice is no virtual address. Otherwise it is an address
// of the interface that the route takes. If that has only virtual ones, the
// error wraps ErrNoSource; if there is no route, the kernel's errno.
func (s *Sources) SourceFor(dst netip.Addr) (netip.Addr, error) {
	dst = dst.Unmap()
	s.mu.RLock()
	a, ok := s.cache[dst]
	generation, virtual := s.generation, s.virtual
	s.mu.RUnlock()
	if ok {
		return a.src, a.err
	}
	a.src, a.err = s.ask(dst, virtual)
	if a.err != nil {
		a.err = fmt.Errorf("source address for %s: %w", dst, a.err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening && generation == s.generation {
		if len(s.cache) >= mostSources {
			clear(s.cache)
		}
		s.cache[dst] = a
	}
	return a.src, a.err
}

// errOnlyVirtual is what SourceFor says where only virtual addresses are left.
var errOnlyVirtual = fmt.Errorf("no address but virtual ones reaches it: %w", ErrNoSource)

// ask asks the kernel.
func (s *Sources) ask(dst netip.Addr, virtual map[netip.Addr]bool) (netip.Addr, error) {
	var options *netlink.RouteGetOptions
	if zone := dst.Zone(); zone != "" {
		l, err := s.t.link(zone)
		if err != nil {
			return netip.Addr{}, err
		}
		options = &netlink.RouteGetOptions{OifIndex: l.Index}
	}
	routes, err := s.t.routes.RouteGetWithOptions(dst.AsSlice(), options)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(routes) == 0 {
		return netip.Addr{}, unix.ENETUNREACH
	}
	route := routes[0]
	choice, _ := netip.AddrFromSlice(route.Src)
	choice = choice.Unmap()
	if route.Type == unix.RTN_LOCAL {
		// Delivered on this machine: an answer to a virtual address comes back.
		return netip.Addr{}, nil
	}
	next, ok := netip.AddrFromSlice(route.Gw)
	if next = next.Unmap(); !ok || next.Is4() != dst.Is4() {
		next = dst.WithZone("")
	}
	return s.avoid(route.LinkIndex, choice, dst, next, virtual)
}

// avoid returns the kernel's choice as a zero address if that is no virtual
// one, else another address of the interface.
func (s *Sources) avoid(index int, choice, dst, next netip.Addr, virtual map[netip.Addr]bool) (netip.Addr, error) {
	have, err := s.present()
	if err != nil {
		return netip.Addr{}, err
	}
	if !virtual[choice] && !have.marked[choice] {
		return netip.Addr{}, nil
	}
	src, ok := pickSource(have.byIndex[index], dst, next, func(p Present) bool {
		return p.Ours || virtual[p.Prefix.Addr()]
	})
	if !ok {
		return netip.Addr{}, errOnlyVirtual
	}
	return src.WithZone(dst.Zone()), nil
}

// present returns the addresses of the namespace, kept or listed.
func (s *Sources) present() (*snapshot, error) {
	s.listing.Lock()
	defer s.listing.Unlock()
	s.mu.RLock()
	have, generation := s.addresses, s.generation
	s.mu.RUnlock()
	if have != nil {
		return have, nil
	}
	all, err := s.t.Addresses(context.Background())
	if err != nil {
		return nil, err
	}
	have = &snapshot{byIndex: map[int][]Present{}, marked: map[netip.Addr]bool{}}
	for _, p := range all {
		have.byIndex[p.Index] = append(have.byIndex[p.Index], p)
		if p.Ours {
			have.marked[p.Prefix.Addr()] = true
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening && generation == s.generation {
		s.addresses = have
	}
	return have, nil
}
