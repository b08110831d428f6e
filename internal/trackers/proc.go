package trackers

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"director/internal/track"
)

const (
	// slowest is after how many rounds a process that matches nothing is looked
	// at again at the latest: it may have executed another program.
	slowest = 10
	// longestArgs is how much of a command line is read, in bytes.
	longestArgs = 64 << 10
)

// procTable remembers the processes of the machine, so that a round costs little:
// it reads what is new, what matched, and now and then the others.
type procTable struct {
	root  string
	specs []track.ProcessSpec
	round int
	known map[string]*proc // by number
}

// proc is one process, or what used to be one of that number.
type proc struct {
	start   string // when it started, which with its number names it
	matched []bool // by spec
	any     bool
	// due is the round in which it is read again, pause the rounds until then:
	// few at first, because a new process soon executes something else.
	due, pause int
	round      int // when it was last listed
}

func newProcTable(root string, specs []track.ProcessSpec) *procTable {
	return &procTable{root: root, specs: specs, known: map[string]*proc{}}
}

// count does one round, and returns how many processes match each spec.
func (t *procTable) count() ([]int, error) {
	names, err := t.list()
	if err != nil {
		return nil, err
	}
	t.round++
	counts := make([]int, len(t.specs))
	for _, name := range names {
		p := t.known[name]
		if p == nil {
			p = &proc{}
			t.known[name] = p
		}
		p.round = t.round
		if p.any || t.round >= p.due {
			t.read(name, p)
		}
		for i, yes := range p.matched {
			if yes {
				counts[i]++
			}
		}
	}
	for name, p := range t.known {
		if p.round != t.round {
			delete(t.known, name)
		}
	}
	return counts, nil
}

func (t *procTable) list() ([]string, error) {
	dir, err := os.Open(t.root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", t.root, err)
	}
	numbers := names[:0]
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' {
			numbers = append(numbers, name)
		}
	}
	return numbers, nil
}

// read looks at a process. One that has gone meanwhile matches nothing.
func (t *procTable) read(name string, p *proc) {
	comm, start := "", ""
	if stat, err := os.ReadFile(filepath.Join(t.root, name, "stat")); err == nil {
		comm, start = parseStat(string(stat))
	}
	if start != p.start {
		p.start, p.pause = start, 1
	}
	p.due, p.pause = t.round+p.pause, min(2*p.pause, slowest)
	p.any = false
	p.matched = make([]bool, len(t.specs))
	if start == "" {
		return
	}
	args := t.lazyArgs(name)
	for i, spec := range t.specs {
		p.matched[i] = matches(spec, comm, args)
		p.any = p.any || p.matched[i]
	}
}

// lazyArgs reads the arguments when they are first asked for.
func (t *procTable) lazyArgs(name string) func() []string {
	var args []string
	var have bool
	return func() []string {
		if !have {
			args, have = readArgs(filepath.Join(t.root, name, "cmdline")), true
		}
		return args
	}
}

func readArgs(path string) []string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	line, err := io.ReadAll(io.LimitReader(file, longestArgs))
	if err != nil || len(line) == 0 {
		return nil
	}
	return strings.Split(string(bytes.TrimSuffix(line, []byte{0})), "\x00")
}

// parseStat takes name and start time out of /proc/PID/stat (proc(5)): the name
// stands in parentheses and may hold any character. The start of a process that
// has ended and only waits to be reaped is empty.
func parseStat(stat string) (comm, start string) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return "", ""
	}
	const state, startTime = 0, 19 // of the fields behind the name
	fields := strings.Fields(stat[end+1:])
	if len(fields) <= startTime || strings.ContainsAny(fields[state], "ZXx") {
		return "", ""
	}
	if _, err := strconv.ParseUint(fields[startTime], 10, 64); err != nil {
		return "", ""
	}
	return stat[open+1 : end], fields[startTime]
}
