package integration

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"director/integration/lab"
)

// TestBadVRRPFlood lets an attacker send 10,000 adverts a second from 100 sources
// to a master and its backup, who ask for signed ones.
func TestBadVRRPFlood(t *testing.T) {
	lab.Need(t, lab.Netns)
	w := wires[2]
	lab.Fairly(t, w.interval/2, func(t lab.T) { testFlood(t, w) })
}

const (
	floodRate    = 10000
	floodSources = 100
	floodBurst   = 400
	floodLasts   = 6 * time.Second
	// floodLines is what it may write into a log: eight senders of each of few
	// things that are wrong.
	floodLines = 40
)

func testFlood(t lab.T, w wire) {
	p := newSignedPair(t, w, signing("enforce", 1, 1))
	p.counted()
	was, lines := p.transitions(), [2]int{len(p.low.log()), len(p.high.log())}
	begin := time.Now()
	sent := p.flood(p.floodFrames())
	end := time.Now()
	rate := float64(sent) / end.Sub(begin).Seconds()
	if rate < floodRate/2 {
		t.Fatalf("only %.0f adverts a second", rate)
	}
	p.staysMaster(p.b, p.a)
	if now := p.transitions(); now != was {
		t.Fatalf("%v role changes, were %v", now, was)
	}
	adverts, gap := len(p.tape.From(p.b.mac(), begin)), p.gapOf(p.b, begin)
	if gap >= 2*w.interval {
		t.Fatalf("an advert of the master is missing: none for %v", gap)
	}
	for n, b := range []*balancer{p.low, p.high} {
		if more := len(b.log()) - lines[n]; more > floodLines {
			t.Fatalf("%s wrote %d lines", b.Name, more)
		}
	}
	for n, b := range []*balancer{p.low, p.high} {
		lab.Claim(t, "%s counts %v and writes %d lines", b.Name, p.allCounted(b, sent), len(b.log())-lines[n])
	}
	lab.Claim(t, "%d forged adverts from %d sources, %.0f a second: all %d of the master's own leave in time (longest gap %s), the backup hears it (least margin %.0f ms), no role change",
		sent, floodSources, rate, adverts, ms(gap), 1000*p.low.instance().SmallestMarginSeconds)
}

// allCounted waits until status has counted what reached the machine: what comes
// from its own address the kernel drops, and its filter what is another VRID's. A
// queue on the way may lose some when the machine is late.
func (p *signedPair) allCounted(b *balancer, sent int) map[string]uint64 {
	want := uint64(sent * 3 / 4 * (floodSources - 1) / floodSources)
	var dropped map[string]uint64
	var total uint64
	p.lab.Becomes(3*time.Second, func() bool {
		dropped, total = b.instance().Dropped, 0
		for _, n := range dropped {
			total += n
		}
		return total >= want*99/100
	})
	p.lab.Expect(total >= want*9/10 && total <= want*101/100, "%s counts %v, %d in all, want %d", b.Name, dropped, total, want)
	return dropped
}

// floodFrames are four adverts from each source: of a master that leaves and of a
// better one, with everything right but the key; without a trailer; of another
// virtual router. Two of the sources are those of master and backup.
func (p *signedPair) floodFrames() []signedFrame {
	captured := p.from(p.b, time.Time{})[0]
	group := netip.MustParseAddr("224.0.0.18")
	var frames []signedFrame
	for kind := range 4 {
		for n := range floodSources {
			source := netip.AddrFrom4([4]byte{10, 99, 0, byte(100 + n)})
			switch n {
			case 0:
				source = p.a.source()
			case 1:
				source = p.b.source()
			}
			var f signedFrame
			switch kind {
			case 0:
				f = captured.forge(source, group, 255).at(time.Now().Unix()+2).sign(1, notKey)
			case 1:
				f = captured.forge(source, group, 0).at(time.Now().Unix()+2).sign(1, notKey)
			case 2:
				f = captured.forge(source, group, 255).unsigned()
			default:
				f = captured.forge(source, group, 255)
				f.pdu()[1]++
				f = f.seal()
			}
			frames = append(frames, f)
		}
	}
	return frames
}

// flood sends frames in turn to all on the segment and returns how many. Where that
// is allowed it has a CPU when it wants one, as another machine has.
func (p *signedPair) flood(frames []signedFrame) int {
	sent := make(chan int)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with us
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		sent <- p.sendAll(frames)
	}()
	return <-sent
}

func (p *signedPair) sendAll(frames []signedFrame) (sent int) {
	everybody := net.HardwareAddr{0x01, 0, 0x5e, 0, 0, 18}
	pause := unix.NsecToTimespec(time.Millisecond.Nanoseconds())
	begin := time.Now()
	for now := begin; now.Before(begin.Add(floodLasts)); now = time.Now() {
		// No queue on the way can hold all that a late sender would catch up with.
		for due := min(int(now.Sub(begin).Seconds()*floodRate), sent+floodBurst); sent < due; sent++ {
			// What does not leave is missing in what is counted.
			_ = p.player.Play(frames[sent%len(frames)], everybody)
		}
		_ = unix.Nanosleep(&pause, nil)
	}
	return sent
}
