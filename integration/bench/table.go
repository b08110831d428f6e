package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Section is one part of the table: one question, one row for each answer.
type Section struct {
	Title string     `json:"title"`
	Head  []string   `json:"head"`
	Rows  [][]string `json:"rows"`
	// Note says how it was measured.
	Note string `json:"note"`
}

// width is that of a terminal.
const width = 80

// Text writes the section in columns.
func (s Section) Text(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", wrap(s.Title, ""))
	widths := s.widths()
	for _, row := range slices.Concat([][]string{s.Head}, s.Rows) {
		var line strings.Builder
		for i, cell := range row {
			blanks := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("  " + cell + blanks)
			} else {
				line.WriteString("  " + blanks + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintf(w, "\n%s\n\n", wrap(s.Note, "  "))
}

// Markdown writes the section for a README.
func (s Section) Markdown(w io.Writer) {
	fmt.Fprintf(w, "**%s**\n\n| %s |\n|---|%s\n", s.Title, strings.Join(s.Head, " | "),
		strings.Repeat("---:|", len(s.Head)-1))
	for _, row := range s.Rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintf(w, "\n%s\n\n", s.Note)
}

func (s Section) widths() []int {
	widths := make([]int, len(s.Head))
	for _, row := range slices.Concat([][]string{s.Head}, s.Rows) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// wrap breaks a text into lines that fit.
func wrap(text, indent string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		length := utf8.RuneCountInString(word)
		switch {
		case column == 0:
			b.WriteString(indent + word)
			column = len(indent) + length
		case column+1+length > width:
			b.WriteString("\n" + indent + word)
			column = len(indent) + length
		default:
			b.WriteString(" " + word)
			column += 1 + length
		}
	}
	return b.String()
}
