package netif

import (
	"fmt"
	"net/netip"
	"testing"

	"director/internal/nstest"
)

// benchTable is a Table in a namespace where eth0 is joined to eth1.
func benchTable(b *testing.B) *Table {
	b.Helper()
	ns := nstest.New(b)
	nstest.Veth(b, ns, "eth0", ns, "eth1")
	ns.Run(b, "ip", "addr", "add", "10.0.0.1/8", "dev", "eth0")
	var table *Table
	var err error
	ns.Do(func() { table, err = New(nil, nil) })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(table.Close)
	return table
}

func BenchmarkTakeOverAndGiveUp(b *testing.B) {
	for _, n := range []int{1, 255, 1000} {
		b.Run(fmt.Sprintf("addresses=%d", n), func(b *testing.B) {
			table := benchTable(b)
			for b.Loop() {
				for i := range n {
					a := vip(fmt.Sprintf("10.1.%d.%d/32", i/250, i%250))
					if _, err := table.Add(b.Context(), a); err != nil {
						b.Fatal(err)
					}
				}
				for i := range n {
					a := vip(fmt.Sprintf("10.1.%d.%d/32", i/250, i%250))
					if err := table.Delete(b.Context(), a); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkAnnounce(b *testing.B) {
	table := benchTable(b)
	for _, prefix := range []string{"192.0.2.1/32", "2001:db8::1/128"} {
		b.Run(prefix[:3], func(b *testing.B) {
			for b.Loop() {
				if err := table.Announce(b.Context(), vip(prefix)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSourceForTenThousand(b *testing.B) {
	table := benchTable(b)
	sources := NewSources(table)
	sources.listening = true
	dst := make([]netip.Addr, 10000)
	for i := range dst {
		dst[i] = netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)})
	}
	for _, cached := range []bool{false, true} {
		b.Run(fmt.Sprintf("cached=%v", cached), func(b *testing.B) {
			for b.Loop() {
				if !cached {
					sources.changed()
				}
				for _, d := range dst {
					if _, err := sources.SourceFor(d); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
