package config

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/apparentlymart/go-textseg/v17/textseg"
	"golang.org/x/text/width"
)

// WriteText writes ds for people, without colour, a blank line between two.
func (ds Diagnostics) WriteText(w io.Writer) error {
	b := bufio.NewWriter(w)
	for i, d := range ds {
		if i > 0 {
			b.WriteByte('\n')
		}
		d.writeText(b)
	}
	return b.Flush()
}

// String is what WriteText writes.
func (ds Diagnostics) String() string {
	var b strings.Builder
	_ = ds.WriteText(&b) // a Builder takes everything
	return b.String()
}

func (d *Diagnostic) writeText(b *bufio.Writer) {
	label := "Error"
	if d.Severity == Warning {
		label = "Warning"
	}
	fmt.Fprintf(b, "%s: %s\n", label, printable(d.Summary))
	gutter := 0
	for _, p := range d.Places {
		gutter = max(gutter, len(strconv.Itoa(p.Line)))
	}
	for i, p := range d.Places {
		if i == 0 {
			b.WriteByte('\n')
		}
		p.writeText(b, gutter)
	}
	if d.Detail != "" {
		b.WriteByte('\n')
		for _, line := range wrap(printable(d.Detail), 76) {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
}

func (p Place) writeText(b *bufio.Writer, gutter int) {
	fmt.Fprintf(b, "  on %s line %d, column %d", printable(p.File), p.Line, p.Column)
	if p.Context != "" {
		fmt.Fprintf(b, ", in %s", printable(p.Context))
	}
	before, marked := printable(p.Source[:p.mark[0]]), printable(p.Source[p.mark[0]:p.mark[1]])
	fmt.Fprintf(b, ":\n  %*d | %s%s%s\n", gutter, p.Line, before, marked, printable(p.Source[p.mark[1]:]))
	caret := strings.Repeat(" ", cells(before)) + strings.Repeat("^", max(1, cells(marked)))
	line := fmt.Sprintf("  %*s | %s %s", gutter, "", caret, printable(p.Hint))
	fmt.Fprintf(b, "%s\n", strings.TrimRight(line, " "))
}

// printable makes text safe for a terminal: a tab is four cells, other control
// characters and broken UTF-8 are replaced.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\t", "    "))
}

// cells is the width of s on a terminal: two for wide characters, none for what
// combines with the character before.
func cells(s string) int {
	n := 0
	for len(s) > 0 {
		size, cluster, err := textseg.ScanGraphemeClusters([]byte(s), true)
		if err != nil || size == 0 {
			return n + len(s)
		}
		props, _ := width.LookupString(string(cluster))
		switch props.Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
		s = s[size:]
	}
	return n
}

// wrap cuts text at blanks into lines of at most limit bytes; a line break in
// the text stays one.
func wrap(text string, limit int) []string {
	var lines []string
	for _, part := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(part) {
			if line != "" && len(line)+1+len(word) > limit {
				lines = append(lines, line)
				line = ""
			}
			if line != "" {
				line += " "
			}
			line += word
		}
		lines = append(lines, line)
	}
	return lines
}
