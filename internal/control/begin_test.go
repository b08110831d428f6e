package control

import (
	"reflect"
	"testing"

	"director/config"
)

// TestBeginCarriesEverything: each field that the dataplane knows has the value
// that the configuration has in the field of the same name.
func TestBeginCarriesEverything(t *testing.T) {
	var i config.Instance
	var g config.Global
	var cfg config.Config
	fill(reflect.ValueOf(&i).Elem())
	fill(reflect.ValueOf(&g).Elem())
	fill(reflect.ValueOf(&cfg.Static).Elem())
	fill(reflect.ValueOf(&cfg.Sessions).Elem())
	cfg.Instances, cfg.Global, cfg.Groups = []config.Instance{i}, g, []config.SyncGroup{{Name: "G", Members: []string{"VI_1"}}}
	b := begin(&cfg, 7, []byte("packed"))
	for f, v := range reflect.ValueOf(*b).Fields() {
		if v.IsZero() {
			t.Errorf("Begin.%s is not set", f.Name)
		}
	}
	same(t, reflect.ValueOf(b.Instances[0]), reflect.ValueOf(i))
	same(t, reflect.ValueOf(b.Settings), reflect.ValueOf(g))
	same(t, reflect.ValueOf(b.Static), reflect.ValueOf(cfg.Static))
	if b.Groups[0].Name != "G" || len(b.Groups[0].Members) != 1 {
		t.Errorf("groups: %+v", b.Groups)
	}
}

func same(t *testing.T, got, want reflect.Value) {
	t.Helper()
	for f, v := range got.Fields() {
		w := want.FieldByName(f.Name)
		if !w.IsValid() || w.IsZero() {
			t.Fatalf("%s.%s: the configuration has none, or the test does not fill it", got.Type(), f.Name)
		}
		if w.Type() != v.Type() { // a slice of a type with the same fields
			if v.Len() != w.Len() {
				t.Errorf("%s.%s: %d of %d", got.Type(), f.Name, v.Len(), w.Len())
			}
			same(t, v.Index(0), w.Index(0))
			continue
		}
		if !reflect.DeepEqual(v.Interface(), w.Interface()) {
			t.Errorf("%s.%s = %v, want %v", got.Type(), f.Name, v, w)
		}
	}
}

// fill makes a value another one than its zero, as far as it is exported.
func fill(v reflect.Value) {
	if !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for _, f := range v.Fields() {
			fill(f)
		}
	default:
		switch {
		case v.CanInt():
			v.SetInt(1)
		case v.CanUint():
			v.SetUint(1)
		}
	}
}
