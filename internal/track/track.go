// Package track says what tracked objects do to an instance: to its priority,
// or whether it may take part at all. It is pure; who watches the objects is
// package trackers, and for interfaces and BFD the dataplane.
package track

import (
	"time"

	"director/internal/script"
)

// Kind is the sort of object that is tracked.
type Kind uint8

// The kinds, by keepalived's blocks and director's own track_virtual_server.
const (
	Interface Kind = iota + 1
	Script
	File
	Process
	BFD
	VirtualServer
)

// String returns the word of the configuration: "script", "virtual_server".
func (k Kind) String() string {
	names := [...]string{"none", "interface", "script", "file", "process", "bfd", "virtual_server"}
	if int(k) < len(names) {
		return names[k]
	}
	return names[0]
}

// ID names a tracked object. It is comparable.
type ID struct {
	Kind Kind
	Name string
}

// String returns `script "chk_nginx"`.
func (id ID) String() string { return id.Kind.String() + " " + `"` + id.Name + `"` }

// Use is a tracked object as one instance uses it: a track_script block with
// its weight. Weight 0 means FAULT while the object is bad.
type Use struct {
	ID ID
	// Weight is -253 to 253; of a file it multiplies the file's number, -254 to
	// 254. Reverse inverts the effect.
	Weight  int
	Reverse bool
}

// State is what is known of a tracked object.
type State struct {
	// Known is false before the first result. Pending: an instance that has
	// not been started yet waits for it, if it uses it without weight; a script
	// that a reload brought is not waited for.
	Known, Pending bool
	// Up: the interface is up, the script succeeds, the processes are there,
	// the session is up, the service has its quorum. Of a file it has no
	// meaning.
	Up bool
	// Value is the number in a file.
	Value int
	// Detail is for people: "exit status 1", the end of what a script printed.
	Detail string
}

// ScriptSpec is a vrrp_script.
type ScriptSpec struct {
	Name    string
	Command script.Command
	// Interval is from start to start, 1 ms or more; Timeout is the bound of
	// one run.
	Interval, Timeout time.Duration
	// Rise and Fall are the results in a row that turn it, 1 or more.
	Rise, Fall int
	// InitFail: it counts as failed before its first result.
	InitFail bool
}

// FileSpec is a track_file.
type FileSpec struct {
	Name, Path string
	// Init: at start the file is made, with Value; Overwrite: also where it is
	// there already.
	Init, Overwrite bool
	Value           int
}

// ParamMatch says how the parameters of a process are compared.
type ParamMatch uint8

// The ways to compare. MatchAny: parameters do not matter.
const (
	MatchAny ParamMatch = iota
	// MatchExact: all of them, no more.
	MatchExact
	// MatchInitial: those given are the first ones, complete.
	MatchInitial
	// MatchPartial: as MatchInitial, and the last one given may be cut short.
	MatchPartial
)

// ProcessSpec is a vrrp_track_process.
type ProcessSpec struct {
	Name string
	// Command is the program, compared with the kernel's comm, or with the
	// whole first argument where it is a path or FullCommand is set.
	Command     string
	Params      []string
	Match       ParamMatch
	FullCommand bool
	// Quorum and QuorumMax bound how many there may be; QuorumMax -1: no bound.
	Quorum, QuorumMax int
	// ForkDelay and TerminateDelay put off that it counts as up or down.
	ForkDelay, TerminateDelay time.Duration
}
