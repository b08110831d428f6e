// Package guest runs a command on a kernel that has IPVS.
//
// Where the machine's own kernel has it and the caller is root, that is a fresh
// network namespace. Elsewhere it is a User Mode Linux guest (Debian package
// user-mode-linux): an ordinary process, no privilege needed, whose root file
// system is the host's own, read-only, with one folder to write to and a tmpfs
// on /run. The guest has one CPU and slow system calls: give deadlines room and
// compare what runs in it with nothing outside of it.
package guest
