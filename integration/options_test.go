package integration

import (
	"testing"

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
		{"startup delay", testStartupDelay},
		{"delay after boot", testDelayAfterBoot},
		{"down timer", testDownTimer},
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
		{"announcements by default", testAnnounceDefaults},
		{"announcements after a lower rival", testAnnounceLower},
		{"announcements paced", testAnnouncePaced},
		{"announcements of a group", testAnnounceGroup},
		{"announcements elsewhere", testAnnounceExtra},
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
		{"preempt delay", testPreemptDelay},
		{"state of owners", testOwnerState},
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
}
