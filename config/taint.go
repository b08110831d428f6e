package config

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// findSecrets tells all files which further names hold secrets: those that
// secret values are taken from, over any number of steps.
func (l *loader) findSecrets() {
	more := map[string]bool{}
	for range maxTaint {
		before := len(more)
		for _, t := range l.texts {
			t.secrets = findSecrets(t.data, more)
			for name := range sourcesOf(t) {
				more[name] = true
			}
		}
		if len(more) == before {
			break
		}
	}
	for name := range more {
		l.values.add(l.src.Vars[name])
		l.values.add(l.src.EnvVars[name])
		l.values.add(l.src.Env[name])
	}
	for _, t := range l.texts {
		l.values.addLiterals(t)
	}
}

// maxTaint bounds the steps from a secret to where its value stands.
const maxTaint = 20

// sourcesOf returns the names that secret values of a file refer to: pass of
// local.pass.
func sourcesOf(t *text) map[string]bool {
	names := map[string]bool{}
	for _, s := range t.secrets {
		tokens, _ := hclsyntax.LexExpression(t.data[s.start:s.end], "", hcl.InitialPos)
		for i := 1; i < len(tokens); i++ {
			name := string(tokens[i].Bytes)
			if tokens[i-1].Type == hclsyntax.TokenDot && tokens[i].Type == hclsyntax.TokenIdent && name != "value" && name != "key" {
				names[name] = true
			}
		}
	}
	return names
}

// secretValues are secrets themselves, so that one is not shown where it
// stands under a name that does not tell.
type secretValues struct {
	list []string
	seen map[string]bool
}

// Shorter secrets would hide half of the text, and more of them take too long.
const (
	minSecret  = 4
	maxSecrets = 1000
)

// add notes a secret. The path of a key file is none, and no password is as
// long as "file:" and a path.
func (v *secretValues) add(s string) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "file:") && len(s) > 8 {
		return
	}
	if len(s) < minSecret || v.seen[s] || len(v.list) == maxSecrets {
		return
	}
	v.seen[s] = true
	v.list = append(v.list, s)
}

// addLiterals notes the strings that are written out where a secret is. The
// argument of file() is none.
func (v *secretValues) addLiterals(t *text) {
	for _, s := range t.secrets {
		tokens, _ := hclsyntax.LexExpression(t.data[s.start:s.end], "", hcl.InitialPos)
		for i, tok := range tokens {
			if tok.Type != hclsyntax.TokenQuotedLit && tok.Type != hclsyntax.TokenStringLit {
				continue
			}
			if i >= 3 && string(tokens[i-3].Bytes) == "file" {
				continue
			}
			v.add(string(tok.Bytes))
		}
	}
}

// find returns where secrets stand in data, which begins at offset base.
func (v *secretValues) find(data []byte, base int) []span {
	var spans []span
	for _, s := range v.list {
		for at := 0; ; {
			i := bytes.Index(data[at:], []byte(s))
			if i < 0 {
				break
			}
			spans = append(spans, span{base + at + i, base + at + i + len(s)})
			at += i + len(s)
		}
	}
	return spans
}

// scrub removes known secrets from a message.
func (l *loader) scrub(s string) string {
	for _, v := range l.values.list {
		s = strings.ReplaceAll(s, v, masked)
	}
	return s
}
