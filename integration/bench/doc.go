// Package bench measures a director beside keepalived and ipvsadm: both do the
// same on the same machine in the same run, and what is told is the ratio. An
// absolute time says more about the machine than about the program.
//
// It needs root, or the root of a user namespace; what needs IPVS runs where
// package guest takes it.
package bench
