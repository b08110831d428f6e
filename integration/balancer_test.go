package integration

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"director/integration/lab"
	"director/internal/api"
)

// A balancer is a machine with one director on it, which has no rival.
type balancer struct {
	*lab.Host
	lab      *lab.Lab
	director *lab.Director
}

// newBalancer starts a director on the host.
func newBalancer(l *lab.Lab, host *lab.Host, config string, args ...string) *balancer {
	b := &balancer{Host: host, lab: l}
	b.start(config, args...)
	return b
}

// start starts the director, again if it has ended.
func (b *balancer) start(config string, args ...string) {
	b.director = b.Host.Director(b.lab.File(b.Name+"/director.hcl", config), args...)
	b.director.EventuallyReady(10 * time.Second)
}

// status is what `director status --json` prints; nil: nobody answers. It asks
// the socket itself: starting a program costs a guest up to a second.
func (b *balancer) status() *api.Status {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(b.director.RunDir, "director.sock"))
	}}
	client := http.Client{Transport: transport, Timeout: 10 * time.Second}
	answer, err := client.Get("http://director" + api.StatusPath)
	if err != nil {
		return nil
	}
	defer func() { _ = answer.Body.Close() }()
	var s api.Status
	if json.NewDecoder(answer.Body).Decode(&s) != nil {
		return nil
	}
	return &s
}

// instance is the only instance, or the one with a name.
func (b *balancer) instance(name ...string) api.Instance {
	if s := b.status(); s != nil {
		for _, i := range s.Instances {
			if len(name) == 0 || i.Name == name[0] {
				return i
			}
		}
	}
	return api.Instance{}
}

// service is the virtual_server with a name.
func (b *balancer) service(name string) api.Service {
	if s := b.status(); s != nil {
		for _, v := range s.Services {
			if v.Name == name {
				return v
			}
		}
	}
	return api.Service{}
}

// becomes waits until the instance has a state, as status says.
func (b *balancer) becomes(state string, within time.Duration, name ...string) {
	last := ""
	reached := b.lab.Becomes(within, func() bool {
		last = b.instance(name...).State
		return last == state
	})
	b.lab.Expect(reached, "%s is %q after %v, want %s", b.Name, last, within, state)
}

// master waits until the director holds addresses.
func (b *balancer) master(addresses ...netip.Addr) {
	for _, a := range addresses {
		b.EventuallyHas(a, 5*time.Second+room)
	}
}

// address is what status says of one virtual address.
func (b *balancer) address(of string) api.Address {
	for _, a := range b.instance().Addresses {
		if strings.HasPrefix(a.Address, of) {
			return a
		}
	}
	return api.Address{}
}

// log returns the lines of the director's log that have all the given words.
func (b *balancer) log(words ...string) []string {
	text, _ := os.ReadFile(b.director.Log)
	lines := strings.Split(string(text), "\n")
	return slices.DeleteFunc(lines, func(line string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
	})
}

// A table is what `ipvsadm -Sn` prints.
type table string

// has reports whether the table has each of the lines; those of servers may go
// on.
func (t table) has(lines ...string) bool {
	for _, line := range lines {
		if !strings.Contains("\n"+string(t)+" ", "\n"+line) {
			return false
		}
	}
	return true
}

// hasAny reports whether the table has one of the lines.
func (t table) hasAny(lines ...string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return t.has(line) })
}

func (b *balancer) table() table { return table(b.IPVS()) }

// eventuallyTable waits until the kernel's table is so. It leaves pauses: a
// look costs a guest as much as a dozen connections.
func (b *balancer) eventuallyTable(within time.Duration, what string, so func(table) bool) {
	var last table
	reached := b.lab.Becomes(within, func() bool {
		time.Sleep(50 * time.Millisecond)
		last = b.table()
		return so(last)
	})
	b.lab.Expect(reached, "not within %v: %s; the kernel has\n%s", within, what, last)
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
