package trackers

import (
	"math"
	"strings"
)

// number reads the number that text begins with, in any base that strtol(3)
// takes: 0x for 16, 0 for 8, else 10. Blanks before it and anything behind it do
// not matter; a number beyond 32 bits is the nearest within. ok is false where
// there is none.
func number(text string) (n int, ok bool) {
	rest := strings.TrimLeft(text, " \t\n\v\f\r")
	sign := int64(1)
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		if rest[0] == '-' {
			sign = -1
		}
		rest = rest[1:]
	}
	base := int64(10)
	switch {
	case len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' && digit(rest[2]) < 16:
		base, rest = 16, rest[2:]
	case rest != "" && rest[0] == '0':
		base = 8
	}
	var value int64
	for rest != "" && digit(rest[0]) < base {
		value = min(value*base+digit(rest[0]), math.MaxInt32+1)
		rest, ok = rest[1:], true
	}
	return int(max(min(sign*value, math.MaxInt32), math.MinInt32)), ok
}

// digit is the value of a digit of any base to 36; 36 is none.
func digit(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int64(c|0x20-'a') + 10
	}
	return 36
}
