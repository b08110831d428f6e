package config

import (
	"io/fs"
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
