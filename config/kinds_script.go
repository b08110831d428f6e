package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// scriptKind is a script: its argument list.
var scriptKind = &kind{want: `a list such as ["/usr/bin/killall", "-0", "nginx"], or a string without quotes and shell characters`, read: func(v cty.Value) (any, *fault) {
	ty := v.Type()
	if ty == cty.String {
		return splitScript(v.AsString())
	}
	if !ty.IsTupleType() && !ty.IsListType() {
		return nil, wrongType
	}
	var args []string
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		switch {
		case e.IsNull() || !e.IsKnown() || e.Type() != cty.String:
			return nil, faultf("each argument is a string: write numbers in quotes")
		case strings.ContainsRune(e.AsString(), 0):
			return nil, faultf("must not contain a NUL byte")
		}
		args = append(args, e.AsString())
	}
	return checkProgram(args)
}}

// shellChars are those that only a shell knows, quotes and backslashes apart.
const shellChars = "|&;<>()$*?["

// splitScript cuts a script at blanks.
func splitScript(s string) (any, *fault) {
	switch {
	case strings.ContainsAny(s, "\x00\r\n"):
		return nil, faultf("must be a single line")
	case strings.HasPrefix(s, "</"):
		return nil, faultf("no shell reads it: write %s", listOfArgs([]string{"/bin/bash", "-c", s}))
	case strings.ContainsAny(s, shellChars):
		return nil, faultf("no shell reads it: write %s", listOfArgs([]string{"/bin/sh", "-c", s}))
	case strings.ContainsAny(s, `"'\`):
		return nil, faultf("no shell reads it: write %s", listOfArgs(unquote(s)))
	}
	return checkProgram(strings.Fields(s))
}

// checkProgram looks at the first word.
func checkProgram(args []string) (any, *fault) {
	switch {
	case len(args) == 0 || args[0] == "":
		return nil, faultf("must name a program")
	case strings.Contains(args[0], "/") && !filepath.IsAbs(args[0]):
		return nil, faultf("the program needs an absolute path, or a name alone")
	}
	return args, nil
}

// listOfArgs is how a script is written as a list.
func listOfArgs(args []string) string {
	q := make([]string, len(args))
	for i, a := range args {
		q[i] = strings.ReplaceAll(fmt.Sprintf("%q", a), "${", "$${")
	}
	return "[" + strings.Join(q, ", ") + "]"
}

// unquote cuts a string at blanks as a shell would, for advice.
func unquote(s string) []string {
	var args []string
	word, open, quote := "", false, rune(0)
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			word, open, escaped = word+string(r), true, false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			if open {
				args = append(args, word)
			}
			word, open = "", false
		default:
			word, open = word+string(r), true
		}
	}
	if open {
		args = append(args, word)
	}
	return args
}

// identity is a user and perhaps a group.
type identity struct{ user, group string }

// userKind is a user with or without group.
var userKind = ofString(`a user, "name" or "name:group"`, func(s string) (any, *fault) {
	user, group, found := strings.Cut(s, ":")
	switch f := checkWord(user, 32, ":/"); {
	case found && group == "":
		return nil, faultf(`leave the colon out; for supplementary groups write set_supplementary_groups = true`)
	case f != nil && strings.Contains(s, " "):
		return nil, faultf(`write "user:group"`)
	case f != nil:
		return nil, faultf("the user %s", f.hint)
	}
	if found {
		if f := checkWord(group, 32, ":/"); f != nil {
			return nil, faultf("the group %s", f.hint)
		}
	}
	return identity{user, group}, nil
})

// absPathKind is an absolute path.
var absPathKind = ofString("an absolute path", func(s string) (any, *fault) {
	switch {
	case !filepath.IsAbs(s):
		return nil, faultf(`needs an absolute path: "/run/..."`)
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return nil, faultf("must not contain control characters")
	}
	return filepath.Clean(s), nil
})
