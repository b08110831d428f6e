package keepalived

import (
	"cmp"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// insidePackages decide without looking at the world, or with tests in virtual
// time.
var insidePackages = []string{"bfd", "config", "vrrp", "internal/track", "internal/trackers", "internal/desired"}

// checkProofs holds testdata/proofs.txt against the keywords and behaviours of
// those sections and against the tests of this repository, and prints what no test shows.
func checkProofs(t *testing.T, rows []row, words map[string][]string, answers map[string]line) {
	t.Helper()
	wanted := map[string][]string{} // what a test has to show: where else it stands
	for key, l := range answers {
		section, w, _ := strings.Cut(key, " ")
		if slices.Contains(completeSections, section) && (l.status == "same" || l.status == "differs") && !l.alias(w, words[section]) {
			for _, other := range l.sections {
				wanted[key] = append(wanted[key], other+" "+w)
			}
		}
	}
	for _, r := range rows {
		if len(r.words) == 0 && slices.Contains(completeSections, r.section) {
			wanted[r.key()] = []string{r.key()}
		}
	}
	proofs := readProofs(t, wanted)
	var without, inside []string
	for key, places := range wanted {
		shown := slices.ContainsFunc(places, func(p string) bool { return outside(proofs[p]) })
		switch {
		case shown:
		case slices.ContainsFunc(places, func(p string) bool { return len(proofs[p]) > 0 }):
			inside = append(inside, key)
		default:
			without = append(without, key)
		}
	}
	t.Logf("%d keywords and behaviours have to be shown by a test", len(wanted))
	list(t, "shown only inside, not on the wire, in the kernel or in a script's hands", inside)
	list(t, "shown by no test", without)
}

// outside reports whether one of tests looks from outside: the packages of pure
// decisions cannot.
func outside(tests []string) bool {
	return slices.ContainsFunc(tests, func(test string) bool {
		dir, _, _ := strings.Cut(test, ":")
		return !slices.Contains(insidePackages, dir)
	})
}

func list(t *testing.T, what string, keys []string) {
	t.Helper()
	slices.SortFunc(keys, bySection)
	t.Logf("%d %s:", len(keys), what)
	for _, s := range bySections(keys) {
		t.Log("  " + s)
	}
}

// bySections makes one text of all keys of a section.
func bySections(keys []string) []string {
	var all []string
	last := ""
	for _, key := range keys {
		section := key[:strings.IndexAny(key, " /")]
		if section != last {
			all = append(all, section+":")
			last = section
		}
		all[len(all)-1] += " " + strings.TrimSpace(key[len(section):])
	}
	return all
}

// readProofs returns the tests of each keyword that has some.
func readProofs(t *testing.T, wanted map[string][]string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/proofs.txt")
	if err != nil {
		t.Fatal(err)
	}
	tests := allTests(t)
	proofs := map[string][]string{}
	for i, s := range strings.Split(string(text), "\n") {
		fields := strings.Fields(s)
		if len(fields) == 0 || strings.HasPrefix(s, "#") {
			continue
		}
		if len(fields) < 3 {
			t.Errorf("proofs.txt:%d: not a section, keywords and a test", i+1)
			continue
		}
		last := len(fields) - 1
		dir, test, _ := strings.Cut(fields[last], ":")
		function, _, _ := strings.Cut(test, "/")
		if !tests[dir+":"+function] {
			t.Errorf("proofs.txt:%d: there is no test %s", i+1, fields[last])
			continue
		}
		for _, w := range fields[1:last] {
			key := fields[0] + " " + w
			if strings.HasPrefix(w, "/") {
				key = fields[0] + w
			}
			if wanted[key] == nil {
				t.Errorf("proofs.txt:%d: section %s has no %q to be shown", i+1, fields[0], w)
			}
			proofs[key] = append(proofs[key], fields[last])
		}
	}
	return proofs
}

// allTests returns "vrrp:TestElections" of every test function of the module.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(root, path)
		for _, m := range testFunction.FindAllSubmatch(text, -1) {
			tests[filepath.Dir(path)+":"+string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

// report writes how many keywords of each section are answered how.
func report(t *testing.T, counts map[string]*count) {
	t.Helper()
	var sum count
	t.Logf("%-8s %5s %7s %8s %5s %5s", "section", "same", "differs", "left out", "later", "open")
	for _, section := range slices.SortedFunc(maps.Keys(counts), bySection) {
		c := *counts[section]
		if c == (count{}) {
			continue
		}
		t.Logf("%-8s %5d %7d %8d %5d %5d", section, c.same, c.differs, c.leftOut, c.later, c.open)
		sum.same, sum.differs, sum.leftOut = sum.same+c.same, sum.differs+c.differs, sum.leftOut+c.leftOut
		sum.later, sum.open = sum.later+c.later, sum.open+c.open
	}
	t.Logf("%-8s %5d %7d %8d %5d %5d", "all", sum.same, sum.differs, sum.leftOut, sum.later, sum.open)
}

// bySection orders keys by their section, "4.10" behind "4.9".
func bySection(a, b string) int {
	return cmp.Or(slices.Compare(numbers(a), numbers(b)), cmp.Compare(a, b))
}

// numbers returns 4, 10 and 2 of "4.10/2", and 4 and 10 of "4.10 name".
func numbers(key string) []int {
	var all []int
	key, _, _ = strings.Cut(key, " ")
	for s := range strings.SplitSeq(strings.ReplaceAll(key, "/", "."), ".") {
		n, _ := strconv.Atoi(s)
		all = append(all, n)
	}
	return all
}
