package config

import (
	"time"

	"director/checkers"
	"director/internal/netif"
	"director/ipvs"
	"director/vrrp"
)

// Config is what one configuration means, complete and consistent: every
// default filled in, every reference resolved, every range checked. Nothing
// past this package sees text that still needs parsing.
type Config struct {
	Global    Global
	Instances []Instance
	Services  []VirtualServer
}

// Global holds what concerns the process as a whole.
type Global struct {
	// RouterID is the name of this node in messages; default: the host name.
	RouterID string
}

// Instance is one vrrp_instance.
type Instance struct {
	VRRP vrrp.Config
	// Addresses are virtual_ipaddress and then virtual_ipaddress_excluded, in
	// the order of the file.
	Addresses []netif.Address
	Announce  netif.Schedule
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
}

// DefaultDelayLoop is delay_loop where the file gives none.
const DefaultDelayLoop = 60 * time.Second
