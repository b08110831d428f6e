package integration

import (
	"testing"

	"director/integration/lab"
)

// TestTrackers shows on the wire what tracked objects do to the priority and the
// role of instances, alone, in groups, and beside keepalived.
//
// It needs network namespaces and keepalived.
func TestTrackers(t *testing.T) {
	lab.Need(t, lab.Netns, lab.Keepalived)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"beside keepalived", testTrackersBeside},
		{"keepalived as the other", testTrackRival},
		{"interface", testTrackInterface},
		{"interface delays", testInterfaceDelays},
		{"script", testTrackScript},
		{"script turns", testScriptTurns},
		{"first result", testFirstResult},
		{"bad scripts", testBadScripts},
		{"file", testTrackFile},
		{"process", testTrackProcess},
		{"BFD", testTrackBFD},
		{"sync group", testSyncGroup},
		{"sync group weights", testGroupWeights},
		{"virtual server with weight", testTrackService},
		{"virtual server without weight", testLastResort},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}
