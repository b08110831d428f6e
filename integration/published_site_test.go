package integration

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// A site is a published set-up on two machines, and somebody who watches.
type site struct {
	t       *testing.T
	lab     *lab.Lab
	witness *lab.Witness
	a, b    *machine
	// wire, vip and vrid are those of the set-up.
	wire
	vip  netip.Addr
	vrid uint8
}

// A machine is one of the two, with its program and its half of the set-up.
type machine struct {
	*lab.Host
	t       *testing.T
	own     netip.Addr
	program string
	conf    string // text in the program's language
	process *lab.Process
}

// newSite makes two machines on two segments. Nothing runs yet.
func newSite(t *testing.T, name string, addresses, programs [2]string) *site {
	t.Helper()
	l := lab.New(t)
	lan, other := l.Segment("lan"), l.Segment("other")
	s := &site{t: t, lab: l, witness: lan.Witness(), wire: wire{version: 2, interval: time.Second}}
	var both [2]*machine
	for n, node := range []string{"a", "b"} {
		host := l.Host(node, lan.At(addresses[n]), other.At())
		prefix := netip.MustParsePrefix(addresses[n])
		both[n] = &machine{Host: host, t: t, own: prefix.Addr(), program: programs[n]}
		both[n].read(name)
	}
	s.a, s.b = both[0], both[1]
	return s
}

// read takes the set-up's file in the program's language, for which the
// machine's folder is the one under /etc.
func (m *machine) read(name string) {
	m.t.Helper()
	ending := map[string]string{"director": ".hcl", "keepalived": ".conf"}[m.program]
	text, err := os.ReadFile(filepath.Join("testdata", "published", name+ending))
	if err != nil {
		m.t.Fatal(err)
	}
	m.conf = strings.ReplaceAll(string(text), "/etc/"+m.program, m.Dir())
}

func (m *machine) String() string { return m.program + " on " + m.Name }

func (m *machine) start() {
	m.t.Helper()
	switch m.program {
	case "keepalived":
		m.process = m.Keepalived(m.conf, false)
	case "director":
		m.process = m.Director(m.write("director.hcl", m.conf, 0o600)).Process
	}
}

// write puts a file into the machine's folder and returns its path.
func (m *machine) write(name, text string, mode os.FileMode) string {
	m.t.Helper()
	path := filepath.Join(m.Dir(), name)
	for _, err := range []error{os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), mode)} {
		if err != nil {
			m.t.Fatal(err)
		}
	}
	return path
}

// script writes a shell script; %[1]s in it is the machine's folder.
func (m *machine) script(name, format string) {
	m.t.Helper()
	m.write(name, "#!/bin/sh\n"+fmt.Sprintf(format, m.Dir())+"\n", 0o755)
}

// notifies writes a script that keeps the state it was told last, and all.
func (m *machine) notifies(name string) {
	m.t.Helper()
	m.script(name, "echo \"$*\" >%[1]s/state\necho \"$*\" >>%[1]s/history")
}

func (m *machine) touch(name string) { m.write(name, "", 0o644) }

func (m *machine) remove(name string) {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.Dir(), name)); err != nil {
		m.t.Fatal(err)
	}
}

// lines reads a file of the machine's folder; none is empty.
func (m *machine) lines(name string) []string {
	text, _ := os.ReadFile(filepath.Join(m.Dir(), name))
	return slices.DeleteFunc(strings.Split(string(text), "\n"), func(line string) bool { return line == "" })
}

func (s *site) both() []*machine { return []*machine{s.a, s.b} }

func (s *site) start() {
	s.t.Helper()
	for _, m := range s.both() {
		m.start()
	}
}

func (s *site) claim(format string, args ...any) {
	s.t.Helper()
	lab.Claim(s.t, format, args...)
}

// told waits until a machine's scripts were told these states, and no others,
// in this order; the last one is in the state file.
func (s *site) told(m *machine, states ...string) {
	s.t.Helper()
	so := s.lab.Becomes(s.interval+room, func() bool {
		return slices.Equal(m.lines("history"), states) && slices.Equal(m.lines("state"), states[len(states)-1:])
	})
	s.lab.Expect(so, "scripts of %s were told %q, the state file says %q, want %q", m, m.lines("history"), m.lines("state"), states)
}

// labelled expects an address of eth0 with a label, as ip shows it.
func (s *site) labelled(m *machine, address, label string) {
	s.t.Helper()
	output := m.Run("ip", "-o", "-4", "addr", "show", "dev", "eth0", "label", label)
	s.lab.Expect(strings.Contains(output, " "+address+" ") && strings.Count(output, "\n") == 1,
		"%s: label %s has %q, want %s alone", m, label, output, address)
}
