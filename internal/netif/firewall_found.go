package netif

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// ErrNoFirewall says that the kernel has no nftables, so that accept = false is
// not to be had.
var ErrNoFirewall = errors.New("this kernel has no nftables")

// noFirewall makes of the first error of a connection what it says about the
// kernel.
func noFirewall(err error) error {
	for _, absent := range []error{unix.EPROTONOSUPPORT, unix.EOPNOTSUPP, unix.EINVAL, unix.ENOENT} {
		if errors.Is(err, absent) {
			return fmt.Errorf("%w: %w", ErrNoFirewall, err)
		}
	}
	return err
}

// foundChain is a chain in which rules of ours are, or could be.
type foundChain struct {
	*nftables.Chain
	place guardPlace
	// ours are our rules by their fingerprint. others counts the rest.
	ours   map[string]*nftables.Rule
	others int
}

// guardFamilies are the families of the tables that are looked at.
var guardFamilies = map[nftables.TableFamily]Family{
	nftables.TableFamilyIPv4: IPv4, nftables.TableFamilyIPv6: IPv6,
}

// table returns the table family of an address family.
func (f Family) table() nftables.TableFamily {
	if f == IPv4 {
		return nftables.TableFamilyIPv4
	}
	return nftables.TableFamilyIPv6
}

// findChains lists the base chains of our names in the tables of all names: an
// earlier run, or an earlier configuration, may have used another table. One
// that cannot be read is passed over unless its table is the wanted one.
func (t *Table) findChains(conn *nftables.Conn, wanted string) ([]foundChain, error) {
	chains, err := conn.ListChains()
	if err != nil {
		return nil, fmt.Errorf("list chains: %w", noFirewall(err))
	}
	var found []foundChain
	for _, c := range chains {
		place, ok := placeOf(c)
		if !ok {
			continue
		}
		f, err := readChain(conn, c)
		if err != nil && c.Table.Name == wanted {
			return nil, fmt.Errorf("list chain %s of table %s: %w", c.Name, c.Table.Name, err)
		}
		if err != nil {
			t.log.Debug("chain cannot be read, and is not ours then", "table", c.Table.Name, "chain", c.Name, "error", err)
			continue
		}
		f.place = place
		found = append(found, f)
	}
	return found, nil
}

// placeOf tells by its name where a chain would stand if it were ours.
func placeOf(c *nftables.Chain) (guardPlace, bool) {
	family, ok := guardFamilies[c.Table.Family]
	switch {
	case !ok:
	case c.Name == incoming.String():
		return guardPlace{family, incoming}, true
	case c.Name == outgoing.String():
		return guardPlace{family, outgoing}, true
	}
	return guardPlace{}, false
}

func readChain(conn *nftables.Conn, c *nftables.Chain) (foundChain, error) {
	f := foundChain{Chain: c, ours: map[string]*nftables.Rule{}}
	rules, err := conn.GetRules(c.Table, c)
	if err != nil {
		return f, err
	}
	for _, r := range rules {
		fingerprint, ours := userDataOf(r.UserData)
		if !ours {
			f.others++
			continue
		}
		for f.ours[fingerprint] != nil {
			fingerprint += " again" // and so not wanted
		}
		r.Chain = c
		f.ours[fingerprint] = r
	}
	return f, nil
}

// hooked reports whether the chain looks at the packets that its name says.
func (f foundChain) hooked() bool {
	hook := *nftables.ChainHookInput
	if f.place.way == outgoing {
		hook = *nftables.ChainHookOutput
	}
	return f.Type == nftables.ChainTypeFilter && f.Hooknum != nil && *f.Hooknum == hook && f.Priority != nil
}
