package api

// HandoverPath is where a handover is asked for on the unix socket, by POST of
// a HandoverRequest. The answer is a Handover.
const HandoverPath = "/api/v1/handover"

// HandoverRequest asks for a planned change of the master.
type HandoverRequest struct {
	// Instance is the name of a vrrp_instance; its sync group goes with it.
	Instance string `json:"instance"`
	// Back lets this router preempt again after it was handed over.
	Back bool `json:"back"`
}

// Handover is how it ended.
type Handover struct {
	// Done: another router is master now, or with back it was noted.
	Done bool `json:"done"`
	// Text says who took over, or why nobody did.
	Text string `json:"text"`
}
