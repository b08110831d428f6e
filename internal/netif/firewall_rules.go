package netif

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// direction is where packets are looked at: on their way in or out of this
// machine.
type direction uint8

const (
	incoming direction = iota
	outgoing
)

// String returns the name of the base chain.
func (d direction) String() string {
	if d == incoming {
		return "in"
	}
	return "out"
}

// guardPlace is one base chain.
type guardPlace struct {
	family Family
	way    direction
}

// guardPlaces are all of them.
var guardPlaces = []guardPlace{{IPv4, incoming}, {IPv4, outgoing}, {IPv6, incoming}, {IPv6, outgoing}}

// guardRule is one rule of ours.
type guardRule struct {
	// pass is what the rule lets through: "vrrp" or "nd"; empty: it drops.
	pass string
	// instance is the name that people know it by.
	instance string
	// link restricts it to an interface; empty: any. index is its number, 0:
	// it goes by the name.
	link  string
	index int
	// report is what a rule about a virtual link keeps from leaving, and parent
	// the interface that it leaves from instead; 0: none.
	report report
	parent int
	// addresses are those that packets are dropped to or from.
	addresses []netip.Addr
	counter   bool
}

// identity is what tells whether two rules of one chain do the same.
func (g guardRule) identity() string {
	s := fmt.Sprintf("%s|%s|%s|%d|%v|%t", g.pass, g.instance, g.link, g.index, g.addresses, g.counter)
	if g.report != noReport {
		s += fmt.Sprintf("|%d|%d", g.report, g.parent)
	}
	return s
}

// maxComment is how much nft(8) shows (NFTNL_UDATA_COMMENT_MAXLEN less its end).
const maxComment = 127

// comment is what nft(8) shows of the rule.
func (g guardRule) comment() string {
	s := ourComment + "accept = false of " + g.instance
	if g.report != noReport {
		s = ourComment + "group reports do not leave from " + g.link
	}
	switch g.pass {
	case "vrrp":
		s = ourComment + "VRRP passes"
	case "nd":
		s = ourComment + "neighbour discovery passes"
	}
	return s[:min(len(s), maxComment)]
}

// ourComment begins the comments of all rules of ours, and makes them ours.
const ourComment = "director: "

// guardRules returns the rules of each chain, what passes first. Several
// addresses of an instance are one rule; link-local ones mean something on
// their interface only.
func guardRules(refusals []Refusal, fw Firewall, index func(name string) (int, error)) (map[guardPlace][]guardRule, error) {
	all := map[guardPlace][]guardRule{}
	for _, r := range refusals {
		if r.Link != "" {
			addReports(all, r, index)
			continue
		}
		for _, g := range r.groups() {
			if g.link != "" && fw.ByIndex {
				var err error
				if g.index, err = index(g.link); err != nil {
					return nil, fmt.Errorf("instance %s: %s: %w", r.Instance, g.link, err)
				}
			}
			g.counter = fw.Counters
			family := IPv6
			if g.addresses[0].Is4() {
				family = IPv4
			}
			for _, place := range guardPlaces {
				if place.family != family {
					continue
				}
				if all[place] == nil {
					all[place] = passes(family)
				}
				if !slices.ContainsFunc(all[place], func(have guardRule) bool { return have.identity() == g.identity() }) {
					all[place] = append(all[place], g)
				}
			}
		}
	}
	return all, nil
}

// passes returns the rules that let through what an instance needs.
func passes(f Family) []guardRule {
	if f == IPv4 {
		return []guardRule{{pass: "vrrp"}}
	}
	return []guardRule{{pass: "vrrp"}, {pass: "nd"}}
}

// groups returns a rule for each family and interface of a refusal, in an
// order of their own.
func (r Refusal) groups() []guardRule {
	byKey := map[string]*guardRule{}
	var keys []string
	for _, a := range r.Addresses {
		ip := a.Prefix.Addr().Unmap().WithZone("")
		link := ""
		if ip.Is6() && ip.IsLinkLocalUnicast() {
			link = a.Interface
		}
		key := fmt.Sprintf("%t %s", ip.Is6(), link)
		if byKey[key] == nil {
			byKey[key] = &guardRule{instance: r.Instance, link: link}
			keys = append(keys, key)
		}
		g := byKey[key]
		if !slices.Contains(g.addresses, ip) {
			g.addresses = append(g.addresses, ip)
		}
	}
	slices.Sort(keys)
	var all []guardRule
	for _, key := range keys {
		slices.SortFunc(byKey[key].addresses, netip.Addr.Compare)
		all = append(all, *byKey[key])
	}
	return all
}

// tableName returns the table that is wanted.
func (f Firewall) tableName() string {
	if f.Table == "" {
		return "director"
	}
	return f.Table
}

// check finds a table name that nftables would not take.
func (f Firewall) check() error {
	if name := f.tableName(); len(name) > maxTableName || strings.ContainsRune(name, 0) {
		return fmt.Errorf("table name %q: %w", name, unix.EINVAL)
	}
	return nil
}

// maxTableName is NFT_NAME_MAXLEN of linux/netfilter/nf_tables.h less its end.
const maxTableName = 255
