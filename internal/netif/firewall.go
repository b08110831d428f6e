package netif

// Firewall says where the rules of accept = false stand. It is comparable.
type Firewall struct {
	// Table is the name of the nftables table, in families ip and ip6; empty:
	// "director".
	Table string
	// Priority is that of the base chains; keepalived's default is -1.
	Priority int32
	// Counters counts what the rules drop; ByIndex matches interfaces by index
	// instead of name.
	Counters, ByIndex bool
}

// Refusal is accept = false of one instance: nothing but VRRP and neighbour
// discovery reaches its addresses or leaves from them. With a Link it is
// something else: what the kernel says of itself on a virtual MAC.
type Refusal struct {
	// Instance is the name that the rules are known by.
	Instance  string
	Addresses []Key
	// Link is a virtual link: group reports (IGMP, MLD) and router
	// solicitations do not leave from it, because a switch would learn from them
	// that the virtual MAC is here; reports leave from its Parent instead.
	Link, Parent string
}
