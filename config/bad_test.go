package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// secretText stands in the testdata wherever a secret does. It must never come
// out.
const secretText = "geheim"

var (
	expectation = regexp.MustCompile(`# (ERROR|WARNING)(?:\(([+-][0-9]+)\))?: ([^#\n]*)`)
	setting     = regexp.MustCompile(`(?m)^# (NODE|VAR): (.*)$`)
)

// want is one message that a bad file says it expects.
type want struct {
	severity Severity
	line     int
	text     string
}

// TestBadFiles loads each file of testdata/bad. What must be said stands there,
// on the line it must point to, or a number of lines away: # ERROR(+1): text.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.hcl")
	if err != nil || len(files) < 140 {
		t.Fatalf("%d bad files (%v), there must be 140", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hcl"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cfg, _, diags := Load(fileOptions(file, data))
			if diags.HasErrors() != (cfg == nil) {
				t.Errorf("config %v with errors %v", cfg != nil, diags.HasErrors())
			}
			compare(t, wants(data), diags)
			if strings.Contains(diags.String(), secretText) {
				t.Errorf("a secret was shown:\n%s", diags)
			}
			golden(t, strings.TrimSuffix(file, ".hcl")+".golden", diags.String())
		})
	}
}

// fileOptions are the options that a test file asks for.
func fileOptions(file string, data []byte) Options {
	o := Options{Paths: []string{file}, Node: "lvs1", Vars: map[string]string{}}
	for _, m := range setting.FindAllSubmatch(data, -1) {
		name, value, _ := strings.Cut(string(m[2]), "=")
		if string(m[1]) == "NODE" {
			o.Node = name
		} else {
			o.Vars[name] = value
		}
	}
	return o
}

func wants(data []byte) []want {
	var out []want
	for i, line := range strings.Split(string(data), "\n") {
		for _, m := range expectation.FindAllStringSubmatch(line, -1) {
			offset, _ := strconv.Atoi(m[2])
			out = append(out, want{Severity(strings.ToLower(m[1])), i + 1 + offset, strings.TrimSpace(m[3])})
		}
	}
	return out
}

// compare matches what was said with what must be: nothing missing, moved or
// unexpected.
func compare(t *testing.T, wants []want, diags Diagnostics) {
	t.Helper()
	if len(wants) == 0 {
		t.Errorf("the file expects nothing; it says:\n%s", diags)
	}
	rest := append(Diagnostics{}, diags...)
next:
	for _, w := range wants {
		for i, d := range rest {
			said := fmt.Sprintf("%s: %s %s", d.Summary, d.first().Hint, d.Detail)
			if d.Severity == w.severity && d.first().Line == w.line && strings.Contains(said, w.text) {
				rest = append(rest[:i], rest[i+1:]...)
				continue next
			}
		}
		t.Errorf("line %d: not said: %s: %s", w.line, w.severity, w.text)
	}
	if len(rest) > 0 {
		t.Errorf("unexpected:\n%s", rest)
	}
}

// golden compares with a golden file where there is one; -update writes those
// that exist.
func golden(t *testing.T, file, got string) {
	t.Helper()
	wanted, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return
	}
	if *update {
		err = os.WriteFile(file, []byte(got), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !*update && got != string(wanted) {
		t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(string(wanted), got))
	}
}
