package config

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"

	"director/checkers"
)

// http builds the part of HTTP_GET.
func (b *builder) http(scope []*node, s *checkers.Spec) {
	k := scope[0]
	h := &checkers.HTTP{Protocol: or(k, "http_protocol", "1.0"), FastRecovery: or(k, "fast_recovery", false)}
	for _, u := range k.all("url") {
		h.URLs = append(h.URLs, b.url(u, nearestOf(append([]*node{u}, scope...), "virtualhost", "")))
	}
	if k.lacks("url") {
		b.fail(k.header, "Missing url", `%s needs at least one: url { path = "/" }`, s.Kind)
	}
	s.HTTP = h
}

// url builds one url.
func (b *builder) url(u *node, host string) checkers.URL {
	out := checkers.URL{
		Method: or(u, "method", ""), Path: or(u, "path", ""), Host: host,
		Headers:      or(u, "headers", []checkers.Header(nil)),
		Contains:     or(u, "body_contains", ""),
		Digest:       or(u, "digest", (*[16]byte)(nil)),
		RegexNoMatch: or(u, "regex_no_match", false),
		RegexMin:     int(or(u, "regex_min_offset", int64(0))),
		RegexMax:     int(or(u, "regex_max_offset", int64(0))),
	}
	for _, v := range or(u, "status_code", []any(nil)) {
		out.Status = append(out.Status, v.(checkers.StatusRange))
	}
	if v, ok := u.values["status_code"]; ok && v.v != nil && len(out.Status) == 0 {
		b.fail(v.rng, `Invalid value for "status_code"`, "must not be empty")
	}
	if out.Method == "HEAD" {
		for _, name := range []string{"digest", "body_contains", "regex"} {
			if v, ok := u.values[name]; ok {
				b.fail(v.name, name+" does not fit here", "an answer to HEAD has no body")
			}
		}
	}
	if !u.has("regex") {
		for _, name := range []string{"regex_no_match", "regex_options", "regex_min_offset", "regex_max_offset"} {
			if v, ok := u.values[name]; ok {
				b.fail(v.name, name+" does not fit here", "there is no regex")
			}
		}
		return out
	}
	out.Regex = b.regex(u)
	if out.RegexMax != 0 && out.RegexMin >= out.RegexMax {
		b.fail(u.at("regex_max_offset"), `Invalid value for "regex_max_offset"`, "must be above regex_min_offset, %d", out.RegexMin)
	}
	return out
}

// regex compiles the pattern of a url.
func (b *builder) regex(u *node) *regexp.Regexp {
	pattern, ok := get[string](u, "regex")
	if !ok {
		return nil
	}
	flags := ""
	for _, o := range regexOptions {
		if slices.Contains(or(u, "regex_options", []any(nil)), any(o.name)) {
			flags += o.flag
		}
	}
	if flags != "" {
		pattern = fmt.Sprintf("(?%s:%s)", flags, pattern)
	}
	if re := b.patterns[pattern]; re != nil {
		return re
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		b.fail(u.at("regex"), "Invalid regular expression", "%s", uncapitalise(regexReason(err)))
		return nil
	}
	b.patterns[pattern] = re
	return re
}

// regexReason is what regexp says, without its prefix.
func regexReason(err error) string {
	se, ok := errors.AsType[*syntax.Error](err)
	if !ok {
		return err.Error()
	}
	text := se.Code.String() + ": " + se.Expr
	switch se.Code {
	case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatOp:
		text += ": regex is RE2, which has no look-around, back-references and possessive repeats"
	case syntax.ErrInvalidRepeatSize, syntax.ErrLarge:
		text += ": RE2 repeats 1000 times at most"
	}
	return text
}
