package ipvs_test

import (
	"fmt"
	"testing"

	"director/ipvs"
)

func BenchmarkDiff(b *testing.B) {
	for _, size := range []struct{ services, servers int }{{1, 10000}, {1000, 10}} {
		have, want := ipvs.Large(size.services, size.servers, 1), ipvs.Large(size.services, size.servers, 2)
		for name, pair := range map[string][2][]ipvs.Service{
			"equal": {have, have}, "every weight": {have, want}, "from nothing": {nil, want}, "to nothing": {have, nil},
		} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.services, size.servers, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					ipvs.Diff(pair[0], pair[1])
				}
			})
		}
	}
}
