package netif

import (
	"slices"
	"time"
)

// lane is an interface, or a group of them, and a family: what a least gap
// holds for.
type lane struct {
	link string // of a group: empty
	// group counts from 1; 0: a single interface.
	group int
	v4    bool
}

func laneOf(a Address) lane { return lane{link: a.Interface, v4: a.Prefix.Addr().Unmap().Is4()} }

// entryKey tells entries apart.
type entryKey struct {
	owner string
	key   Key
}

// entry is the announcements of one address that are due.
type entry struct {
	owner   string
	address Address
	gap     time.Duration
	left    int
	// urgent: the next one is the address's first and does not wait for a gap.
	urgent bool
}

// queue is what waits on one lane. Entries take turns, so that announcements
// leave round by round.
type queue struct {
	entries []*entry
	byKey   map[entryKey]*entry
	urgent  int // entries that are
	// last is when the lane was used.
	last time.Time
}

func newQueue() *queue { return &queue{byKey: map[entryKey]*entry{}} }

// add makes n announcements due. What is left of an earlier burst is not added
// up: a lane with a wide gap would otherwise fall behind without end.
func (q *queue) add(owner string, a Address, gap time.Duration, n int, urgent bool) {
	key := entryKey{owner, a.Key}
	e := q.byKey[key]
	if e == nil {
		e = &entry{owner: owner, address: a}
		q.byKey[key] = e
		q.entries = append(q.entries, e)
	}
	e.left, e.gap = max(e.left, n), gap
	if urgent && !e.urgent {
		e.urgent = true
		q.urgent++
	}
}

// next returns the index of the entry that may be sent at now; ok is false if
// there is none, and then at is when there will be one (zero: never).
func (q *queue) next(now time.Time) (i int, at time.Time, ok bool) {
	if q.urgent > 0 {
		return slices.IndexFunc(q.entries, func(e *entry) bool { return e.urgent }), now, true
	}
	if len(q.entries) == 0 {
		return 0, time.Time{}, false
	}
	at = q.last.Add(q.entries[0].gap)
	return 0, at, !at.After(now)
}

// take removes one announcement of entry i and puts the rest at the end.
func (q *queue) take(i int, now time.Time) *entry {
	e := q.entries[i]
	if i == 0 {
		q.entries = q.entries[1:]
	} else {
		q.entries = slices.Delete(q.entries, i, i+1)
	}
	if e.urgent {
		e.urgent = false
		q.urgent--
	}
	q.last = now
	if e.left--; e.left > 0 {
		q.entries = append(q.entries, e)
	} else {
		delete(q.byKey, entryKey{e.owner, e.address.Key})
	}
	return e
}

// drop forgets what an owner has in the queue, but for the kept addresses.
func (q *queue) drop(owner string, kept map[Key]bool) {
	q.entries = slices.DeleteFunc(q.entries, func(e *entry) bool {
		if e.owner != owner || kept[e.address.Key] {
			return false
		}
		if e.urgent {
			q.urgent--
		}
		delete(q.byKey, entryKey{e.owner, e.address.Key})
		return true
	})
}

// remove takes all entries of an owner (empty: of all) out of the queue.
func (q *queue) remove(owner string) []*entry {
	var out []*entry
	for _, e := range q.entries {
		if owner == "" || e.owner == owner {
			out = append(out, e)
		}
	}
	for _, e := range out {
		q.drop(e.owner, nil)
	}
	return out
}
