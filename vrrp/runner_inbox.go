package vrrp

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"sync"
)

// maxQueued bounds the adverts that wait for a Runner. A socket's receive
// buffer holds about as many small packets.
const maxQueued = 256

// inbox holds what other goroutines have told a Runner and it has not taken
// yet. Of commands only the newest form is kept, so none is lost and they do
// not pile up; adverts are bounded.
type inbox struct {
	wake chan struct{} // capacity 1: something is there

	mu     sync.Mutex // guards what follows
	cmd    commands
	faults map[string]struct{}
	holds  map[string]struct{}
	config *Config // the newest given
	queue  []Received
	spare  []Received // the batch that was taken before the last
	open   bool       // adverts are taken
}

// commands is what changed since the Runner last looked. The zero value means
// nothing.
type commands struct {
	link          *link
	config        *Config
	priority      uint8
	faultsChanged bool
	faults        []string // all of them, sorted
	prepared      bool
	holdsChanged  bool
	held          bool // there is a reason to wait
	granted       bool
	dragged       bool
	hand          *handCommand
	takeBack      bool
	ready         bool
	lost          Advert // who is gone, and within which time
}

// handCommand is one HandOver.
type handCommand struct {
	to   Role
	cede bool
}

// link is one SetTransport.
type link struct {
	transport Transport
	source    netip.Addr
}

func (in *inbox) init(cfg *Config) {
	in.wake = make(chan struct{}, 1)
	in.faults, in.holds = map[string]struct{}{}, map[string]struct{}{}
	in.config = cfg
}

func (in *inbox) ring() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

func (in *inbox) put(set func(*commands)) {
	in.mu.Lock()
	set(&in.cmd)
	in.mu.Unlock()
	in.ring()
}

func (in *inbox) setFault(name string, on bool) {
	in.mu.Lock()
	note(in.faults, name, on)
	in.cmd.faultsChanged = true
	in.mu.Unlock()
	in.ring()
}

func (in *inbox) setHold(name string, on bool) {
	in.mu.Lock()
	note(in.holds, name, on)
	in.cmd.holdsChanged = true
	in.mu.Unlock()
	in.ring()
}

func note(set map[string]struct{}, name string, on bool) {
	if on {
		set[name] = struct{}{}
	} else {
		delete(set, name)
	}
}

func (in *inbox) reconfigure(cfg *Config) {
	in.mu.Lock()
	if !reflect.DeepEqual(in.config, cfg) {
		if cfg.Priority != in.config.Priority {
			in.cmd.priority = cfg.Priority
		}
		in.config, in.cmd.config = cfg, cfg
	}
	in.mu.Unlock()
	in.ring()
}

// takeCommands returns what changed and forgets it.
func (in *inbox) takeCommands() commands {
	in.mu.Lock()
	defer in.mu.Unlock()
	c := in.cmd
	in.cmd = commands{}
	if c.faultsChanged || c.holdsChanged {
		c.faultsChanged, c.held = true, len(in.holds) > 0
		c.faults = in.faultNames()
	}
	return c
}

// faultNames and holdNames need mu.
func (in *inbox) faultNames() []string { return slices.Sorted(maps.Keys(in.faults)) }
func (in *inbox) holdNames() []string  { return slices.Sorted(maps.Keys(in.holds)) }

// forgetPrepared drops an answer that came before its question.
func (in *inbox) forgetPrepared() {
	in.mu.Lock()
	in.cmd.prepared = false
	in.mu.Unlock()
}

// deliver copies rx into the queue, unless nobody listens, and reports whether
// there was room. The memory of former adverts is used again.
func (in *inbox) deliver(rx *Received) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	n := len(in.queue)
	if n == maxQueued || !in.open {
		return !in.open
	}
	if n < cap(in.queue) {
		in.queue = in.queue[:n+1]
	} else {
		in.queue = append(in.queue, Received{})
	}
	slot := &in.queue[n]
	header, payload := slot.Header[:0], slot.Payload[:0]
	*slot = *rx
	slot.Payload = append(payload, rx.Payload...)
	if rx.Header != nil {
		slot.Header = append(header, rx.Header...)
	}
	in.ring()
	return true
}

// takeAdverts returns the waiting adverts. They are valid until the next call.
func (in *inbox) takeAdverts() []Received {
	in.mu.Lock()
	defer in.mu.Unlock()
	batch := in.queue
	in.queue, in.spare = in.spare[:0], batch
	return batch
}

// listening reports whether Run has begun.
func (in *inbox) listening() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.open
}

// listen says whether adverts are wanted. What came before is too old to tell
// how long a master has been silent.
func (in *inbox) listen(on bool) {
	in.mu.Lock()
	in.open = on
	in.mu.Unlock()
}
