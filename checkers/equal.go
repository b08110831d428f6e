package checkers

import (
	"regexp"
	"slices"
)

// Equal says whether two specs ask the same question in the same rhythm. A
// check whose spec is equal after a reload keeps its history. Warmup and
// LogAllFailures do not count: a check that runs needs no new beginning for
// them.
func (s Spec) Equal(o Spec) bool {
	a, b := s.plain(), o.plain()
	return a == b && s.HTTP.equal(o.HTTP) && s.TLS.equal(o.TLS) && equalPointers(s.SMTP, o.SMTP) &&
		equalPointers(s.DNS, o.DNS) && s.UDP.equal(o.UDP) && s.Misc.equal(o.Misc) && equalPointers(s.Follow, o.Follow)
}

// plain returns what of a spec is compared by ==.
func (s Spec) plain() Spec {
	s.HTTP, s.TLS, s.SMTP, s.DNS, s.UDP, s.Misc, s.Follow = nil, nil, nil, nil, nil, nil, nil
	s.Warmup, s.LogAllFailures = 0, false
	return s
}

func (h *HTTP) equal(o *HTTP) bool {
	if h == nil || o == nil {
		return h == o
	}
	return h.Protocol == o.Protocol && h.FastRecovery == o.FastRecovery &&
		slices.EqualFunc(h.URLs, o.URLs, URL.equal)
}

func (u URL) equal(o URL) bool {
	return u.Method == o.Method && u.Path == o.Path && u.Host == o.Host &&
		slices.Equal(u.Headers, o.Headers) &&
		u.ServerName == o.ServerName && u.CloseNotify == o.CloseNotify &&
		slices.Equal(u.Status, o.Status) &&
		equalPointers(u.Digest, o.Digest) && u.Contains == o.Contains &&
		pattern(u.Regex) == pattern(o.Regex) &&
		(u.Regex == nil) == (o.Regex == nil) &&
		u.RegexNoMatch == o.RegexNoMatch &&
		u.RegexMin == o.RegexMin && u.RegexMax == o.RegexMax
}

func (t *TLS) equal(o *TLS) bool {
	if t == nil || o == nil {
		return t == o
	}
	return t.Client.Equal(o.Client) && t.CA.Equal(o.CA) && t.Legacy == o.Legacy && t.MinDays == o.MinDays
}

func (u *UDP) equal(o *UDP) bool {
	if u == nil || o == nil {
		return u == o
	}
	return slices.Equal(u.Payload, o.Payload) && u.RequireReply == o.RequireReply &&
		slices.Equal(u.Reply.Bytes, o.Reply.Bytes) && slices.Equal(u.Reply.Mask, o.Reply.Mask) &&
		u.MinReply == o.MinReply && u.MaxReply == o.MaxReply
}

func (m *Misc) equal(o *Misc) bool {
	if m == nil || o == nil {
		return m == o
	}
	return m.Command.Equal(o.Command) && m.Timeout == o.Timeout && m.Dynamic == o.Dynamic
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
