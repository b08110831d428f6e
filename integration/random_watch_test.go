package integration

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"

	"director/integration/lab"
)

// A watch sees an ordeal from outside.
type watch struct {
	witnesses [2]*lab.Witness // one on each island
	stalls    *lab.Stalls
	stop      func()

	mu       sync.Mutex // guards holdings
	holdings []holding
}

// newWatch begins to look.
func newWatch(l *lab.Lab, p *destiny, islands [2]*lab.Segment, hosts [3]*lab.Host) *watch {
	w := &watch{stalls: l.Stalls(tardy)}
	for n, s := range islands {
		w.witnesses[n] = s.Witness()
	}
	end := make(chan struct{})
	var open sync.WaitGroup
	w.stop = sync.OnceFunc(func() {
		close(end)
		open.Wait()
	})
	for n, host := range hosts {
		open.Go(func() {
			tick := time.NewTicker(25 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-end:
					return
				case <-tick.C:
					w.look(p, n, host)
				}
			}
		})
	}
	return w
}

// look notes which addresses a machine has. A look that took long tells nothing
// of when.
func (w *watch) look(p *destiny, n int, host *lab.Host) {
	at := time.Now()
	list, err := host.Links().AddrList(nil, netlink.FAMILY_ALL)
	if err != nil || time.Since(at) > tardy {
		return
	}
	h := holding{at: at, router: n, has: make([]int, len(p.circuits))}
	for _, a := range list {
		address, _ := netip.AddrFromSlice(a.IP)
		for i, c := range p.circuits {
			if slices.ContainsFunc(c.vips, func(vip netip.Prefix) bool { return vip.Addr() == address.Unmap() }) {
				h.has[i]++
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holdings = append(w.holdings, h)
}

// adverts sorts what the witnesses saw by circuits.
func (w *watch) adverts(p *destiny, routerOf func(netip.Addr) int) [][]claim {
	all := make([][]claim, len(p.circuits))
	for island, witness := range w.witnesses {
		for _, a := range witness.Adverts(time.Time{}) {
			n := slices.IndexFunc(p.circuits, func(c circuit) bool { return c.vrid == a.VRID })
			router := routerOf(a.Source)
			if n >= 0 && router >= 0 {
				all[n] = append(all[n], claim{at: a.At, router: router, priority: int(a.Priority), island: island})
			}
		}
	}
	for _, list := range all {
		slices.SortStableFunc(list, func(a, b claim) int { return a.at.Compare(b.at) })
	}
	return all
}

func (w *watch) held() []holding {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(slices.Values(w.holdings), func(a, b holding) int { return a.at.Compare(b.at) })
}
