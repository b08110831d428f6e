package main

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"

	"director/config"
	"director/internal/notify"
	"director/internal/script"
	"director/internal/track"
)

// machine collects what only this machine can tell about a configuration.
type machine struct {
	diags config.Diagnostics
	// made are the interfaces that director makes itself, seen what was looked
	// at already.
	made, seen map[string]bool
	policy     script.Policy
}

// machineWarnings are what only this machine can tell about a configuration.
func machineWarnings(cfg *config.Config) config.Diagnostics {
	m := &machine{made: map[string]bool{}, seen: map[string]bool{}, policy: cfg.Global.Scripts}
	m.interfaces(cfg)
	m.scripts(cfg)
	return m.diags
}

func (m *machine) warn(detail, summary string, a ...any) {
	m.diags = append(m.diags, &config.Diagnostic{Severity: config.Warning, Summary: fmt.Sprintf(summary, a...), Detail: detail})
}

// first reports whether something is looked at for the first time.
func (m *machine) first(kind, name string) bool {
	key := kind + " " + name
	was := m.seen[key]
	m.seen[key] = true
	return !was
}

func (m *machine) interfaces(cfg *config.Config) {
	for _, i := range cfg.Instances {
		m.made[i.Link.Name] = true
		for _, l := range i.MoreLinks {
			m.made[l.Name] = true
		}
	}
	for _, i := range cfg.Instances {
		m.ofInstance(&i)
	}
	for _, a := range cfg.Static.Addresses {
		m.iface(a.Interface, fmt.Sprintf("Address %s of static_ipaddress", a.Prefix))
	}
	for _, vs := range cfg.Services {
		for _, rs := range vs.Servers {
			for _, c := range rs.Checks {
				m.iface(c.BindInterface, fmt.Sprintf("A check of virtual_server %q", vs.Name))
			}
		}
	}
}

func (m *machine) ofInstance(i *config.Instance) {
	name := fmt.Sprintf("vrrp_instance %q", i.VRRP.Name)
	m.iface(i.VRRP.Interface, name)
	m.iface(i.Link.Parent, name)
	for _, l := range i.MoreLinks {
		m.iface(l.Parent, name)
	}
	for _, a := range i.Addresses {
		m.iface(a.Interface, fmt.Sprintf("Address %s of %s", a.Prefix, name))
	}
	for _, u := range i.Tracks {
		if u.ID.Kind == track.Interface {
			m.iface(u.ID.Name, fmt.Sprintf("A track_interface of %s", name))
		}
	}
}

func (m *machine) iface(name, what string) {
	if name == "" || m.made[name] || !m.first("interface", name) {
		return
	}
	if _, err := net.InterfaceByName(name); err != nil {
		m.warn(what+" uses it. With -i NAME the configuration is checked for another machine.",
			"This machine has no interface %s", name)
	}
}

func (m *machine) scripts(cfg *config.Config) {
	for _, s := range cfg.Scripts {
		m.script(fmt.Sprintf("vrrp_script %q", s.Name), s.Command)
	}
	for _, vs := range cfg.Services {
		for _, rs := range vs.Servers {
			for _, c := range rs.Checks {
				if c.Misc != nil {
					m.script(fmt.Sprintf("MISC_CHECK of virtual_server %q", vs.Name), c.Misc.Command)
				}
			}
		}
	}
	for n := range cfg.Instances {
		i := &cfg.Instances[n]
		m.notify(fmt.Sprintf("vrrp_instance %q", i.VRRP.Name), i.Notify)
	}
	for _, g := range cfg.Groups {
		m.notify(fmt.Sprintf("vrrp_sync_group %q", g.Name), g.Notify)
	}
	f := cfg.Global.FIFOs
	m.fifo("notify_fifo", f.All)
	m.fifo("vrrp_notify_fifo", f.VRRP)
	m.fifo("lvs_notify_fifo", f.LVS)
}

func (m *machine) notify(where string, s notify.Scripts) {
	for _, c := range []struct {
		keyword string
		command script.Command
	}{
		{"notify_master", s.Master}, {"notify_backup", s.Backup}, {"notify_fault", s.Fault}, {"notify_stop", s.Stop},
		{"notify_deleted", s.Deleted}, {"notify_master_rx_lower_pri", s.RxLowerPri}, {"notify", s.All},
	} {
		m.script(c.keyword+" of "+where, c.command)
	}
}

func (m *machine) fifo(keyword string, f notify.FIFO) {
	if f.Path == "" {
		return
	}
	m.script(keyword+"_script", f.Script)
	if f.User != "" && !exists(f.User, func(name string) error { _, err := user.Lookup(name); return err }) {
		m.warn("It cannot own "+f.Path+".", "This machine has no user %q, which %s names", f.User, keyword)
	}
	if f.Group != "" && !exists(f.Group, func(name string) error { _, err := user.LookupGroup(name); return err }) {
		m.warn("It cannot own "+f.Path+".", "This machine has no group %q, which %s names", f.Group, keyword)
	}
}

// exists looks a user or group up; a number needs no name.
func exists(name string, lookup func(string) error) bool {
	_, err := strconv.ParseUint(name, 10, 32)
	return err == nil || lookup(name) == nil
}

// script warns of a script that would not run now: it, or its user, does not
// exist, or is not allowed to. The same reason is told once. Only root can tell:
// nobody else may become the script's user.
func (m *machine) script(what string, c script.Command) {
	if !c.Given() || os.Geteuid() != 0 {
		return
	}
	if err := script.Check(c, m.policy); err != nil && m.first("script", err.Error()) {
		m.warn(err.Error()+".", "This machine would not run %s", what)
	}
}
