package keepalived

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row is one thing that keepalived does: a line of a table of
// testdata/parity.md, or an item of a numbered list there.
type row struct {
	section string // "8.4"
	number  int    // from 1 in its section
	text    string // its first cell
	// words are the keywords of the row; none: it states a behaviour.
	words []string
}

var (
	headingLine = regexp.MustCompile(`^#+ ([0-9]+(?:\.[0-9]+)?)\.? (.*)`)
	listItem    = regexp.MustCompile(`^([0-9]+)\. (.*)`)
	spans       = regexp.MustCompile("`([^`]+)`|\\*\\*([^*]+)\\*\\*")
	word        = regexp.MustCompile(`-?[A-Za-z][A-Za-z0-9_]*(?:-[a-z0-9]+)*`)
	oldSpelling = regexp.MustCompile("(?:`[a-z_]+`(?:, )?)+(?: = `[a-z_]+`)? \\[dep\\]")
)

// readTable returns the rows of the parity table and its keywords by section,
// those of headings and old spellings among them.
func readTable(t *testing.T) (rows []row, words map[string][]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/parity.md")
	if err != nil {
		t.Fatal(err)
	}
	words = map[string][]string{}
	section, number, keywords := "", 0, false
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if m := headingLine.FindStringSubmatch(line); m != nil {
			section, number = m[1], 0
			words[section] = keywordsIn(m[2])
			continue
		}
		switch m := listItem.FindStringSubmatch(line); {
		case m != nil:
			number++
			rows = append(rows, row{section: section, number: number, text: m[2]})
		case !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---"):
		case strings.HasPrefix(lines[i+1], "|---"):
			head := cells(line)[0]
			keywords = head == "keyword" || head == "checker / keyword"
		default:
			number++
			r := row{section: section, number: number, text: cells(line)[0]}
			if keywords {
				r.words = keywordsIn(r.text)
				for _, old := range oldSpelling.FindAllString(line, -1) {
					r.words = append(r.words, keywordsIn(old)...)
				}
			}
			slices.Sort(r.words)
			r.words = slices.Compact(r.words)
			rows = append(rows, r)
			words[section] = append(words[section], r.words...)
		}
	}
	for section, list := range words {
		slices.Sort(list)
		words[section] = slices.Compact(list)
	}
	return rows, words
}

// cells splits a line of a table.
func cells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|")
	line = strings.ReplaceAll(line, `\|`, "\x00")
	all := strings.Split(line, "|")
	for i := range all {
		all[i] = strings.TrimSpace(strings.ReplaceAll(all[i], "\x00", "|"))
	}
	return all
}

// heads returns the first keyword of each span of text: `mtu [lock] N` is mtu.
func heads(text string) []string {
	var all []string
	for _, span := range spanWords(text) {
		if len(span) > 0 {
			all = append(all, span[0])
		}
	}
	return all
}

// keywordsIn returns the keywords of all spans of text, arguments cut.
func keywordsIn(text string) []string { return slices.Concat(spanWords(text)...) }

func spanWords(text string) [][]string {
	var all [][]string
	for _, m := range spans.FindAllStringSubmatch(text, -1) {
		span := m[1] + m[2]
		if strings.HasPrefix(span, "[new]") || strings.HasPrefix(span, "[undoc]") {
			continue
		}
		// The number of names is described, not written.
		span = strings.ReplaceAll(span, "[up to 6 names]", "")
		all = append(all, slices.DeleteFunc(word.FindAllString(span, -1), placeholder))
	}
	return all
}

// placeholder reports whether w stands for a value: NAME, IF, PASS.
func placeholder(w string) bool {
	if w == "addr" {
		return true
	}
	block := w == "SSL" || strings.HasSuffix(w, "_CHECK") || strings.HasSuffix(w, "_GET")
	return !block && w == strings.ToUpper(w)
}
