// Package vrrp decides which director holds a virtual address (RFC 9568 for
// version 3, RFC 3768 for version 2).
//
// The protocol is [Step], a pure function: no clock, no socket, no goroutine.
// [Runner] gives it both and owns the only goroutine that calls it.
//
// Package vrrp never programs IPVS or addresses and knows nothing of health
// checks; a check reaches it as a priority change or a fault, nothing more.
package vrrp
