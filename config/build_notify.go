package config

import (
	"fmt"

	"director/internal/notify"
	"director/internal/script"
)

// command reads a script and as whom it runs.
func (b *builder) command(n *node, name string) script.Command {
	if v, ok := n.values[name+"_user"]; ok && !n.has(name) && !n.misspelt(name) {
		b.fail(v.name, fmt.Sprintf("%s_user does not fit here", name), "there is no %s", name)
	}
	user := or(n, name+"_user", identity{})
	c := script.Command{Args: or(n, name, []string(nil))}
	if c.Given() {
		c.User, c.Group = user.user, user.group
	}
	return c
}

// scripts reads the notify scripts of an instance or a sync group.
func (b *builder) scripts(n *node) notify.Scripts {
	s := notify.Scripts{
		Master: b.command(n, "notify_master"),
		Backup: b.command(n, "notify_backup"),
		Fault:  b.command(n, "notify_fault"),
		Stop:   b.command(n, "notify_stop"),
		All:    b.command(n, "notify"),
	}
	if n.spec == instanceBlock {
		s.Deleted = b.command(n, "notify_deleted")
		s.RxLowerPri = b.command(n, "notify_master_rx_lower_pri")
	}
	s.PriorityChanges = or(n, "notify_priority_changes", or(b.global, "vrrp_notify_priority_changes", false))
	return s
}

// fifos reads the notify FIFOs.
func (b *builder) fifos() notify.FIFOs {
	seen := map[string]string{}
	fifo := func(name string) notify.FIFO {
		for _, word := range []string{"_json", "_script", "_user"} {
			if v, ok := b.global.values[name+word]; ok && !b.global.has(name) && !b.global.misspelt(name) {
				b.fail(v.name, fmt.Sprintf("%s does not fit here", name+word), "there is no %s", name)
			}
		}
		owner := or(b.global, name+"_user", identity{})
		f := notify.FIFO{
			Path: or(b.global, name, ""), User: owner.user, Group: owner.group,
			Script: b.command(b.global, name+"_script"), JSON: or(b.global, name+"_json", false),
		}
		if first := seen[f.Path]; first != "" && f.Path != "" {
			b.clash(b.global.at(name), "Two FIFOs have the same path", "lines of both would mix", b.global.at(first), "first here")
		}
		seen[f.Path] = name
		return f
	}
	return notify.FIFOs{
		All: fifo("notify_fifo"), VRRP: fifo("vrrp_notify_fifo"), LVS: fifo("lvs_notify_fifo"),
		StatesOnReload: or(b.global, "fifo_write_vrrp_states_on_reload", false),
	}
}
