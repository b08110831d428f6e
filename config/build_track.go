package config

import (
	"fmt"
	"strings"
	"time"

	"director/internal/script"
	"director/internal/track"
	"director/vrrp"

	"github.com/hashicorp/hcl/v2"
)

// tracked is an object that track_* blocks can name.
type tracked struct {
	node *node
	// weight and reverse hold where the track_* block gives none.
	weight  int64
	reverse bool
	used    bool
}

// use is a track_* block and what it means.
type use struct {
	track.Use
	node *node
}

// trackKinds are the kinds by their blocks; trackedBlocks are the blocks that
// define the objects.
var (
	trackKinds = map[string]track.Kind{
		"track_interface": track.Interface, "track_script": track.Script, "track_file": track.File,
		"track_process": track.Process, "track_bfd": track.BFD, "track_virtual_server": track.VirtualServer,
	}
	trackedBlocks = map[track.Kind]string{
		track.Script: "vrrp_script", track.File: "track_file", track.Process: "vrrp_track_process",
		track.BFD: "bfd_instance", track.VirtualServer: "virtual_server",
	}
)

// buildTracked builds the tracked objects.
func (b *builder) buildTracked() {
	each := func(kind track.Kind, weight int64, build func(*node)) {
		names := map[string]*node{}
		for _, n := range b.root.all(trackedBlocks[kind]) {
			if build != nil { // the names of services are looked at with them
				b.unique(n, names)
				build(n)
			}
			t := &tracked{node: n}
			if kind != track.VirtualServer { // there, weight is that of servers
				t.weight, t.reverse = or(n, "weight", weight), or(n, "reverse", false)
			}
			b.tracked[track.ID{Kind: kind, Name: n.label}] = t
		}
	}
	each(track.Script, 0, b.script)
	each(track.File, 1, b.file)
	each(track.Process, 0, b.process)
	each(track.BFD, 0, b.session)
	each(track.VirtualServer, 0, nil)
}

// script builds one vrrp_script.
func (b *builder) script(n *node) {
	interval := or(n, "interval", time.Second)
	user := or(n, "user", identity{})
	b.cfg.Scripts = append(b.cfg.Scripts, track.ScriptSpec{
		Name:     n.label,
		Command:  script.Command{Args: or(n, "script", []string(nil)), User: user.user, Group: user.group},
		Interval: interval, Timeout: or(n, "timeout", interval),
		Rise: int(or(n, "rise", int64(1))), Fall: int(or(n, "fall", int64(1))),
		InitFail: or(n, "init_fail", false),
	})
}

// file builds one track_file.
func (b *builder) file(n *node) {
	f := track.FileSpec{Name: n.label, Path: or(n, "file", "")}
	if init := n.one("init_file"); init != nil {
		f.Init, f.Overwrite, f.Value = true, or(init, "overwrite", false), int(or(init, "value", int64(0)))
		if f.Value < -254 || f.Value > 254 {
			b.warn(init.at("value"), "The number is beyond any priority", "-254 and less is FAULT, 253 the most that counts")
		}
	}
	b.cfg.Files = append(b.cfg.Files, f)
}

// maxComm is the length of the kernel's name of a process.
const maxComm = 15

// process builds one vrrp_track_process.
func (b *builder) process(n *node) {
	p := track.ProcessSpec{Name: n.label, FullCommand: or(n, "full_command", false), QuorumMax: int(or(n, "quorum_max", int64(-1)))}
	for i, v := range or(n, "process", []any(nil)) {
		if i == 0 {
			p.Command = v.(string)
		} else {
			p.Params = append(p.Params, v.(string))
		}
	}
	if strings.ContainsAny(p.Command, " \t") {
		b.warn(n.at("process"), "The name of the process has blanks", "parameters are elements of the list: %s", listOfArgs(strings.Fields(p.Command)))
	}
	p.Match = map[string]track.ParamMatch{"exact": track.MatchExact, "initial": track.MatchInitial, "partial": track.MatchPartial}[or(n, "param_match", "")]
	if p.Match == track.MatchAny && len(p.Params) > 0 {
		p.Match = track.MatchExact
	}
	if p.Match > track.MatchExact && len(p.Params) == 0 && n.has("process") {
		b.fail(n.at("param_match"), "There are no parameters to match", `write process = ["%s", "-x"], or leave param_match out`, p.Command)
	}
	p.FullCommand = p.FullCommand || p.Match != track.MatchAny || strings.Contains(p.Command, "/")
	if !p.FullCommand && len(p.Command) > maxComm {
		b.fail(n.at("process"), "The name is too long to be found", "the kernel keeps %d bytes of it: write full_command = true", maxComm)
	}
	quorum := int64(1)
	if p.QuorumMax == 0 {
		quorum = 0
	}
	p.Quorum = int(or(n, "quorum", quorum))
	if p.QuorumMax >= 0 && p.Quorum > p.QuorumMax {
		b.clash(n.at("quorum"), "quorum is above quorum_max", "this is never good", n.at("quorum_max"), "because of this")
	}
	delay := or(n, "delay", time.Duration(0))
	p.ForkDelay, p.TerminateDelay = or(n, "fork_delay", delay), or(n, "terminate_delay", delay)
	b.cfg.Processes = append(b.cfg.Processes, p)
}

// uses reads the track_* blocks of an instance or a sync group.
func (b *builder) uses(n *node) []use {
	var out []use
	seen := map[track.ID]*node{}
	for _, k := range n.kids {
		kind := trackKinds[k.spec.name]
		if kind == 0 {
			continue
		}
		id := track.ID{Kind: kind, Name: k.label}
		if first := seen[id]; first != nil {
			b.fail(k.labelRange, fmt.Sprintf("%s listed twice", k.spec.name), "%s", already(k, first))
			continue
		}
		seen[id] = k
		t := b.trackedBy(k, id)
		if t == nil {
			continue
		}
		t.used = true
		out = append(out, use{track.Use{ID: id, Weight: int(or(k, "weight", t.weight)), Reverse: or(k, "reverse", t.reverse)}, k})
	}
	return out
}

// trackedBy returns what a track_* block names, or nil.
func (b *builder) trackedBy(k *node, id track.ID) *tracked {
	if id.Kind == track.Interface {
		if f := checkWord(id.Name, 15, "/:"); f != nil {
			b.fail(k.labelRange, "Invalid name of an interface", "%s", f.hint)
			return nil
		}
		return &tracked{}
	}
	t := b.tracked[id]
	if t == nil {
		b.unknownTracked(k.labelRange, id)
	}
	return t
}

// unknownTracked reports a reference to a tracked object that is not there.
func (b *builder) unknownTracked(at hcl.Range, id track.ID) {
	var names []string
	for other := range b.tracked {
		if other.Kind == id.Kind {
			names = append(names, other.Name)
		}
	}
	b.unknownName(at, trackedBlocks[id.Kind], id.Name, names)
}

// unknownName reports a reference to a block that is not there, unless a
// mistake elsewhere may be the reason.
func (b *builder) unknownName(at hcl.Range, kind, name string, names []string) {
	if b.root.partial || b.root.misspelt(kind) {
		return
	}
	hint := fmt.Sprintf("no %s has that name", kind)
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	b.fail(at, fmt.Sprintf("Unknown %s %q", kind, name), "%s", hint)
}

// ownTracks notes what an instance tracks itself.
func (b *builder) ownTracks(n *node, inst *Instance) {
	uses := b.uses(n)
	b.ownUses[n] = uses
	for _, u := range uses {
		if u.Weight != 0 && inst.VRRP.Priority == 255 && u.ID.Kind != track.File {
			b.warn(u.place(), "The weight has no effect here", "the priority of an owner (255) never changes")
		}
		inst.Tracks = append(inst.Tracks, u.Use)
	}
}

// place is where the weight of a use is, or what it is of.
func (u use) place() hcl.Range {
	if u.node.has("weight") {
		return u.node.at("weight")
	}
	return u.node.labelRange
}

// unused warns of scripts and processes that nobody tracks.
func (b *builder) unused() {
	if b.failed() {
		return // a mistake may have hidden who does
	}
	for id, t := range b.tracked {
		if !t.used && (id.Kind == track.Script || id.Kind == track.Process) {
			b.warn(t.node.labelRange, fmt.Sprintf("Nobody tracks %s %q", t.node.spec.name, id.Name), "it is not looked at")
		}
	}
}

// tracksInterface adds an interface to what an instance tracks, without weight.
func (inst *Instance) tracksInterface(name string) {
	id := track.ID{Kind: track.Interface, Name: name}
	for i, u := range inst.Tracks {
		if u.ID == id {
			inst.Tracks[i] = track.Use{ID: id}
			return
		}
	}
	inst.Tracks = append(inst.Tracks, track.Use{ID: id})
}

// owner reports whether an instance owns its addresses.
func owner(c *vrrp.Config) bool { return c.Priority == 255 }
