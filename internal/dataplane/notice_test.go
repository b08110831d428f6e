package dataplane

import (
	"slices"
	"testing"
	"time"

	"director/internal/wire"
)

func TestDeletedIsTold(t *testing.T) {
	bubble(t, "an instance that a reload removes is told as deleted, whatever its role", func(t *testing.T) {
		w := newWorld(t, nil)
		w.commit(instanceOf(100, "10.0.0.100"))
		time.Sleep(masterDown)
		box := outOf(w)
		w.commit([]wire.Instance{})
		time.Sleep(time.Second)
		if got := noticesIn(w, box); !slices.Contains(got, "VI_1 DELETED") {
			t.Errorf("told %q, want that it is deleted", got)
		}
	})
}
