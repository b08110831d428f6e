package config

import (
	"fmt"
	"slices"
	"strings"

	"director/checkers"

	"github.com/zclconf/go-cty/cty"
)

// hostKind is a Host header.
var hostKind = ofString(`a name such as "www.example.net"`, func(s string) (any, *fault) {
	if s == "" {
		return nil, faultf("must not be empty")
	}
	if err := checkers.CheckHost(s); err != nil {
		return nil, faultf("%s", err)
	}
	return s, nil
})

// plainText is any string that is not empty, of any number of lines.
var plainText = ofString("a string", func(s string) (any, *fault) {
	if s == "" {
		return nil, faultf("must not be empty")
	}
	return s, nil
})

// headersKind is an object of headers, in order of their names.
var headersKind = &kind{want: `an object such as { Accept = "text/html" }`, read: func(v cty.Value) (any, *fault) {
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		return nil, wrongType
	}
	var headers []checkers.Header
	seen := map[string]bool{}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		name := k.AsString()
		if e.IsNull() || !e.IsKnown() || e.Type() != cty.String {
			return nil, faultf("%s: needs a string", name)
		}
		if err := checkers.CheckHeader(name, e.AsString()); err != nil {
			return nil, faultf("%s %s", name, err)
		}
		if lower := strings.ToLower(name); seen[lower] {
			return nil, faultf("%s is there twice", name)
		} else {
			seen[lower] = true
		}
		headers = append(headers, checkers.Header{Name: name, Value: e.AsString()})
	}
	return headers, nil
}}

// regexOptions are the options of regex that RE2 has, by its letters.
var regexOptions = []struct{ name, flag string }{
	{"caseless", "i"}, {"multiline", "m"}, {"dotall", "s"}, {"ungreedy", "U"},
}

// pcreOptions are keepalived's other ones.
var pcreOptions = []string{
	"allow_empty_class", "alt_bsux", "alt_circumflex", "alt_verbnames", "auto_callout", "dollar_endonly", "dupnames",
	"extended", "firstline", "match_unset_backref", "never_backslash_c", "never_ucp", "never_utf", "no_auto_capture",
	"no_auto_possess", "no_dotstar_anchor", "no_start_optimize", "ucp", "use_offset_limit", "utf",
}

// regexOptionKind is an option of regex.
var regexOptionKind = func() *kind {
	var words []string
	for _, o := range regexOptions {
		words = append(words, o.name)
	}
	k := oneOf(words...)
	return ofString(k.want, func(s string) (any, *fault) {
		if slices.Contains(pcreOptions, s) {
			return nil, faultf("%s needs PCRE: regex is RE2, which has %s", s, strings.Join(words, ", "))
		}
		return k.read(cty.StringVal(s))
	})
}()

// maxPayload is the longest payload in bytes that UDP carries over IPv4.
const maxPayload = 65507

// payloadKind is what is sent, in hexadecimal.
var payloadKind = ofString(`hexadecimal digits such as "68 65 78"`, func(s string) (any, *fault) {
	p, f := readPattern(s, false)
	return p.Bytes, f
})

// replyKind is what a reply begins with.
var replyKind = ofString(`hexadecimal digits such as "68 6x", "x" for any`, func(s string) (any, *fault) {
	p, f := readPattern(s, true)
	return p, f
})

// readPattern reads hexadecimal digits; open: "x" stands for any.
func readPattern(s string, open bool) (checkers.Pattern, *fault) {
	var p checkers.Pattern
	want := "hexadecimal digits"
	if open {
		want = `hexadecimal digits, or "x" for any`
	}
	n := 0 // digits so far
	for _, c := range strings.ToLower(s) {
		digit, mask := strings.IndexRune("0123456789abcdef", c), byte(0x0f)
		switch {
		case c == ' ':
			continue
		case c == 'x' && open:
			digit, mask = 0, 0
		case digit < 0:
			return p, faultf("needs %s, not %s", want, fmt.Sprintf("%q", c))
		}
		if n%2 == 0 {
			p.Bytes, p.Mask = append(p.Bytes, byte(digit)<<4), append(p.Mask, mask<<4)
		} else {
			p.Bytes[n/2] |= byte(digit)
			p.Mask[n/2] |= mask
		}
		n++
	}
	switch {
	case n == 0:
		return p, faultf("must not be empty")
	case n%2 == 1:
		return p, faultf("needs two digits for each byte")
	case len(p.Bytes) > maxPayload:
		return p, faultf("must have at most %d bytes", maxPayload)
	}
	return p, nil
}
