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
// discovery reaches its addresses or leaves from them.
type Refusal struct {
	// Instance is the name that the rules are known by.
	Instance  string
	Addresses []Key
}
