package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"director/internal/api"
)

func (t *table) instances(list []api.Instance) {
	if len(list) == 0 {
		return
	}
	t.line("")
	name := 8
	for _, i := range list {
		name = min(max(name, utf8.RuneCountInString(i.Name)), 20)
	}
	t.line("%s  STATE   SINCE    PRIO  CHANGES  LAST MASTER", pad("INSTANCE", name))
	for _, i := range list {
		master := "-"
		if i.LastMaster != "" {
			master = fmt.Sprintf("%s (%d)", i.LastMaster, i.LastMasterPriority)
		}
		t.line("%s  %-6s  %s  %4d  %7d  %s", pad(i.Name, name), i.State, pad(t.ago(i.Since), 7), i.Priority, i.Transitions, master)
		t.instance(&i)
	}
}

// instance writes what there is to know of an instance beside its role.
func (t *table) instance(i *api.Instance) {
	if i.SyncGroup != "" {
		t.line("  sync group %s", i.SyncGroup)
	}
	t.priority(i)
	for _, s := range steps(i) {
		t.line("  %s", s)
	}
	for _, f := range i.Faults {
		t.line("  fault: %s", f)
	}
	for _, w := range i.Waiting {
		t.line("  waits for %s", w)
	}
	if i.Error != "" {
		t.line("  error: %s", i.Error)
	}
	for _, a := range i.Addresses {
		t.line("  %s on %s  %s", a.Address, a.Interface, holding(a.State, a.Error))
	}
	for _, r := range i.Routes {
		t.line("  %s  %s", r.Route, holding(r.State, r.Error))
	}
	if notes := adverts(i); notes != "" {
		t.line("  adverts: %s", notes)
	}
}

// priority explains an effective priority that is not the configured one.
func (t *table) priority(i *api.Instance) {
	switch {
	case len(i.LastResort) > 0:
		t.line("  priority 1: quorum lost of %s", strings.Join(i.LastResort, ", "))
		t.line("    whoever reaches the servers is to be the master")
	case len(i.Terms) > 0:
		t.terms(i)
	case i.Priority != i.BasePriority && i.Priority != 0 && i.BasePriority != 0:
		t.line("  priority %d, configured %d", i.Priority, i.BasePriority)
	}
}

// terms writes a sum: "95 = 100 - 5 chk_nginx", on more lines where it is long.
func (t *table) terms(i *api.Instance) {
	text, sum := fmt.Sprintf("  priority %d = %d", i.Priority, i.BasePriority), i.BasePriority
	add := func(part string) {
		if utf8.RuneCountInString(text+part) > columns {
			t.line("%s", text)
			text = "   "
		}
		text += part
	}
	for _, term := range i.Terms {
		sum += term.Delta
		sign := "+"
		if term.Delta < 0 {
			sign = "-"
		}
		add(fmt.Sprintf(" %s %d %s", sign, max(term.Delta, -term.Delta), nameOf(term.Source)))
	}
	switch {
	case sum < i.Priority:
		add(fmt.Sprintf(" (at least %d)", i.Priority))
	case sum > i.Priority:
		add(fmt.Sprintf(" (at most %d)", i.Priority))
	}
	t.line("%s", text)
}

// nameOf is the name in `script "chk_nginx"`.
func nameOf(source string) string {
	if _, quoted, ok := strings.Cut(source, ` "`); ok {
		return strings.TrimSuffix(quoted, `"`)
	}
	return source
}

// steps say what an instance is about to do.
func steps(i *api.Instance) []string {
	var out []string
	for _, s := range []struct {
		so   bool
		text string
	}{
		{i.Preparing, "preparing services to preempt the master"},
		{i.Wishing, "could be MASTER, waits for the others of its sync group"},
		{i.HandingOver, "handing over: serves on until another router takes over"},
		{i.Lingering, "serves on until the new master has announced the addresses"},
		{i.HandedOver, "handed over, does not preempt (director handover --back " + i.Name + ")"},
	} {
		if s.so {
			out = append(out, s.text)
		}
	}
	return out
}

// holding says who holds an address or a route.
func holding(state, trouble string) string {
	switch state {
	case "foreign":
		state = "held by somebody else on this machine, left alone"
	case "hidden":
		state = "hidden: served, neither announced nor answered for"
	}
	if trouble != "" {
		state += ": " + trouble
	}
	return state
}

// adverts says how well adverts come and go.
func adverts(i *api.Instance) string {
	var notes []string
	if late := seconds(i.Adverts.WorstLatenessSeconds); late >= time.Millisecond {
		notes = append(notes, "at worst "+fine(late)+" late")
	}
	if margin := seconds(i.SmallestMarginSeconds); margin > 0 {
		notes = append(notes, "smallest margin "+fine(margin))
	}
	if i.Adverts.SendErrors > 0 {
		notes = append(notes, fmt.Sprintf("%d not sent", i.Adverts.SendErrors))
	}
	if sum(i.Dropped) > 0 {
		notes = append(notes, "dropped "+counts(i.Dropped))
	}
	return strings.Join(notes, "; ")
}

// fine prints a duration of milliseconds: "3.2ms", "2.61s".
func fine(d time.Duration) string {
	if d < 100*time.Millisecond {
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.2fs", d.Seconds())
}
