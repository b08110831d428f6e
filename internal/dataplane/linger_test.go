package dataplane

import (
	"testing"
	"time"

	"director/vrrp"
)

// A lingering address that is due while the worker is busy must not keep the
// engine awake: in real time it would starve that worker.
func TestWhatIsDueIsNotWaitedFor(t *testing.T) {
	now := time.Now()
	a := &address{state: ours}
	i := &instance{role: vrrp.Backup, linger: now.Add(time.Second), addrs: []*address{a}}
	m := model{instances: []*instance{i}}
	if at, ok := m.nextRetry(now); !ok || !at.Equal(i.linger) {
		t.Errorf("before: %v, %v, want the end of the linger", at, ok)
	}
	if at, ok := m.nextRetry(i.linger); ok {
		t.Errorf("when it is due: %v, want no time", at)
	}
	a.heard = now.Add(-time.Minute)
	if at, ok := m.nextRetry(now); ok {
		t.Errorf("announced long ago: %v, want no time", at)
	}
}
