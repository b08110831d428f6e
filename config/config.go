package config

import (
	"time"

	"director/bfd"
	"director/checkers"
	"director/internal/netif"
	"director/internal/notify"
	"director/internal/script"
	"director/internal/track"
	"director/ipvs"
	"director/vrrp"
)

// Config is what one configuration means, complete and consistent: every
// default filled in, every reference resolved, every range checked. Nothing
// past this package sees text that still needs parsing.
type Config struct {
	Global    Global
	Instances []Instance
	// Groups are the sync groups.
	Groups   []SyncGroup
	Services []VirtualServer
	// Static is what is there whatever the roles are.
	Static Static
	// Scripts, Files, Processes and Sessions are the tracked objects.
	Scripts   []track.ScriptSpec
	Files     []track.FileSpec
	Processes []track.ProcessSpec
	Sessions  []bfd.Config
}

// Static holds static_ipaddress, static_routes and static_rules.
type Static struct {
	Addresses []netif.Address
	Routes    []netif.Route
	Rules     []netif.Rule
}

// SyncGroup is one vrrp_sync_group: its members are master together.
type SyncGroup struct {
	Name string
	// Members are names of instances in the order of the file, at least one.
	Members []string
	Notify  notify.Scripts
}

// Global holds what concerns the process as a whole.
type Global struct {
	// RouterID is the name of this node in messages; default: the host name.
	RouterID string
	// Scripts says as whom scripts run.
	Scripts script.Policy
	// FIFOs are the notify FIFOs.
	FIFOs notify.FIFOs
	// StartupDelay is how long after the start instances wait before they take
	// part, DelayAfterBoot the same from the boot of the machine; the longer of
	// the two counts.
	StartupDelay, DelayAfterBoot time.Duration
	// LogUnknownVRIDs logs adverts of virtual routers that are not ours.
	LogUnknownVRIDs bool
	// Firewall says how accept = false is written.
	Firewall netif.Firewall
	// InterfaceDelays are interface_up_down_delays.
	InterfaceDelays []InterfaceDelay
	// AnnounceGroups are garp_group: interfaces that share one gap.
	AnnounceGroups []netif.AnnounceGroup
	// DisableLocalIGMP stops the kernel's reports for 224.0.0.x.
	DisableLocalIGMP bool
	// NetlinkBuffer is the size in bytes of the receive buffer of link and
	// address events, 0: the built-in size.
	NetlinkBuffer int
	// NetNamespace is the name of the network namespace to run in, IPVSNamespace
	// of the one whose IPVS is programmed; empty: where director is started, and
	// the same. FirstIPVS: the one that the machine began with.
	NetNamespace, IPVSNamespace string
	FirstIPVS                   bool
	// Instance tells several directors of one machine apart; empty: there is one.
	Instance string
	// ChildWait is how long control may take to end at a stop, 0: 3 s. A stop as
	// a whole is bounded by ten seconds all the same.
	ChildWait time.Duration
}

// InterfaceDelay debounces the changes of one interface.
type InterfaceDelay struct {
	Interface string
	Down, Up  time.Duration
}

// Instance is one vrrp_instance.
type Instance struct {
	VRRP vrrp.Config
	// Addresses are virtual_ipaddress and then virtual_ipaddress_excluded, in
	// the order of the file.
	Addresses []netif.Address
	Announce  netif.Schedule
	// Group is the sync group that it is a member of; empty: none.
	Group string
	// Tracks are the tracked objects with their weights, those of the group
	// merged in. The own interface is not among them unless it is named.
	Tracks []track.Use
	// Link is the virtual MAC's interface, or the ipvlan; its zero value: none.
	// XmitBase: adverts go through the parent all the same.
	Link     netif.VirtualLink
	XmitBase bool
	// MoreLinks are those of addresses on other interfaces (use_vmac of an
	// address, use_vmac_addr). The Interface of such an address is the link's.
	MoreLinks []netif.VirtualLink
	Routes    []netif.Route
	Rules     []netif.Rule
	// Refuse is accept = false: nothing but VRRP and neighbour discovery
	// reaches the addresses.
	Refuse bool
	// PromoteSecondaries sets the sysctl of that name on the interfaces of the
	// addresses while director runs.
	PromoteSecondaries bool
	Notify             notify.Scripts
}

// VirtualServer is one virtual_server.
type VirtualServer struct {
	// Name is the block's label.
	Name string
	// Service is what the kernel is to hold when all real servers are in
	// order, without the servers.
	Service ipvs.Service
	// Instance names the vrrp_instance it is bound to (rule 10 of the
	// configuration language); empty: always programmed.
	Instance string
	// Servers are the real servers in the order of the file, at least one.
	Servers []RealServer
	// Sorry is the sorry server; nil: none.
	Sorry *ipvs.Server
	// SorryInhibit keeps the sorry server installed at weight 0.
	SorryInhibit bool
	// Quorum is the least live weight, 1 or more; Hysteresis is below it.
	Quorum, Hysteresis uint32
	// Place is where it is defined, for messages: "director.hcl:12".
	Place string
}

// RealServer is one real_server with its checks.
type RealServer struct {
	// Name is the block's label, unique in its service.
	Name   string
	Server ipvs.Server
	// Inhibit keeps a failed server at weight 0 instead of removing it.
	Inhibit bool
	Checks  []checkers.Spec
	// RequireAny: one check that passes is enough, otherwise all must.
	RequireAny bool
}

// DefaultDelayLoop is delay_loop where the file gives none.
const DefaultDelayLoop = 60 * time.Second
