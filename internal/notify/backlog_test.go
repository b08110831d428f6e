package notify

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestBacklogDropsTheOldest(t *testing.T) {
	var b backlog
	a, c := subject{Instance, "a"}, subject{Instance, "c"}
	add := func(l line, want ...string) {
		t.Helper()
		var gone []string
		for _, l := range b.add(l, 2) {
			gone = append(gone, string(l.data))
		}
		if !slices.Equal(gone, want) {
			t.Errorf("%s drops %q, want %q", l.data, gone, want)
		}
	}
	add(line{subject: a, role: true, data: []byte("1")})
	add(line{subject: c, data: []byte("2")})
	add(line{subject: c, role: true, data: []byte("3")}, "2")
	add(line{subject: a, role: true, data: []byte("4")}, "1")
	add(line{subject: c, data: []byte("5")}, "5")
	add(line{subject: subject{Group, "a"}, role: true, data: []byte("6")}) // nothing may go
	var left string
	for l, ok := b.take(); ok; l, ok = b.take() {
		left += string(l.data)
	}
	if left != "346" || len(b.newest) != 0 {
		t.Errorf("written %q, remembered %v", left, b.newest)
	}
}

// Lines keep their order, never more wait than the bound or the subjects, and
// the newest role of each subject is written.
func TestBacklogProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bound := rapid.IntRange(1, 6).Draw(t, "bound")
		subjects := rapid.IntRange(1, 4).Draw(t, "subjects")
		var b backlog
		newest, written := make(map[subject]int), make(map[subject]int)
		position, dropped, out := 0, 0, 0
		take := func() {
			l, ok := b.take()
			if !ok {
				return
			}
			out++
			n, _ := strconv.Atoi(string(l.data))
			if n <= position {
				t.Fatalf("%d is written after %d", n, position)
			}
			position = n
			if l.role {
				written[l.subject] = n
			}
		}
		steps := rapid.IntRange(0, 80).Draw(t, "steps")
		added := 0
		for range steps {
			if rapid.IntRange(0, 3).Draw(t, "take") == 0 {
				take()
				continue
			}
			added++
			l := line{subject: subject{Instance, strconv.Itoa(rapid.IntRange(1, subjects).Draw(t, "name"))},
				role: rapid.Bool().Draw(t, "role"), data: []byte(strconv.Itoa(added))}
			if l.role {
				newest[l.subject] = added
			}
			dropped += len(b.add(l, bound))
			if len(b.lines) > max(bound, subjects) {
				t.Fatalf("%d lines wait", len(b.lines))
			}
		}
		for len(b.lines) > 0 {
			take()
		}
		for who, n := range newest {
			if written[who] != n {
				t.Fatalf("%v: %d was written last, %d is its newest role", who, written[who], n)
			}
		}
		if out+dropped != added {
			t.Fatalf("%d written, %d dropped, %d added", out, dropped, added)
		}
	})
}
