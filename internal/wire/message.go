// Package wire carries values between the two processes of director: wanted
// state and health from control to dataplane, roles and what the kernel said
// from dataplane to control.
//
// It knows nothing of HCL, sockets of VRRP or checks. Both ends are always the
// same binary, so that no version is negotiated; a stream that does not decode
// is a broken peer.
package wire

import (
	"time"

	"director/bfd"
	"director/internal/netif"
	"director/internal/track"
	"director/ipvs"
	"director/vrrp"
)

// Message is one frame: exactly one field is set.
type Message struct {
	// From the dataplane.
	Hello    *Hello
	Ping     *Ping
	Reload   *Reload
	Stop     *Stop
	Instance *InstanceState
	Service  *ServiceState
	Process  *ProcessState
	Notice   *Notice
	Answer   *HandoverAnswer

	// From control.
	Failed *Failed
	Pong   *Pong
	Ready  *Ready
	Begin  *Begin
	Plan   *ServicePlan
	Delta  *Delta
	Commit *Commit
	// Reloaded answers Reload.
	Reloaded *Reloaded
	Noticed  *Noticed
	Handover *Handover

	// Both ways: control reports it, the dataplane hands it back after a
	// restart of control.
	Health  *Health
	Tracker *Tracker
}

// Hello is the first message to a new control process.
type Hello struct {
	// Source is the configuration that runs, as control packed it; empty at
	// the first start, when control reads the files.
	Source []byte
	// Generation is the last committed one; control goes on from there.
	Generation uint64
	// Restarts counts how often control has been started before.
	Restarts int
	// Healths and Trackers are the numbers of Health and Tracker messages that
	// follow.
	Healths, Trackers int
}

// Ping asks for a Pong with the same number, as a proof of life of the
// goroutine that owns control's state.
type Ping struct{ Seq uint64 }

// Pong answers Ping.
type Pong struct{ Seq uint64 }

// Reload asks control to read its files again.
type Reload struct{ Seq uint64 }

// Reloaded says that the Reload with the same number has been dealt with, well
// or not, and those before it. One that was not is asked of the next process.
type Reloaded struct{ Seq uint64 }

// Stop asks control to end; it is given three seconds.
type Stop struct{}

// Ready says that control has a valid configuration and has sent all of it.
type Ready struct{}

// Failed says that control cannot begin, and that it has said why.
type Failed struct{}

// Begin opens a change. Nothing of it is in force before Commit, so that a
// control process that dies in between leaves the dataplane as it was.
type Begin struct {
	Generation uint64
	// Full replaces everything: Instances and all following Plans are the
	// complete configuration, and Source is its packed form. Otherwise only
	// Deltas follow.
	Full      bool
	Source    []byte
	Instances []Instance
	Groups    []Group
	Static    Static
	Sessions  []bfd.Config
	Settings  Settings
}

// Commit closes the change that Begin opened.
type Commit struct{ Generation uint64 }

// Instance is one virtual router with what moves with its role. Its fields are
// those of config.Instance.
type Instance struct {
	VRRP      vrrp.Config
	Addresses []netif.Address
	Announce  netif.Schedule
	Tracks    []track.Use
	Link      netif.VirtualLink
	XmitBase  bool
	MoreLinks []netif.VirtualLink
	Routes    []netif.Route
	Rules     []netif.Rule
	// Refuse is accept = false.
	Refuse             bool
	PromoteSecondaries bool
}

// Group is a sync group.
type Group struct {
	Name    string
	Members []string
}

// Static is what is there whatever the roles are.
type Static struct {
	Addresses []netif.Address
	Routes    []netif.Route
	Rules     []netif.Rule
}

// Settings are those of global that the dataplane needs.
type Settings struct {
	StartupDelay, DelayAfterBoot time.Duration
	LogUnknownVRIDs              bool
	Firewall                     netif.Firewall
	InterfaceDelays              []InterfaceDelay
	AnnounceGroups               []netif.AnnounceGroup
	DisableLocalIGMP             bool
	NetlinkBuffer                int
	// ChildWait is how long control may take to end; 0: the built-in time.
	ChildWait time.Duration
}

// InterfaceDelay debounces the changes of one interface.
type InterfaceDelay struct {
	Interface string
	Down, Up  time.Duration
}

// Tracker is the state of a tracked object that control watches: a script, a
// file, processes, a virtual server.
type Tracker struct {
	ID    track.ID
	State track.State
}

// Notice is something that scripts and FIFOs are to be told. The dataplane
// keeps it until it is answered by Noticed, and tells it to the next control
// process if there is one before that.
type Notice struct {
	Seq uint64
	// Age is how long ago it happened.
	Age time.Duration
	// Group is true for a sync group, else it is an instance.
	Group bool
	Name  string
	// State is MASTER, BACKUP, FAULT, STOP, DELETED, MASTER_RX_LOWER_PRI,
	// MASTER_PRIORITY or BACKUP_PRIORITY.
	State    string
	Priority int
	Reason   string
	// Known: this is the state at the greeting of a new control process, not a
	// change; it was told to its predecessor.
	Known bool
}

// Noticed says that the Notice of this number has been dealt with.
type Noticed struct{ Seq uint64 }

// Handover asks the dataplane to hand an instance and its sync group over, or
// with Back to let it take the role back. It is answered by HandoverAnswer.
type Handover struct {
	Seq      uint64
	Instance string
	Back     bool
}

// HandoverAnswer is how a Handover ended.
type HandoverAnswer struct {
	Seq uint64
	// Done: another router is master now, or with Back it was noted. Text says
	// who took over, or why nobody did.
	Done bool
	Text string
}

// ServicePlan is one virtual server, or a part of one: several plans of the
// same name in one change add up their servers, so that no message is large.
type ServicePlan struct {
	// Name is the virtual_server's.
	Name string
	// Instance is the vrrp_instance it is bound to; empty: always programmed.
	Instance string
	Service  ipvs.Service
}

// Delta changes the servers of one service.
type Delta struct {
	Name   string
	Set    []ipvs.Server
	Delete []ipvs.ServerKey
}

// Health is what the checks of one real server have found. Times are ages, so
// that no clock has to agree.
type Health struct {
	Service, Server string
	// Checks are in the order of the configuration.
	Checks []CheckHealth
	// QuorumUp belongs to the service and is repeated with each server.
	QuorumUp bool
	// Age is how old the newest result is.
	Age time.Duration
}

// CheckHealth is the state of one check.
type CheckHealth struct {
	// ID tells the check of a changed configuration from the one that was.
	ID string
	// Known is false until the first result.
	Known bool
	Up    bool
	// Reason is that of the last result, for people.
	Reason string
	// Failures counts failures in a row.
	Failures int
	// SetsWeight: the last success has given the server this Weight.
	SetsWeight bool
	Weight     int
	// Part is what a followed file adds to the weight.
	Part int
	// Since is the age of the last change between up and down; Age that of the
	// last result.
	Since, Age time.Duration
}

// InstanceState is what the dataplane says of one instance.
type InstanceState struct {
	Name   string
	Status vrrp.Status
	// Since is the age of the role.
	Since time.Duration
	// Addresses are in the configuration's order, then routes and rules.
	Addresses []AddressState
	Routes    []ObjectState
	// Group is the sync group; empty: none.
	Group string
	// Terms are what the effective priority is made of beside the base.
	Terms []track.Term
	// LastResort names the services whose loss has put the priority to 1.
	LastResort []string
	// Lingering: the role is given up, and the addresses are served on until
	// the new master has announced them.
	Lingering bool
	// Error is the last trouble with links, sysctls or the firewall.
	Error string
	// Gone: the instance is no longer there.
	Gone bool
}

// AddressState is what is known of one virtual address.
type AddressState struct {
	Key netif.Key
	// State is "absent", "ours", "hidden" or "foreign". Hidden: it is served
	// still, but neither announced nor answered for.
	State string
	Error string
}

// ObjectState is what is known of a route or a rule.
type ObjectState struct {
	// Text is how iproute2 would write it.
	Text string
	// State is "absent", "ours" or "foreign".
	State string
	Error string
}

// ServiceState is what the dataplane says of one service.
type ServiceState struct {
	Name string
	// Programmed: everything wanted is in the kernel.
	Programmed bool
	// Why says why not, or why in part: "VI_1 is BACKUP", an error.
	Why string
	// Error is the kernel's last answer that was not a success; empty: none.
	Error string
	// TakenOver: the service was in the kernel before director wanted it.
	TakenOver bool
	// Gone: the service is no longer there.
	Gone bool
}

// ProcessState is what the dataplane says of itself.
type ProcessState struct {
	// PID of the dataplane.
	PID int
	// Realtime is empty when the process runs in real time, else why not.
	Realtime string
	// IPVS is empty when the kernel's IPVS answers, else why not.
	IPVS string
	// Generation is the last committed one, KernelGeneration the last one that
	// was in the kernel completely.
	Generation, KernelGeneration uint64
	// ControlRestarts counts starts of control after the first.
	ControlRestarts int
	// Started is the age that the dataplane had at its Hello.
	Started time.Duration
	// Repairs counts what was put back after somebody else took it away.
	Repairs Repairs
	// LogDropped counts log lines lost because nobody read them.
	LogDropped uint64
	// NoticesDropped counts notices that had to make room for newer ones while
	// there was no control.
	NoticesDropped uint64
	// Sessions are those of BFD.
	Sessions []Session
}

// Session is what is known of a BFD session.
type Session struct {
	Name, Neighbor, State, Reason string
	Up                            bool
	// Since is the age of the state.
	Since                   time.Duration
	Interval, DetectionTime time.Duration
	Transitions             uint64
}

// Repairs counts drift that was repaired, by kind of object.
type Repairs struct{ Services, Servers, Addresses, Routes, Rules uint64 }
