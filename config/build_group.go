package config

import (
	"fmt"

	"director/internal/track"

	"github.com/hashicorp/hcl/v2"
)

// buildGroups builds the sync groups and tells their members.
func (b *builder) buildGroups() {
	in := map[string]hcl.Range{} // where an instance was put into a group
	for _, n := range b.root.all("vrrp_sync_group") {
		b.unique(n, b.groups)
		g := SyncGroup{Name: n.label, Notify: b.scripts(n)}
		g.Notify.PriorityChanges = false // its priority is always 0
		g.Members = b.names(n, func(name string, at hcl.Range) bool {
			if first, ok := in[name]; ok {
				b.clash(at, fmt.Sprintf("vrrp_instance %q is in a sync group already", name), "", first, "first here")
				return false
			}
			in[name] = at
			return true
		})
		if len(g.Members) == 1 && len(n.values["group"].elems) == 1 {
			b.warn(n.at("group"), "A sync group of one instance has no effect", "")
		}
		b.cfg.Groups = append(b.cfg.Groups, g)
		b.join(n, g)
	}
}

// names reads a list of names of instances; take may refuse one. None of them
// is a mistake.
func (b *builder) names(n *node, take func(string, hcl.Range) bool) []string {
	list, given := get[[]any](n, "group")
	if given && len(list) == 0 {
		b.fail(n.at("group"), "The group is empty", "needs the names of instances")
	}
	var out []string
	for i, v := range list {
		name, at := v.(string), n.values["group"].elems[i]
		if b.instances[name] == nil {
			b.unknownName(at, "vrrp_instance", name, sortedKeys(b.instances))
			continue
		}
		if take(name, at) {
			out = append(out, name)
		}
	}
	return out
}

// join makes instances members of a group.
func (b *builder) join(n *node, g SyncGroup) {
	shared := b.uses(n)
	weights := or(n, "sync_group_tracking_weight", false)
	owners := 0
	for _, name := range g.Members {
		if owner(&b.member(name).VRRP) {
			owners++
		}
	}
	for _, name := range g.Members {
		inst, in := b.member(name), b.instances[name]
		inst.Group, inst.VRRP.Grouped = g.Name, true
		if !in.has("notify_priority_changes") {
			inst.Notify.PriorityChanges = or(n, "notify_priority_changes", inst.Notify.PriorityChanges)
		}
		if inst.VRRP.StartMaster && owners < len(g.Members) {
			inst.VRRP.StartMaster = false
			if in.has("state") {
				b.warn(in.at("state"), `state = "MASTER" has no effect here`, "not all instances of the sync group are owners (priority 255)")
			}
		}
		own := b.ownUses[in]
		inst.Tracks = merged(own, shared)
		if !weights {
			b.noWeights(own, n)
		}
	}
	if !weights {
		b.noWeights(shared, n)
	}
	b.sameWeights(n, g)
}

// member returns an instance by name, which is known.
func (b *builder) member(name string) *Instance {
	for i := range b.cfg.Instances {
		if b.cfg.Instances[i].VRRP.Name == name {
			return &b.cfg.Instances[i]
		}
	}
	return nil
}

// merged joins what an instance tracks with what its group does: of two entries
// for one object the group's counts, unless the instance's has no weight.
func merged(own, shared []use) []track.Use {
	groups := map[track.ID]bool{}
	for _, u := range shared {
		groups[u.ID] = true
	}
	var out []track.Use
	kept := map[track.ID]bool{}
	for _, u := range own {
		if !groups[u.ID] || u.Weight == 0 {
			out = append(out, u.Use)
			kept[u.ID] = true
		}
	}
	for _, u := range shared {
		if !kept[u.ID] {
			out = append(out, u.Use)
		}
	}
	return out
}

// noWeights reports weights where the members of a group may not have
// different priorities. keepalived drops them, or what they belong to.
func (b *builder) noWeights(uses []use, group *node) {
	for _, u := range uses {
		if u.Weight == 0 {
			continue
		}
		b.clash(u.place(), fmt.Sprintf("Weights need sync_group_tracking_weight in vrrp_sync_group %q", group.label),
			fmt.Sprintf("the weight is %d: write weight = 0, or sync_group_tracking_weight = true", u.Weight), group.labelRange, "in this group")
	}
}

// sameWeights warns where members of a group can get different priorities from
// what they track.
func (b *builder) sameWeights(n *node, g SyncGroup) {
	weighted := func(name string) map[track.Use]bool {
		out := map[track.Use]bool{}
		for _, u := range b.member(name).Tracks {
			if u.Weight != 0 {
				out[u] = true
			}
		}
		return out
	}
	for i := 1; i < len(g.Members); i++ {
		first, this := weighted(g.Members[0]), weighted(g.Members[i])
		same := len(first) == len(this)
		for u := range first {
			same = same && this[u]
		}
		if !same && or(n, "sync_group_tracking_weight", false) {
			b.warn(n.at("sync_group_tracking_weight"), "The instances track with different weights",
				"%q and %q may disagree about who is master", g.Members[0], g.Members[i])
			return
		}
	}
}

// trackGroups reads the track_group blocks.
func (b *builder) trackGroups() {
	for _, n := range b.root.all("track_group") {
		b.unique(n, b.trackGroup)
		seen := map[string]bool{}
		b.members[n.label] = b.names(n, func(name string, at hcl.Range) bool {
			if seen[name] {
				b.fail(at, fmt.Sprintf("vrrp_instance %q listed twice", name), "")
				return false
			}
			seen[name] = true
			return true
		})
	}
}
