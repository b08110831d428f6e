package dataplane

import (
	"slices"
	"strings"

	"director/internal/wire"
	"director/vrrp"
)

// group is a sync group: its members are master together or not at all.
type group struct {
	name    string
	members []*instance
	// told is the state that was last told to scripts; empty: none.
	told string
}

// adoptGroups makes the given groups the wanted ones.
func (m *model) adoptGroups(wanted []wire.Group) {
	told := map[string]string{}
	for _, g := range m.groups {
		told[g.name] = g.told
	}
	for _, i := range m.instances {
		i.group = nil
	}
	m.groups = nil
	for _, w := range wanted {
		g := &group{name: w.Name, told: told[w.Name]}
		for _, i := range m.instances {
			if !i.static && !i.leaving && slices.Contains(w.Members, i.name()) {
				i.group = g
				g.members = append(g.members, i)
			}
		}
		m.groups = append(m.groups, g)
	}
}

// together are the instances that change their role together: the members of the
// sync group, or the instance alone.
func (i *instance) together() []*instance {
	if i.group == nil {
		return []*instance{i}
	}
	return i.group.members
}

// ready reports whether a group's members could become master now: each is, or
// wishes to be.
func (g *group) ready() bool {
	for _, i := range g.members {
		if i.role != vrrp.Master && !i.wishing {
			return false
		}
	}
	return true
}

// grant lets the members go to MASTER that wait for each other.
func (e *engine) grant(g *group) {
	if g == nil || !g.ready() {
		return
	}
	for _, i := range g.members {
		if i.wishing {
			i.wishing = false
			e.runners[i.name()].Grant()
		}
	}
}

// drag takes the other members of a group to BACKUP, because i has gone there.
// One that has become master by now and whose word is on the way is told, too.
func (e *engine) drag(i *instance) {
	for _, o := range i.together() {
		if r := e.runners[o.name()]; o != i && r != nil {
			r.Drag()
		}
	}
}

// state is what a group is: MASTER or BACKUP when all its members are, FAULT
// when one is; empty: on the way.
func (g *group) state() string {
	state := ""
	for n, i := range g.members {
		switch {
		case i.role == vrrp.Fault:
			return vrrp.Fault.String()
		case n == 0:
			state = i.role.String()
		case state != i.role.String():
			state = ""
		}
	}
	if state == vrrp.Init.String() {
		return ""
	}
	return state
}

// groupFaults says why the other members of a group keep i from taking part,
// and what they wait for.
func (e *engine) groupFaults(i *instance) (fault, wait string) {
	if i.group == nil {
		return "", ""
	}
	for _, o := range i.group.members {
		r := e.runners[o.name()]
		if o == i || r == nil {
			continue
		}
		if why := r.ownFaults(); len(why) > 0 && fault == "" {
			fault = "sync group " + i.group.name + ": " + o.name() + ": " + strings.Join(why, ", ")
		}
		if len(r.ownWaits) > 0 && wait == "" {
			wait = "sync group " + i.group.name + ": " + o.name() + " waits for " + strings.Join(r.ownWaits, ", ")
		}
	}
	return fault, wait
}
