// Package desired computes what a virtual server should look like in the kernel
// from its configuration and the health of its real servers.
//
// It is a pure function: it knows no clock, no role and no kernel. Whether the
// service is programmed at all is decided in the dataplane.
package desired

import (
	"director/config"
	"director/ipvs"
)

// sorryWeight is the weight of a sorry server in use (keepalived's).
const sorryWeight = 1

// maxWeight is the greatest weight that the kernel's schedulers reckon with.
const maxWeight = 65535

// State is what is known of a real server.
type State struct {
	// Up: it is in order.
	Up bool
	// Part is what checks add to its configured weight, or take from it.
	Part int
}

// Weight returns the effective weight of a server: the configured one and its
// part, kept within 0 and 65535; cut says that it had to be.
func Weight(configured uint32, part int) (weight uint32, cut bool) {
	w := int64(configured) + int64(part)
	within := max(0, min(w, maxWeight))
	return uint32(within), within != w
}

// Result is the wanted table entry of one virtual server.
type Result struct {
	Service ipvs.Service
	// QuorumUp is to be handed to the next Compute.
	QuorumUp bool
	// SorryInUse: the quorum is lost and the sorry server serves.
	SorryInUse bool
	// Live is the weight of the servers that are in order.
	Live uint64
	// Quorum is the quorum in force: the configured one, or the sum of the
	// configured weights where that is smaller.
	Quorum uint64
}

// Compute returns what vs should look like. states[i] is that of vs.Servers[i];
// quorumUp is the previous result's, false at the start.
//
// The quorum counts effective weight, not servers. It comes at quorum + hysteresis and
// goes below quorum - hysteresis, or with the last live weight. Without a sorry
// server its loss changes nothing here: the servers left go on serving.
func Compute(vs *config.VirtualServer, states []State, quorumUp bool) Result {
	r := Result{Service: vs.Service}
	r.Live, r.Quorum = weights(vs, states)
	r.QuorumUp = quorum(vs, r.Live, r.Quorum, quorumUp)
	r.SorryInUse = vs.Sorry != nil && !r.QuorumUp
	r.Service.Servers = servers(vs, states, r.SorryInUse)
	return r
}

// weights returns the live weight and the quorum in force.
func weights(vs *config.VirtualServer, states []State) (live, quorum uint64) {
	var sum uint64
	for i := range vs.Servers {
		configured := vs.Servers[i].Server.Weight
		sum += uint64(configured)
		if states[i].Up {
			w, _ := Weight(configured, states[i].Part)
			live += uint64(w)
		}
	}
	return live, min(uint64(vs.Quorum), sum)
}

func quorum(vs *config.VirtualServer, live, quorum uint64, was bool) bool {
	if live == 0 {
		return false
	}
	// A hysteresis that reaches the quorum would never let it go.
	h := uint64(vs.Hysteresis)
	if h >= quorum {
		h = quorum - min(quorum, 1)
	}
	switch {
	case live >= quorum+h:
		return true
	case live < quorum-h:
		return false
	}
	return was
}

// servers lists the destinations: inhibited ones stay at weight 0, others that
// do not serve are left out.
func servers(vs *config.VirtualServer, states []State, sorryInUse bool) []ipvs.Server {
	out := make([]ipvs.Server, 0, len(vs.Servers)+1)
	sorryAt := -1
	for i := range vs.Servers {
		s, serving := vs.Servers[i].Server, states[i].Up && !sorryInUse
		s.Weight, _ = Weight(s.Weight, states[i].Part)
		if !serving {
			if !vs.Servers[i].Inhibit {
				continue
			}
			s.Weight = 0
		}
		if vs.Sorry != nil && s.ServerKey == vs.Sorry.ServerKey {
			sorryAt = len(out)
		}
		out = append(out, s)
	}
	if vs.Sorry == nil || (!sorryInUse && !vs.SorryInhibit) {
		return out
	}
	sorry := *vs.Sorry
	sorry.Weight = 0
	if sorryInUse {
		sorry.Weight = sorryWeight
	}
	switch {
	case sorryAt < 0:
		out = append(out, sorry)
	case sorryInUse:
		// The sorry server is also a real server: one entry, and it serves.
		out[sorryAt] = sorry
	}
	return out
}
