package keepalived

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A line is one line of a map in docs/keepalived.md.
type line struct {
	number   int // in the file
	sections []string
	// words are the keywords that it maps, heads the first ones of each span:
	// the names whose arguments the others are.
	words, heads []string
	// rows are the rows of the table that it answers besides: "10.2/5".
	rows []string
	// status is "same", "differs", "left out", "later" or "ours"; of "later",
	// part is what brings it.
	status, part string
	// places are the blocks that the table is about, names those that stand
	// beside the status.
	places, names []string
	remark        string
}

var (
	sectionMark = regexp.MustCompile(`^<!-- parity: ([0-9. ]+) -->$`)
	rowMark     = regexp.MustCompile(`<!-- ([0-9./, -]+) -->`)
	code        = regexp.MustCompile("`([^`]+)`")
	statusCell  = regexp.MustCompile(`^(same|differs|left out|later \(([a-z ]+)\))(?:: (.*))?$`)
)

// readPage returns all lines of the maps in docs/keepalived.md.
func readPage(t *testing.T) []line {
	t.Helper()
	text, err := os.ReadFile("../../docs/keepalived.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	var sections, places []string
	inMap, ours := false, false
	for i, s := range strings.Split(string(text), "\n") {
		if n := len([]rune(s)); n > 120 {
			t.Errorf("docs/keepalived.md:%d has %d characters: it cannot be read in a terminal", i+1, n)
		}
		switch {
		case strings.HasPrefix(s, "#"):
			sections, places, inMap, ours = nil, nil, false, false
		case s == "<!-- ours -->":
			ours = true
		case sectionMark.MatchString(s):
			sections = strings.Fields(sectionMark.FindStringSubmatch(s)[1])
		case strings.HasPrefix(s, "In the root:"):
			places = []string{""}
		case strings.HasPrefix(s, "In `"):
			places = codes(s)
		case strings.HasPrefix(s, "`") && len(places) > 0 && strings.HasSuffix(s, ":"):
			places = append(places, codes(s)...)
		case !strings.HasPrefix(s, "|"):
			inMap = false
		case strings.HasPrefix(s, "| keepalived"):
			inMap = strings.Contains(s, "| remark")
		case strings.HasPrefix(s, "|--") || strings.HasPrefix(s, "| --"):
		case ours && len(code.FindString(s)) > 0:
			all = append(all, line{number: i + 1, status: "ours", names: codes(cells(s)[0])})
		case inMap:
			all = append(all, readLine(t, i+1, s, sections, places))
		}
	}
	return all
}

func readLine(t *testing.T, number int, s string, sections, places []string) line {
	t.Helper()
	l := line{number: number, sections: sections, places: places}
	c := cells(s)
	if len(c) != 3 {
		t.Errorf("docs/keepalived.md:%d has %d cells, not 3", number, len(c))
		return l
	}
	m := statusCell.FindStringSubmatch(c[1])
	if m == nil {
		t.Errorf("docs/keepalived.md:%d: %q is none of same, differs, left out, later (...)", number, c[1])
		return l
	}
	l.status, _, _ = strings.Cut(m[1], " (")
	l.part, l.names, l.remark = m[2], codes(m[3]), c[2]
	for _, mark := range rowMark.FindAllStringSubmatch(c[0], -1) {
		l.rows = append(l.rows, expandRows(mark[1])...)
	}
	if len(sections) > 0 {
		first := rowMark.ReplaceAllString(c[0], "")
		l.words, l.heads = keywordsIn(first), heads(first)
	}
	if l.remark == "" && (l.status == "differs" && len(l.names) == 0 || l.status == "left out") {
		t.Errorf("docs/keepalived.md:%d: a difference without a remark helps nobody", number)
	}
	return l
}

func codes(s string) []string {
	var all []string
	for _, m := range code.FindAllStringSubmatch(s, -1) {
		all = append(all, m[1])
	}
	return all
}

// expandRows makes "10.2/1-3,7 9/1" into 10.2/1 10.2/2 10.2/3 10.2/7 9/1.
func expandRows(mark string) []string {
	var all []string
	for _, group := range strings.Fields(mark) {
		section, list, _ := strings.Cut(group, "/")
		for _, r := range strings.Split(list, ",") {
			low, high, isRange := strings.Cut(r, "-")
			if !isRange {
				high = low
			}
			first, _ := strconv.Atoi(low)
			last, _ := strconv.Atoi(high)
			for n := first; n <= last; n++ {
				all = append(all, section+"/"+strconv.Itoa(n))
			}
		}
	}
	return all
}
