package config

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"time"

	"director/checkers"
)

// checks builds the checks of a real server: its own, or else those of the
// service, as if they were copied.
func (b *builder) checks(r, vs *node, target netip.AddrPort) []checkers.Spec {
	from := r
	if !r.hasCheckers() {
		from = vs
	}
	var specs []checkers.Spec
	for _, k := range from.kids {
		switch k.spec.name {
		case "TCP_CHECK":
			specs = append(specs, b.check(k, r, vs, target, checkers.TCPCheck))
		case "HTTP_GET":
			spec := b.check(k, r, vs, target, checkers.HTTPGet)
			spec.HTTP = b.http([]*node{k, r, vs})
			specs = append(specs, spec)
		case "DNS_CHECK":
			spec := b.check(k, r, vs, target, checkers.DNSCheck)
			spec.DNS = &checkers.DNS{Type: or(k, "type", "SOA"), Name: or(k, "name", ".")}
			specs = append(specs, spec)
		}
	}
	return specs
}

// hasCheckers reports whether a block has checkers of its own.
func (n *node) hasCheckers() bool {
	for _, c := range checkerBlocks {
		if n.one(c.name) != nil {
			return true
		}
	}
	return false
}

// tries are the defaults of retry and delay_before_retry; a delay of 0 stands
// for delay_loop.
var tries = map[checkers.Kind]struct {
	retry int64
	delay time.Duration
}{
	checkers.TCPCheck: {1, time.Second},
	checkers.HTTPGet:  {1, 3 * time.Second},
	checkers.DNSCheck: {3, 0},
}

// check builds what all checkers have in common.
func (b *builder) check(k, r, vs *node, target netip.AddrPort, kind checkers.Kind) checkers.Spec {
	scope := []*node{k, r, vs}
	s := checkers.Spec{
		Kind:           kind,
		Bind:           or(k, "bindto", netip.Addr{}),
		BindPort:       uint16(or(k, "bind_port", int64(0))),
		BindInterface:  or(k, "bind_if", ""),
		FWMark:         uint32(or(k, "fwmark", int64(0))),
		ConnectTimeout: nearestOf(scope, "connect_timeout", 5*time.Second),
		DelayLoop:      nearestOf(scope, "delay_loop", DefaultDelayLoop),
		Retry:          int(nearestOf(scope, "retry", tries[kind].retry)),
		Alpha:          nearestOf(scope, "alpha", false),
		LogAllFailures: or(k, "log_all_failures", or(b.global, "checker_log_all_failures", false)),
	}
	delay := tries[kind].delay
	if delay == 0 {
		delay = s.DelayLoop
	}
	s.DelayBeforeRetry = nearestOf(scope, "delay_before_retry", delay)
	s.Warmup = nearestOf(scope, "warmup", s.DelayLoop)
	addr := or(k, "connect_ip", target.Addr())
	port := or(k, "connect_port", int64(target.Port()))
	s.Target = netip.AddrPortFrom(addr, uint16(port))
	if port == 0 {
		b.fail(k.header, "Nothing says which port to check", "write connect_port, or a port in real_server %q", r.label)
	}
	if s.Bind.IsValid() && s.Bind.Is4() != addr.Is4() {
		b.fail(k.at("bindto"), "Families differ", "the target is %s", addr)
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() && s.BindInterface == "" {
		b.fail(k.header, "A link-local target needs bind_if", "the target is %s", addr)
	}
	return s
}

// http builds the part of HTTP_GET; scope is the checker and what is around
// it.
func (b *builder) http(scope []*node) *checkers.HTTP {
	k := scope[0]
	h := &checkers.HTTP{Protocol: or(k, "http_protocol", "1.0"), FastRecovery: or(k, "fast_recovery", false)}
	for _, u := range k.all("url") {
		h.URLs = append(h.URLs, b.url(u, nearestOf(append([]*node{u}, scope...), "virtualhost", "")))
	}
	if k.lacks("url") {
		b.fail(k.header, "Missing url", `HTTP_GET needs at least one: url { path = "/" }`)
	}
	return h
}

// url builds one url.
func (b *builder) url(u *node, host string) checkers.URL {
	out := checkers.URL{
		Path: or(u, "path", ""), Host: host,
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

// regexFlags are RE2's letters for PCRE's options.
var regexFlags = map[string]string{"caseless": "i", "multiline": "m", "dotall": "s", "ungreedy": "U"}

// regex compiles the pattern of a url.
func (b *builder) regex(u *node) *regexp.Regexp {
	pattern, ok := get[string](u, "regex")
	if !ok {
		return nil
	}
	flags := ""
	for _, o := range or(u, "regex_options", []any(nil)) {
		flags += regexFlags[o.(string)]
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
	if se, ok := errors.AsType[*syntax.Error](err); ok {
		return se.Code.String() + ": " + se.Expr
	}
	return err.Error()
}
