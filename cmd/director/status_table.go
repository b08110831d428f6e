package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"director/internal/api"
)

// columns is the width that a status fits into; longer lines end in "…". All of
// it is in --json.
const columns = 80

// table writes lines that fit.
type table struct {
	w   *bufio.Writer
	now time.Time
}

// line writes one line without trailing blanks, cut at the right edge.
func (t *table) line(format string, a ...any) {
	s := strings.TrimRight(fmt.Sprintf(format, a...), " ")
	if utf8.RuneCountInString(s) > columns {
		s = string([]rune(s)[:columns-1]) + "…"
	}
	t.w.WriteString(s + "\n")
}

// writeStatus writes what a person wants to see first.
func writeStatus(w io.Writer, s *api.Status, now time.Time) error {
	t := &table{bufio.NewWriter(w), now}
	t.process(s)
	t.instances(s.Instances)
	t.trackers(s.Trackers, s.BFD)
	t.notify(&s.Notify)
	for _, v := range s.Services {
		t.service(&v)
	}
	return t.w.Flush()
}

func (t *table) process(s *api.Status) {
	d := &s.Dataplane
	t.line("director %s on %s, up %s", s.Version, s.Node, short(seconds(d.UptimeSeconds)))
	t.line("generation  control %d  dataplane %d  kernel %d   (dataplane heard %s ago)",
		s.Control.Generation, d.Generation, d.KernelGeneration, short(seconds(d.AgeSeconds)))
	realtime, ipvs := "yes", "yes"
	if !d.Realtime {
		realtime = "no: " + d.RealtimeReason
	}
	if !d.IPVS {
		ipvs = "no: " + d.IPVSReason
	}
	t.line("real time   %s", realtime)
	t.line("IPVS        %s", ipvs)
	if r := d.Repairs; r != (api.Repairs{}) {
		t.line("put back    %s (others removed them)", counts(map[string]uint64{
			"services": r.Services, "servers": r.Servers, "addresses": r.Addresses, "routes": r.Routes, "rules": r.Rules,
		}))
	}
	if d.ControlRestarts > 0 {
		t.line("control     restarted %d times", d.ControlRestarts)
	}
	if c := s.Control.Checks; c.Late > 0 || c.Unmade > 0 {
		t.line("checks      %d late, worst by %s; %d could not be made", c.Late, short(seconds(c.WorstLatenessSeconds)), c.Unmade)
	}
	if d.LogDropped > 0 {
		t.line("log         %d lines lost: nobody reads them", d.LogDropped)
	}
	if d.NoticesDropped > 0 {
		t.line("notify      %d events left out while there was no control process", d.NoticesDropped)
	}
}

func (t *table) service(v *api.Service) {
	t.line("")
	state := "programmed"
	if !v.Programmed {
		state = "not programmed: " + v.Why
	}
	t.line("SERVICE %s  %s %s %s  %s", v.Name, v.Entry, v.Scheduler, v.Forward, state)
	if v.Error != "" {
		t.line("  kernel: %s", v.Error)
	}
	if v.TakenOver {
		t.line("  taken over: it was in the kernel before")
	}
	switch {
	case v.SorryInUse:
		t.line("  quorum lost (%d of %d): the sorry server serves", v.LiveWeight, v.Quorum)
	case !v.QuorumUp:
		t.line("  quorum lost (%d of %d)", v.LiveWeight, v.Quorum)
	}
	name := 6
	for _, s := range v.Servers {
		name = min(max(name, utf8.RuneCountInString(s.Name)), 34)
	}
	t.line("  %s  HEALTH  SINCE    WEIGHT  REASON", pad("SERVER", name))
	for _, s := range v.Servers {
		health := "up"
		if !s.Healthy {
			health = "DOWN"
		}
		t.line("  %s  %-6s  %s  %6d  %s", pad(s.Name, name), health, pad(t.ago(s.Since), 7), s.Weight, s.Reason)
	}
}

// ago says how long ago something was.
func (t *table) ago(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return short(t.now.Sub(at))
}

// pad fills s up to n cells, or cuts it.
func pad(s string, n int) string {
	have := utf8.RuneCountInString(s)
	if have > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s + strings.Repeat(" ", n-have)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// short prints a duration with two units at most: "3m12s", "2d4h", "0.4s".
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "0s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

func sum(m map[string]uint64) uint64 {
	var n uint64
	for _, v := range m {
		n += v
	}
	return n
}

// counts prints the counters above 0 in order of their names: "checksum 3, ttl 1".
func counts(m map[string]uint64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", name, m[name]))
		}
	}
	return strings.Join(parts, ", ")
}
