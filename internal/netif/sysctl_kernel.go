package netif

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// conf4Numbers are the IPV4_DEVCONF_ numbers (linux/ip.h) of the settings that
// director changes on single interfaces.
var conf4Numbers = map[string]int{
	"rp_filter": 8, "arp_filter": 13, "arp_announce": 18, "arp_ignore": 19,
	"promote_secondaries": ipv4DevconfPromoteSecondaries, "accept_local": 23,
}

// kernelSysctls is the settings of a Table's namespace. Those of one interface
// and IPv4 go by netlink, which works also where /proc/sys is read-only, as in
// most containers; the others have no other way than the file.
type kernelSysctls struct{ t *Table }

// conf4 returns interface and number of a setting that goes by netlink.
func conf4(name string) (link string, number int, ok bool) {
	link = linkOf(name)
	number = conf4Numbers[name[strings.LastIndexByte(name, '/')+1:]]
	return link, number, link != "" && number != 0 && strings.HasPrefix(name, "net/ipv4/conf/")
}

func (k kernelSysctls) read(name string) (string, error) {
	if link, number, ok := conf4(name); ok {
		l, err := k.t.link(link)
		if err != nil {
			return "", err
		}
		value, ok := word(l.conf4, number-1)
		if !ok {
			return "", fmt.Errorf("the kernel does not tell: %w", unix.EOPNOTSUPP)
		}
		return strconv.FormatUint(uint64(value), 10), nil
	}
	var b []byte
	err := k.t.space.do(func() (err error) {
		b, err = os.ReadFile(filepath.Join("/proc/sys", name))
		return err
	})
	return strings.TrimSpace(string(b)), err
}

func (k kernelSysctls) write(name, value string) error {
	link, number, ok := conf4(name)
	if !ok {
		return k.t.space.do(func() error { return os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0) })
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return err
	}
	l, err := k.t.link(link)
	if err != nil {
		return err
	}
	return k.t.setConf4(l.Index, map[int]uint32{number: uint32(n)})
}

func (k kernelSysctls) linkIndex(name string) int {
	if name == "" {
		return 0
	}
	l, err := k.t.link(name)
	if err != nil {
		return 0
	}
	return l.Index
}

func (k kernelSysctls) linkName(index int) string {
	r := k.t.request(unix.RTM_GETLINK, 0)
	m := nl.NewIfInfomsg(unix.AF_UNSPEC)
	m.Index = int32(index)
	r.AddData(m)
	messages, err := r.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWLINK)
	if err != nil || len(messages) == 0 {
		return ""
	}
	l, err := parseLink(messages[0])
	if err != nil {
		return ""
	}
	return l.Name
}

// Sysctls returns the keeper of the kernel settings in the Table's namespace.
func (t *Table) Sysctls() *Sysctls { return t.sysctls }

// PromoteSecondaries keeps promote_secondaries of an interface on for user: an
// address that goes does not take the others of its subnet with it.
func (t *Table) PromoteSecondaries(user, link string) error {
	return t.sysctls.Raise(user, setting4(link, "promote_secondaries"), 1)
}

// DisableLocalIGMP keeps the kernel from reporting membership of the groups
// 224.0.0.0/24 for user. Routers do not need it, and switches flood them anyway.
func (t *Table) DisableLocalIGMP(user string) error {
	return t.sysctls.Set(user, "net/ipv4/igmp_link_local_mcast_reports", "0")
}

// setting4 is the name of an IPv4 setting of an interface.
func setting4(link, what string) string { return "net/ipv4/conf/" + link + "/" + what }
