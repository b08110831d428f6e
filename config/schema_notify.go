package config

import "slices"

// withUser is a script's argument and the one that says as whom it runs.
func withUser(name, doc string) []attr {
	return []attr{
		{name: name, kind: scriptKind, doc: doc},
		{name: name + "_user", kind: userKind, doc: "As whom " + name + " runs.", def: "script_user"},
	}
}

// groupNotifyAttrs are the notify arguments of a sync group, notifyAttrs those
// of an instance.
var (
	groupNotifyAttrs = slices.Concat(
		withUser("notify_master", "Run on becoming MASTER."),
		withUser("notify_backup", "Run on becoming BACKUP."),
		withUser("notify_fault", "Run on going to FAULT."),
		withUser("notify_stop", "Run when director stops."),
		withUser("notify", `Run on each of these, after the one above, with four more arguments: "INSTANCE" or "GROUP", the name, the state, the priority.`),
		[]attr{{name: "notify_priority_changes", kind: boolean, doc: "Tell notify and the FIFOs also of changes of the priority; in a sync group the default of its instances.", def: "vrrp_notify_priority_changes"}},
	)
	notifyAttrs = slices.Concat(groupNotifyAttrs,
		withUser("notify_deleted", "Run when a reload has removed the instance."),
		withUser("notify_master_rx_lower_pri", "Run when a MASTER hears an advert of lower priority."),
	)
)

// scriptAttrs are the arguments of global about scripts and FIFOs.
var scriptAttrs = slices.Concat([]attr{
	{name: "script_user", kind: userKind, doc: "As whom scripts run that name nobody.", def: "keepalived_script or director_script if there is such a user, else nobody"},
	{name: "set_supplementary_groups", kind: boolean, doc: "Scripts keep the supplementary groups of their user.", def: "false"},
	{name: "enable_script_security", kind: boolean, doc: "Refuse scripts that run as root and that somebody else could change.", def: "true"},
	{name: "use_symlink_paths", kind: boolean, doc: "Run scripts by the path as it is written, without resolving links.", def: "false"},
}, fifoAttrs("notify_fifo", "all events"), fifoAttrs("vrrp_notify_fifo", "the events of instances and sync groups"),
	fifoAttrs("lvs_notify_fifo", "the events of services and servers"), []attr{
		{name: "fifo_write_vrrp_states_on_reload", kind: boolean, doc: "After a reload write the states of all instances and sync groups again.", def: "false"},
		{name: "vrrp_notify_priority_changes", kind: boolean, doc: "Default of notify_priority_changes in every vrrp_instance.", def: "false"},
	})

func fifoAttrs(name, what string) []attr {
	return slices.Concat([]attr{
		{name: name, kind: absPathKind, doc: "Named pipe that gets a line for each of " + what + ".", def: "none"},
		{name: name + "_user", kind: userKind, doc: "Owner of that pipe.", def: "director's own"},
		{name: name + "_json", kind: boolean, doc: "Write a JSON object a line instead of keepalived's lines.", def: "false"},
	}, withUser(name+"_script", "Reader of that pipe, started with the path as its last argument."))
}
