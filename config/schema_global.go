package config

import "slices"

// globalBlock is keepalived's global_defs and what stands there outside any
// block.
var globalBlock = &block{
	name: "global", once: true, doc: "Settings of the process, and defaults for all instances.",
	attrs: slices.Concat([]attr{
		{name: "router_id", kind: text_, doc: "Name of this node in messages.", def: "hostname"},
		{name: "checker_log_all_failures", kind: boolean, doc: "Log each failed try of a check, not only the one that counts.", def: "false"},
		{name: "vrrp_garp_interval", kind: seconds(0, 4294), doc: "Least gap between two gratuitous ARPs on an interface; 0: no gap.", def: "0"},
		{name: "vrrp_gna_interval", kind: seconds(0, 4294), doc: "Least gap between two unsolicited neighbour advertisements on an interface; 0: no gap.", def: "0"},
		{name: "vrrp_min_garp", kind: boolean, doc: "One gratuitous ARP only: repeat 1, delay 0, refresh 0 where nothing else is given.", def: "false"},
		{name: "vrrp_version", kind: integer(2, 3), doc: "Default of version in every vrrp_instance.", def: "3"},
		{name: "vrrp_mcast_group4", kind: multicast4, doc: "Default of mcast_dst_ip for IPv4.", def: "224.0.0.18"},
		{name: "vrrp_mcast_group6", kind: multicast6, doc: "Default of mcast_dst_ip for IPv6.", def: "ff02::12"},
		{name: "v3_checksum_as_v2", kind: checksumKind, doc: "Default of v3_checksum_as_v2 in every vrrp_instance.", def: "false"},
	}, vrrpDefaults("skip_check_adv_addr", "check_unicast_src", "lower_prio_no_advert", "higher_prio_send_advert",
		"owner_ignore_adverts", "down_timer_adverts", "garp_master_delay", "garp_master_repeat", "garp_master_refresh",
		"garp_master_refresh_repeat", "garp_lower_prio_delay", "garp_lower_prio_repeat", "garp_extra_if",
		"garp_extra_if_all"), startAttrs, scriptAttrs),
	other: globalOther,
	later: []string{
		"umask", "config_save_dir",
		"reload_time_file", "reload_repeat", "reload_file", "no_email_faults", "startup_script",
		"startup_script_user", "startup_script_timeout", "shutdown_script", "shutdown_script_user",
		"shutdown_script_timeout", "notification_email", "notification_email_from", "smtp_server", "smtp_helo_name",
		"smtp_connect_timeout", "smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker", "no_checker_emails",
		"lvs_timeouts", "lvs_flush", "lvs_flush_on_stop", "lvs_sync_daemon", "nftables_ipvs",
		"nftables_ipvs_priority", "nftables_ipvs_start_fwmark", "rs_init_notifies", "max_auto_priority",
		"min_auto_priority_delay", "vrrp_priority", "checker_priority", "vrrp_no_swap", "checker_no_swap",
		"vrrp_rt_priority", "checker_rt_priority", "vrrp_cpu_affinity", "checker_cpu_affinity", "vrrp_rlimit_rttime",
		"checker_rlimit_rttime", "vrrp_netlink_cmd_rcv_bufs", "vrrp_netlink_cmd_rcv_bufs_force",
		"vrrp_netlink_monitor_rcv_bufs_force", "lvs_netlink_cmd_rcv_bufs", "lvs_netlink_cmd_rcv_bufs_force",
		"lvs_netlink_monitor_rcv_bufs", "lvs_netlink_monitor_rcv_bufs_force", "process_monitor_rcv_bufs",
		"process_monitor_rcv_bufs_force", "http", "ipvs_sysctl",
	},
}

// startAttrs are the arguments of global about the start, the machine and what
// instances do to it.
var startAttrs = []attr{
	{name: "net_namespace", kind: nameKind, doc: "Network namespace to run in, by the name that ip-netns(8) knows. It cannot be changed by a reload."},
	{name: "net_namespace_ipvs", kind: orTrue(nameKind), doc: "Network namespace whose IPVS is programmed; true: the one that the machine began with. It cannot be changed by a reload.", def: "the one director runs in"},
	{name: "instance", kind: nameKind, doc: "Tells several directors of one machine apart: the run directory is /run/director-NAME. It cannot be changed by a reload."},
	{name: "child_wait_time", kind: seconds(0, unlimited), doc: "How long the control process may take to end at a stop, scripts and FIFOs included; a stop as a whole takes ten seconds at most.", def: "3"},
	{name: "vrrp_strict", kind: boolean, doc: "Default of strict_mode in every vrrp_instance.", def: "false"},
	{name: "vrrp_startup_delay", kind: seconds(0, unlimited), doc: "Time after the start before instances take part.", def: "0"},
	{name: "vrrp_delay_after_boot", kind: seconds(0, unlimited), doc: "The same from the boot of the machine; the later of the two counts.", def: "0"},
	{name: "log_unknown_vrids", kind: boolean, doc: "Log adverts of virtual routers that are not ours.", def: "false"},
	{name: "default_interface", kind: ifname, doc: "Interface of static items that name none.", def: `"eth0"`},
	{name: "dynamic_interfaces", kind: orTrue(oneOf("allow_if_changes")), doc: "Interfaces may be missing at start, come and go; this is always so here.", def: "true"},
	{name: "vmac_prefix", kind: linkPrefixKind, doc: "Beginning of the names of virtual links.", def: `"vrrp"`},
	{name: "vmac_addr_prefix", kind: linkPrefixKind, doc: "Beginning of the names of the virtual links of addresses on other interfaces.", def: "vmac_prefix"},
	{name: "disable_local_igmp", kind: boolean, doc: "The kernel sends no membership reports for 224.0.0.x.", def: "false"},
	{name: "vrrp_rx_bufs_policy", kind: listOf(bufferKind), doc: `Default of kernel_rx_buf_size: a number of bytes, or what "MTU" (1500 bytes), "ADVERT" (the largest advert) or both need; each times vrrp_rx_bufs_multiplier.`, def: "the kernel's"},
	{name: "vrrp_rx_bufs_multiplier", kind: integer(1, 1000), doc: "Adverts that the receive buffer holds.", def: "3"},
	{name: "vrrp_netlink_monitor_rcv_bufs", kind: integer(256, unlimited), doc: "Receive buffer of link and address events in bytes.", def: "built in"},
	{name: "nftables", kind: orTrue(nftTableKind), doc: "Name of the nftables table that accept = false uses.", def: `"director"`},
	{name: "nftables_priority", kind: integer(-1<<31, 1<<31-2), doc: "Priority of its chains.", def: "-1"},
	{name: "nftables_counters", kind: boolean, doc: "Count what its rules drop.", def: "false"},
	{name: "nftables_ifindex", kind: boolean, doc: "Its rules match interfaces by index instead of name.", def: "false"},
	{name: "iproute_usr_dir", kind: text_, doc: "Where iproute2's files of names are that came with it.", def: `"/usr/share/iproute2"`},
	{name: "iproute_etc_dir", kind: text_, doc: "Where iproute2's files of names are that win over those.", def: `"/etc/iproute2"`},
}

// vrrpDefaults returns arguments of vrrp_instance as defaults for global.
func vrrpDefaults(names ...string) []attr {
	var out []attr
	for _, name := range names {
		for _, a := range instanceAttrs {
			if a.name == name {
				a.doc = "Default of " + name + " in every vrrp_instance."
				a.name = "vrrp_" + name
				out = append(out, a)
			}
		}
	}
	return out
}

// globalOther answers names that are left out, by what to use instead.
var globalOther = func() map[string]string {
	m := map[string]string{
		"vrrp_iptables": "left out: nftables is used", "vrrp_ipsets": "left out: nftables is used",
		"namespace_with_ipsets": "left out: nftables is used",
		"json_version":          "left out: see status --json",
		"include_check":         "left out: HCL has no include", "random_seed": "left out: HCL has no random values",
		"tmp_config_directory": "left out: HCL needs none",
		"reload_check_config":  "left out: a reload always checks first",
		"use_pid_dir":          "left out: see the run directory", "data_use_instance": "left out: see the run directory",
		"lvs_flush_onstop":     `did you mean "lvs_flush_on_stop"?`,
		"vrrp_vmac_garp_intvl": `did you mean "vrrp_garp_extra_if"?`,
		"vrrp_rlimit_rtime":    `did you mean "vrrp_rlimit_rttime"?`,
		"checker_rlimit_rtime": `did you mean "checker_rlimit_rttime"?`,
		"linkbeat_use_polling": "left out: link state comes from netlink", "linkbeat_interfaces": "left out: link state comes from netlink",
		"vrrp_mcast_dst_ip": `did you mean "vrrp_mcast_group4" or "vrrp_mcast_group6"?`,
		"vrrp_strict_mode":  `did you mean "vrrp_strict"?`,
	}
	say := func(text string, names ...string) {
		for _, n := range names {
			m[n] = text
		}
	}
	say("left out: use the metrics and status --json", "snmp_socket", "enable_snmp_vrrp", "enable_snmp_checker", "enable_snmp_rfc",
		"enable_snmp_rfcv2", "enable_snmp_rfcv3", "enable_snmp_keepalived", "enable_traps",
		"snmp_vs_stats_update_interval", "snmp_rs_stats_update_interval", "enable_dbus", "dbus_service_name",
		"dbus_no_interface_name")
	say("left out: processes have fixed names", "process_names", "process_name", "vrrp_process_name",
		"checker_process_name", "bfd_process_name", "lvs_process_name")
	say("left out: BFD is in the dataplane", "bfd_priority", "bfd_no_swap", "bfd_rt_priority", "bfd_cpu_affinity",
		"bfd_rlimit_rttime", "bfd_rlimit_rtime")
	say("left out: use status --json", "state_dump_file", "stats_dump_file", "json_dump_file")
	return m
}()
