package checkers

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"director/internal/script"
)

// TestEveryPartOfASpecCounts changes each value in a full spec by itself: then it
// is another check, for Equal and for ID, unless it reaches neither the wire nor
// the verdict.
func TestEveryPartOfASpecCounts(t *testing.T) {
	full := func() Spec {
		return Spec{Kind: SSLGet, Target: web1, HTTP: &HTTP{URLs: []URL{{
			Path: "/", Headers: []Header{{"A", "b"}}, Status: []StatusRange{{200, 200}}, Digest: new([16]byte), Regex: regexp.MustCompile("a"),
		}}}, TLS: &TLS{Client: &ClientCertificate{Fingerprint: "f"}, CA: &CA{PEM: "p"}}, SMTP: &SMTP{}, DNS: &DNS{},
			UDP:  &UDP{Payload: []byte{1}, Reply: Pattern{Bytes: []byte{1}, Mask: []byte{1}}},
			Misc: &Misc{Command: script.Command{Args: []string{"a"}}}, Follow: &Follow{}}
	}
	if a, b := full(), full(); !a.Equal(b) || a.ID() != b.ID() {
		t.Error("two of the same differ")
	}
	changed := 0
	var walk func(path string, of func(*Spec) reflect.Value)
	walk = func(path string, of func(*Spec) reflect.Value) {
		s := full()
		v := of(&s)
		switch v.Kind() {
		case reflect.Struct:
			if _, opaque := v.Interface().(interface{ IsValid() bool }); opaque {
				v.SetZero()
				if path == ".Bind" {
					v.Set(reflect.ValueOf(web1.Addr()))
				}
				break
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(path+"."+v.Type().Field(i).Name, func(s *Spec) reflect.Value { return of(s).Field(i) })
				}
			}
			return
		case reflect.Pointer:
			if _, ok := v.Interface().(*regexp.Regexp); ok {
				v.Set(reflect.ValueOf(regexp.MustCompile("b")))
				break
			}
			walk(path, func(s *Spec) reflect.Value { return of(s).Elem() })
			v.SetZero()
		case reflect.Slice, reflect.Array:
			walk(path, func(s *Spec) reflect.Value { return of(s).Index(0) })
			if v.Kind() == reflect.Array {
				return
			}
			v.SetZero()
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Bool:
			v.SetBool(!v.Bool())
		case reflect.Uint8, reflect.Uint16, reflect.Uint32:
			v.SetUint(v.Uint() + 1)
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 1)
		default:
			t.Fatalf("%s: a %v", path, v.Kind())
		}
		changed++
		matters := path != ".Warmup" && path != ".LogAllFailures"
		if base := full(); s.Equal(base) == matters || base.Equal(s) == matters || (s.ID() == base.ID()) == matters {
			t.Errorf("%s: Equal %v, same ID %v", path, s.Equal(base), s.ID() == base.ID())
		}
	}
	walk("", func(s *Spec) reflect.Value { return reflect.ValueOf(s).Elem() })
	if changed < 50 {
		t.Errorf("%d parts were changed, there must be 50", changed)
	}
}

func TestIDSaysWhatIsChecked(t *testing.T) {
	for _, tt := range []struct {
		spec Spec
		want string
	}{
		{tcpSpec(web1), "TCP_CHECK 10.0.0.1:80 #"}, {pingSpec("10.0.0.1"), "PING_CHECK 10.0.0.1 #"},
		{miscSpec("/bin/true"), "MISC_CHECK /bin/true #"},
		{Spec{Kind: BFDCheck, Follow: &Follow{Name: "core"}}, "BFD_CHECK core #"},
	} {
		if got := string(tt.spec.ID()); !strings.HasPrefix(got, tt.want) || len(got) != len(tt.want)+16 {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}
