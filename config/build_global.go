package config

import (
	"time"

	"director/internal/netif"
	"director/internal/script"
	"director/internal/track"
)

// buildGlobal builds what concerns the process as a whole.
func (b *builder) buildGlobal() {
	g := &b.cfg.Global
	user := or(b.global, "script_user", identity{})
	g.RouterID = or(b.global, "router_id", b.src.Node)
	g.Scripts = script.Policy{
		User: user.user, Group: user.group,
		SupplementaryGroups: or(b.global, "set_supplementary_groups", false),
		Security:            or(b.global, "enable_script_security", true),
		SymlinkPaths:        or(b.global, "use_symlink_paths", false),
	}
	g.FIFOs = b.fifos()
	g.StartupDelay = or(b.global, "vrrp_startup_delay", time.Duration(0))
	g.DelayAfterBoot = or(b.global, "vrrp_delay_after_boot", time.Duration(0))
	g.LogUnknownVRIDs = or(b.global, "log_unknown_vrids", false)
	g.Firewall = netif.Firewall{
		Table:    or(b.global, "nftables", ""),
		Priority: int32(or(b.global, "nftables_priority", int64(-1))),
		Counters: or(b.global, "nftables_counters", false),
		ByIndex:  or(b.global, "nftables_ifindex", false),
	}
	g.DisableLocalIGMP = or(b.global, "disable_local_igmp", false)
	g.NetlinkBuffer = int(or(b.global, "vrrp_netlink_monitor_rcv_bufs", int64(0)))
	if on, ok := get[bool](b.global, "dynamic_interfaces"); ok && !on {
		b.warn(b.global.at("dynamic_interfaces"), "dynamic_interfaces = false has no effect", "interfaces may always come and go here")
	}
	if on, ok := get[bool](b.global, "nftables"); ok && !on {
		b.warn(b.global.at("nftables"), "nftables = false has no effect", "accept = false has no other way")
	}
	if v, ok := b.global.values["vrrp_garp_extra_if_all"]; ok && !b.global.has("vrrp_garp_extra_if") && !b.global.misspelt("vrrp_garp_extra_if") {
		b.fail(v.name, "vrrp_garp_extra_if_all does not fit here", "there is no vrrp_garp_extra_if")
	}
	b.bufferPolicy()
	b.places()
}

// places settles where director runs.
func (b *builder) places() {
	g := &b.cfg.Global
	g.NetNamespace = or(b.global, "net_namespace", "")
	g.Instance = or(b.global, "instance", "")
	g.ChildWait = or(b.global, "child_wait_time", time.Duration(0))
	g.IPVSNamespace = or(b.global, "net_namespace_ipvs", "")
	g.FirstIPVS = or(b.global, "net_namespace_ipvs", false)
}

// Sizes for vrrp_rx_bufs_policy.
const (
	mtuBytes     = 1500
	advertHeader = 60 + 24 + 8 + 8 + 28 // IP, AH, VRRP, password, HMAC
)

// bufferPolicy checks vrrp_rx_bufs_policy.
func (b *builder) bufferPolicy() {
	list := or(b.global, "vrrp_rx_bufs_policy", []any(nil))
	seen := map[any]bool{}
	for i, v := range list {
		_, size := v.(int64)
		if seen[v] || size && len(list) > 1 {
			b.fail(b.global.values["vrrp_rx_bufs_policy"].elems[i], `Invalid value for "vrrp_rx_bufs_policy"`, `needs "MTU", "ADVERT" or both, or one number`)
		}
		seen[v] = true
	}
	if _, ok := get[int64](b.global, "vrrp_rx_bufs_multiplier"); ok && !b.global.has("vrrp_rx_bufs_policy") && !b.global.misspelt("vrrp_rx_bufs_policy") {
		b.fail(b.global.values["vrrp_rx_bufs_multiplier"].name, "vrrp_rx_bufs_multiplier does not fit here", "there is no vrrp_rx_bufs_policy")
	}
}

// receiveBuffer is the size of an instance's receive buffer in bytes; 0: the
// kernel's default.
func (b *builder) receiveBuffer(n *node, addresses int, family int) int {
	size := 0
	for _, v := range or(b.global, "vrrp_rx_bufs_policy", []any(nil)) {
		switch v {
		case "MTU":
			size += mtuBytes
		case "ADVERT":
			size += advertHeader + addresses*family
		default:
			size += int(v.(int64))
		}
	}
	return int(or(n, "kernel_rx_buf_size", int64(size)*or(b.global, "vrrp_rx_bufs_multiplier", int64(3))))
}

// delays builds interface_up_down_delays. An interface may not stay up longer
// for us than the peers wait for adverts.
func (b *builder) delays() {
	seen := map[string]*node{}
	for _, n := range b.root.all("interface_up_down_delays") {
		if f := checkWord(n.label, 15, "/:"); f != nil {
			b.fail(n.labelRange, "Invalid name of an interface", "%s", f.hint)
			continue
		}
		b.unique(n, seen)
		d := InterfaceDelay{Interface: n.label, Down: or(n, "down", time.Duration(0))}
		d.Up = or(n, "up", d.Down)
		for i := range b.cfg.Instances {
			inst := &b.cfg.Instances[i]
			c := &inst.VRRP
			limit := max(0, time.Duration(c.DownTimerAdverts-1)*c.AdvertInt-c.AdvertInt/256)
			if c.DownTimerAdverts <= 1 {
				limit = 0
			}
			if inst.uses(n.label) && d.Down > limit {
				d.Down = limit
				b.warn(n.at("down"), "The delay is longer than peers wait", "vrrp_instance %q bounds it to %s", c.Name, short(limit))
			}
		}
		b.cfg.Global.InterfaceDelays = append(b.cfg.Global.InterfaceDelays, d)
	}
}

// uses reports whether an interface being down faults the instance or moves its
// priority.
func (inst *Instance) uses(name string) bool {
	if inst.VRRP.Interface == name || inst.Link.Parent == name {
		return true
	}
	for _, a := range inst.Addresses {
		if a.Interface == name {
			return true
		}
	}
	for _, l := range inst.MoreLinks {
		if l.Parent == name {
			return true
		}
	}
	for _, u := range inst.Tracks {
		if u.ID.Kind == track.Interface && u.ID.Name == name {
			return true
		}
	}
	return false
}

// announceGroups builds garp_group.
func (b *builder) announceGroups() {
	seen := map[string]bool{}
	for _, n := range b.root.all("garp_group") {
		g := netif.AnnounceGroup{
			Interval:   or(n, "garp_interval", or(b.global, "vrrp_garp_interval", time.Duration(0))),
			NAInterval: or(n, "gna_interval", or(b.global, "vrrp_gna_interval", time.Duration(0))),
		}
		list, given := get[[]any](n, "interfaces")
		if given && len(list) == 0 {
			b.fail(n.at("interfaces"), "The group is empty", "needs the names of interfaces")
		}
		for i, v := range list {
			name, at := v.(string), n.values["interfaces"].elems[i]
			switch parent := b.linkParents[name]; {
			case parent != "":
				b.fail(at, "garp_group takes no virtual link", "name the interface below: %q", parent)
			case seen[name]:
				b.fail(at, "An interface can be in one garp_group", "%s is in one already", name)
			}
			seen[name] = true
			g.Interfaces = append(g.Interfaces, name)
		}
		b.cfg.Global.AnnounceGroups = append(b.cfg.Global.AnnounceGroups, g)
	}
}
