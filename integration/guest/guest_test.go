package guest

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// need skips a test where no guest can run, unless that was promised.
func need(t *testing.T) {
	t.Helper()
	if os.Getenv("DIRECTOR_GUEST") != "" {
		t.Skip("already in a guest")
	}
	if why := Missing(); why != "" {
		if strings.Contains(os.Getenv("DIRECTOR_REQUIRE"), "ipvs") {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	if testing.Short() {
		t.Skip("boots a kernel")
	}
}

func TestRunGivesIPVSAndReturnsOutputAndStatus(t *testing.T) {
	need(t)
	scratch := t.TempDir()
	var live bytes.Buffer
	output, code, err := Run(t.Context(), []string{"sh", "-c", `
		ipvsadm -A -t 192.0.2.1:80 -s mh && ipvsadm -Ln
		echo "$GREETING" >"$DIRECTOR_SCRATCH/result"
		exit 7`},
		Options{Scratch: scratch, Output: &live, Env: []string{"GREETING=it's here"}})
	if err != nil || code != 7 {
		t.Fatalf("got status %d, error %v, want 7 and none; output:\n%s", code, err, output)
	}
	if !strings.Contains(output, "192.0.2.1:80 mh") || live.String() != output {
		t.Errorf("output %q, streamed %q: want the service in both", output, live.String())
	}
	result, err := os.ReadFile(filepath.Join(scratch, "result"))
	if err != nil || string(result) != "it's here\n" {
		t.Errorf("result %q, %v, want what the guest wrote", result, err)
	}
	if left, _ := os.ReadDir(scratch); len(left) != 1 {
		t.Errorf("the scratch folder holds %v, want the result only", left)
	}
}

func TestRunEndsACommandThatTakesTooLong(t *testing.T) {
	need(t)
	output, _, err := Run(t.Context(), []string{"sh", "-c", "echo begun; sleep 1000"}, Options{Timeout: time.Second})
	if !errors.Is(err, ErrTimeout) || output != "begun\n" {
		t.Fatalf("got error %v, output %q, want ErrTimeout after \"begun\"", err, output)
	}
}

func TestCommandScriptQuotes(t *testing.T) {
	got := commandScript([]string{"echo", "it's", "$HOME"}, Options{Dir: "/a b", Scratch: "/s", Timeout: time.Minute})
	want := "mount -t hostfs -o '/s' none '/s'\nexport DIRECTOR_SCRATCH='/s'\ncd '/a b' &&\n" +
		"timeout --kill-after=5 60 'echo' 'it'\\''s' '$HOME'\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
