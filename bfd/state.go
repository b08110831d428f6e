package bfd

// State is the state of a session, with the numbers of RFC 5880, 4.1.
type State uint8

// The states.
const (
	AdminDown State = iota
	Down
	Init
	Up
)

// String returns the name of the RFC: "AdminDown", "Up".
func (s State) String() string {
	names := [...]string{"AdminDown", "Down", "Init", "Up"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Diag says why a session's state last changed, with the numbers of RFC 5880,
// 4.1.
type Diag uint8

// The diagnostics. Those of echo and of concatenated paths are received only.
const (
	DiagNone Diag = iota
	DiagTimeExpired
	DiagEchoFailed
	DiagNeighborDown
	DiagForwardingReset
	DiagPathDown
	DiagConcatenatedPathDown
	DiagAdminDown
	DiagReverseConcatenatedPathDown
)

// String returns a short phrase, fit for people and for a label.
func (d Diag) String() string {
	names := [...]string{
		DiagNone:                        "none",
		DiagTimeExpired:                 "detection time expired",
		DiagEchoFailed:                  "echo failed",
		DiagNeighborDown:                "neighbor signaled down",
		DiagForwardingReset:             "forwarding plane reset",
		DiagPathDown:                    "path down",
		DiagConcatenatedPathDown:        "concatenated path down",
		DiagAdminDown:                   "administratively down",
		DiagReverseConcatenatedPathDown: "reverse concatenated path down",
	}
	if int(d) < len(names) {
		return names[d]
	}
	return "unknown"
}
