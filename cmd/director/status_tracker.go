package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"director/internal/api"
)

func (t *table) trackers(list []api.Tracker, sessions []api.Session) {
	if len(list)+len(sessions) == 0 {
		return
	}
	rows := make([][4]string, 0, len(list)+len(sessions))
	for _, k := range list {
		state := upDown(k.Up)
		switch {
		case !k.Known:
			state = "?"
		case k.Kind == "file":
			state = fmt.Sprint(k.Value)
		}
		detail := firstLine(k.Detail)
		if k.Skipped > 0 {
			detail += fmt.Sprintf("; %d of %d runs left out", k.Skipped, k.Skipped+k.Runs)
		}
		rows = append(rows, [4]string{k.Kind + " " + k.Name, state, t.ago(k.Since), detail})
	}
	for _, s := range sessions {
		detail := s.Neighbor
		switch {
		case s.Reason != "":
			detail += ": " + s.Reason
		case !s.Up:
			detail += ": " + s.State
		}
		rows = append(rows, [4]string{"bfd " + s.Name, upDown(s.Up), t.ago(s.Since), detail})
	}
	name := 7
	for _, r := range rows {
		name = min(max(name, utf8.RuneCountInString(r[0])), 34)
	}
	t.line("")
	t.line("%s  STATE   SINCE    DETAIL", pad("TRACKER", name))
	for _, r := range rows {
		t.line("%s  %-6s  %s  %s", pad(r[0], name), r[1], pad(r[2], 7), r[3])
	}
}

// notify writes where scripts or FIFOs lag behind or fail; all of it is in
// --json.
func (t *table) notify(n *api.Notify) {
	var lines []string
	for _, s := range n.Names {
		if s.Pending > 0 || s.Running != "" {
			running := "no script"
			if s.Running != "" {
				running = s.Running
			}
			lines = append(lines, fmt.Sprintf("%s %s: %s runs, %d events wait", strings.ToLower(s.Kind), s.Name, running, s.Pending))
		}
		if l := s.Last; l != nil && !l.OK {
			lines = append(lines, fmt.Sprintf("%s %s: %s (%s) %s ago: %s",
				strings.ToLower(s.Kind), s.Name, l.Script, l.State, t.ago(l.Ended), firstLine(l.Result)))
		}
	}
	for _, f := range n.FIFOs {
		switch {
		case f.Error != "":
			lines = append(lines, fmt.Sprintf("%s: %s", f.Path, f.Error))
		case f.Stuck:
			lines = append(lines, fmt.Sprintf("%s: nobody reads it, %d lines wait", f.Path, f.Waiting))
		}
		if f.Dropped > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d lines lost", f.Path, f.Dropped))
		}
		if f.Reader != nil && f.Reader.PID == 0 && f.Reader.Last != "" {
			lines = append(lines, fmt.Sprintf("%s: its reader ended: %s", f.Path, firstLine(f.Reader.Last)))
		}
	}
	if len(lines) == 0 {
		return
	}
	t.line("")
	t.line("NOTIFY")
	for _, l := range lines {
		t.line("  %s", l)
	}
}

func upDown(up bool) string {
	if up {
		return "up"
	}
	return "DOWN"
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
