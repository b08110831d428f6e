package netif

// Event is one change that Watch reports: LinkChanged, LinkGone, AddressAdded,
// AddressGone or Resync.
type Event interface{ event() }

// LinkChanged: an interface appeared, or something about it changed.
type LinkChanged struct{ Link Link }

// LinkGone: an interface was deleted, moved to another namespace or renamed.
type LinkGone struct {
	Name  string
	Index int
}

// AddressAdded: an interface got an address, or the state of one changed.
type AddressAdded struct{ Address Present }

// AddressGone: an interface lost an address, whoever took it away.
type AddressGone struct{ Key Key }

// Resync: changes may have gone unseen; whatever is known must be listed anew.
type Resync struct {
	// Reason is nil when the subscription begins, otherwise what broke it.
	Reason error
}

func (LinkChanged) event()  {}
func (LinkGone) event()     {}
func (AddressAdded) event() {}
func (AddressGone) event()  {}
func (Resync) event()       {}
