package lab

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// killAll ends every process in the namespace by SIGKILL and waits until the
// last is gone. A process may fork while we look: hence the loop.
func (n *namespace) killAll() {
	for range 200 {
		pids := n.pids()
		if len(pids) == 0 {
			return
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Crash makes the machine disappear without a word: it is cut off from every
// segment, and then all its processes are killed. The kernel of a namespace
// goes on living and keeps addresses and services; Return takes them away.
func (h *Host) Crash() {
	h.lab.t.Helper()
	h.Cut()
	h.ns.killAll()
}

// Return brings a crashed machine back, freshly booted: only the addresses it
// was made with, no IPVS services, no processes, and connected again.
func (h *Host) Return() {
	h.lab.t.Helper()
	h.resetAddresses()
	if _, err := os.Stat("/proc/net/ip_vs"); err == nil {
		h.Run("ipvsadm", "-C")
	}
	h.Connect()
}

// Processes returns the command lines of what runs on the host, with pid.
func (h *Host) Processes() map[int]string {
	running := make(map[int]string)
	for _, pid := range h.ns.pids() {
		line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err == nil {
			running[pid] = strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return running
}
