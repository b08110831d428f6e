package vrrp

// Drop is the reason for dropping a received advert.
type Drop uint8

// The reasons, in the order in which a [Receiver] looks for them.
const (
	// Accepted: it was not dropped.
	Accepted Drop = iota
	// DropFamily: it came over the other address family.
	DropFamily
	// DropVRID: it is another virtual router's.
	DropVRID
	// DropAH: an authentication header is missing, not wanted, or malformed; its
	// SPI is not the source address.
	DropAH
	// DropLength: it ends early, or the IP header gives another length.
	DropLength
	// DropTTL: the TTL of a multicast advert is not 255 (it may have been
	// forwarded), or that of a unicast advert is out of the peer's bounds.
	DropTTL
	// DropVersion: it is of another version.
	DropVersion
	// DropHMACMissing: it carries no HMAC trailer, and the mode is "enforce".
	DropHMACMissing
	// DropHMACMalformed: what follows the message is no HMAC trailer.
	DropHMACMalformed
	// DropHMACStale: its stamp is further from our clock than the window.
	DropHMACStale
	// DropHMACKey: it is signed with a key that we do not have.
	DropHMACKey
	// DropHMACInvalid: its HMAC is wrong.
	DropHMACInvalid
	// DropHMACReplay: it was accepted before, or its stamp is not above the
	// sender's last one.
	DropHMACReplay
	// DropAuthType: its authentication type is not ours.
	DropAuthType
	// DropAuth: wrong password, or wrong value in the authentication header.
	DropAuth
	// DropReplay: the sequence number of its authentication header is not
	// higher than the last one.
	DropReplay
	// DropInterval: version 2: the interval is not ours. Version 3: it is 0.
	DropInterval
	// DropType: it is no advertisement.
	DropType
	// DropChecksum: the checksum is wrong, or of a reading that is not ours.
	DropChecksum
	// DropCast: unicast to a multicast instance, the other way round, or to
	// another group.
	DropCast
	// DropOwner: this router is the address owner, and set to ignore adverts.
	DropOwner
	// DropOwnSource: its source is our own address: somebody is configured as
	// we are, or the network sends back what we said.
	DropOwnSource
	// DropCount: it carries no address, while we have some.
	DropCount
	// DropPeer: its source is none of our peers. With the HMAC extension, and
	// where instances share a VRID, this is found out before anything else.
	DropPeer
	// DropQueueFull: it was valid as far as is known, but came faster than
	// adverts are looked at.
	DropQueueFull
	// DropOverrun: the kernel dropped it, since the socket's buffer was full.
	// It may have been anybody's who has that socket.
	DropOverrun

	// NumDrops is the size of an array indexed by Drop.
	NumDrops = int(iota)
)

var dropNames = [NumDrops]string{
	Accepted:          "accepted",
	DropFamily:        "family",
	DropVRID:          "vrid",
	DropAH:            "ah",
	DropLength:        "length",
	DropTTL:           "ttl",
	DropVersion:       "version",
	DropHMACMissing:   "hmac missing",
	DropHMACMalformed: "hmac malformed",
	DropHMACStale:     "hmac stale",
	DropHMACKey:       "hmac unknown key",
	DropHMACInvalid:   "hmac invalid",
	DropHMACReplay:    "hmac replay",
	DropAuthType:      "auth type",
	DropAuth:          "auth",
	DropReplay:        "replay",
	DropInterval:      "interval",
	DropType:          "type",
	DropChecksum:      "checksum",
	DropCast:          "multicast/unicast",
	DropOwner:         "owner",
	DropOwnSource:     "own source",
	DropCount:         "count",
	DropPeer:          "not a peer",
	DropQueueFull:     "queue full",
	DropOverrun:       "overrun",
}

// String returns a short name, fit for a label.
func (d Drop) String() string {
	if int(d) < NumDrops {
		return dropNames[d]
	}
	return "unknown"
}
