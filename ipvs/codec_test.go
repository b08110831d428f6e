package ipvs

import (
	"testing"

	"pgregory.net/rapid"
)

// FuzzDecode feeds the decoders what no kernel sends: they return.
func FuzzDecode(f *testing.F) {
	f.Add(appendServer(nil, serverOps(AddServer, 1)[0].Server))
	f.Add(appendService(nil, Service{Key: someKey, Scheduler: "wlc", Timeout: 1e9, MaskBits: 24, Engine: "sip"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := decodeService(b); err == nil {
			again, err := decodeService(appendService(nil, s))
			if err != nil || !sameService(&s, &again) || s.Key != again.Key {
				t.Errorf("%+v was read, and reads back as %+v, %v", s, again, err)
			}
		}
		if s, err := decodeServer(INET, b); err == nil {
			if again, err := decodeServer(INET, appendServer(nil, s)); err != nil || again != s.Normal() {
				t.Errorf("%+v was read, and reads back as %+v, %v", s, again, err)
			}
		}
		_, _, _ = nextMessage(b)
	})
}

func TestEncodingABatchDoesNotAllocate(t *testing.T) {
	ops := serverOps(AddServer, burst)
	b := make([]byte, 0, 16<<10)
	n := testing.AllocsPerRun(10, func() {
		b = b[:0]
		for i := range ops {
			b = appendOp(b, ops[i])
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestMessagesAreAligned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Service{Key: someKey, Scheduler: rapid.StringMatching("[a-z]{1,15}").Draw(t, "scheduler")}
		if b := appendService(nil, s); len(b)%4 != 0 {
			t.Fatalf("%d bytes", len(b))
		}
	})
}
