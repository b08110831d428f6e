package config

// weightKind is the weight of most tracked objects; numberKind that of files
// and processes.
var (
	weightKind = integer(-253, 253)
	numberKind = integer(-254, 254)
)

// trackBlocks say, in an instance or a sync group, which objects count and how
// much.
var trackBlocks = []*block{
	trackBlock("track_interface", weightKind, "Tracks whether an interface is up and running.", "0"),
	trackBlock("track_script", weightKind, "Tracks a vrrp_script.", "that of the vrrp_script"),
	trackBlock("track_file", numberKind, "Tracks the number in a track_file.", "that of the track_file"),
	trackBlock("track_process", numberKind, "Tracks a vrrp_track_process.", "that of the vrrp_track_process"),
	trackBlock("track_bfd", weightKind, "Tracks a bfd_instance; its session begins as down.", "that of the bfd_instance"),
	trackBlock("track_virtual_server", weightKind, "Tracks whether a virtual_server has its quorum.", "0"),
}

func trackBlock(name string, weight *kind, doc, def string) *block {
	weightDoc := "Added to the priority while the object is good, or taken from it while it is bad, if negative; 0: FAULT while it is bad."
	if name == "track_file" {
		weightDoc = "The priority changes by the file's number times this; -254 and less is FAULT. 0: any number but 0 is FAULT."
	}
	return &block{
		name: name, label: "name", doc: doc,
		attrs: []attr{
			{name: "weight", kind: weight, doc: weightDoc, def: def},
			{name: "reverse", kind: boolean, doc: "The other way round: inverts the effect of the weight, or makes good FAULT.", def: "false, or that of what is tracked"},
		},
		other: map[string]string{"noreverse": `write "reverse = false"`},
	}
}

// scriptBlock is vrrp_script.
var scriptBlock = &block{
	name: "vrrp_script", label: "name", doc: "A script whose exit status track_script follows: 0 is good, all else is bad.",
	attrs: []attr{
		{name: "script", kind: scriptKind, required: true, doc: "What is run."},
		{name: "interval", kind: seconds(0.001, unlimited), doc: "Time from start to start. A run that is still active is not overlapped.", def: "1"},
		{name: "timeout", kind: seconds(0.001, unlimited), doc: "Limit of one run; exceeding it is a failure.", def: "interval"},
		{name: "weight", kind: weightKind, doc: "Default of weight in track_script.", def: "0"},
		{name: "reverse", kind: boolean, doc: "Default of reverse in track_script.", def: "false"},
		{name: "rise", kind: integer(1, unlimited), doc: "Successes in a row that make it good again. The first result of all counts at once.", def: "1"},
		{name: "fall", kind: integer(1, unlimited), doc: "Failures in a row that make it bad. The first result of all counts at once.", def: "1"},
		{name: "user", kind: userKind, doc: "As whom it runs.", def: "script_user"},
		{name: "init_fail", kind: boolean, doc: "It counts as failed until its first result.", def: "false"},
	},
	other: map[string]string{"noreverse": `write "reverse = false"`},
}

// fileBlock is track_file at the root.
var fileBlock = &block{
	name: "track_file", label: "name", doc: "A file with a number in it; missing, empty or unreadable is 0.",
	attrs: []attr{
		{name: "file", kind: absPathKind, required: true, doc: "Path of the file, on an ordinary file system."},
		{name: "weight", kind: numberKind, doc: "Default of weight in track_file of an instance.", def: "1"},
		{name: "reverse", kind: boolean, doc: "Default of reverse in track_file of an instance.", def: "false"},
	},
	blocks: []*block{{
		name: "init_file", once: true, doc: "Makes the file at start, where there is none.",
		attrs: []attr{
			{name: "value", kind: integer(-1<<31, 1<<31-2), doc: "Number written to it.", def: "0"},
			{name: "overwrite", kind: boolean, doc: "Write it also where the file exists.", def: "false"},
		},
	}},
	other: map[string]string{"noreverse": `write "reverse = false"`},
}

// processBlock is vrrp_track_process.
var processBlock = &block{
	name: "vrrp_track_process", label: "name", doc: "Processes that track_process looks for.",
	attrs: []attr{
		{name: "process", kind: listOf(text_), required: true, doc: "Program, and the parameters that it must have. A program is compared with the kernel's name of the process; one with a path or parameters with its command line."},
		{name: "param_match", kind: oneOf("exact", "initial", "partial"), doc: "exact: these parameters and no more; initial: these are the first ones; partial: the last of them may be cut short.", def: `"exact" where there are parameters`},
		{name: "weight", kind: numberKind, doc: "Default of weight in track_process.", def: "0"},
		{name: "reverse", kind: boolean, doc: "Default of reverse in track_process.", def: "false"},
		{name: "quorum", kind: integer(1, 65535), doc: "Least number of processes.", def: "1; 0 with quorum_max = 0"},
		{name: "quorum_max", kind: integer(0, 65535), doc: "Greatest number of processes; 0: good while none runs.", def: "no limit"},
		{name: "delay", kind: seconds(0, 3600), doc: "Default of fork_delay and terminate_delay.", def: "0"},
		{name: "fork_delay", kind: seconds(0, 3600), doc: "Time after which a process that was started counts.", def: "delay"},
		{name: "terminate_delay", kind: seconds(0, 3600), doc: "Time after which a process that has ended counts as gone.", def: "delay"},
		{name: "full_command", kind: boolean, doc: "Compare with the command line, also without path and parameters.", def: "false"},
	},
	other: map[string]string{"noreverse": `write "reverse = false"`},
}

// groupBlock is vrrp_sync_group.
var groupBlock = &block{
	name: "vrrp_sync_group", label: "name", doc: "Instances that are master together or not at all.",
	attrs: append([]attr{
		{name: "group", kind: listOf(nameKind), required: true, doc: "The instances in it, each in one group only."},
		{name: "sync_group_tracking_weight", kind: boolean, doc: "Allow weights of tracked objects in the group and its instances. All of them should then have the same.", def: "false"},
	}, groupNotifyAttrs...),
	blocks: trackBlocks,
	other: map[string]string{
		"global_tracking": "left out, without effect",
		"notify_deleted":  "left out: only instances can be deleted",
		"members":         `did you mean "group"?`,
		"vrrp_instance":   `write the names in group = [...]`,
	},
	later: []string{"smtp_alert"},
}

// trackGroupBlock is track_group.
var trackGroupBlock = &block{
	name: "track_group", label: "name", doc: "Instances that track the interfaces of the static items that name this group.",
	attrs: []attr{
		{name: "group", kind: listOf(nameKind), required: true, doc: "The instances."},
	},
}

// bfdBlock is bfd_instance.
var bfdBlock = &block{
	name: "bfd_instance", label: "name", doc: "A neighbour that is watched by BFD (RFC 5880, 5881).",
	attrs: []attr{
		{name: "neighbor_ip", kind: ipaddr, required: true, doc: "Address of the neighbour, in one bfd_instance only."},
		{name: "source_ip", kind: ipaddr, doc: "Our address.", def: "the kernel's choice"},
		{name: "min_rx", kind: textSeconds(0.001, 4294967.295), doc: "Shortest interval in which packets can be received.", def: `"10ms"`},
		{name: "min_tx", kind: textSeconds(0.001, 4294967.295), doc: "Interval in which to send, if the neighbour can receive it.", def: `"10ms"`},
		{name: "idle_tx", kind: textSeconds(1, 4294967.295), doc: "Interval in which to send while the session is not up.", def: `"1s"`},
		{name: "multiplier", kind: integer(1, 255), doc: "Missed packets after which the neighbour is gone.", def: "5"},
		{name: "passive", kind: boolean, doc: "Send nothing until the neighbour does.", def: "false"},
		{name: "ttl", kind: integer(1, 255), doc: "TTL or hop limit of our packets.", def: "255 with IPv4, 64 with IPv6"},
		{name: "max_hops", kind: integer(-1, 255), doc: "By how much the TTL of a received packet may be below ttl; 255 or -1: any.", def: "0"},
		{name: "multihop", kind: boolean, doc: "RFC 5883: port 4784.", def: "false"},
		{name: "weight", kind: weightKind, doc: "Default of weight in track_bfd.", def: "0"},
		{name: "reverse", kind: boolean, doc: "Default of reverse in track_bfd.", def: "false"},
	},
	other: map[string]string{
		"neighbour_ip": `did you mean "neighbor_ip"?`, "hoplimit": `did you mean "ttl"?`,
		"noreverse": `write "reverse = false"`,
		"vrrp":      "left out: whoever tracks it gets its events", "checker": "left out: whoever tracks it gets its events",
	},
}
