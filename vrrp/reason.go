package vrrp

import (
	"fmt"
	"time"
)

// Reason says why a role changed, as a value that formats without allocating
// in Step.
type Reason uint8

// The reasons.
const (
	ReasonStart Reason = iota
	ReasonOwner
	ReasonSilence
	ReasonMasterLeft
	ReasonPreempt
	ReasonUnprepared
	ReasonHigherPriority
	ReasonHigherAddress
	ReasonFault
	ReasonFaultCleared
	ReasonShutdown
	ReasonGroup
	ReasonHandover
	ReasonNobody
	ReasonTakenBack
	ReasonStalled
	ReasonOwnerClash
	ReasonLost
)

var reasonNames = [...]string{
	ReasonStart:          "start",
	ReasonOwner:          "address owner",
	ReasonSilence:        "no advert",
	ReasonMasterLeft:     "the master left",
	ReasonPreempt:        "the master has a lower priority",
	ReasonUnprepared:     "the master has a lower priority, services not complete in time",
	ReasonHigherPriority: "advert of higher priority",
	ReasonHigherAddress:  "advert of equal priority from a higher address",
	ReasonFault:          "fault",
	ReasonFaultCleared:   "fault cleared",
	ReasonShutdown:       "shutdown",
	ReasonGroup:          "its sync group is not master",
	ReasonHandover:       "handed over",
	ReasonNobody:         "nobody took over",
	ReasonTakenBack:      "the handover was called off",
	ReasonStalled:        "this process was stalled, another router is master",
	ReasonOwnerClash:     "another address owner goes on",
	ReasonLost:           "the BFD session with the master is down",
}

// String returns a short phrase that is the same for every occurrence.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// explain returns a phrase for people with the figures of this occurrence.
// before is the state that ev met.
func (r Reason) explain(before State, ev Event) string {
	switch r {
	case ReasonSilence:
		return fmt.Sprintf("no advert for %v", before.silence(ev.At).Round(100*time.Microsecond))
	case ReasonPreempt, ReasonUnprepared:
		return fmt.Sprintf("%v (%d)", r, before.rival.priority)
	case ReasonHigherPriority:
		return fmt.Sprintf("advert of priority %d from %v", ev.Advert.Priority, ev.Advert.Source)
	case ReasonHigherAddress:
		return fmt.Sprintf("advert of equal priority from %v, a higher address", ev.Advert.Source)
	case ReasonHandover:
		if ev.Kind == AdvertReceived {
			return fmt.Sprintf("handed over to %v (%d)", ev.Advert.Source, ev.Advert.Priority)
		}
		return "handed over with its sync group"
	case ReasonStalled:
		if ev.Kind == AdvertReceived {
			return fmt.Sprintf("this process was stalled, and %v (%d) is master", ev.Advert.Source, ev.Advert.Priority)
		}
		return "this process was stalled, and another router may be master"
	case ReasonFault:
		if ev.Reason != "" {
			return ev.Reason
		}
	}
	return r.String()
}
