// Package integration shows on real networks and kernels what unit tests cannot:
// its tests build clusters with package lab and are run by `make integration`,
// natively in network namespaces or in the guest of package guest.
package integration
