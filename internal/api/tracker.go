package api

import "time"

// Tracker is one tracked object.
type Tracker struct {
	// Kind is script, file, process or virtual_server.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Known is false before the first result. Of a file Value counts, not Up.
	Known bool `json:"known"`
	Up    bool `json:"up"`
	Value int  `json:"value"`
	// Since is when one of these last changed.
	Since time.Time `json:"since"`
	// Detail is how the last look at it ended, Output the end of what a script
	// printed.
	Detail string `json:"detail,omitempty"`
	Output string `json:"output,omitempty"`
	// Runs counts the looks at it, Failures those that said no or could not be
	// made, Skipped the runs of a script that were left out because the one
	// before still ran.
	Runs     uint64 `json:"runs"`
	Failures uint64 `json:"failures"`
	Skipped  uint64 `json:"skipped"`
	// TookSeconds is how long the last look took.
	TookSeconds float64 `json:"took_seconds"`
	// UsedBy are the instances that track it.
	UsedBy []string `json:"used_by"`
}

// Session is one session of BFD.
type Session struct {
	Name     string `json:"name"`
	Neighbor string `json:"neighbor"`
	Up       bool   `json:"up"`
	// State is AdminDown, Down, Init or Up.
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// IntervalSeconds is that of our packets, DetectionSeconds how long the
	// neighbour may be silent.
	IntervalSeconds  float64 `json:"interval_seconds"`
	DetectionSeconds float64 `json:"detection_seconds"`
	Transitions      uint64  `json:"transitions"`
}

// Notify is what scripts and FIFOs are told.
type Notify struct {
	Names []NotifyName `json:"names"`
	FIFOs []FIFO       `json:"fifos"`
}

// NotifyName is what one instance or sync group has told.
type NotifyName struct {
	// Kind is INSTANCE or GROUP.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// State is the newest that was told or waits to be.
	State string    `json:"state"`
	Since time.Time `json:"since,omitzero"`
	// Pending is how many events wait, Running the script that runs, Superseded
	// how many events were left out for newer ones.
	Pending    int    `json:"pending"`
	Running    string `json:"running,omitempty"`
	Superseded uint64 `json:"superseded"`
	// Last is the last script that ended; null: there was none.
	Last *ScriptRun `json:"last"`
}

// ScriptRun is one run of a notify script.
type ScriptRun struct {
	// Script is its keyword: notify_master; State what it was told.
	Script string    `json:"script"`
	State  string    `json:"state"`
	Ended  time.Time `json:"ended"`
	OK     bool      `json:"ok"`
	// Result is how it ended, Output the end of what it printed.
	Result      string  `json:"result"`
	Output      string  `json:"output,omitempty"`
	TookSeconds float64 `json:"took_seconds"`
}

// FIFO is one notify FIFO.
type FIFO struct {
	Path string `json:"path"`
	// Written and Dropped count lines, Waiting are those in between.
	Written uint64 `json:"written"`
	Waiting int    `json:"waiting"`
	Dropped uint64 `json:"dropped"`
	// Stuck: nobody reads it, or it cannot be opened; Error says why.
	Stuck bool   `json:"stuck"`
	Error string `json:"error,omitempty"`
	// Reader is its script; null: none.
	Reader *Reader `json:"reader"`
}

// Reader is the script that reads a FIFO.
type Reader struct {
	// PID is 0 while it does not run; Last is how it ended last.
	PID    int    `json:"pid"`
	Starts uint64 `json:"starts"`
	Last   string `json:"last,omitempty"`
}
