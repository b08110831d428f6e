package integration

import (
	"net/netip"
	"testing"
	"time"

	"director/integration/lab"
)

// TestLab shows that the lab does what the other tests take for granted.
func TestLab(t *testing.T) {
	lab.Need(t, lab.Netns)
	l := lab.New(t)
	lan := l.Segment("lan")
	client := l.Host("client", lan.At("10.99.0.9/24", "fd99::9/64"))
	web := l.Host("web1", lan.At("10.99.0.11/24", "fd99::11/64"))
	server := web.WebServer(80, netip.MustParseAddr("10.99.0.100"))

	for _, target := range []string{"10.99.0.11:80", "[fd99::11]:80"} {
		if a := client.Get(netip.MustParseAddrPort(target)); a.Outcome != lab.Answered || a.By != "web1" {
			t.Errorf("%s: %s by %q (%v), want an answer of web1", target, a.Outcome, a.By, a.Err)
		}
	}
	if a := client.Get(netip.MustParseAddrPort("10.99.0.100:80")); a.Outcome == lab.Answered {
		t.Error("the server answers for the virtual address on its loopback")
	}
	lab.Claim(t, "a server answers with its name, over IPv4 and IPv6, and not for what is on its loopback")

	flow := client.Client(netip.MustParseAddrPort("10.99.0.11:80"), 5*time.Millisecond)
	time.Sleep(300 * time.Millisecond)
	server.Kill()
	killed := time.Now()
	time.Sleep(100 * time.Millisecond)
	web.Cut()
	cut := time.Now()
	time.Sleep(300 * time.Millisecond)
	web.Connect()
	web.Serve(80)
	time.Sleep(300 * time.Millisecond)
	seen := flow.Stop()
	t.Log(seen)
	if n := len(seen.Until(killed.Add(-100 * time.Millisecond)).Failed()); n != 0 {
		t.Errorf("%d attempts failed while all was well", n)
	}
	if len(seen.Since(killed).Until(cut.Add(-20*time.Millisecond)).With(lab.Refused)) == 0 {
		t.Error("no attempt was refused while nobody listened")
	}
	if len(seen.Since(cut).With(lab.Silent)) == 0 || seen.Gap() < 300*time.Millisecond {
		t.Errorf("no silence while the server was cut off: gap %v", seen.Gap())
	}
	lab.Claim(t, "the client tells answers, refusals and silence apart (%s)", seen)

	web.Crash()
	if running := web.Processes(); len(running) != 0 {
		t.Errorf("still running after a crash: %v", running)
	}
	web.Return()
	web.Serve(80)
	if a := client.Get(netip.MustParseAddrPort("10.99.0.11:80")); a.Outcome != lab.Answered {
		t.Errorf("after the return: %s (%v), want an answer", a.Outcome, a.Err)
	}
	lab.Claim(t, "a crashed machine has no processes, and serves again when it is back")
}
