package api

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestEveryFieldIsDocumented holds docs/status.md against the types.
func TestEveryFieldIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []reflect.Type{reflect.TypeFor[Status](), reflect.TypeFor[HandoverRequest](), reflect.TypeFor[Handover]()} {
		walk(t, answer, string(page))
	}
}

func walk(t *testing.T, typ reflect.Type, page string) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[Status]().PkgPath() {
		return
	}
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			t.Errorf("%s.%s has no JSON name", typ, f.Name)
		}
		if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, "`"+name+"[]`") {
			t.Errorf("%s.%s: %q is not in docs/status.md", typ, f.Name, name)
		}
		walk(t, f.Type, page)
	}
}
