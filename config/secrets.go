package config

import (
	"bytes"
	"regexp"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// secretNames are the names whose values are never shown: those the schema
// marks, and those of blocks that other versions know. secretBlocks are the
// blocks that hold them.
var secretNames, secretBlocks = func() (names, blocks map[string]bool) {
	names = map[string]bool{"password": true, "token": true, "secret": true}
	blocks = map[string]bool{"auth_hmac": true, "SSL": true, "http": true, "webhook": true}
	var walk func(*block)
	walk = func(b *block) {
		for _, a := range b.attrs {
			// The value of a key has a name that others have too: isSecretWord
			// knows it by its place.
			if a.secret && b.name != "key" {
				names[a.name], blocks[b.name] = true, true
			}
		}
		for _, c := range b.blocks {
			walk(c)
		}
	}
	walk(rootBlock)
	return names, blocks
}()

// looksSecret also takes misspellings: `auth_pas = "x"` is an error whose line
// is shown.
func looksSecret(name string, more map[string]bool) bool {
	if secretNames[name] || more[name] {
		return true
	}
	for s := range secretNames {
		if len(name) > 4 && levenshtein.Distance(name, s, nil) <= 2 {
			return true
		}
	}
	return false
}

// findSecrets returns the spans of the values of secret names in data. Names
// in more count as secret too.
func findSecrets(data []byte, more map[string]bool) []span {
	tokens, _ := hclsyntax.LexConfig(data, "", hcl.InitialPos)
	var spans []span
	blocks := []string{} // the word that opened each open brace
	word := ""           // the first word of the statement
	for i := 0; i < len(tokens); i++ {
		tok := tokens[i]
		switch tok.Type {
		case hclsyntax.TokenComment, hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenInvalid:
			spans = append(spans, looseSecrets(data, tok, more)...)
		case hclsyntax.TokenNewline:
			word = ""
			continue
		case hclsyntax.TokenOBrace:
			blocks, word = append(blocks, word), ""
			continue
		case hclsyntax.TokenCBrace:
			if len(blocks) > 0 {
				blocks = blocks[:len(blocks)-1]
			}
			continue
		}
		if tok.Type == hclsyntax.TokenComment {
			word = "" // a comment to the end of the line takes the line end with it
			continue
		}
		if word == "" && tok.Type == hclsyntax.TokenIdent {
			word = string(tok.Bytes)
		}
		if !isSecretWord(tok, tokens[min(i+1, len(tokens)):], blocks, word, more) {
			continue
		}
		end := statementEnd(tokens, i+1)
		if s := valueSpan(tokens[i+1 : end]); s.end > s.start {
			spans = append(spans, s)
		}
		i, word = end-1, ""
	}
	return merge(spans)
}

// isSecretWord reports whether tok, before rest, names something secret at its
// place.
func isSecretWord(tok hclsyntax.Token, rest hclsyntax.Tokens, blocks []string, word string, more map[string]bool) bool {
	if tok.Type != hclsyntax.TokenIdent && tok.Type != hclsyntax.TokenQuotedLit && tok.Type != hclsyntax.TokenStringLit {
		return false
	}
	name := string(tok.Bytes)
	in, around := "", ""
	if n := len(blocks); n > 0 {
		in = blocks[n-1]
		around = blocks[max(0, n-2)]
	}
	switch {
	case tok.Type == hclsyntax.TokenIdent && looksSecret(name, more):
		return true
	case in == "key", in != "auth_hmac" && around == "auth_hmac": // a key, or what should be one
		return true
	case in == "auth_hmac" && name == "key" && !opensBlock(rest):
		return true
	case tok.Type == hclsyntax.TokenIdent && secretBlocks[name] && len(rest) > 0 && rest[0].Type == hclsyntax.TokenEqual:
		return true
	}
	// A secret variable: its block is masked as a whole.
	return tok.Type == hclsyntax.TokenQuotedLit && word == "variable" && more[name]
}

// opensBlock reports whether tokens are a label and a brace.
func opensBlock(tokens hclsyntax.Tokens) bool {
	for i, tok := range tokens {
		switch tok.Type {
		case hclsyntax.TokenOBrace:
			return i == 1 || i == 3 // key 1 {, key "1" {
		case hclsyntax.TokenNewline, hclsyntax.TokenEqual, hclsyntax.TokenEOF:
			return false
		}
	}
	return false
}

// statementEnd returns the index of the token that ends the value which begins
// at from: a line end, or the end of the block around it. A comment behind the
// value belongs to it.
func statementEnd(tokens hclsyntax.Tokens, from int) int {
	depth := 0
	for i := from; i < len(tokens); i++ {
		switch tokens[i].Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			depth--
			if depth < 0 {
				// The quote after a quoted name is no end: "auth_pass" = "x".
				if tokens[i].Type == hclsyntax.TokenCQuote {
					depth = 0
					continue
				}
				return i
			}
		case hclsyntax.TokenComment: // one to the end of the line takes the line end with it
			if depth == 0 && bytes.HasSuffix(tokens[i].Bytes, []byte("\n")) {
				return i + 1
			}
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF, hclsyntax.TokenQuotedNewline:
			if depth == 0 || tokens[i].Type == hclsyntax.TokenEOF {
				return i
			}
		}
	}
	return len(tokens)
}

// valueSpan is what tokens cover, without the sign before the value.
func valueSpan(tokens hclsyntax.Tokens) span {
	for len(tokens) > 0 && (tokens[0].Type == hclsyntax.TokenEqual || tokens[0].Type == hclsyntax.TokenColon ||
		tokens[0].Type == hclsyntax.TokenCQuote) {
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return span{}
	}
	return span{tokens[0].Range.Start.Byte, tokens[len(tokens)-1].Range.End.Byte}
}

// looseSecrets masks the rest of the line after a secret name in a comment or
// string: a line that is commented out still holds its password, and after a
// missing quote text and code change places.
func looseSecrets(data []byte, tok hclsyntax.Token, more map[string]bool) []span {
	var spans []span
	for _, m := range looseValue.FindAllIndex(tok.Bytes, -1) {
		spans = append(spans, restOfLine(data, tok.Range.Start.Byte+m[1]))
	}
	for _, names := range []map[string]bool{secretNames, more} {
		for name := range names {
			for at := 0; ; {
				i := bytes.Index(tok.Bytes[at:], []byte(name))
				if i < 0 {
					break
				}
				at += i + len(name)
				spans = append(spans, restOfLine(data, tok.Range.Start.Byte+at))
			}
		}
	}
	return spans
}

// looseValue is the value of a key in auth_hmac, in text.
var looseValue = regexp.MustCompile(`\b(value|key)\b[^=\n]*=`)

// restOfLine is what follows an offset on its line.
func restOfLine(data []byte, start int) span {
	end := len(data)
	if n := bytes.IndexByte(data[start:], '\n'); n >= 0 {
		end = start + n
	}
	return span{start, end}
}

// merge sorts spans and joins those that overlap.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.start <= out[n-1].end {
			out[n-1].end = max(out[n-1].end, s.end)
			continue
		}
		out = append(out, s)
	}
	return out
}
