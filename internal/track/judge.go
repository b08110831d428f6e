package track

// Priorities, RFC 9568, 5.2.4: 255 is the owner's, 0 means leaving.
const (
	lowest  = 1
	highest = 254
	owner   = 255
)

// A file's number times its weight is a fault from here down, and is cut above.
const (
	fileFault = -254
	fileMost  = 253
	// fileBound keeps the product in range; whatever is beyond it is beyond the
	// bounds above, too.
	fileBound = 1 << 20
)

// Term is what one tracked object adds to a priority.
type Term struct {
	ID    ID
	Delta int
}

// Verdict is what all tracked objects do to one instance.
type Verdict struct {
	// Priority is the effective one, 1 to 254, or 255 of an owner, which weights
	// do not change.
	Priority uint8
	// Terms are what changes the priority, without those that add nothing; the
	// sum with the base may be beyond the bounds of Priority.
	Terms []Term
	// Faults name what puts the instance in FAULT, Waiting what it waits for
	// before it starts.
	Faults, Waiting []string
	// LastResort names the services without quorum that the instance tracks
	// without weight. It then has priority 1, an owner too: whoever reaches the
	// servers becomes master, and if nobody does, one of them still is.
	LastResort []string
}

// Judge says what the tracked objects of an instance of priority base do to it.
// It is pure. The rules are keepalived's (docs/keepalived.md, trackers), and
// director's own for virtual servers.
func Judge(base uint8, uses []Use, state func(ID) State) Verdict {
	var v Verdict
	sum := int(base)
	for _, use := range uses {
		e := effect(use, state(use.ID))
		name := use.ID.String()
		switch {
		case e.fault && use.ID.Kind == VirtualServer:
			v.LastResort = append(v.LastResort, name)
		case e.fault:
			v.Faults = append(v.Faults, name)
		case e.waiting:
			v.Waiting = append(v.Waiting, name)
		case e.delta != 0 && base != owner:
			v.Terms = append(v.Terms, Term{use.ID, e.delta})
			sum += e.delta
		}
	}
	switch {
	case len(v.LastResort) > 0:
		v.Priority = lowest
	case base == owner:
		v.Priority = owner
	default:
		v.Priority = uint8(min(max(sum, lowest), highest))
	}
	return v
}

// outcome is what one object does; at most one of its fields is set.
type outcome struct {
	fault, waiting bool
	delta          int
}

func effect(u Use, s State) outcome {
	// An interface and a session that nobody has seen are down.
	starts := u.ID.Kind == BFD || u.ID.Kind == Interface
	switch {
	case !s.Known && u.Weight == 0 && starts:
		return outcome{fault: !u.Reverse}
	case !s.Known:
		return outcome{waiting: s.Pending && u.Weight == 0 && u.ID.Kind != VirtualServer}
	case u.ID.Kind == File:
		return fileEffect(u, s.Value)
	case u.Weight == 0:
		return outcome{fault: s.Up == u.Reverse}
	case s.Up == (u.Weight > 0):
		return outcome{delta: signed(u.Weight, u.Reverse)}
	}
	return outcome{}
}

func fileEffect(u Use, value int) outcome {
	if u.Weight == 0 {
		return outcome{fault: (value != 0) != u.Reverse}
	}
	product := signed(min(max(value, -fileBound), fileBound)*u.Weight, u.Reverse)
	if product <= fileFault {
		return outcome{fault: true}
	}
	return outcome{delta: min(product, fileMost)}
}

func signed(n int, reverse bool) int {
	if reverse {
		return -n
	}
	return n
}
