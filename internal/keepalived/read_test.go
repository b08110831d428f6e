package keepalived

import (
	"slices"
	"strings"
	"testing"
)

// TestTableIsWhole guards the reader: a heading or a table that it no longer
// understands would make keywords vanish, not fail.
func TestTableIsWhole(t *testing.T) {
	rows, words := readTable(t)
	lines := 0
	for _, r := range rows {
		if r.section != "0" {
			lines++
		}
	}
	if lines != 576 || len(rows)-lines != 25 {
		t.Errorf("read %d rows and %d items of the list, want 576 and 25", lines, len(rows)-lines)
	}
	keywords := 0
	for _, list := range words {
		keywords += len(list)
	}
	if keywords != 594 {
		t.Errorf("read %d keywords, want 594", keywords)
	}
}

func TestKeywordsOfACell(t *testing.T) {
	for cell, want := range map[string]string{
		"`priority`":                              "priority",
		"`quorum_up`, `quorum_down`":              "quorum_up quorum_down",
		"`mtu [lock] N`":                          "mtu lock",
		"`pref low|medium|high`":                  "pref low medium high",
		"`auth_type PASS|AH`":                     "auth_type",
		"`unicast_peer { ADDR [min_ttl N] ... }`": "unicast_peer min_ttl",
		"**MISC_CHECK** `misc_path`":              "MISC_CHECK misc_path",
		"`umask` **[new] [undoc]**":               "umask",
		"`-nodad`, `sh-port`, `ttl-propagate`":    "-nodad sh-port ttl-propagate",
		"`SSL`, `net_namespace...`":               "SSL net_namespace",
		"external deletion":                       "",
	} {
		if got := strings.Join(keywordsIn(cell), " "); got != want {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
	if got := heads("`mtu [lock]`, `via [inet|inet6]`"); !slices.Equal(got, []string{"mtu", "via"}) {
		t.Errorf("heads: %v", got)
	}
	if got := expandRows("10.2/1-3,7 9/1"); !slices.Equal(got, []string{"10.2/1", "10.2/2", "10.2/3", "10.2/7", "9/1"}) {
		t.Errorf("rows: %v", got)
	}
}
