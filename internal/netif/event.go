package netif

// Event is one change that Watch reports: LinkChanged, LinkGone, PeersAsked,
// AddressAdded, AddressGone or Resync.
type Event interface{ event() }

// LinkChanged says that an interface appeared, or that something about it changed.
type LinkChanged struct{ Link Link }

// LinkGone says that an interface was deleted, moved to another namespace or renamed.
type LinkGone struct {
	Name  string
	Index int
}

// PeersAsked says that what lives on an interface should be announced again:
// its bond has changed the active port, or the machine has moved to another
// host (NETDEV_NOTIFY_PEERS, NETDEV_BONDING_FAILOVER). Virtual links on it have an
// event of their own. One failover may be told several times.
type PeersAsked struct {
	Name  string
	Index int
}

// AddressAdded says that an interface got an address, or that the state of one
// changed. For IPv6 the kernel says it a moment after Add has returned, and not at all if
// the address has gone by then.
type AddressAdded struct{ Address Present }

// AddressGone says that an interface lost an address, whoever took it away.
type AddressGone struct{ Key Key }

// RouteAdded says that a route of ours was added or replaced.
type RouteAdded struct{ Key RouteKey }

// RouteGone says that a route of ours was deleted, whoever did it, or that an
// IPv6 route lost one of its next hops. The kernel does not always tell (see
// OurRoutes): who needs to know lists the routes after an event of a link or an
// address.
type RouteGone struct{ Key RouteKey }

// RuleAdded says that a rule of ours was added.
type RuleAdded struct{ Key RuleKey }

// RuleGone says that a rule of ours was deleted, whoever did it.
type RuleGone struct{ Key RuleKey }

// Resync says that changes may have gone unseen: whatever is known must be listed anew.
type Resync struct {
	// Reason is nil when the subscription begins, otherwise what broke it.
	Reason error
}

func (LinkChanged) event()  {}
func (LinkGone) event()     {}
func (PeersAsked) event()   {}
func (AddressAdded) event() {}
func (AddressGone) event()  {}
func (RouteAdded) event()   {}
func (RouteGone) event()    {}
func (RuleAdded) event()    {}
func (RuleGone) event()     {}
func (Resync) event()       {}
