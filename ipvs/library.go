package ipvs

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"time"

	cloudflare "github.com/cloudflare/ipvs"
	"github.com/cloudflare/ipvs/netmask"
)

// library runs do on the cloudflare client. That client knows no deadline, but
// closing it ends its wait: so it is closed when the time is over, and made
// anew for the next call.
func (c *Client) library(ctx context.Context, do func(cloudflare.Client) error) error {
	if c.lib == nil {
		lib, err := c.openLibrary()
		if err != nil {
			return unavailable(err)
		}
		c.lib = lib
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	fired := make(chan struct{})
	stop := context.AfterFunc(timed, func() {
		defer close(fired)
		_ = closeLibrary(c.lib)
	})
	err := do(c.lib)
	if stop() {
		return err
	}
	<-fired
	c.lib = nil
	if err == nil {
		return nil // it answered in the last moment
	}
	return noAnswer(ctx, c.timeout)
}

// closeLibrary closes the socket that the library's interface does not show.
func closeLibrary(lib cloudflare.Client) error {
	if closer, ok := lib.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Info describes the kernel's IPVS.
type Info struct {
	// Version is IPVS's own version, "1.2.1" for the last fifteen years.
	Version string
	// TableSize is the number of buckets of the connection table.
	TableSize uint32
}

// Info asks the kernel for its IPVS version.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var info Info
	err := c.locked(ctx, func() error {
		return c.library(ctx, func(lib cloudflare.Client) error {
			got, err := lib.Info()
			v := got.Version
			info = Info{Version: fmt.Sprintf("%d.%d.%d", v[0], v[1], v[2]), TableSize: got.ConnectionTableSize}
			return err
		})
	})
	return info, wrap("read IPVS version", err)
}

// Timeouts are how long idle connections stay in the table, in whole seconds.
type Timeouts struct {
	TCP, TCPFin, UDP time.Duration
}

// Timeouts reads the connection timeouts.
func (c *Client) Timeouts(ctx context.Context) (Timeouts, error) {
	var t Timeouts
	err := c.locked(ctx, func() error {
		return c.library(ctx, func(lib cloudflare.Client) error {
			got, err := lib.Config()
			t = Timeouts{seconds(got.TCPTimeout), seconds(got.TCPFinTimeout), seconds(got.UDPTimeout)}
			return err
		})
	})
	return t, wrap("read IPVS timeouts", err)
}

// SetTimeouts sets the connection timeouts. A zero leaves that one as it is.
func (c *Client) SetTimeouts(ctx context.Context, t Timeouts) error {
	err := c.locked(ctx, func() error {
		return c.library(ctx, func(lib cloudflare.Client) error {
			return lib.SetConfig(cloudflare.Config{
				TCPTimeout:    uint32(t.TCP / time.Second),
				TCPFinTimeout: uint32(t.TCPFin / time.Second),
				UDPTimeout:    uint32(t.UDP / time.Second),
			})
		})
	})
	return wrap("set IPVS timeouts", err)
}

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// libraryService is a service in the library's terms. They have no persistence
// engine.
func libraryService(s Service) cloudflare.Service {
	s = s.Normal()
	return cloudflare.Service{
		Address:   libraryAddr(s.Key),
		Netmask:   netmask.MaskFrom(int(s.kernelMask()), int(s.fullMask())),
		Scheduler: s.Scheduler,
		Timeout:   uint32(s.Timeout / time.Second),
		Flags:     cloudflare.Flags(s.kernelFlags()),
		Port:      s.Address.Port(),
		FWMark:    s.FWMark,
		Family:    cloudflare.AddressFamily(s.Family),
		Protocol:  cloudflare.Protocol(s.Protocol),
	}
}

func libraryAddr(k Key) netip.Addr { return k.Address.Addr().WithZone("") }
