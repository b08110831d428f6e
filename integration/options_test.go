package integration

import (
	"testing"
	"time"

	"director/integration/lab"
)

// TestOptions shows from outside, on the wire, in the kernel or by who holds
// the role, what options do that no other test shows.
func TestOptions(t *testing.T) {
	lab.Need(t, lab.Netns)
	for _, c := range []struct {
		name string
		test func(*testing.T)
	}{
		{"answers to rivals", testAnswers},
		{"answers to rivals by default", testAnswersByDefault},
		{"two owners", testTwoOwners},
		{"expired", testExpired},
		{"strict", testStrict},
		{"adverts received", testVerdicts},
		{"adverts received by default", testVerdictsByDefault},
		{"skip_check_adv_addr", testSkipCheck},
		{"adverts sent", testSent},
		{"adverts sent by default", testSentByDefault},
		{"fault", testFault},
		{"source", testSource},
		{"addresses", testAddressOptions},
		{"receive buffer", testReceiveBuffer},
		{"default interface", testDefaultInterface},
		{"local IGMP", testLocalIGMP},
		{"quiet group", testQuietGroup},
		{"unknown VRIDs", testUnknownVRIDs},
		{"namespace", testNamespace},
		{"instances", testInstances},
		{"child wait", testChildWait},
		{"BFD", testBFDOptions},
		{"idle BFD", testBFDIdle},
		{"defaults of what is tracked", testTrackDefaults},
		{"process delay", testProcessDelay},
		{"rules", testRuleOptions},
		{"address prefix", testAddressPrefix},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
	// These look at times, which a machine that is late itself can spoil.
	for _, c := range []struct {
		name string
		test func(lab.T)
	}{
		{"startup delay", testStartupDelay},
		{"delay after boot", testDelayAfterBoot},
		{"down timer", testDownTimer},
		{"preempt delay", testPreemptDelay},
		{"state of owners", testOwnerState},
		{"announcements by default", testAnnounceDefaults},
		{"announcements after a lower rival", testAnnounceLower},
		{"announcements paced", testAnnouncePaced},
		{"announcements of a group", testAnnounceGroup},
		{"announcements elsewhere", testAnnounceExtra},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lab.Fairly(t, 100*time.Millisecond, c.test)
		})
	}
}
