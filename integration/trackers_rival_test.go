package integration

import (
	"testing"
	"time"

	"director/integration/lab"
)

// testTrackRival lets what is tracked decide between a director and keepalived.
func testTrackRival(t *testing.T) {
	l, lan, host := alone(t, "10.99.0.2/24")
	script := use{kind: "script", name: "chk"}
	g := &gauge{balancer: &balancer{Host: host, lab: l}, witness: lan.Witness(), instances: []tracking{{base: 150, uses: []use{script}}}}
	p := &playground{gauge: g, flag: l.File("flag", "")}
	rival := l.Host("lvs2", lan.At("10.99.0.3/24"))
	rival.Keepalived("global_defs {\n router_id b\n vrrp_version 3\n}\n"+tracking{base: 110}.keepalived(0), false)
	object := "vrrp_script \"chk\" {\n  script = [\"/usr/bin/test\", \"-e\", \"" + p.flag + "\"]\n  interval = 0.2\n}\n"
	p.run(object)
	vip := addr(vipOf(0))
	holds := func(what string, has, lacks *lab.Host) {
		t.Helper()
		l.Eventually(5*room, what+": "+has.Name+" alone holds the address", func() bool { return has.Has(vip) && !lacks.Has(vip) })
	}
	holds("the script succeeds", host, rival)
	begin := time.Now()
	p.remove(p.flag)
	holds("the script fails", rival, host)
	gap := p.silence(begin)
	skew := time.Duration(256-110) * 100 * time.Millisecond / 256
	if gap > skew+room/4 {
		t.Errorf("nobody advertised for %v after the FAULT, want the skew time %v", gap, skew)
	}
	p.write(p.flag, "")
	holds("the script succeeds again", host, rival)
	lab.Claim(t, "FAULT by a script: priority 0, keepalived with 110 is master %s later (skew time %s), and gives back", ms(gap), ms(skew))

	g.instances[0].uses[0].weight = -50
	p.reload(global() + object + hclOf(g.instances))
	holds("with a weight", host, rival)
	p.remove(p.flag)
	holds("the script fails, with weight -50", rival, host)
	if i := p.instance(); i.State != "BACKUP" || i.Priority != 100 {
		t.Errorf("status says %s with %d, want BACKUP with 100", i.State, i.Priority)
	}
	p.write(p.flag, "")
	holds("the script succeeds again, with weight -50", host, rival)
	lab.Claim(t, "with weight -50 the priority goes from 150 to 100, keepalived with 110 preempts, and the other way round")
}

// silence is the time between the first priority 0 since a moment and the next
// advert.
func (g *gauge) silence(since time.Time) time.Duration {
	var left time.Time
	for _, a := range g.witness.Adverts(since) {
		switch {
		case left.IsZero() && a.Priority == 0:
			left = a.At
		case !left.IsZero() && a.Priority > 0:
			return a.At.Sub(left)
		}
	}
	g.lab.Expect(false, "nobody left with priority 0, or nobody took over")
	return 0
}
