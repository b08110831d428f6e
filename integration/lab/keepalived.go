package lab

import (
	"os"
	"path/filepath"
)

// Keepalived starts keepalived on the host with a configuration of its own; the
// host's name is the config-id, for lines that begin with @NAME. VRRP and BFD
// only, unless the configuration has virtual servers to drive (checks).
func (h *Host) Keepalived(config string, checks bool) *Process {
	h.lab.t.Helper()
	dir := filepath.Join(h.Dir(), "keepalived")
	h.must("folder", os.MkdirAll(dir, 0o755))
	conf := filepath.Join(dir, "keepalived.conf")
	h.must("configuration", os.WriteFile(conf, []byte(config), 0o600))
	args := []string{"--dont-fork", "--log-console", "--no-syslog", "--log-detail", "--dont-respawn", "--use-file", conf,
		"--config-id", h.Name, "--pid", filepath.Join(dir, "main.pid"), "--vrrp_pid", filepath.Join(dir, "vrrp.pid"),
		"--checkers_pid", filepath.Join(dir, "checkers.pid"), "--bfd_pid", filepath.Join(dir, "bfd.pid")}
	if !checks {
		args = append(args, "--vrrp")
	}
	return h.Start("keepalived", args...)
}
