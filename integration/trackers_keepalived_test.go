package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"director/integration/lab"
)

// A besideStep is something that happens to what is tracked, and the priorities
// that follow from it, with either program.
type besideStep struct {
	what string
	do   func(p *playground)
	want []int
}

// A playground is what the instances of a gauge track.
type playground struct {
	*gauge
	flag, number string // files
}

// besideInstances track in every way that both programs know; the comment is
// the place in the lists of besideSteps.
var besideInstances = []tracking{
	{uses: []use{{kind: "script", name: "chk", weight: 10}}},                                                                                       // 0
	{uses: []use{{kind: "script", name: "chk", weight: -10}}},                                                                                      // 1
	{uses: []use{{kind: "script", name: "chk", weight: 10, reverse: true}}},                                                                        // 2
	{uses: []use{{kind: "script", name: "chk", weight: -10, reverse: true}}},                                                                       // 3
	{uses: []use{{kind: "script", name: "chk"}}},                                                                                                   // 4
	{uses: []use{{kind: "interface", name: "t0", weight: 20}}},                                                                                     // 5
	{uses: []use{{kind: "interface", name: "t0", weight: -20}}},                                                                                    // 6
	{uses: []use{{kind: "interface", name: "t0", weight: 20, reverse: true}}},                                                                      // 7
	{uses: []use{{kind: "interface", name: "t0"}}},                                                                                                 // 8
	{uses: []use{{kind: "file", name: "num", weight: 1}}},                                                                                          // 9
	{uses: []use{{kind: "file", name: "num", weight: -2}}},                                                                                         // 10
	{uses: []use{{kind: "file", name: "num", weight: 1, reverse: true}}},                                                                           // 11
	{base: 250, uses: []use{{kind: "script", name: "chk", weight: 10}, {kind: "interface", name: "t0", weight: 20}}},                               // 12
	{base: 5, uses: []use{{kind: "script", name: "chk", weight: -10}, {kind: "interface", name: "t0", weight: -20}}},                               // 13
	{uses: []use{{kind: "script", name: "chk", weight: -10}, {kind: "interface", name: "t0", weight: 20}, {kind: "file", name: "num", weight: 1}}}, // 14
	{base: 255, uses: []use{{kind: "script", name: "chk", weight: -10}, {kind: "interface", name: "t0", weight: 20}}},                              // 15
}

var besideSteps = []besideStep{
	{"all is well, the file holds 0", func(*playground) {},
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 100, 100, 100, 254, 5, 120, 255}},
	{"the script fails", func(p *playground) { p.remove(p.flag) },
		[]int{100, 90, 100, 110, inFault, 120, 100, 80, 100, 100, 100, 100, 254, 1, 110, 255}},
	{"the interface goes down", func(p *playground) { p.Run("ip", "link", "set", "t0", "down") },
		[]int{100, 90, 100, 110, inFault, 100, 80, 100, inFault, 100, 100, 100, 250, 1, 90, 255}},
	{"the script succeeds again", func(p *playground) { p.write(p.flag, "") },
		[]int{110, 100, 90, 100, 100, 100, 80, 100, inFault, 100, 100, 100, 254, 1, 100, 255}},
	{"the interface comes back", func(p *playground) { p.Run("ip", "link", "set", "t0", "up") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 100, 100, 100, 254, 5, 120, 255}},
	{"the file says 7", func(p *playground) { p.write(p.number, "7\n") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 107, 86, 93, 254, 5, 127, 255}},
	{"the file says -0x10", func(p *playground) { p.write(p.number, "-0x10\n") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 84, 132, 116, 254, 5, 104, 255}},
	{"the file says 254", func(p *playground) { p.write(p.number, "254\n") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 254, inFault, inFault, 254, 5, 254, 255}},
	{"the file says -254", func(p *playground) { p.write(p.number, "-254\n") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, inFault, 254, 254, 254, 5, inFault, 255}},
	{"the file vanishes", func(p *playground) { p.remove(p.number) },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 100, 100, 100, 254, 5, 120, 255}},
	{"the file comes back, moved there, and says -30", func(p *playground) { p.move(p.number, "-30") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 70, 160, 130, 254, 5, 90, 255}},
	{"the file is emptied", func(p *playground) { p.write(p.number, "") },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 100, 100, 100, 254, 5, 120, 255}},
	{"the interface is deleted", func(p *playground) { p.Run("ip", "link", "del", "t0") },
		[]int{110, 100, 90, 100, 100, 100, 80, 100, inFault, 100, 100, 100, 254, 1, 100, 255}},
	{"the interface is made again", func(p *playground) { p.makeLink() },
		[]int{110, 100, 90, 100, 100, 120, 100, 80, 100, 100, 100, 100, 254, 5, 120, 255}},
}

// testTrackersBeside walks both programs through the same sequence.
func testTrackersBeside(t *testing.T) {
	for _, program := range []string{"director", "keepalived"} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			testSequence(t, program)
		})
	}
}

func testSequence(t *testing.T, program string) {
	p := newPlayground(t, besideInstances...)
	switch program {
	case "director":
		p.run(fmt.Sprintf(`vrrp_script "chk" {
  script = ["/usr/bin/test", "-e", %q]
}
track_file "num" { file = %q }
`, p.flag, p.number))
	case "keepalived":
		var b strings.Builder
		fmt.Fprintf(&b, "global_defs {\n router_id a\n vrrp_version 3\n script_user root\n}\n")
		fmt.Fprintf(&b, "vrrp_script chk {\n script \"/usr/bin/test -e %s\"\n interval 1\n}\n", p.flag)
		fmt.Fprintf(&b, "track_file num {\n file %s\n}\n", p.number)
		for n, i := range besideInstances {
			b.WriteString(i.keepalived(n))
		}
		p.Keepalived(b.String(), false)
	}
	for _, step := range besideSteps {
		step.do(p)
		p.reads(t, step.what, step.want...)
	}
	lab.Claim(t, "%s: %d instances that track a script, an interface and a file in as many ways have the same priorities on the wire through %d changes",
		program, len(besideInstances), len(besideSteps))
}

// newPlayground makes a gauge with an interface t0, a script's flag and a file
// with 0 in it.
func newPlayground(t *testing.T, instances ...tracking) *playground {
	t.Helper()
	p := &playground{gauge: newGauge(t, instances...)}
	p.flag, p.number = p.lab.File("flag", ""), p.lab.File("number", "0\n")
	p.makeLink()
	return p
}

// makeLink makes the interface t0, with a carrier.
func (p *playground) makeLink() {
	p.Run("ip", "link", "add", "t0", "type", "veth", "peer", "name", "t1")
	p.Run("ip", "link", "set", "t1", "up")
	p.Run("ip", "link", "set", "t0", "up")
}

func (p *playground) write(path, text string) {
	p.lab.Expect(os.WriteFile(path, []byte(text), 0o644) == nil, "%s cannot be written", path)
}

// move replaces a file as editors do.
func (p *playground) move(path, text string) {
	p.write(path+".new", text)
	p.lab.Expect(os.Rename(path+".new", path) == nil, "%s cannot be moved", path)
}

func (p *playground) remove(path string) {
	p.lab.Expect(os.Remove(path) == nil, "%s cannot be removed", path)
}

// lines are those of a file that scripts write.
func (p *playground) lines(name string) []string { return linesOf(filepath.Join(p.lab.Dir(), name)) }

// linesOf are the complete lines of a file.
func linesOf(path string) []string {
	text, _ := os.ReadFile(path)
	lines := strings.Split(string(text), "\n")
	return lines[:len(lines)-1]
}
