package lab

import (
	"os"
	"slices"
	"strings"
	"time"
)

// Monitor is what the host's kernel tells of addresses, routes and rules, in the
// order of its changes.
type Monitor struct {
	process *Process
}

// Monitor starts listening; what happens when it has returned is heard.
func (h *Host) Monitor() *Monitor {
	h.lab.t.Helper()
	m := &Monitor{h.Start("ip", "-oneline", "monitor", "address", "route", "rule")}
	// It listens when it hears a rule come and go.
	const probe = "32000"
	h.lab.Eventually(10*time.Second, "ip monitor on "+h.Name+" listens", func() bool {
		h.Run("ip", "rule", "add", "preference", probe, "nop")
		h.Run("ip", "rule", "del", "preference", probe)
		return len(m.Find(probe+":")) > 0
	})
	return m
}

// Mark returns a place in what was heard, to go on from.
func (m *Monitor) Mark() int { return len(m.Lines()) }

// Lines returns what was heard, one change a line.
func (m *Monitor) Lines() []string {
	text, _ := os.ReadFile(m.process.Log)
	lines := strings.Split(string(text), "\n")
	return lines[:len(lines)-1] // the last is not complete
}

// Find returns the first line that has all the words.
func (m *Monitor) Find(words ...string) string {
	_, line := m.After(0, words...)
	return line
}

// After returns the place behind the first line, from a place on, that has all
// the words, and the line; a negative place and "": there is none.
func (m *Monitor) After(place int, words ...string) (int, string) {
	if lines := m.Lines(); place >= 0 && place <= len(lines) {
		for n, line := range lines[place:] {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
				return place + n + 1, line
			}
		}
	}
	return -1, ""
}
