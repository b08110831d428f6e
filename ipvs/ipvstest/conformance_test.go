package ipvstest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKernel(t *testing.T) {
	Conformance(t, func(*testing.T) Table { return new(Kernel) })
}
