package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"director/integration/lab"
)

// testTrackFile has files that are made at the start, vanish, come back, and
// whose directory does; the arithmetic is in testTrackersBeside.
func testTrackFile(t *testing.T) {
	p := newPlayground(t,
		tracking{uses: []use{{kind: "file", name: "made", weight: 2}}},
		tracking{uses: []use{{kind: "file", name: "kept", weight: 1}}},
		tracking{uses: []use{{kind: "file", name: "overwritten", weight: 1}}},
		tracking{uses: []use{{kind: "file", name: "late", weight: 1}}},
		tracking{uses: []use{{kind: "file", name: "strict"}}},
		tracking{uses: []use{{kind: "file", name: "strict", reverse: true}}})
	file := func(name string) string { return filepath.Join(p.lab.Dir(), name) }
	p.lab.File("kept", "11")
	p.lab.File("overwritten", "11")
	p.lab.File("strict", "0")
	late := file("later/still/late")
	p.run(strings.NewReplacer("DIR", p.lab.Dir()).Replace(`
track_file "made" {
  file = "DIR/made"
  init_file { value = 20 }
}
track_file "kept" {
  file = "DIR/kept"
  init_file { value = 20 }
}
track_file "overwritten" {
  file = "DIR/overwritten"
  init_file {
    value     = 20
    overwrite = true
  }
}
track_file "late" { file = "DIR/later/still/late" }
track_file "strict" {
  file   = "DIR/strict"
  weight = 0
}
`))
	p.reads(t, "start", 140, 111, 120, 100, 100, inFault)
	lab.Claim(t, "init_file makes a file that is not there, and one that is there only with overwrite")

	p.write(file("strict"), "-1")
	p.reads(t, "a number without weight", 140, 111, 120, 100, inFault, 100)
	p.remove(file("strict"))
	p.reads(t, "it vanishes", 140, 111, 120, 100, 100, inFault)
	p.write(file("strict"), "not a number")
	p.write(file("made"), "99999999999999999999")
	p.reads(t, "no number, and one beyond all bounds", 254, 111, 120, 100, 100, inFault)
	lab.Claim(t, "weight 0: any number but 0 is FAULT, a file that is gone, or without a number, is 0; an enormous number is cut")

	if tr := p.tracker("file", "late"); tr.Value != 0 {
		t.Errorf("a file in no directory: %+v", tr)
	}
	for range 2 {
		p.lab.Expect(os.MkdirAll(filepath.Dir(late), 0o755) == nil, "no directory")
		p.write(late, "33")
		p.reads(t, "its directory is made", 254, 111, 120, 133, 100, inFault)
		p.write(late, "34")
		p.reads(t, "it is written again", 254, 111, 120, 134, 100, inFault)
		p.lab.Expect(os.RemoveAll(file("later")) == nil, "no removal")
		p.reads(t, "it goes with its directory", 254, 111, 120, 100, 100, inFault)
	}
	lab.Claim(t, "a file whose directory appears later, goes and comes back is followed all the time")
}
