package lab

import (
	"net/netip"
	"os"
	"sync"
	"time"
)

// patience is how long an attempt waits: less than the second after which the
// kernel sends a lost first packet again, so that each attempt is one question.
const patience = 900 * time.Millisecond

// endurance is how long an attempt of a patient client waits: as people do, while
// the kernel sends lost packets again.
const endurance = 10 * time.Second

// At most crowd attempts younger than young are under way, so that a client does
// not choke a slow machine; older ones wait for an answer that may never come.
const (
	crowd = 10
	young = 10 * 5 * time.Millisecond
)

// Client makes attempts at one address without a pause until it is stopped.
type Client struct {
	host     *Host
	target   netip.AddrPort
	every    time.Duration
	patience time.Duration
	end      chan struct{}
	done     chan struct{}
	open     sync.WaitGroup

	mu       sync.Mutex // guards attempts
	attempts []Attempt
}

// Get makes one attempt from the host, as curl would, and returns it.
func (h *Host) Get(target netip.AddrPort) Attempt {
	begin := time.Now()
	var file *os.File
	err := h.Do(func() (err error) {
		file, err = newSocket(target)
		return err
	})
	h.must("socket", err)
	return attemptWith(file, target, begin, patience)
}

// Client starts a client on the host that begins an attempt every interval,
// whether earlier ones have ended or not, but fewer when the machine cannot keep
// up. 5 ms is about what the guest can do.
func (h *Host) Client(target netip.AddrPort, every time.Duration) *Client {
	return h.client(target, every, patience)
}

// PatientClient is Client with attempts that outlast a lost packet: what fails
// there would be seen by people. It says nothing of gaps.
func (h *Host) PatientClient(target netip.AddrPort, every time.Duration) *Client {
	return h.client(target, every, endurance)
}

func (h *Host) client(target netip.AddrPort, every, patience time.Duration) *Client {
	c := &Client{host: h, target: target, every: every, patience: patience, end: make(chan struct{}), done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(c.done)
		_ = h.Do(func() error { c.run(started); return nil })
		c.open.Wait()
	}()
	h.must("client", <-started)
	h.lab.t.Cleanup(func() { c.Stop() })
	return c
}

// run opens one socket after the other on a thread in the host's namespace.
func (c *Client) run(started chan<- error) {
	started <- nil
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	free := make(chan struct{}, crowd)
	for {
		select {
		case <-c.end:
			return
		case <-tick.C:
		}
		select {
		case free <- struct{}{}:
		default:
			continue
		}
		release := sync.OnceFunc(func() { <-free })
		c.begin(time.AfterFunc(young, release), release)
	}
}

// begin makes a socket in the namespace of this thread and hands it on.
func (c *Client) begin(grown *time.Timer, release func()) {
	begin := time.Now()
	file, err := newSocket(c.target)
	c.open.Add(1)
	go func() {
		defer c.open.Done()
		if err != nil {
			c.add(Attempt{Begin: begin, End: time.Now(), Outcome: Unreachable, Err: err})
		} else {
			c.add(attemptWith(file, c.target, begin, c.patience))
		}
		grown.Stop()
		release()
	}()
}

func (c *Client) add(a Attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attempts = append(c.attempts, a)
}

// Attempts returns the attempts that have ended so far, by their beginning.
func (c *Client) Attempts() Attempts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Attempts(c.attempts).sorted()
}

// Stop ends the client, waits for the attempts under way and returns all.
func (c *Client) Stop() Attempts {
	select {
	case <-c.end:
	default:
		close(c.end)
	}
	<-c.done
	return c.Attempts()
}
