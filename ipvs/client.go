package ipvs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	cloudflare "github.com/cloudflare/ipvs"

	"director/internal/netspace"
)

// requestTimeout bounds the wait for one answer of the kernel. Requests take
// microseconds; the kernel has cases in which it never answers.
const requestTimeout = 5 * time.Second

// Client reads and changes the IPVS table of the network namespace in which it
// was opened. Plain services go through github.com/cloudflare/ipvs; servers,
// lists and what that library lacks go through a socket of its own.
//
// A Client may be used by several goroutines: they wait for each other, request
// by request while reading, and until it is through while applying. It pauses
// often (see pause), so that a real-time caller with one CPU stays on time.
type Client struct {
	timeout     time.Duration
	openLibrary func() (cloudflare.Client, error)
	dial        func() (*conn, error)

	busy chan struct{} // holds one token: who has it may use what follows

	lib   cloudflare.Client // nil: to be opened
	conn  *conn             // nil: to be opened
	pace  pacer
	arena []byte // for the attributes of one batch

	programmed map[Key]bool // services added and not removed by this client
	closed     bool
}

// Open connects to the kernel's IPVS. The error is ErrUnavailable when the
// kernel has none, see [Load], and ErrPermission when the caller may not use it.
func Open() (*Client, error) { return OpenIn("") }

// OpenIn is Open in the network namespace whose file is path; empty: in that of
// the calling thread.
func OpenIn(path string) (*Client, error) {
	c := newClient(netspace.Within(path, cloudflare.New), netspace.Within(path, dial))
	err := c.probe()
	if errors.Is(err, ErrUnavailable) {
		err = fmt.Errorf("%w: modprobe ip_vs, or use a kernel with CONFIG_IP_VS; for the next boot "+
			"a line ip_vs in /etc/modules-load.d/ipvs.conf", ErrUnavailable)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func newClient(lib func() (cloudflare.Client, error), dial func() (*conn, error)) *Client {
	c := &Client{timeout: requestTimeout, openLibrary: lib, dial: dial, busy: make(chan struct{}, 1),
		programmed: make(map[Key]bool)}
	c.busy <- struct{}{}
	return c
}

// probe finds out whether IPVS is there and may be used.
func (c *Client) probe() error {
	_, err := c.Info(context.Background())
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return ErrPermission
	}
	return err
}

// unavailable translates the error of opening a connection. The kernel says
// ENOENT when it has no IPVS; taken for the answer to a request it would mean
// that a server is gone.
func unavailable(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return ErrUnavailable
	}
	return fmt.Errorf("connect to IPVS: %w", err)
}

// Load has the kernel load IPVS by "modprobe ip_vs" unless it is there, once at
// the start of a program: the child runs with the caller's scheduling policy.
// The error says how that went.
func Load() error {
	c := newClient(cloudflare.New, dial)
	err := c.probe()
	if err = errors.Join(err, c.Close()); !errors.Is(err, ErrUnavailable) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "modprobe", "ip_vs").CombinedOutput(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("modprobe ip_vs: %w: %s", err, strings.TrimPrefix(line, "modprobe: "))
	}
	return nil
}

// Close waits for a request under way and closes the client.
func (c *Client) Close() error {
	<-c.busy
	defer func() { c.busy <- struct{}{} }()
	c.closed = true
	return c.disconnect()
}

// disconnect forgets the connections: they are opened again when needed.
func (c *Client) disconnect() error {
	var err error
	if c.lib != nil {
		err = closeLibrary(c.lib)
		c.lib = nil
	}
	if c.conn != nil {
		err = errors.Join(err, c.conn.close())
		c.conn = nil
	}
	return err
}

// locked runs do when nobody else uses the connections.
func (c *Client) locked(ctx context.Context, do func() error) error {
	select {
	case <-c.busy:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { c.busy <- struct{}{} }()
	if c.closed {
		return ErrClosed
	}
	return do()
}

// own runs do on the client's own connection with a deadline, and replaces
// the connection when it failed: answers to what failed may still arrive there.
func (c *Client) own(ctx context.Context, do func(*conn) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if c.conn == nil {
		conn, err := c.dial()
		if err != nil {
			return unavailable(err)
		}
		c.conn = conn
	}
	err := c.conn.within(ctx, c.timeout, func() error { return do(c.conn) })
	if err != nil {
		err = errors.Join(err, c.conn.close())
		c.conn = nil
	}
	return err
}

// Flush removes every service and server of the network namespace, whoever
// made them.
func (c *Client) Flush(ctx context.Context) error {
	return wrap("flush IPVS table", c.single(ctx, request{cmd: cmdFlush}))
}

// Zero sets the counters of one service and its servers to zero.
func (c *Client) Zero(ctx context.Context, k Key) error {
	return wrap("zero counters of "+k.String(), c.single(ctx, request{cmdZero, appendKey(nil, k)}))
}

// single sends one request and waits for its verdict.
func (c *Client) single(ctx context.Context, r request) error {
	var verdicts []error
	err := c.locked(ctx, func() error {
		return c.own(ctx, func(conn *conn) (err error) {
			verdicts, err = conn.batch([]request{r})
			return err
		})
	})
	if err != nil {
		return err
	}
	return verdicts[0]
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
