package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestExamplesLoadForEveryNode(t *testing.T) {
	err := filepath.WalkDir("../examples", func(path string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".hcl" {
			return err
		}
		for _, node := range []string{"lvs1", "lvs2"} {
			if _, _, diags := Load(Options{Paths: []string{path}, Node: node}); len(diags) > 0 {
				t.Errorf("%s on %s:\n%s", path, node, diags)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file in a directory of the test.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
