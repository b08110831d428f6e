package netif

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// ErrRouteTaken says that a route of somebody else stands where ours should, and
// ours cannot stand beside it.
var ErrRouteTaken = errors.New("another route has this destination and metric")

// AddRoute adds a route. One of ours of the same key that differs is replaced
// (AlreadyOurs), unless it differs in nothing but Expires. If somebody else has
// made the very same route, nothing is changed (Foreign). A route with another
// one's key comes before it, or after it, or is an error that wraps
// ErrRouteTaken, as Insert says; IPv6 would merge the two into one route if
// both have next hops, which is that error too.
//
// A route with a Protocol of its own counts as ours when this run made it, or
// when it stands exactly as wanted.
//
// An error wraps what Check says, ErrNoInterface, or the kernel's errno with
// what it had to say; it names the route.
func (t *Table) AddRoute(ctx context.Context, r Route) (Outcome, error) {
	outcome, err := t.addRoute(ctx, r)
	if err != nil {
		return 0, fmt.Errorf("add route %s: %w", r.Dest, err)
	}
	return outcome, nil
}

func (t *Table) addRoute(ctx context.Context, r Route) (Outcome, error) {
	want, err := t.checkedRoute(r)
	if err != nil {
		return 0, err
	}
	t.change.Lock()
	defer t.change.Unlock()
	// Nothing is listed if no route has the key: in a large table that would
	// take a hundred times as long.
	add := routeChange{t: t, want: want, given: r}
	if err := add.send(unix.NLM_F_CREATE | unix.NLM_F_EXCL); !errors.Is(err, unix.EEXIST) {
		return Added, err
	}
	ours, err := t.ourRoutes(ctx, want)
	if err != nil {
		return 0, err
	}
	switch {
	case len(ours) == 1 && want.stands(ours[0].Route):
		_, err := t.own.keepRoute(want.key(), want.Protocol)
		return AlreadyOurs, err
	case len(ours) > 0:
		return AlreadyOurs, add.replace(ctx, ours)
	}
	return add.beside(ctx)
}

// checkedRoute returns a route as stored.
func (t *Table) checkedRoute(r Route) (Route, error) {
	if err := r.Check(); err != nil {
		return Route{}, err
	}
	if r.VRF != "" {
		table, err := t.tableOf(r.VRF)
		if err != nil {
			return Route{}, err
		}
		r.Table, r.VRF = table, ""
	}
	return r.asStored(), nil
}

// routeChange is one call of AddRoute. want is given as stored.
type routeChange struct {
	t           *Table
	want, given Route
}

// send asks the kernel for the route.
func (c routeChange) send(flags int) error {
	req := c.t.request(unix.RTM_NEWROUTE, flags|unix.NLM_F_ACK)
	err := c.want.write(req, c.given.Expires, func(name string) (int, error) {
		l, err := c.t.link(name)
		if err != nil {
			return 0, fmt.Errorf("dev %s: %w", name, err)
		}
		return l.Index, nil
	})
	if err != nil {
		return err
	}
	undo, err := c.t.own.keepRoute(c.want.key(), c.want.Protocol)
	if err == nil {
		_, err = req.Execute(unix.NETLINK_ROUTE, 0)
	}
	if err != nil {
		undo()
	}
	return err
}

// inOrder are the flags for a route that is put before or after others.
func (c routeChange) inOrder() int {
	if c.given.Insert == "append" {
		return unix.NLM_F_CREATE | unix.NLM_F_APPEND
	}
	return unix.NLM_F_CREATE
}

// replace puts the route in the place of what we have. The kernel replaces
// the first route of a key, whoever made it; if that is not ours, ours goes and
// comes back.
func (c routeChange) replace(ctx context.Context, ours []routeRecord) error {
	all, err := c.t.rivals(ctx, c.want)
	if err != nil {
		return err
	}
	first := len(all) > 0 && c.t.own.ownsRoute(all[0].key(), all[0].Protocol)
	if first && len(ours) == 1 {
		return c.send(unix.NLM_F_CREATE | unix.NLM_F_REPLACE)
	}
	for _, rec := range ours {
		if err := c.t.dropRoute(rec); err != nil {
			return fmt.Errorf("remove our route, which differs: %w", err)
		}
	}
	return c.send(c.inOrder())
}

// beside adds the route where somebody else has one of the same key.
func (c routeChange) beside(ctx context.Context) (Outcome, error) {
	all, err := c.t.rivals(ctx, c.want)
	if err != nil {
		return 0, err
	}
	for _, rec := range all {
		same := c.want
		same.Protocol = rec.Protocol
		if same.stands(rec.Route) {
			return Foreign, nil
		}
		if c.want.is6() && c.want.hops() && rec.hops() && !rec.learnt {
			return 0, ErrRouteTaken
		}
	}
	if c.given.Insert == "add" {
		return 0, ErrRouteTaken
	}
	return Added, c.send(c.inOrder())
}

// hops reports whether the kernel could make the route part of a multipath
// route.
func (r Route) hops() bool { return r.Via.IsValid() || len(r.NextHops) > 0 }
