// Package dataplane is the process that must be on time: it elects masters,
// holds the last wanted state, and takes over or gives up addresses and IPVS
// services in the order that costs no connection. It starts and restarts the
// control process, and needs nothing from it for a role change.
//
// One goroutine, the engine's, owns all state ([engine]). What should happen
// next is a pure function of that state (next.go); two workers carry it out, one
// at IPVS and one at addresses, so that a slow kernel request never delays
// giving up an address.
//
// Package dataplane knows no HCL, no HTTP and no checks.
package dataplane
