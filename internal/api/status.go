// Package api holds the answers of a running director as JSON values. They are
// documented in docs/status.md and stable: fields are added, never changed.
//
// Times are RFC 3339, durations are seconds as numbers and end in _seconds.
package api

import "time"

// StatusPath is where the status is asked for on the unix socket.
const StatusPath = "/api/v1/status"

// Status is everything director knows of itself.
type Status struct {
	Node      string     `json:"node"`
	Version   string     `json:"version"`
	Dataplane Dataplane  `json:"dataplane"`
	Control   Control    `json:"control"`
	Instances []Instance `json:"instances"`
	Services  []Service  `json:"services"`
	// Trackers are the tracked scripts, files, processes and virtual servers,
	// BFD the sessions.
	Trackers []Tracker `json:"trackers"`
	BFD      []Session `json:"bfd"`
	Notify   Notify    `json:"notify"`
}

// Dataplane is the process that elects and programs.
type Dataplane struct {
	PID int `json:"pid"`
	// Realtime is true under SCHED_FIFO; otherwise RealtimeReason says why not.
	Realtime       bool   `json:"realtime"`
	RealtimeReason string `json:"realtime_reason,omitempty"`
	// IPVS is true when the kernel's IPVS answers; otherwise IPVSReason.
	IPVS       bool   `json:"ipvs"`
	IPVSReason string `json:"ipvs_reason,omitempty"`
	// Generation is the last wanted state that was committed,
	// KernelGeneration the last that was in the kernel completely.
	Generation       uint64  `json:"generation"`
	KernelGeneration uint64  `json:"kernel_generation"`
	ControlRestarts  int     `json:"control_restarts"`
	UptimeSeconds    float64 `json:"uptime_seconds"`
	// AgeSeconds is how old this knowledge is.
	AgeSeconds float64 `json:"age_seconds"`
	Repairs    Repairs `json:"repairs"`
	LogDropped uint64  `json:"log_dropped"`
	// NoticesDropped counts what notify scripts are not told, because there was
	// no control process for long.
	NoticesDropped uint64 `json:"notices_dropped"`
}

// Repairs counts what others removed or changed and director put back.
type Repairs struct {
	Services  uint64 `json:"services"`
	Servers   uint64 `json:"servers"`
	Addresses uint64 `json:"addresses"`
	Routes    uint64 `json:"routes"`
	Rules     uint64 `json:"rules"`
}

// Control is the process that checks and answers.
type Control struct {
	PID int `json:"pid"`
	// Generation is the newest wanted state.
	Generation uint64    `json:"generation"`
	Started    time.Time `json:"started"`
	Checks     Checks    `json:"checks"`
}

// Checks says how the checks keep up. Lateness is director's own, never the
// servers'.
type Checks struct {
	Count                int     `json:"count"`
	InFlight             int     `json:"in_flight"`
	Made                 uint64  `json:"made"`
	Failed               uint64  `json:"failed"`
	Unmade               uint64  `json:"unmade"`
	Late                 uint64  `json:"late"`
	WorstLatenessSeconds float64 `json:"worst_lateness_seconds"`
}

// Service is one virtual_server.
type Service struct {
	Name string `json:"name"`
	// Entry is the line of ipvsadm -Ln: "TCP 10.1.0.93:80", "FWM 3".
	Entry     string `json:"entry"`
	Scheduler string `json:"scheduler"`
	Forward   string `json:"forward"`
	Instance  string `json:"instance,omitempty"`
	// Programmed: all of it is in the kernel; otherwise Why.
	Programmed bool   `json:"programmed"`
	Why        string `json:"why,omitempty"`
	Error      string `json:"error,omitempty"`
	// TakenOver: it was in the kernel before director wanted it.
	TakenOver  bool     `json:"taken_over"`
	QuorumUp   bool     `json:"quorum_up"`
	Quorum     uint64   `json:"quorum"`
	LiveWeight uint64   `json:"live_weight"`
	SorryInUse bool     `json:"sorry_in_use"`
	Servers    []Server `json:"servers"`
}

// Server is one real_server.
type Server struct {
	Name   string `json:"name"`
	Weight uint32 `json:"weight"`
	// InService: it is in the wanted table with a weight above 0.
	InService bool `json:"in_service"`
	Healthy   bool `json:"healthy"`
	// RequireAny: one check that passes is enough.
	RequireAny bool `json:"require_any"`
	// Since is the last change between healthy and not.
	Since time.Time `json:"since,omitzero"`
	// Reason is that of the check that failed, or of the newest result.
	Reason string  `json:"reason,omitempty"`
	Checks []Check `json:"checks"`
}

// Check is one checker of a real server.
type Check struct {
	Kind string `json:"kind"`
	// Known is false until the first result.
	Known    bool   `json:"known"`
	Up       bool   `json:"up"`
	Reason   string `json:"reason,omitempty"`
	Failures int    `json:"failures"`
	// Target is the address that is asked; empty: none is.
	Target string `json:"target,omitempty"`
	// AddsWeight is what it adds to the server's weight, or takes from it.
	AddsWeight int `json:"adds_weight"`
	// CertificateExpires is the end of the server's certificate; missing: none
	// was seen.
	CertificateExpires time.Time `json:"certificate_expires,omitzero"`
	// SharedBy is the number of real servers that this check, which is made
	// once, speaks for.
	SharedBy int `json:"shared_by"`
	// AgeSeconds is how old the last result is.
	AgeSeconds float64 `json:"age_seconds"`
}
