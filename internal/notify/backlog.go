package notify

import "slices"

// line is what waits to be written to a FIFO.
type line struct {
	subject
	// role: it says what the subject is from then on.
	role   bool
	data   []byte
	ticket *ticket

	number uint64 // in its backlog, growing
}

// backlog is the lines that wait for one FIFO, in order. It is a plain value
// without clock or I/O; who uses it locks it.
type backlog struct {
	lines []line
	// newest is the number of the newest waiting role of each subject.
	newest map[subject]uint64
	last   uint64
}

// add puts l at the end. Beyond bound lines the oldest go, but never the newest
// role of a subject: so at most bound lines wait, or one for each subject if
// those are more.
func (b *backlog) add(l line, bound int) (gone []line) {
	if b.newest == nil {
		b.newest = make(map[subject]uint64)
	}
	b.last++
	l.number = b.last
	b.lines = append(b.lines, l)
	if l.role {
		b.newest[l.subject] = l.number
	}
	for len(b.lines) > bound {
		i := slices.IndexFunc(b.lines, func(l line) bool { return !l.role || b.newest[l.subject] != l.number })
		if i < 0 {
			break
		}
		gone = append(gone, b.lines[i])
		b.lines = slices.Delete(b.lines, i, i+1)
	}
	return gone
}

// take removes the first line.
func (b *backlog) take() (line, bool) {
	if len(b.lines) == 0 {
		return line{}, false
	}
	l := b.lines[0]
	b.lines = slices.Delete(b.lines, 0, 1)
	if b.newest[l.subject] == l.number {
		delete(b.newest, l.subject)
	}
	return l, true
}

// tickets takes those of all lines away: nobody is to wait for them any longer.
func (b *backlog) tickets() []*ticket {
	var all []*ticket
	for i := range b.lines {
		all = append(all, b.lines[i].ticket)
		b.lines[i].ticket = nil
	}
	return all
}
