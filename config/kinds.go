package config

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// A kind reads one sort of value.
type kind struct {
	// want completes "needs ..." and describes the kind in the reference.
	want string
	// read turns a value, known and not null, into a Go value. A nil fault
	// means success.
	read func(v cty.Value) (any, *fault)
	// elem is set for lists: the kind of each element.
	elem *kind
}

// fault is why a value was not taken.
type fault struct {
	// wrongType: the value is of another type; the hint follows from want.
	wrongType bool
	// hint is what is said beside the caret.
	hint string
}

var wrongType = &fault{wrongType: true}

func faultf(format string, args ...any) *fault { return &fault{hint: fmt.Sprintf(format, args...)} }

// ofString makes a kind that is written as a string.
func ofString(want string, read func(string) (any, *fault)) *kind {
	return &kind{want: want, read: func(v cty.Value) (any, *fault) {
		if v.Type() != cty.String {
			return nil, wrongType
		}
		return read(v.AsString())
	}}
}

// anyKind takes any value as it is.
var anyKind = &kind{want: "a value", read: func(v cty.Value) (any, *fault) { return v, nil }}

// boolean is true or false.
var boolean = &kind{want: "true or false", read: func(v cty.Value) (any, *fault) {
	if v.Type() != cty.Bool {
		if v.Type() == cty.String && slices.Contains([]string{"true", "false", "on", "off", "yes", "no"}, v.AsString()) {
			return nil, faultf("needs true or false, without quotes")
		}
		return nil, wrongType
	}
	return v.True(), nil
}}

// text_ is any string that is not empty.
var text_ = ofString("a string", func(s string) (any, *fault) {
	if s == "" {
		return nil, faultf("must not be empty")
	}
	if strings.ContainsAny(s, "\x00\r\n") {
		return nil, faultf("must be a single line")
	}
	return s, nil
})

// unlimited is an upper end that only keeps numbers in range of the machine;
// messages do not name it.
const unlimited = 1<<31 - 1

// limits says what a value must be.
func limits(low, high string, open bool) string {
	if open {
		return low + " or more"
	}
	return low + " to " + high
}

// integer is a whole number from low to high.
func integer(low, high int64) *kind {
	between := limits(fmt.Sprint(low), fmt.Sprint(high), high == unlimited)
	return &kind{want: "a whole number, " + between, read: func(v cty.Value) (any, *fault) {
		if v.Type() != cty.Number {
			return nil, wrongType
		}
		f := v.AsBigFloat()
		n, acc := f.Int64()
		if acc != big.Exact {
			if f.IsInt() {
				return nil, faultf("must be %s", between)
			}
			return nil, faultf("must be a whole number, %s", between)
		}
		if n < low || n > high {
			return nil, faultf("must be %s, not %d", between, n)
		}
		return n, nil
	}}
}

// oneOf is one of some words.
func oneOf(words ...string) *kind {
	want := "one of " + quoted(words)
	if len(words) == 1 {
		want = quoted(words)
	}
	return ofString(want, func(s string) (any, *fault) {
		if slices.Contains(words, s) {
			return s, nil
		}
		for _, w := range words {
			if strings.EqualFold(w, s) {
				return nil, faultf("did you mean %q?", w)
			}
		}
		if near := nearest(s, words); near != "" {
			return nil, faultf("did you mean %q?", near)
		}
		return nil, faultf("needs %s", want)
	})
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(q, ", ")
}

// maxSeconds keeps durations inside what time.Duration holds.
const maxSeconds = float64(math.MaxInt64) / float64(time.Second)

// seconds is a duration from low to high seconds.
func seconds(low, high float64) *kind {
	min, max := toDuration(low), toDuration(high)
	between := limits(short(min), short(max), high == unlimited)
	return &kind{
		want: fmt.Sprintf("a duration: seconds as a number or text such as \"30ms\", %s", between),
		read: func(v cty.Value) (any, *fault) {
			d, f := readDuration(v)
			if f != nil {
				return nil, f
			}
			if d < min || d > max {
				return nil, faultf("must be %s, not %s", between, short(d))
			}
			return d, nil
		},
	}
}

// wholeSeconds is a duration of whole seconds.
func wholeSeconds(low, high float64) *kind {
	k := seconds(low, high)
	return &kind{want: k.want + ", whole seconds", read: func(v cty.Value) (any, *fault) {
		d, f := k.read(v)
		if f == nil && d.(time.Duration)%time.Second != 0 {
			return nil, faultf("must be whole seconds")
		}
		return d, f
	}}
}

func toDuration(s float64) time.Duration { return time.Duration(math.Round(s * float64(time.Second))) }

func readDuration(v cty.Value) (time.Duration, *fault) {
	switch v.Type() {
	case cty.Number:
		s, _ := v.AsBigFloat().Float64()
		if math.Abs(s) >= maxSeconds {
			return 0, faultf("is too long")
		}
		return toDuration(s), nil
	case cty.String:
		s := v.AsString()
		d, err := time.ParseDuration(s)
		if err != nil || strings.Contains(s, "ns") {
			if isNumeral(s) {
				return 0, faultf("needs a unit (%q), or seconds as a number without quotes", s+"s")
			}
			return 0, faultf("needs a number with a unit: us, ms, s, m or h")
		}
		return d, nil
	}
	return 0, wrongType
}

// isNumeral reports whether s is digits, perhaps with a point.
func isNumeral(s string) bool { return s != "" && strings.Trim(s, "0123456789.") == "" }

// short prints a duration without zero units: 1h, not 1h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// orTrue is the kind of a keyword that stands bare or with a value: true is
// the bare word, false as if it were not there.
func orTrue(k *kind) *kind {
	return &kind{want: "true or " + k.want, read: func(v cty.Value) (any, *fault) {
		if v.Type() == cty.Bool {
			return v.True(), nil
		}
		return k.read(v)
	}}
}

// listOf is a list; one element may stand without brackets.
func listOf(elem *kind) *kind {
	return &kind{want: elem.want + ", or a list of them", elem: elem}
}
