package main

import (
	"fmt"
	"net"

	"director/config"
)

// machineWarnings are what only this machine can tell about a configuration.
func machineWarnings(cfg *config.Config) config.Diagnostics {
	var diags config.Diagnostics
	seen := map[string]bool{}
	missing := func(ifname, user string) {
		if seen[ifname] {
			return
		}
		seen[ifname] = true
		if _, err := net.InterfaceByName(ifname); err != nil {
			diags = append(diags, &config.Diagnostic{Severity: config.Warning,
				Summary: fmt.Sprintf("This machine has no interface %s", ifname),
				Detail:  fmt.Sprintf("%s uses it. With -i NAME the configuration is checked for another machine.", user)})
		}
	}
	for _, inst := range cfg.Instances {
		missing(inst.VRRP.Interface, fmt.Sprintf("vrrp_instance %q", inst.VRRP.Name))
		for _, a := range inst.Addresses {
			missing(a.Interface, fmt.Sprintf("Address %s of vrrp_instance %q", a.Prefix, inst.VRRP.Name))
		}
	}
	for _, vs := range cfg.Services {
		for _, rs := range vs.Servers {
			for _, c := range rs.Checks {
				if c.BindInterface != "" {
					missing(c.BindInterface, fmt.Sprintf("A check of virtual_server %q", vs.Name))
				}
			}
		}
	}
	return diags
}
