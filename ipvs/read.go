package ipvs

import (
	"context"
	"slices"
)

// Services lists the services in the kernel, without their servers, in their
// normal form. An empty table is no error.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	var all []Service
	err := c.list(ctx, request{cmd: cmdGetService}, func(attrs []byte) error {
		s, err := decodeService(attrs)
		all = append(all, s)
		return err
	})
	return all, wrap("list services", err)
}

// Servers lists the servers of one service. A service that is not there has
// none: the kernel makes no difference (ip_vs_genl_dump_dests). They come in the
// order in which they were added.
func (c *Client) Servers(ctx context.Context, k Key) ([]Server, error) {
	k = k.normal()
	var all []Server
	err := c.list(ctx, request{cmdGetDest, appendKey(nil, k)}, func(attrs []byte) error {
		s, err := decodeServer(k.Family, attrs)
		all = append(all, s)
		return err
	})
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

// list reads a whole list, piece by piece, with pauses. The deadline counts
// for the list.
func (c *Client) list(ctx context.Context, r request, each func([]byte) error) error {
	return c.locked(ctx, func() error {
		return c.own(ctx, func(conn *conn) error {
			c.pace.begin()
			return conn.dump(r, each, func() { c.pace.did(1); c.pace.begin() })
		})
	})
}
