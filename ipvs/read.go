package ipvs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"syscall"
)

// Services lists the services in the kernel, without their servers, in their
// normal form. An empty table is no error.
//
// Between two pieces of a long list the kernel remembers only how many services
// it has passed, counting those of all network namespaces
// (ip_vs_genl_dump_services): when one is removed anywhere it skips another,
// when one is added it repeats one (seen). So those that this client has
// programmed and the list lacks are asked for one by one. A service of others may
// be missing from one list and be in the next.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	var all []Service
	pieces := 1
	err := c.locked(ctx, func() error {
		err := c.dump(ctx, request{cmd: cmdGetService}, func(attrs []byte) error {
			s, err := decodeService(attrs)
			all = append(all, s)
			return err
		}, func() { pieces++ })
		if err != nil || pieces == 1 {
			return err // one piece is made under the kernel's lock
		}
		all = unique(all, func(s *Service) Key { return s.Key })
		skipped, err := c.skipped(ctx, all)
		all = append(all, skipped...)
		return err
	})
	return all, wrap("list services", err)
}

// skipped asks for the programmed services that a list lacks, and forgets those
// that are not there.
func (c *Client) skipped(ctx context.Context, list []Service) ([]Service, error) {
	missing := maps.Clone(c.programmed)
	for i := range list {
		delete(missing, list[i].Key)
	}
	var found []Service
	for key := range missing {
		c.pace.room()
		err := c.own(ctx, func(conn *conn) error {
			return conn.get(request{cmdGetService, appendKey(nil, key)}, func(attrs []byte) error {
				s, err := decodeService(attrs)
				found = append(found, s)
				return err
			})
		})
		switch {
		case errors.Is(err, syscall.ESRCH):
			delete(c.programmed, key)
		case err != nil:
			return nil, err
		}
		c.pace.did(1)
	}
	return found, nil
}

// Servers lists the servers of one service. A service that is not there has
// none: the kernel makes no difference (ip_vs_genl_dump_dests). They come in the
// order in which they were added. When somebody removes a server of the service
// meanwhile, a long list may lack others.
func (c *Client) Servers(ctx context.Context, k Key) ([]Server, error) {
	k = k.normal()
	var all []Server
	pieces := 1
	err := c.locked(ctx, func() error {
		return c.dump(ctx, request{cmdGetDest, appendKey(nil, k)}, func(attrs []byte) error {
			s, err := decodeServer(k.Family, attrs)
			all = append(all, s)
			return err
		}, func() { pieces++ })
	})
	if pieces > 1 {
		all = unique(all, func(s *Server) ServerKey { return s.ServerKey })
	}
	slices.Reverse(all) // the kernel has the newest first; see plan.servers
	return all, wrap("list servers of "+k.String(), err)
}

// Table returns those of the services with the given keys that are in the
// kernel, with their servers: one request per service and one more. The kernel
// may be changed by others between them.
func (c *Client) Table(ctx context.Context, keys []Key) ([]Service, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	asked := make(map[Key]bool, len(keys))
	for _, k := range keys {
		asked[k.normal()] = true
	}
	all, err := c.Services(ctx)
	if err != nil {
		return nil, err
	}
	found := all[:0]
	for _, s := range all {
		if !asked[s.Key] {
			continue
		}
		if s.Servers, err = c.Servers(ctx, s.Key); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, nil
}

// dump reads a list with pauses. It calls piece after every piece but the last.
func (c *Client) dump(ctx context.Context, r request, each func(attrs []byte) error, piece func()) error {
	c.pace.room()
	err := c.own(ctx, func(conn *conn) error {
		return conn.dump(r, each, func() {
			piece()
			c.pace.did(1)
			c.pace.room()
		})
	})
	c.breathe(1, err)
	return err
}

// unique keeps the first of the entries with the same key.
func unique[T any, K comparable](all []T, key func(*T) K) []T {
	seen := make(map[K]bool, len(all))
	return slices.DeleteFunc(all, func(entry T) bool {
		k := key(&entry)
		again := seen[k]
		seen[k] = true
		return again
	})
}
