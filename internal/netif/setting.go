package netif

import (
	"fmt"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Numbers of linux/ip.h, linux/ipv6.h and linux/if_link.h that x/sys lacks.
const (
	ipv4DevconfPromoteSecondaries = 20 // IPV4_DEVCONF_*, from 1
	ipv6DevconfForwarding         = 0  // DEVCONF_*, from 0
	iflaInet6Conf                 = 2
)

// parseSettings reads the sysctls that a link message carries. They are read
// and written by netlink, not below /proc/sys: netlink stays in the Table's
// namespace, whatever thread runs, and works where /proc/sys is read-only.
func (l *Link) parseSettings(attrs []byte) error {
	top, err := nl.ParseRouteAttr(attrs)
	if err != nil {
		return fmt.Errorf("read interface message: %w", err)
	}
	event, _ := word(find(top, unix.IFLA_EVENT), 0)
	l.asksPeers = event == unix.IFLA_EVENT_NOTIFY_PEERS || event == unix.IFLA_EVENT_BONDING_FAILOVER
	families, err := nested(top, unix.IFLA_AF_SPEC)
	if err != nil {
		return err
	}
	inet, err := nested(families, unix.AF_INET)
	if err != nil {
		return err
	}
	inet6, err := nested(families, unix.AF_INET6)
	if err != nil {
		return err
	}
	promotes, known := word(find(inet, unix.IFLA_INET_CONF), ipv4DevconfPromoteSecondaries-1)
	l.promotes, l.promotesKnown = promotes != 0, known
	l.conf4 = slices.Clone(find(inet, unix.IFLA_INET_CONF))
	if mode := find(inet6, unix.IFLA_INET6_ADDR_GEN_MODE); len(mode) > 0 {
		l.inet6, l.addrGenMode = true, mode[0]
	}
	forwards, _ := word(find(inet6, iflaInet6Conf), ipv6DevconfForwarding)
	l.forwards = forwards != 0
	return nil
}

// setPromote sets net.ipv4.conf.NAME.promote_secondaries of an interface.
func (t *Table) setPromote(index int, on bool) error {
	var value uint32
	if on {
		value = 1
	}
	return t.setConf4(index, map[int]uint32{ipv4DevconfPromoteSecondaries: value})
}

// setConf4 sets IPv4 sysctls of an interface by their IPV4_DEVCONF_ numbers.
func (t *Table) setConf4(index int, values map[int]uint32) error {
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(index)
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC, nil)
	addConf4(spec, values)
	r := t.request(unix.RTM_SETLINK, unix.NLM_F_ACK)
	r.AddData(m)
	r.AddData(spec)
	_, err := r.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// addConf4 adds IPv4 sysctls to an IFLA_AF_SPEC attribute.
func addConf4(spec *nl.RtAttr, values map[int]uint32) {
	conf := spec.AddRtAttr(unix.AF_INET, nil).AddRtAttr(unix.IFLA_INET_CONF, nil)
	for number, value := range values {
		conf.AddRtAttr(number, nl.Uint32Attr(value))
	}
}
