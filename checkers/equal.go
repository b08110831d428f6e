package checkers

import (
	"regexp"
	"slices"
)

// Equal says whether two specs ask the same question in the same rhythm. A
// check whose spec is equal after a reload keeps its history.
func (s Spec) Equal(o Spec) bool {
	a, b := s, o
	a.HTTP, b.HTTP = nil, nil
	a.DNS, b.DNS = nil, nil
	return a == b && s.HTTP.equal(o.HTTP) && equalPointers(s.DNS, o.DNS)
}

func (h *HTTP) equal(o *HTTP) bool {
	if h == nil || o == nil {
		return h == o
	}
	return h.Protocol == o.Protocol && h.FastRecovery == o.FastRecovery &&
		slices.EqualFunc(h.URLs, o.URLs, URL.equal)
}

func (u URL) equal(o URL) bool {
	return u.Path == o.Path && u.Host == o.Host &&
		slices.Equal(u.Status, o.Status) &&
		equalPointers(u.Digest, o.Digest) &&
		pattern(u.Regex) == pattern(o.Regex) &&
		(u.Regex == nil) == (o.Regex == nil) &&
		u.RegexNoMatch == o.RegexNoMatch &&
		u.RegexMin == o.RegexMin && u.RegexMax == o.RegexMax
}

func equalPointers[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func pattern(re *regexp.Regexp) string {
	if re == nil {
		return ""
	}
	return re.String()
}
