package bfd

// Drop is the reason for dropping a received packet.
type Drop uint8

// The reasons, in the order in which they are looked for.
const (
	// Accepted: it was not dropped.
	Accepted Drop = iota
	// DropTruncated: the payload ends before the packet does.
	DropTruncated
	// DropVersion: it is of another version.
	DropVersion
	// DropLength: its length field is below what its contents need.
	DropLength
	// DropMultiplier: its detection multiplier is 0.
	DropMultiplier
	// DropMultipoint: the multipoint bit, which belongs to RFC 8562, is set.
	DropMultipoint
	// DropMyDiscriminator: the sender's discriminator is 0.
	DropMyDiscriminator
	// DropYourDiscriminator: it names no session, while its state says that the
	// sender knows ours.
	DropYourDiscriminator
	// DropUnknownSession: the discriminator it names is none of ours, most
	// likely that of our last run.
	DropUnknownSession
	// DropUnknownNeighbor: it names no session and comes from nobody we know.
	DropUnknownNeighbor
	// DropSource: it names a session, but comes from another address, over
	// another interface or to another address than the session's.
	DropSource
	// DropTTL: it came over more hops than is allowed.
	DropTTL
	// DropAuth: it is authenticated, we are not.
	DropAuth
	// DropAdminDown: the session is being ended.
	DropAdminDown
	// DropQueueFull: it was valid as far as is known, but came faster than
	// packets are looked at.
	DropQueueFull

	// NumDrops is the size of an array indexed by Drop.
	NumDrops = int(iota)
)

var dropNames = [NumDrops]string{
	Accepted:              "accepted",
	DropTruncated:         "truncated",
	DropVersion:           "version",
	DropLength:            "length",
	DropMultiplier:        "multiplier",
	DropMultipoint:        "multipoint",
	DropMyDiscriminator:   "my discriminator",
	DropYourDiscriminator: "your discriminator",
	DropUnknownSession:    "unknown session",
	DropUnknownNeighbor:   "unknown neighbor",
	DropSource:            "source",
	DropTTL:               "ttl",
	DropAuth:              "auth",
	DropAdminDown:         "admin down",
	DropQueueFull:         "queue full",
}

// String returns a short name, fit for a label.
func (d Drop) String() string {
	if int(d) < NumDrops {
		return dropNames[d]
	}
	return "unknown"
}

// dropCounts is the count of each reason.
type dropCounts [NumDrops]uint64

// byName leaves out what never occurred.
func (c *dropCounts) byName() map[string]uint64 {
	m := map[string]uint64{}
	for i, n := range c {
		if n > 0 {
			m[Drop(i).String()] = n
		}
	}
	return m
}
