package api

import "time"

// Instance is one vrrp_instance.
type Instance struct {
	Name            string `json:"name"`
	Interface       string `json:"interface"`
	Family          string `json:"family"`
	VirtualRouterID int    `json:"virtual_router_id"`
	Version         int    `json:"version"`
	// State is INIT, BACKUP, MASTER or FAULT.
	State  string    `json:"state"`
	Since  time.Time `json:"since"`
	Reason string    `json:"reason,omitempty"`
	Faults []string  `json:"faults"`
	// Waiting is what the instance waits for before it takes part.
	Waiting []string `json:"waiting"`
	// SyncGroup is the vrrp_sync_group it is in.
	SyncGroup string `json:"sync_group,omitempty"`
	// Priority is the effective one: BasePriority and Terms, within 1 and 254;
	// 1 while LastResort names services that have lost their quorum.
	Priority     int      `json:"priority"`
	BasePriority int      `json:"base_priority"`
	Terms        []Term   `json:"terms"`
	LastResort   []string `json:"last_resort"`
	Source       string   `json:"source,omitempty"`
	// LastMaster is the address of the last other master heard.
	LastMaster         string `json:"last_master,omitempty"`
	LastMasterPriority int    `json:"last_master_priority,omitempty"`
	Transitions        uint64 `json:"transitions"`
	// Preparing: services are being programmed to preempt a living master.
	Preparing bool `json:"preparing"`
	// Wishing: it waits for the others of its sync group.
	Wishing bool `json:"wishing"`
	// HandingOver: the master is leaving as planned. HandedOver: the role is not
	// taken back from a living master.
	HandingOver bool `json:"handing_over"`
	HandedOver  bool `json:"handed_over"`
	// Lingering: the role is given up, and the addresses are served on until the
	// new master has announced them.
	Lingering bool `json:"lingering"`
	// SmallestMarginSeconds is the least time that was left to this backup when
	// the master's next advert arrived; 0: no two were heard.
	SmallestMarginSeconds float64           `json:"smallest_margin_seconds"`
	Adverts               Adverts           `json:"adverts"`
	Dropped               map[string]uint64 `json:"dropped"`
	Odd                   Odd               `json:"odd"`
	Addresses             []Address         `json:"addresses"`
	// Routes are the virtual routes and then the virtual rules.
	Routes []Route `json:"routes"`
	// Error is the last trouble with links, kernel settings or the firewall.
	Error      string  `json:"error,omitempty"`
	AgeSeconds float64 `json:"age_seconds"`
}

// Term is what one tracked object adds to a priority.
type Term struct {
	// Source names it: `script "chk_nginx"`.
	Source string `json:"source"`
	Delta  int    `json:"delta"`
}

// Adverts counts the adverts of an instance.
type Adverts struct {
	Sent                 uint64  `json:"sent"`
	SentPriorityZero     uint64  `json:"sent_priority_zero"`
	Received             uint64  `json:"received"`
	ReceivedPriorityZero uint64  `json:"received_priority_zero"`
	SendErrors           uint64  `json:"send_errors"`
	WorstLatenessSeconds float64 `json:"worst_lateness_seconds"`
}

// Odd counts adverts that were believed, but differ from what is configured here.
type Odd struct {
	Addresses   uint64 `json:"addresses"`
	Interval    uint64 `json:"interval"`
	OldChecksum uint64 `json:"old_checksum"`
}

// Address is one virtual address.
type Address struct {
	Address   string `json:"address"`
	Interface string `json:"interface"`
	// State is "absent", "ours", "hidden": served still, but neither announced
	// nor answered for, or "foreign": held by somebody else on this machine and
	// left alone.
	State string `json:"state"`
	Error string `json:"error,omitempty"`
}

// Route is one virtual route or rule.
type Route struct {
	// Route is how iproute2 would write it.
	Route string `json:"route"`
	// State is "absent", "ours" or "foreign".
	State string `json:"state"`
	Error string `json:"error,omitempty"`
}
