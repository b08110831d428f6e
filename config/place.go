package config

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// window bounds how much of a line is shown to either side of the mark: a file
// may be one line of ten megabytes.
const window = 120

// text is one parsed file and what is needed to show parts of it.
type text struct {
	name    string
	data    []byte
	order   int
	body    *hclsyntax.Body
	secrets []span // filled by findSecrets, when there is something to show
	values  *secretValues
}

// span is a half-open range of bytes.
type span struct{ start, end int }

// place makes the Place of a range.
func (t *text) place(r hcl.Range, hint string) Place {
	start, end := clip(r.Start.Byte, len(t.data)), clip(r.End.Byte, len(t.data))
	end = max(start, end)
	lo, hi := t.line(start)
	p := Place{File: t.name, Line: r.Start.Line, Column: r.Start.Column, Hint: hint, offset: start, order: t.order,
		Context: t.blockPath(start)}
	p.Source, p.mark = t.mask(lo, hi, span{start, min(end, hi)})
	if lo > 0 && t.data[lo-1] != '\n' {
		p.Source = cut + p.Source
		p.mark[0], p.mark[1] = p.mark[0]+len(cut), p.mark[1]+len(cut)
	}
	if hi < len(t.data) && t.data[hi] != '\n' && t.data[hi] != '\r' {
		p.Source += cut
	}
	return p
}

// cut stands for the part of a long line that is not shown.
const cut = "…"

func clip(n, limit int) int { return max(0, min(n, limit)) }

// line returns the line around an offset, cut to the window.
func (t *text) line(at int) (lo, hi int) {
	lo, hi = max(0, at-window), min(len(t.data), at+window)
	if i := bytes.LastIndexByte(t.data[lo:at], '\n'); i >= 0 {
		lo += i + 1
	}
	if i := bytes.IndexByte(t.data[at:hi], '\n'); i >= 0 {
		hi = at + i
		if hi > at && t.data[hi-1] == '\r' {
			hi--
		}
	}
	for lo < at && !utf8.RuneStart(t.data[lo]) {
		lo++
	}
	for hi < len(t.data) && hi > at && !utf8.RuneStart(t.data[hi]) {
		hi--
	}
	return lo, hi
}

// masked replaces a secret; its length says nothing about the secret's.
const masked = "(secret)"

// mask returns data[lo:hi] with the secret parts replaced, and where the
// marked part is in the result.
func (t *text) mask(lo, hi int, mark span) (string, [2]int) {
	var b strings.Builder
	at := lo
	out := [2]int{-1, -1}
	place := func(upto int) { // what of the mark lies in plain text before upto
		for i, m := range [2]int{mark.start, mark.end} {
			if out[i] < 0 && m <= upto {
				out[i] = b.Len() + max(0, m-at)
			}
		}
	}
	for _, s := range t.secretsIn(lo, hi) {
		if s.start > at {
			place(s.start)
			b.Write(t.data[at:s.start])
			at = s.start
		}
		if out[0] < 0 && mark.start < s.end {
			out[0] = b.Len()
		}
		b.WriteString(masked)
		if out[1] < 0 && mark.end <= s.end {
			out[1] = b.Len()
		}
		at = s.end
	}
	place(hi)
	b.Write(t.data[at:hi])
	if out[0] < 0 {
		out[0] = b.Len()
	}
	return b.String(), [2]int{out[0], max(out[0], out[1])}
}

// secretsIn returns the secret parts of data[lo:hi]: by name, and wherever a
// known secret stands.
func (t *text) secretsIn(lo, hi int) []span {
	spans := t.values.find(t.data[lo:hi], lo)
	i := sort.Search(len(t.secrets), func(i int) bool { return t.secrets[i].end > lo })
	for ; i < len(t.secrets) && t.secrets[i].start < hi; i++ {
		spans = append(spans, span{max(lo, t.secrets[i].start), min(hi, t.secrets[i].end)})
	}
	return merge(spans)
}

// hidden reports whether a range touches a secret.
func (t *text) hidden(r hcl.Range) bool {
	i := sort.Search(len(t.secrets), func(i int) bool { return t.secrets[i].end > r.Start.Byte })
	return i < len(t.secrets) && t.secrets[i].start < r.End.Byte
}

// blockPath names the blocks around an offset, the innermost first:
// `HTTP_GET of virtual_server "web"`.
func (t *text) blockPath(at int) string {
	var path []string
	for body := t.body; body != nil; {
		blocks := body.Blocks
		i := sort.Search(len(blocks), func(i int) bool { return blocks[i].CloseBraceRange.End.Byte > at })
		if i == len(blocks) || blocks[i].OpenBraceRange.Start.Byte > at {
			break
		}
		if name := t.blockName(blocks[i]); name != "" {
			path = append([]string{name}, path...)
		}
		body = blocks[i].Body
	}
	return strings.Join(path, " of ")
}

// blockName prints a block's header; the content of a dynamic block has none.
// In a file that does not parse a label may be anything, also a secret.
func (t *text) blockName(b *hclsyntax.Block) string {
	name := b.Type
	switch {
	case name == "content":
		return ""
	case name == "dynamic" && len(b.Labels) > 0:
		return "dynamic " + b.Labels[0]
	}
	for i, l := range b.Labels {
		if i >= len(b.LabelRanges) || t.hidden(b.LabelRanges[i]) {
			l = masked
		}
		name += ` "` + l + `"`
	}
	return name
}
