package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"testing"
)

const (
	longestFile     = 500
	longestFunction = 80
)

func TestStructureSizes(t *testing.T) {
	for _, p := range packages(t) {
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			checkSizes(t, name)
		}
	}
}

func checkSizes(t *testing.T, name string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	if lines := set.File(file.FileStart).LineCount(); lines > longestFile {
		t.Errorf("%s has %d lines, more than %d: give it one subject", name, lines, longestFile)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := set.Position(f.Pos()).Line, set.Position(f.End()).Line
		if lines := last - first + 1; lines > longestFunction {
			t.Errorf("%s:%d: %s has %d lines, more than %d: it does not fit on a screen",
				name, first, f.Name.Name, lines, longestFunction)
		}
	}
}
