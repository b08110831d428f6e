package netif

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// settingsInMemory is a kernel's settings.
type settingsInMemory struct {
	values map[string]string
	links  map[string]int
	// history has each write and each record, in order.
	history []string
	err     error
}

func (m *settingsInMemory) read(name string) (string, error) {
	v, ok := m.values[name]
	if !ok {
		return "", fmt.Errorf("read: %w", fs.ErrNotExist)
	}
	return v, nil
}

func (m *settingsInMemory) write(name, value string) error {
	if m.err != nil {
		return m.err
	}
	m.history = append(m.history, name+"="+value)
	m.values[name] = value
	return nil
}

func (m *settingsInMemory) linkIndex(name string) int { return m.links[name] }

func (m *settingsInMemory) linkName(index int) string {
	for name, i := range m.links {
		if i == index {
			return name
		}
	}
	return ""
}

const (
	ignore  = "net/ipv4/conf/eth0/arp_ignore"
	reverse = "net/ipv4/conf/all/rp_filter"
)

// newSettings returns a keeper of two settings, whose records are in the
// history, and what was said.
func newSettings() (*Sysctls, *settingsInMemory, *strings.Builder) {
	m := &settingsInMemory{values: map[string]string{ignore: "0", reverse: "1"}, links: map[string]int{"eth0": 2}}
	said := &strings.Builder{}
	s := newSysctls(slog.New(slog.NewTextHandler(said, nil)), m)
	s.Record(func(c []SysctlChange) error {
		m.history = append(m.history, fmt.Sprintf("record of %d", len(c)))
		return nil
	})
	return s, m, said
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSysctlIsRecordedChangedAndPutBack(t *testing.T) {
	s, m, said := newSettings()
	before := maps.Clone(m.values)
	must(t, s.Raise("one", ignore, 1))
	must(t, s.Set("one", reverse, "0"))
	must(t, s.Raise("two", ignore, 1))
	want := []SysctlChange{{Name: ignore, Index: 2, Former: "0", Set: "1"}, {Name: reverse, Former: "1", Set: "0"}}
	if diff := cmp.Diff(want, s.Changes()); diff != "" {
		t.Errorf("changes (-want +got)\n%s", diff)
	}
	must(t, s.Release("one"))
	must(t, s.Release("nobody"))
	must(t, s.Release("two"))
	history := []string{
		"record of 1", ignore + "=1", "record of 2", reverse + "=0",
		reverse + "=1", "record of 1", ignore + "=0", "record of 0",
	}
	if diff := cmp.Diff(history, m.history); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(before, m.values); diff != "" || said.Len() > 0 {
		t.Errorf("(-want +got)\n%s%s", diff, said)
	}
}

func TestSysctlThatIsAsWantedStaysSo(t *testing.T) {
	s, m, _ := newSettings()
	m.values[ignore] = "2"
	must(t, s.Raise("one", ignore, 1))
	must(t, s.Set("one", reverse, "1"))
	must(t, s.Release("one"))
	if len(m.history) > 0 {
		t.Errorf("did %q", m.history)
	}
	must(t, s.Raise("one", ignore, 1))
	must(t, s.Raise("two", ignore, 8))
	must(t, s.Raise("three", ignore, 9))
	must(t, s.Release("one"))
	must(t, s.Release("three"))
	must(t, s.Release("two"))
	if got := m.values[ignore]; got != "2" {
		t.Errorf("raised twice, it ends as %s", got)
	}
}

func TestSysctlConflictIsAnError(t *testing.T) {
	s, m, _ := newSettings()
	must(t, s.Set("one", reverse, "0"))
	err := s.Set("two", reverse, "2x")
	if !errors.Is(err, ErrSysctlConflict) || err.Error() != "sysctl "+reverse+": somebody else in director needs another value: 0, not 2x" {
		t.Error(err)
	}
	if m.values[reverse] != "0" {
		t.Errorf("value %s", m.values[reverse])
	}
}

func TestSysctlOfSomebodyElseWins(t *testing.T) {
	s, m, said := newSettings()
	must(t, s.Set("one", reverse, "0"))
	m.values[reverse] = "2"
	must(t, s.Set("one", reverse, "0"))
	must(t, s.Set("one", reverse, "0"))
	if got := strings.Count(said.String(), "left as it is"); got != 1 || m.values[reverse] != "2" {
		t.Errorf("value %s, said\n%s", m.values[reverse], said)
	}
	must(t, s.Release("one"))
	if !strings.Contains(said.String(), "not put back") || m.values[reverse] != "2" {
		t.Errorf("value %s, said\n%s", m.values[reverse], said)
	}
	if len(s.Changes()) > 0 {
		t.Errorf("left: %v", s.Changes())
	}
}

func TestSysctlIsNotChangedWithoutRecord(t *testing.T) {
	s, m, _ := newSettings()
	s.Record(func(c []SysctlChange) error {
		if len(c) > 0 {
			return errors.New("disk full")
		}
		return nil
	})
	if err := s.Set("one", reverse, "0"); err == nil || err.Error() != "sysctl "+reverse+": disk full" {
		t.Error(err)
	}
	s.Record(func([]SysctlChange) error { return nil })
	m.err = errors.New("read-only")
	if err := s.Set("one", reverse, "0"); err == nil {
		t.Error("no error")
	}
	if m.values[reverse] != "1" || len(s.Changes()) > 0 {
		t.Errorf("value %s, changes %v", m.values[reverse], s.Changes())
	}
	if err := s.Set("one", "net/ipv4/conf/eth7/arp_ignore", "1"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestSysctlsAreRestoredFromTheRecord(t *testing.T) {
	record := []SysctlChange{{Name: ignore, Index: 2, Former: "0", Set: "1"}, {Name: reverse, Former: "1", Set: "0"}}
	for _, test := range []struct {
		name   string
		change func(*settingsInMemory)
		want   map[string]string
		said   bool
	}{
		{"as it was", func(*settingsInMemory) {}, map[string]string{ignore: "0", reverse: "1"}, false},
		{"changed since", func(m *settingsInMemory) { m.values[reverse] = "2" }, map[string]string{ignore: "0", reverse: "2"}, true},
		{"put back already", func(m *settingsInMemory) { m.values[reverse] = "1" }, map[string]string{ignore: "0", reverse: "1"}, false},
		{"interface gone", func(m *settingsInMemory) { m.links = nil; delete(m.values, ignore) }, map[string]string{reverse: "1"}, false},
		{"interface made anew", func(m *settingsInMemory) { m.links["eth0"] = 9 }, map[string]string{ignore: "1", reverse: "1"}, false},
		{"interface renamed", func(m *settingsInMemory) {
			m.links = map[string]int{"wan0": 2}
			m.values = map[string]string{"net/ipv4/conf/wan0/arp_ignore": "1", reverse: "0"}
		}, map[string]string{"net/ipv4/conf/wan0/arp_ignore": "0", reverse: "1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, m, said := newSettings()
			m.values = map[string]string{ignore: "1", reverse: "0"}
			test.change(m)
			must(t, s.Restore(record))
			if diff := cmp.Diff(test.want, m.values); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if (said.Len() > 0) != test.said {
				t.Errorf("said %q", said)
			}
			if got := m.history[len(m.history)-1]; got != "record of 0" {
				t.Errorf("at the end: %s", got)
			}
		})
	}
}

func TestSysctlsThatCannotBePutBackStayInTheRecord(t *testing.T) {
	s, m, _ := newSettings()
	must(t, s.Set("one", reverse, "0"))
	m.err = errors.New("read-only")
	if err := s.Release("one"); err == nil {
		t.Error("no error")
	}
	record := s.Changes()
	if len(record) != 1 {
		t.Fatalf("record %v", record)
	}
	next, m2, _ := newSettings()
	m2.values[reverse], m2.err = "0", m.err
	if err := next.Restore(record); err == nil || len(next.Changes()) != 1 {
		t.Errorf("%v, record %v", err, next.Changes())
	}
	m2.err = nil
	must(t, next.Set("two", reverse, "0"))
	must(t, next.Release("two"))
	if m2.values[reverse] != "1" {
		t.Errorf("value %s", m2.values[reverse])
	}
}

func TestSysctlsOfAnInterfaceMadeAnewAreSetAgain(t *testing.T) {
	s, m, _ := newSettings()
	must(t, s.Raise("one", ignore, 1))
	m.values[ignore], m.links["eth0"] = "0", 3
	must(t, s.Raise("one", ignore, 1))
	if diff := cmp.Diff([]SysctlChange{{Name: ignore, Index: 3, Former: "0", Set: "1"}}, s.Changes()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSysctlsOfTheKernel(t *testing.T) {
	ns, _ := newLink(t)
	ns.Run(t, "ip", "link", "add", "link", "eth0", "name", "m0.5", "type", "macvlan")
	table := newTable(t, ns)
	must(t, table.PromoteSecondaries("one", "m0.5"))
	must(t, table.DisableLocalIGMP("one"))
	const igmp = "ipv4/igmp_link_local_mcast_reports"
	read := func() string { return sysctl(t, ns, "ipv4/conf/m0.5/promote_secondaries") + sysctl(t, ns, igmp) }
	if got := read(); got != "10" {
		t.Errorf("settings %s", got)
	}
	must(t, table.Sysctls().Release("one"))
	if got := read(); got != "01" {
		t.Errorf("afterwards %s", got)
	}
	if err := table.PromoteSecondaries("one", "eth7"); !errors.Is(err, ErrNoInterface) {
		t.Error(err)
	}
	must(t, table.PromoteSecondaries("one", "m0.5"))
	ns.Run(t, "ip", "link", "del", "m0.5")
	must(t, table.Sysctls().Release("one"))
}
