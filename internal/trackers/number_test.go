package trackers

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
		ok   bool
	}{
		{"5\n", 5, true}, {"-5", -5, true}, {"+7", 7, true}, {" \t\n 12 ", 12, true},
		{"0x1F", 31, true}, {"-0X10", -16, true}, {"010", 8, true}, {"0", 0, true}, {"-0", 0, true},
		{"09", 0, true}, {"0x", 0, true}, {"0xg", 0, true}, {"12abc", 12, true}, {"3 4", 3, true}, {"2.9", 2, true},
		{"", 0, false}, {"\n", 0, false}, {"abc", 0, false}, {"-", 0, false}, {"- 5", 0, false}, {"+-5", 0, false}, {"０", 0, false},
		{"2147483648", math.MaxInt32, true}, {"-2147483648", math.MinInt32, true}, {"-2147483649", math.MinInt32, true},
		{strings.Repeat("9", 100), math.MaxInt32, true}, {"-0x" + strings.Repeat("f", 50), math.MinInt32, true},
	} {
		if got, ok := number(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("number(%q) = %d, %v, want %d, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzNumber holds number against the standard library where the two read the
// same language: no digits of other bases, no underscores.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"5", "-0x1f", "010", " 7", "99999999999", "0b1", "1_0", "0o7"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := number(text)
		if got < math.MinInt32 || got > math.MaxInt32 || !ok && got != 0 {
			t.Fatalf("number(%q) = %d, %v", text, got, ok)
		}
		if strings.ContainsAny(text, "_bBoO") {
			return
		}
		n, err := strconv.ParseInt(text, 0, 64)
		if errors.Is(err, strconv.ErrSyntax) {
			return
		}
		if want := int(max(min(n, math.MaxInt32), math.MinInt32)); got != want || !ok {
			t.Fatalf("number(%q) = %d, %v, want %d", text, got, ok, want)
		}
	})
}
