// Package ipvstest has an in-memory IPVS with the kernel's own errors, and the
// conformance suite that runs on it everywhere and on the real kernel where
// there is one, so that the two cannot drift apart.
package ipvstest

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"director/ipvs"
)

// Table is what [Kernel] and *ipvs.Client have in common; see there.
type Table interface {
	Services(ctx context.Context) ([]ipvs.Service, error)
	Servers(ctx context.Context, k ipvs.Key) ([]ipvs.Server, error)
	Table(ctx context.Context, keys []ipvs.Key) ([]ipvs.Service, error)
	Apply(ctx context.Context, ops []ipvs.Op, report func(i int, err error))
	Flush(ctx context.Context) error
}

// Kernel is an IPVS table in memory. It behaves as *ipvs.Client on a Linux
// kernel does, as far as the conformance suite knows. The zero value is an
// empty table with every scheduler and engine. It may be used concurrently.
type Kernel struct {
	mu sync.Mutex
	// All fields below are guarded by mu.

	services []*ipvs.Service // in order of their making
	missing  map[string]bool // schedulers and engines that are not there
	faults   []fault
	history  []ipvs.Op
}

// Without takes schedulers and persistence engines out of the kernel, as if
// their modules were missing.
func (k *Kernel) Without(names ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.missing == nil {
		k.missing = make(map[string]bool)
	}
	for _, name := range names {
		k.missing[name] = true
	}
}

// Services is [ipvs.Client.Services].
func (k *Kernel) Services(ctx context.Context) ([]ipvs.Service, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.request(ctx, request{list: true}); err != nil {
		return nil, err
	}
	var all []ipvs.Service
	for _, s := range k.services {
		all = append(all, s.Normal())
	}
	return all, nil
}

// Servers is [ipvs.Client.Servers].
func (k *Kernel) Servers(ctx context.Context, key ipvs.Key) ([]ipvs.Server, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.request(ctx, request{list: true}); err != nil {
		return nil, err
	}
	if s := k.find(key); s != nil {
		return slices.Clone(s.Servers), nil
	}
	return nil, nil
}

// Table is [ipvs.Client.Table].
func (k *Kernel) Table(ctx context.Context, keys []ipvs.Key) ([]ipvs.Service, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	all, err := k.Services(ctx)
	if err != nil {
		return nil, err
	}
	var found []ipvs.Service
	for _, s := range all {
		if !slices.ContainsFunc(keys, func(key ipvs.Key) bool { return normalKey(key) == s.Key }) {
			continue
		}
		if s.Servers, err = k.Servers(ctx, s.Key); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, nil
}

// Flush is [ipvs.Client.Flush].
func (k *Kernel) Flush(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.request(ctx, request{}); err != nil {
		return err
	}
	k.services = nil
	return nil
}

// Apply is [ipvs.Client.Apply].
func (k *Kernel) Apply(ctx context.Context, ops []ipvs.Op, report func(i int, err error)) {
	for i, op := range ops {
		report(i, k.apply(ctx, op, i == 0))
	}
}

// History returns the operations that were asked for so far, in order, whether
// they succeeded or not.
func (k *Kernel) History() []ipvs.Op {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.history)
}

// Set makes the table what another program has made of it, past all faults.
func (k *Kernel) Set(services ...ipvs.Service) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.services = nil
	for _, s := range services {
		n := s.Normal()
		for _, server := range s.Servers {
			n.Servers = append(n.Servers, server.Normal())
		}
		k.services = append(k.services, &n)
	}
}

func (k *Kernel) find(key ipvs.Key) *ipvs.Service {
	key = normalKey(key)
	for _, s := range k.services {
		if s.Key == key {
			return s
		}
	}
	return nil
}

func normalKey(key ipvs.Key) ipvs.Key {
	s := ipvs.Service{Key: key}
	return s.Normal().Key
}

func familyOf(a netip.Addr) ipvs.Family {
	if a.Is4() {
		return ipvs.INET
	}
	return ipvs.INET6
}
