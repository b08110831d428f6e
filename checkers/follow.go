package checkers

import (
	"math"
	"strconv"
)

// File says what the number in a file means for a server: whether it is in
// order, and what is added to its weight. A check with weight 0 is passed by the
// number 0 alone, or with Reverse by all but 0. Otherwise the number times the
// weight, turned round by Reverse, is added; a product of -2147483648 or less is
// a failure. More than 2147483647 is that.
func (f Follow) File(value int) (up bool, part int, reason string) {
	reason = "number " + strconv.Itoa(value)
	if f.Weight == 0 {
		return (value == 0) != f.Reverse, 0, reason
	}
	product := int64(value) * int64(f.Weight)
	if f.Reverse {
		product = -product
	}
	if product <= math.MinInt32 {
		return false, 0, reason + ": failed"
	}
	part = int(min(product, math.MaxInt32))
	if part >= 0 {
		return true, part, reason + ": weight +" + strconv.Itoa(part)
	}
	return true, part, reason + ": weight " + strconv.Itoa(part)
}
