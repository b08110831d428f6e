package bfd

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// maxInterval is what 32 bits of microseconds hold.
const maxInterval = (1<<32 - 1) * time.Microsecond

// Validate returns what is wrong with the configuration, all of it.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	n, s := c.Neighbor, c.Source
	switch {
	case !n.IsValid() || n.IsUnspecified() || n.IsMulticast() || n.Is4In6():
		wrong("neighbor %v is no address of a neighbor", n)
	case n.Is6() && n.IsLinkLocalUnicast() && n.Zone() == "":
		wrong("neighbor %v is link-local: its interface is missing", n)
	}
	if s.IsValid() && (s.Is4() != n.Is4() || s.IsUnspecified() || s.IsMulticast() || s.WithZone("") == n.WithZone("")) {
		wrong("source %v does not fit neighbor %v", s, n)
	}
	for _, i := range []struct {
		name        string
		value, from time.Duration
	}{
		{"min_rx", c.MinRx, time.Millisecond},
		{"min_tx", c.MinTx, time.Millisecond},
		{"idle_tx", c.IdleTx, idleFloor},
	} {
		if i.value < i.from || i.value > maxInterval {
			wrong("%s %v is not from %v to %v", i.name, i.value, i.from, maxInterval)
		}
	}
	if c.Multiplier == 0 {
		wrong("multiplier 0 is not from 1 to 255")
	}
	return errors.Join(errs...)
}

// identity is what makes two configurations the same session.
type identity struct {
	neighbor, source netip.Addr
	multihop         bool
}

func (c *Config) identity() identity { return identity{c.Neighbor, c.Source, c.Multihop} }

func (c *Config) port() Port { return Port{IPv6: c.Neighbor.Is6(), Multihop: c.Multihop} }

// ttl is that of our packets; 0 in the configuration means what keepalived
// takes.
func (c *Config) ttl() uint8 {
	switch {
	case c.TTL != 0:
		return c.TTL
	case c.Neighbor.Is4():
		return 255
	default:
		return 64
	}
}

// minTTL is the lowest TTL that is taken from the neighbor. Over several hops
// there is a rule only where one is configured, as in RFC 5883.
func (c *Config) minTTL() int {
	if c.MaxHops == 255 || c.Multihop && c.MaxHops == 0 {
		return 0
	}
	return max(0, int(c.ttl())-int(c.MaxHops))
}

// check looks at a whole list.
func check(configs []Config) error {
	var errs []error
	names, sessions := map[string]bool{}, map[identity]string{}
	for i := range configs {
		c := &configs[i]
		if err := c.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("session %q: %w", c.Name, err))
		}
		if names[c.Name] {
			errs = append(errs, fmt.Errorf("session %q is there twice", c.Name))
		}
		names[c.Name] = true
		if other, taken := sessions[c.identity()]; taken {
			errs = append(errs, fmt.Errorf("session %q has the neighbor and the source of session %q", c.Name, other))
		}
		sessions[c.identity()] = c.Name
	}
	return errors.Join(errs...)
}
