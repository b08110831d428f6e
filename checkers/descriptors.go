package checkers

import "golang.org/x/sys/unix"

// maxSockets returns how many sockets probes may hold: what the process may
// open, less a part for everything else. Go has raised the soft limit to the
// hard one by then.
func maxSockets() int {
	const (
		// most bounds the memory of probes under way, about 16 KiB each.
		most  = 16384
		least = 16
	)
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return least
	}
	return int(min(most, max(least, l.Cur-min(l.Cur/4, 512))))
}
