package config

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Limits on one statement. The parser and the evaluation recurse, and a stack
// that overflows ends the process.
const (
	maxDepth     = 100
	maxOperators = 1000
)

// guard refuses what must not reach the parser: bytes that are no text, and
// nesting without end.
func (l *loader) guard(t *text) bool {
	if at, summary, hint := notText(t.data); summary != "" {
		l.fail(rangeAt(t, at), summary, "%s", hint)
		return false
	}
	tokens, _ := hclsyntax.LexConfig(t.data, t.name, hcl.InitialPos)
	if tok := tooDeep(tokens); tok != nil {
		l.fail(tok.Range, "Nested too deeply", "at most %d levels and %d operators in one expression", maxDepth, maxOperators)
		return false
	}
	return true
}

// notText finds what makes a file not be UTF-8 text.
func notText(data []byte) (at int, summary, hint string) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return 0, "The file is UTF-16", "save it as UTF-8"
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return 0, "The file begins with a byte order mark", "save it as UTF-8 without one"
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i, "The file holds a NUL byte", "a configuration is text"
	}
	if utf8.Valid(data) {
		return 0, "", ""
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i, "The file is not UTF-8", fmt.Sprintf("byte 0x%02x; save the file as UTF-8", data[i])
		}
		i += n
	}
	return 0, "", ""
}

// rangeAt is the character at an offset as a range.
func rangeAt(t *text, at int) hcl.Range {
	before := t.data[:at]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
	pos := hcl.Pos{Line: line, Column: column, Byte: at}
	end := pos
	_, size := utf8.DecodeRune(t.data[at:])
	end.Byte, end.Column = at+size, column+1
	return hcl.Range{Filename: t.name, Start: pos, End: end}
}

// tooDeep returns the token at which an expression exceeds a limit.
func tooDeep(tokens hclsyntax.Tokens) *hclsyntax.Token {
	depth, parens, operators := 0, 0, 0
	for i := range tokens {
		switch tokens[i].Type {
		case hclsyntax.TokenOParen:
			depth++
			parens++
		case hclsyntax.TokenCParen:
			depth--
			parens--
		case hclsyntax.TokenOBrack:
			depth++
			operators++
		case hclsyntax.TokenOBrace, hclsyntax.TokenTemplateInterp, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc:
			depth--
		case hclsyntax.TokenTemplateControl:
			depth++
			operators++
		case hclsyntax.TokenComma:
			operators = 0
		case hclsyntax.TokenNewline:
			if parens <= 0 {
				operators = 0
			}
		case hclsyntax.TokenBang, hclsyntax.TokenMinus, hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash,
			hclsyntax.TokenPercent, hclsyntax.TokenQuestion, hclsyntax.TokenAnd, hclsyntax.TokenOr,
			hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenGreaterThan,
			hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThanEq:
			operators++
		}
		if depth > maxDepth || operators > maxOperators {
			return &tokens[i]
		}
	}
	return nil
}
