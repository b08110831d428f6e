package notify

import "slices"

// item is an event that waits for its scripts.
type item struct {
	Event
	ticket *ticket
}

// merge is the decision what waits for one subject when another event comes.
// before is the role that was told last, or is being told now; q is what waits,
// oldest first. What is kept is at most bound (1 or more); gone will not be told.
//
// All waits its turn, with two exceptions. Of several notes that a lower master
// was heard only the newest waits. Beyond the bound the oldest remark goes, and
// where only roles wait the oldest role: the newest role always stays, unless it
// is the one that was told last.
func merge(before string, q []item, e item, bound int) (kept, gone []item) {
	for _, it := range q {
		if e.State == RxLowerPri && it.State == RxLowerPri {
			gone = append(gone, it)
			continue
		}
		kept = append(kept, it)
	}
	kept = append(kept, e)
	for len(kept) > bound {
		i := max(0, slices.IndexFunc(kept, func(it item) bool { return !it.role() }))
		gone = append(gone, kept[i])
		kept = slices.Delete(kept, i, i+1)
		var repeated []item
		kept, repeated = withoutRepeats(before, kept)
		gone = append(gone, repeated...)
	}
	return kept, gone
}

// withoutRepeats takes out the roles that say again what was said last: the one
// between them has gone.
func withoutRepeats(before string, q []item) (kept, repeated []item) {
	for _, it := range q {
		if it.role() && it.State == before {
			repeated = append(repeated, it)
			continue
		}
		if it.role() {
			before = it.State
		}
		kept = append(kept, it)
	}
	return kept, repeated
}
