package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"director/integration/lab"
)

// TestHandover lets a director leave the role to another one and to keepalived,
// by command and by a stop, while a client asks every millisecond: nothing is
// lost to a director, and what is lost to keepalived is stated. On the wire of
// the leaving one is seen what it still says.
//
// It needs network namespaces and keepalived.
func TestHandover(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	// Two at a time: more would be late for reasons of their own.
	for _, other := range []string{"director", "keepalived"} {
		t.Run("to "+other, func(t *testing.T) {
			t.Parallel()
			for _, s := range setups {
				t.Run(s.String(), func(t *testing.T) { testHandover(t, s, other) })
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) { t.Parallel(); testNobodyThere(t) })
	t.Run("bounds", testBounds)
}

// testHandover goes from a to b by command, while somebody asks anew who has the
// address, and back, and to b by a stop of a.
func testHandover(t *testing.T, s setup, other string) {
	h := newHandover(t, s, other)
	h.ask()
	h.bothUp()

	h.repeat(t, "command", func() changeover {
		h.back()
		h.settled(h.a, h.b)
		fresh := h.askAnew()
		c := changeover{what: "command", from: h.a, to: h.b, begin: time.Now()}
		said, err := h.director.Command("handover", "VI_1")
		h.lab.Expect(err == nil && strings.Contains(said, h.b.source().String()),
			"handover: %v, %q, want who is master now", err, said)
		h.settled(h.b, h.a)
		c.end = time.Now()
		c.fresh = fresh.Between(c.begin, c.end)
		fresh.Stop()
		return c
	})

	c := changeover{what: "--back", from: h.b, to: h.a, begin: time.Now()}
	h.back()
	h.settled(h.a, h.b)
	c.end = time.Now()
	lab.Claim(t, "--back: %s preempts %s again, %s", h.a, h.b, h.seen(&c))

	h.repeat(t, "stop", func() changeover {
		if !h.a.process.Running() {
			h.launch(h.a)
		}
		h.settled(h.a, h.b)
		c := changeover{what: "stop", from: h.a, to: h.b, begin: time.Now()}
		took := h.director.Stop()
		h.lab.Expect(took < stopLimit, "the stop took %v", took)
		h.settled(h.b, h.a)
		c.end = time.Now()
		return c
	})
}

// back lets a preempt again.
func (h *handover) back() {
	said, err := h.director.Command("handover", "VI_1", "--back")
	h.lab.Expect(err == nil, "handover --back: %v, %q", err, said)
}

// stopLimit bounds a stop, whatever advert_int is.
const stopLimit = 10 * time.Second

// A changeover is one handover as clients and wires saw it.
type changeover struct {
	what       string
	from, to   *router
	begin, end time.Time
	fresh      lab.Probed // of who asks anew who has the address; nil: nobody did
}

// late is how late the machine may be: later it is no witness.
const late = 40 * time.Millisecond

// tries bounds how often a changeover is made anew on a machine that is late.
const tries = 6

// repeat makes a changeover, again while the machine itself was late, and judges
// it.
func (h *handover) repeat(t *testing.T, what string, act func() changeover) {
	t.Helper()
	for try := 1; ; try++ {
		c := act()
		problems := h.judge(&c)
		if len(problems) == 0 {
			h.claim(t, &c)
			return
		}
		text := fmt.Sprintf("%s, %s: %s\n%s", what, h.seen(&c), strings.Join(problems, "; "), h.story(&c))
		pause := h.pause(&c)
		if pause < late/2 || try == tries {
			t.Fatal(text)
		}
		t.Logf("again, the machine was late by %v: %s", pause, text)
	}
}

// pause is the longest time in which the machine did not let clients ask, or
// kept those waiting who change addresses.
func (h *handover) pause(c *changeover) time.Duration {
	pause := h.canary.Longest(c.begin, c.end)
	for _, p := range h.steady {
		pause = max(pause, p.Between(c.begin, c.end).Pause())
	}
	return pause
}

// judge returns what was not as it has to be.
func (h *handover) judge(c *changeover) (problems []string) {
	if n := h.lost(c); n > 0 && h.b.program == "director" {
		problems = append(problems, fmt.Sprintf("%d probes lost", n))
	}
	first := h.firstFrom(c)
	if first.IsZero() {
		return append(problems, "no advert of "+c.to.String())
	}
	if after := h.lastWord(c).Sub(first); after > late {
		problems = append(problems, fmt.Sprintf("the leaving one still answered %v after the other's first advert", after))
	}
	if after := h.lastVirtual(c).Sub(first); after > late {
		problems = append(problems, fmt.Sprintf("the leaving one still used the virtual MAC %v after the other's first advert", after))
	}
	return problems
}

// lost counts the probes that had no answer.
func (h *handover) lost(c *changeover) int {
	lost := len(c.fresh.Lost())
	for _, p := range h.steady {
		lost += len(p.Between(c.begin, c.end).Lost())
	}
	return lost
}

// seen sums up what clients saw.
func (h *handover) seen(c *changeover) string {
	var made, lost int
	var slowest, gap time.Duration
	for _, p := range h.steady {
		seen := p.Between(c.begin, c.end)
		made, lost = made+len(seen), lost+len(seen.Lost())
		slowest, gap = max(slowest, seen.Slowest()), max(gap, seen.Gap())
	}
	text := fmt.Sprintf("%d of %d probes lost, longest gap %v, slowest answer %v", lost, made, tenths(gap), tenths(slowest))
	if c.fresh != nil {
		text += fmt.Sprintf("; asking anew each time: %s", c.fresh)
	}
	return text
}

func tenths(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

func (h *handover) claim(t *testing.T, c *changeover) {
	t.Helper()
	first := h.firstFrom(c)
	text := fmt.Sprintf("%s: %s; last ARP or ND answer or announcement of the leaving one %s",
		c.what, h.seen(c), relative(h.lastWord(c), first))
	if h.vmac {
		text += ", last frame from the virtual MAC " + relative(h.lastVirtual(c), first)
	}
	if c.to.program == "keepalived" {
		text += " (to keepalived)"
	}
	lab.Claim(t, "%s", text)
}

// relative says when something was, as seen from the other's first advert.
func relative(at, advert time.Time) string {
	switch {
	case at.IsZero():
		return "never"
	case at.Before(advert):
		return "before the other's first advert"
	}
	return fmt.Sprintf("%v after the other's first advert", tenths(at.Sub(advert)))
}

// firstFrom is when the winner first advertised.
func (h *handover) firstFrom(c *changeover) time.Time {
	return firstAt(h.outbox[c.to].Frames(c.begin, func(f lab.Frame) bool {
		return f.Kind == lab.Advertises && f.Priority > 0
	}))
}

// lastWord is when the leaving one last said that it has one of the addresses.
func (h *handover) lastWord(c *changeover) time.Time {
	return lastAt(h.outbox[c.from].Frames(c.begin, func(f lab.Frame) bool {
		return (f.Kind == lab.Announces || f.Kind == lab.Answers) && slices.Contains(h.served(), f.Address)
	}))
}

// lastVirtual is when the leaving one last used a virtual MAC.
func (h *handover) lastVirtual(c *changeover) time.Time {
	return lastAt(h.outbox[c.from].Frames(c.begin, func(f lab.Frame) bool {
		return strings.HasPrefix(f.MAC.String(), "00:00:5e:00:")
	}))
}

func firstAt(frames []lab.Frame) time.Time {
	if len(frames) == 0 {
		return time.Time{}
	}
	return frames[0].At
}

func lastAt(frames []lab.Frame) time.Time {
	if len(frames) == 0 {
		return time.Time{}
	}
	return frames[len(frames)-1].At
}

// story is what both said around the change, and which probes were lost, for
// who has to find out why.
func (h *handover) story(c *changeover) string {
	first := h.firstFrom(c)
	var lines []string
	for _, r := range []*router{c.from, c.to} {
		const most = 30
		frames := h.outbox[r].Frames(first.Add(-2*time.Millisecond), func(f lab.Frame) bool {
			return f.Kind != lab.Carries || strings.HasPrefix(f.MAC.String(), "00:00:5e:00:")
		})
		for _, f := range frames[:min(most, len(frames))] {
			lines = append(lines, fmt.Sprintf("%v %s: %s %s %d from %s to %s", f.At.Sub(first), r.Name, f.Kind, f.Address, f.Priority, f.MAC, f.To))
		}
	}
	for _, p := range h.steady {
		for _, probe := range p.Between(c.begin, c.end).Lost() {
			lines = append(lines, fmt.Sprintf("%v lost", probe.Sent.Sub(first)))
		}
	}
	for _, probe := range c.fresh.Lost() {
		lines = append(lines, fmt.Sprintf("%v lost by who asks anew", probe.Sent.Sub(first)))
	}
	return strings.Join(lines, "\n")
}
