package bench

import (
	"fmt"
	"slices"
	"time"
)

// A spread is a set of ratios: of repetitions of one measurement.
type spread []float64

func (s *spread) add(part, whole time.Duration) { *s = append(*s, float64(part)/float64(whole)) }

// cells are the least, the median and the greatest.
func (s spread) cells() []string {
	if len(s) == 0 {
		return []string{"-", "-", "-"}
	}
	sorted := slices.Sorted(slices.Values(s))
	return []string{ratio(sorted[0]), ratio(s.median()), ratio(sorted[len(sorted)-1])}
}

// median is the middle one; of an even number the mean of the middle two.
func (s spread) median() float64 {
	sorted := slices.Sorted(slices.Values(s))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// ratio prints three digits where they mean something.
func ratio(r float64) string {
	switch {
	case r < 10:
		return fmt.Sprintf("%.2f", r)
	case r < 100:
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}
