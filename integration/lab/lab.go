package lab

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// T is what a lab needs of a test; *testing.T has it, and so has a program that
// shows something.
type T interface {
	Helper()
	Name() string
	Context() context.Context
	Cleanup(func())
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
}

// Lab is one network. It is used from the test's goroutine.
type Lab struct {
	t     T
	id    string // in the names of the namespaces
	dir   string // short: unix sockets lie in it
	hosts []*Host
	macs  byte
}

// New returns an empty lab that is taken down when the test ends.
func New(t T) *Lab {
	t.Helper()
	dir, err := os.MkdirTemp("", "lab-")
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	random := make([]byte, 3)
	_, _ = rand.Read(random) // never fails
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &Lab{t: t, id: hex.EncodeToString(random), dir: dir}
}

// Dir is a folder of the lab, removed with it.
func (l *Lab) Dir() string { return l.dir }

// File writes a file into the lab's folder and returns its path.
func (l *Lab) File(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatalf("lab: %v", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		l.t.Fatalf("lab: %v", err)
	}
	return path
}

// Eventually waits until what is so, and ends the test if it is not so in time.
func (l *Lab) Eventually(within time.Duration, what string, so func() bool) {
	l.t.Helper()
	if !l.Becomes(within, so) {
		l.t.Fatalf("not within %v: %s", within, what)
	}
}

// Becomes reports whether something is so within a time.
func (l *Lab) Becomes(within time.Duration, so func() bool) bool {
	for end := time.Now().Add(within); ; {
		if so() {
			return true
		}
		if time.Now().After(end) || l.t.Context().Err() != nil {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Always watches for a time that what is so, and ends the test when it is not.
func (l *Lab) Always(during time.Duration, what string, so func() bool) {
	l.t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if !so() {
			l.t.Fatalf("no longer: %s", what)
		}
	}
}

// Claim says that the test has just shown something: one sentence, printed by
// the runner. Text in format is for fmt.
func Claim(t T, format string, args ...any) {
	t.Helper()
	say("claim", t.Name()+": "+fmt.Sprintf(format, args...))
}

// Expect ends the test when something is not so.
func (l *Lab) Expect(so bool, format string, args ...any) {
	l.t.Helper()
	if !so {
		l.t.Fatalf(format, args...)
	}
}
