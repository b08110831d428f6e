package netif

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
)

// tableKey is what tells tables apart.
type tableKey struct {
	family nftables.TableFamily
	name   string
}

// guardChange collects a transaction.
type guardChange struct {
	conn *nftables.Conn
	fw   Firewall
	// gone counts the chains that go, by table. kept are the tables that got
	// something.
	gone map[tableKey]uint32
	kept map[tableKey]bool
}

// clear removes our rules from a chain, and the chain if nothing else is in
// it. A chain without any rule of ours is not touched.
func (c *guardChange) clear(f foundChain) {
	if len(f.ours) == 0 {
		return
	}
	for _, r := range f.ours {
		_ = c.conn.DelRule(r) // fails without a handle; listed rules have one
	}
	if f.others == 0 {
		c.conn.DelChain(f.Chain)
		c.gone[tableKey{f.Table.Family, f.Table.Name}]++
	}
}

// bring makes a chain of the wanted table hold these rules of ours.
func (c *guardChange) bring(f foundChain, want []guardRule) error {
	switch {
	case len(want) == 0:
		c.clear(f)
		return nil
	case !f.hooked() || int32(*f.Priority) != c.fw.Priority && (f.others > 0 || len(f.ours) == 0):
		return fmt.Errorf("chain %s for IPv%d: %w", f.Name, f.place.family, ErrForeignChain)
	case int32(*f.Priority) != c.fw.Priority:
		c.clear(f)
		return c.create(f.place, want)
	}
	c.kept[tableKey{f.Table.Family, f.Table.Name}] = true
	stay := map[string]bool{}
	var missing []guardRule
	for _, g := range want {
		if f.ours[g.fingerprint()] != nil {
			stay[g.fingerprint()] = true
		} else {
			missing = append(missing, g)
		}
	}
	for fingerprint, r := range f.ours {
		if !stay[fingerprint] {
			_ = c.conn.DelRule(r) // fails without a handle; listed rules have one
		}
	}
	return c.fill(f.Chain, f.place, missing)
}

// create makes a chain, and its table if need be, with these rules.
func (c *guardChange) create(p guardPlace, rules []guardRule) error {
	hook := nftables.ChainHookInput
	if p.way == outgoing {
		hook = nftables.ChainHookOutput
	}
	policy := nftables.ChainPolicyAccept
	table := c.conn.AddTable(&nftables.Table{Family: p.family.table(), Name: c.fw.tableName()})
	c.kept[tableKey{table.Family, table.Name}] = true
	chain := c.conn.AddChain(&nftables.Chain{
		Name: p.way.String(), Table: table, Type: nftables.ChainTypeFilter, Hooknum: hook,
		Priority: nftables.ChainPriorityRef(nftables.ChainPriority(c.fw.Priority)), Policy: &policy,
	})
	return c.fill(chain, p, rules)
}

// fill adds rules to a chain: those that let something pass before all others,
// those that drop behind them.
func (c *guardChange) fill(chain *nftables.Chain, p guardPlace, rules []guardRule) error {
	for _, g := range rules {
		var set *nftables.Set
		if len(g.addresses) > 0 {
			set = &nftables.Set{Table: chain.Table, Anonymous: true, Constant: true, KeyType: p.addressType()}
			elements := make([]nftables.SetElement, len(g.addresses))
			for i, a := range g.addresses {
				elements[i].Key = a.AsSlice()
			}
			if err := c.conn.AddSet(set, elements); err != nil {
				return fmt.Errorf("instance %s: %w", g.instance, err)
			}
		}
		rule := &nftables.Rule{Table: chain.Table, Chain: chain, Exprs: g.exprs(p, set), UserData: g.userData()}
		if g.pass == "" {
			c.conn.AddRule(rule)
		} else {
			c.conn.InsertRule(rule)
		}
	}
	return nil
}

// dropEmptyTables deletes the tables in which nothing is left.
func (c *guardChange) dropEmptyTables(tables []*nftables.Table) {
	for _, t := range tables {
		key := tableKey{t.Family, t.Name}
		if c.gone[key] > 0 && !c.kept[key] && used(t) == c.gone[key] {
			c.conn.DelTable(t)
		}
	}
}

// used returns how many chains, named sets and other objects a table has (the
// kernel does not count the unnamed sets of rules). The library reads the
// number, which is in network byte order, in that of the machine.
func used(t *nftables.Table) uint32 {
	return binary.BigEndian.Uint32(binary.NativeEndian.AppendUint32(nil, t.Use))
}
