package integration

import (
	"slices"
	"strings"
	"testing"

	"director/integration/lab"
)

// A state is what a machine's kernel has that a director may have changed.
type state struct {
	lines   map[string][]string
	sysctls lab.Sysctls
}

// listings are the commands whose output has to be the same afterwards.
var listings = []string{
	"ip -oneline address show",
	"ip -4 route show table all",
	"ip -6 route show table all",
	"ip -4 rule show",
	"ip -6 rule show",
	"ip -brief link show",
	"nft list ruleset",
}

func stateOf(h *lab.Host) state {
	s := state{lines: map[string][]string{}, sysctls: h.Sysctls()}
	for _, command := range listings {
		words := strings.Fields(command)
		lines := strings.Split(h.Run(words[0], words[1:]...), "\n")
		slices.Sort(lines)
		s.lines[command] = lines
	}
	return s
}

// same demands that nothing is left and nothing is lost.
func (s state) same(t *testing.T, before state, who string) {
	t.Helper()
	for _, command := range listings {
		if was, is := before.lines[command], s.lines[command]; !slices.Equal(was, is) {
			t.Errorf("%s: %s was\n%s\nand is\n%s", who, command, strings.Join(was, "\n"), strings.Join(is, "\n"))
		}
	}
	if differ := s.sysctls.Since(before.sysctls); len(differ) > 0 {
		t.Errorf("%s, below /proc/sys/net:\n%s", who, strings.Join(differ, "\n"))
	}
}
