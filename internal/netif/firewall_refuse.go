package netif

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
)

// ErrForeignChain says that a chain of the wanted name is in the way, and is not
// ours.
var ErrForeignChain = errors.New("the chain is not ours")

// Refuse makes the firewall drop what refusals name and nothing else: packets
// to their addresses, and from them, but for VRRP and for neighbour
// solicitations and advertisements. Link-local addresses count on their
// interface only. What an earlier call, or an earlier run, asked for is gone
// then, in whatever table it was; no refusals remove everything of ours.
//
// It is one transaction: packets meet the old rules or the new ones. A rule that
// does not change stays, and goes on counting. Rules of others are left alone,
// also in our chains; a chain or a table goes with our last rule if nothing else
// is in it. An error says that nothing was changed; it wraps ErrNoFirewall where
// the kernel has no nftables (not if nothing is to be refused), ErrForeignChain,
// ErrNoInterface (with ByIndex), or the kernel's errno.
func (t *Table) Refuse(ctx context.Context, fw Firewall, refusals []Refusal) error {
	if err := t.refuse(ctx, fw, refusals); err != nil {
		return fmt.Errorf("nftables table %s: %w", fw.tableName(), err)
	}
	return nil
}

func (t *Table) refuse(ctx context.Context, fw Firewall, refusals []Refusal) error {
	if err := fw.check(); err != nil {
		return err
	}
	index := func(name string) (int, error) {
		l, err := t.link(name)
		return l.Index, err
	}
	want, err := guardRules(refusals, fw, index)
	if err != nil {
		return err
	}
	t.change.Lock()
	defer t.change.Unlock()
	for try := 1; ; try++ {
		err := t.space.do(func() error { return t.replaceRules(fw, want) })
		if len(want) == 0 && errors.Is(err, ErrNoFirewall) {
			return nil
		}
		final := errors.Is(err, ErrNoFirewall) || errors.Is(err, ErrForeignChain)
		if err == nil || final || try == addTries || ctx.Err() != nil {
			return err
		}
		// Somebody else may have changed what was listed.
	}
}

// guardBuffer is the size of the socket's buffers: a transaction is one
// message, and every rule is answered.
const guardBuffer = 8 << 20

// replaceRules is one try of Refuse.
func (t *Table) replaceRules(fw Firewall, want map[guardPlace][]guardRule) error {
	conn, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(c *netlink.Conn) error {
		return errors.Join(c.SetWriteBuffer(guardBuffer), c.SetReadBuffer(guardBuffer),
			c.SetDeadline(time.Now().Add(requestTimeout)))
	}))
	if err != nil {
		return noFirewall(err)
	}
	defer func() { _ = conn.CloseLasting() }()
	found, err := t.findChains(conn, fw.tableName())
	if err != nil {
		return err
	}
	tables, err := conn.ListTables()
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	change := guardChange{conn: conn, fw: fw, gone: map[tableKey]uint32{}, kept: map[tableKey]bool{}}
	stands := map[guardPlace]bool{}
	for _, f := range found {
		if f.Table.Name != fw.tableName() {
			change.clear(f)
			continue
		}
		stands[f.place] = true
		if err := change.bring(f, want[f.place]); err != nil {
			return err
		}
	}
	for _, place := range guardPlaces {
		if stands[place] || len(want[place]) == 0 {
			continue
		}
		if err := change.create(place, want[place]); err != nil {
			return err
		}
	}
	change.dropEmptyTables(tables)
	return conn.Flush()
}
