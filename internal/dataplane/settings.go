package dataplane

import (
	"director/bfd"
)

// Users of sysctls.
const (
	promoteUser = "promote_secondaries"
	igmpUser    = "disable_local_igmp"
)

// applySettings sets the sysctls that the configuration asks for, and puts back
// those it does not ask for any more. It waits for the kernel, which answers at
// once.
func (e *engine) applySettings() {
	note := func(what string, err error) {
		if err != nil {
			e.log.Error("kernel setting refused", "setting", what, "error", err)
		}
	}
	links := map[string]bool{}
	for _, i := range e.instances {
		if !i.spec.PromoteSecondaries || i.leaving {
			continue
		}
		for _, a := range i.addrs {
			links[a.Interface] = true
		}
	}
	for link := range e.promoted {
		if !links[link] {
			note("promote_secondaries of "+link, e.machine.ReleaseSettings(promoteUser+" "+link))
		}
	}
	for link := range links {
		note("promote_secondaries of "+link, e.machine.PromoteSecondaries(promoteUser+" "+link, link))
	}
	e.promoted = links
	switch {
	case e.settings.DisableLocalIGMP:
		note("igmp_link_local_mcast_reports", e.machine.DisableLocalIGMP(igmpUser))
	case e.igmp:
		note("igmp_link_local_mcast_reports", e.machine.ReleaseSettings(igmpUser))
	}
	e.igmp = e.settings.DisableLocalIGMP
}

// releaseSettings puts back what applySettings has set, at a stop.
func (e *engine) releaseSettings() {
	e.settings.DisableLocalIGMP = false
	for _, i := range e.instances {
		i.spec.PromoteSecondaries = false
	}
	e.applySettings()
}

// configureSessions makes the given BFD sessions the wanted ones.
func (e *engine) configureSessions(sessions []bfd.Config) {
	if err := e.sessions.Configure(sessions); err != nil {
		e.log.Error("BFD sessions refused", "error", err)
	}
}
