package notify

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func itemsOf(states string) []item {
	var all []item
	for i, state := range strings.Fields(states) {
		all = append(all, item{Event: Event{Seq: uint64(i + 1), Kind: Instance, Name: "A", State: state}})
	}
	return all
}

func statesOf(items []item) string {
	var all []string
	for _, it := range items {
		all = append(all, it.State)
	}
	return strings.Join(all, " ")
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ what, before, waiting, event, kept, gone string }{
		{"room", Backup, "MASTER BACKUP", Master, "MASTER BACKUP MASTER", ""},
		{"the oldest role goes", "", "BACKUP MASTER FAULT", Backup, "MASTER FAULT BACKUP", "BACKUP"},
		{"and what would be said twice then", Master, "BACKUP MASTER FAULT", Backup, "FAULT BACKUP", "BACKUP MASTER"},
		{"nothing new is left", Master, "BACKUP FAULT BACKUP", Master, "FAULT BACKUP MASTER", "BACKUP"},
		{"remarks go first", Backup, "MASTER MASTER_PRIORITY BACKUP", Fault, "MASTER BACKUP FAULT", "MASTER_PRIORITY"},
		{"also a new one", Backup, "MASTER BACKUP FAULT", BackupPriority, "MASTER BACKUP FAULT", "BACKUP_PRIORITY"},
		{"one lower master waits", Master, "MASTER_RX_LOWER_PRI", RxLowerPri, "MASTER_RX_LOWER_PRI", "MASTER_RX_LOWER_PRI"},
		{"behind what came between", Master, "MASTER_RX_LOWER_PRI BACKUP", RxLowerPri, "BACKUP MASTER_RX_LOWER_PRI", "MASTER_RX_LOWER_PRI"},
	} {
		kept, gone := merge(c.before, itemsOf(c.waiting), itemsOf(c.event)[0], 3)
		if statesOf(kept) != c.kept || statesOf(gone) != c.gone {
			t.Errorf("%s: kept %q, gone %q; want %q, %q", c.what, statesOf(kept), statesOf(gone), c.kept, c.gone)
		}
	}
	kept, gone := merge(Master, itemsOf("BACKUP"), itemsOf("MASTER")[0], 1)
	if statesOf(kept) != "" || statesOf(gone) != "BACKUP MASTER" {
		t.Errorf("back to what was told: kept %q, gone %q", statesOf(kept), statesOf(gone))
	}
}

// What a name is told keeps its order, says no role twice in a row, and ends
// with the role that came last; nothing is told and gone.
func TestMergeProperties(t *testing.T) {
	words := []string{Master, Backup, Fault, Stop, RxLowerPri, MasterPriority}
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.IntRange(1, 5).Draw(t, "bound")
		before, last := "", ""
		var q, told, gone []item
		seq := uint64(0)
		tell := func() {
			if it := q[0]; it.role() {
				if it.State == before {
					t.Fatalf("%s told twice", before)
				}
				before = it.State
			}
			told, q = append(told, q[0]), q[1:]
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			if len(q) > 0 && rapid.Bool().Draw(t, "tell") {
				tell()
				continue
			}
			e := Event{Seq: seq + 1, Kind: Instance, State: rapid.SampledFrom(words).Draw(t, "state")}
			if e.role() && e.State == last {
				continue // the notifier does not let it in
			}
			seq++
			if e.role() {
				last = e.State
			}
			var left []item
			q, left = merge(before, q, item{Event: e}, bound)
			gone = append(gone, left...)
			if len(q) > bound {
				t.Fatalf("%d wait, the bound is %d", len(q), bound)
			}
		}
		for len(q) > 0 {
			tell()
		}
		if before != last {
			t.Fatalf("told %q last, but %q came last", before, last)
		}
		if !slices.IsSortedFunc(told, func(a, b item) int { return int(a.Seq) - int(b.Seq) }) {
			t.Fatalf("out of order: %v", told)
		}
		seen := make(map[uint64]bool)
		for _, it := range append(told, gone...) {
			if seen[it.Seq] {
				t.Fatalf("%d is both told and gone", it.Seq)
			}
			seen[it.Seq] = true
		}
		if len(seen) != int(seq) {
			t.Fatalf("%d of %d events are accounted for", len(seen), seq)
		}
	})
}
