package keepalived

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"director/config"
)

// completeSections are the sections of the table that VRRP and the checkers are
// made of. None of their keywords may be open.
var completeSections = []string{
	"3", "4.3", "4.4", "4.5", "4.7", "5.1", "5.2", "5.3", "5.4", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6",
	"7", "8", "8.1", "8.2", "8.3", "8.4", "8.5", "8.6", "8.7", "8.8", "8.9", "8.10",
	"9", "10.1", "10.2", "10.3", "10.4", "11.6", "11.7", "12.1", "12.3", "13", "18",
}

// parts are what brings a keyword that is not there yet, by the words of the
// page.
var parts = []string{"services", "import and reload", "status", "packages"}

// laterInVRRP are the keywords of those sections that other parts bring.
var laterInVRRP = []string{"3 virtual_server_group", "7 smtp_alert", "8.6 smtp_alert"}

// A count is how the keywords of one section are answered.
type count struct{ same, differs, leftOut, later, open int }

// TestParityMap holds docs/keepalived.md against the table of what keepalived
// does, against the language, and against the tests that show the effects.
func TestParityMap(t *testing.T) {
	rows, words := readTable(t)
	page := readPage(t)
	answers := byKeyword(t, page, words)
	open := map[string]string{} // "8.2 priority", or "10.2/5" for a row: why
	for _, l := range page {
		problem := checkLanguage(t, l)
		for _, key := range l.keys(words) {
			if problem != "" {
				open[key] = problem
			}
		}
	}
	counts := map[string]*count{}
	for section, list := range words {
		counts[section] = &count{}
		for _, w := range list {
			key := section + " " + w
			l, ok := answers[key]
			switch {
			case !ok:
				open[key] = "docs/keepalived.md has no line for it"
			case open[key] == "" && l.status == "later" && slices.Contains(completeSections, section) && !slices.Contains(laterInVRRP, key):
				open[key] = "it is for later, but its section is complete"
			}
			counts[section].add(l, open[key] != "")
		}
	}
	checkRows(t, rows, page)
	report(t, counts)
	problems := map[string][]string{}
	for key, problem := range open {
		problems[problem] = append(problems[problem], key)
	}
	for _, problem := range slices.Sorted(maps.Keys(problems)) {
		keys := problems[problem]
		slices.SortFunc(keys, bySection)
		t.Errorf("open: %s: %s", problem, strings.Join(keys, ", "))
	}
	checkProofs(t, rows, words, answers)
}

func (c *count) add(l line, open bool) {
	switch {
	case open:
		c.open++
	case l.status == "same":
		c.same++
	case l.status == "differs":
		c.differs++
	case l.status == "left out":
		c.leftOut++
	case l.status == "later":
		c.later++
	}
}

// byKeyword returns the line of each keyword of each section, and reports lines
// for keywords that keepalived does not have there.
func byKeyword(t *testing.T, page []line, words map[string][]string) map[string]line {
	t.Helper()
	answers := map[string]line{}
	for _, l := range page {
		for _, w := range l.words {
			found := false
			for _, section := range l.sections {
				if !slices.Contains(words[section], w) {
					continue
				}
				found = true
				key := section + " " + w
				if old, twice := answers[key]; twice && old.status != l.status {
					t.Errorf("docs/keepalived.md:%d: %s is %s here and %s in line %d", l.number, w, l.status, old.status, old.number)
				}
				answers[key] = l
			}
			if !found {
				t.Errorf("docs/keepalived.md:%d: keepalived has no %q in section %s", l.number, w, strings.Join(l.sections, ", "))
			}
		}
	}
	return answers
}

// checkRows reports rows of the table without keywords that no line answers,
// and answers to rows that there are not.
func checkRows(t *testing.T, rows []row, page []line) {
	t.Helper()
	answered := map[string]int{}
	for _, l := range page {
		for _, r := range l.rows {
			answered[r] = l.number
		}
	}
	behaviours, open := 0, 0
	for _, r := range rows {
		key := r.key()
		if len(r.words) == 0 {
			behaviours++
			if answered[key] == 0 {
				open++
				t.Errorf("open: %s: docs/keepalived.md has no line for %q", key, r.text)
			}
		}
		delete(answered, key)
	}
	for key, number := range answered {
		t.Errorf("docs/keepalived.md:%d: the table has no row %s", number, key)
	}
	t.Logf("%d rows, %d of them behaviours, of which %d are open", len(rows), behaviours, open)
}

func (r row) key() string { return fmt.Sprintf("%s/%d", r.section, r.number) }

// keys returns the keywords that the line maps, by section, and the rows that it
// answers.
func (l line) keys(words map[string][]string) []string {
	keys := slices.Clone(l.rows)
	for _, section := range l.sections {
		for _, w := range l.words {
			if slices.Contains(words[section], w) {
				keys = append(keys, section+" "+w)
			}
		}
	}
	return keys
}

// checkLanguage holds one line against the language of package config, and
// returns where they disagree.
func checkLanguage(t *testing.T, l line) (problem string) {
	t.Helper()
	switch l.status {
	case "same", "differs":
		if problem := l.answered(); problem != "" {
			return problem
		}
		return l.every(func(block, name string) bool { supported, _ := config.Known(block, name); return supported },
			"config does not have %s")
	case "later":
		if !slices.Contains(parts, l.part) {
			t.Errorf("docs/keepalived.md:%d: no part is called %q", l.number, l.part)
		}
		return l.every(func(block, name string) bool { _, later := config.Known(block, name); return later },
			"config has no %s for later")
	case "left out":
		return l.every(func(block, name string) bool { return config.Instead(block, name) != "" },
			"config does not say what to use instead of %s")
	case "ours":
		for _, name := range l.names {
			if supported, later := config.Known(split(name)); !supported && !later {
				t.Errorf("docs/keepalived.md:%d: config does not have %s", l.number, name)
			}
		}
	}
	return ""
}

// every asks good for each name of the line, in each of its places, and returns
// the complaint about the first for which it is not.
func (l line) every(good func(block, name string) bool, complaint string) string {
	if len(l.names) > 0 {
		for _, name := range l.names {
			if !good(split(name)) && (len(l.places) == 0 || slices.ContainsFunc(l.places, func(place string) bool {
				return !good(split(strings.TrimPrefix(place+"."+name, ".")))
			})) {
				return fmt.Sprintf(complaint, name)
			}
		}
		return ""
	}
	if l.status == "differs" {
		return "" // there is no such name, and the remark says why
	}
	for _, name := range l.heads {
		for _, place := range l.places {
			if hcl := strings.ReplaceAll(name, "-", "_"); !good(place, hcl) && !good(place, name) {
				return fmt.Sprintf(complaint, strings.TrimPrefix(place+"."+hcl, "."))
			}
		}
	}
	return ""
}

// alias reports whether w is another spelling of a keyword of the section.
func (l line) alias(w string, section []string) bool {
	return l.status == "differs" && len(l.names) == 1 && slices.Contains(l.heads, w) &&
		!slices.Contains(l.heads, l.names[0]) && slices.Contains(section, l.names[0])
}

// answered returns the complaint when config has no answer for somebody who
// writes the names of the line as in keepalived.
func (l line) answered() string {
	for _, name := range l.heads {
		name = strings.TrimPrefix(name, "-")
		for _, place := range l.places {
			hcl := strings.ReplaceAll(name, "-", "_")
			if supported, _ := config.Known(place, hcl); l.status == "differs" && !supported &&
				config.Instead(place, name) == "" && config.Instead(place, hcl) == "" {
				return fmt.Sprintf("config does not say what to write for %s", strings.TrimPrefix(place+"."+name, "."))
			}
		}
	}
	return ""
}

// split cuts a dotted path into the block and the name in it.
func split(path string) (block, name string) {
	cut := strings.LastIndex(path, ".")
	return path[:max(cut, 0)], path[cut+1:]
}
