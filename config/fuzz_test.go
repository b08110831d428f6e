package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad loads any text around a line with a password. Whatever is wrong, the
// password is not shown, and the same source gives the same result.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.hcl", "testdata/good/*.hcl", "../examples/*/*.hcl"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			half := len(data) / 2
			f.Add(string(data[:half]), string(data[half:]))
			f.Add(string(data)+"vrrp_instance \"V\" {\n authentication {", "}\n}")
			f.Add(string(data)+"vrrp_instance \"V\" {\n auth_hmac {", "}\n}\n")
		}
	}
	const secret = "Tr0ub4dor"
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+after, "file") {
			return // the fuzzer has no business in the file system
		}
		text := before + "\n auth_pass = \"" + secret + "\"\n" + after
		if half := len(after) / 2; len(after)%2 == 1 {
			text = before + "\n key \"1\" { value = \"" + secret + "\" }\n" + after[half:]
		}
		s := &Source{Files: []File{{Name: "f.hcl", Data: []byte(text)}}, Node: "lvs1",
			Env: map[string]string{}, Reads: map[string]File{}, Sealed: true}
		_, first := s.Load()
		out := first.String()
		if strings.Contains(out, secret) {
			t.Errorf("the secret was shown:\n%s", out)
		}
		if !utf8.ValidString(out) {
			t.Errorf("not UTF-8: %q", out)
		}
		if _, second := s.Load(); second.String() != out {
			t.Errorf("a second load says:\n%s\nthe first said:\n%s", second, out)
		}
	})
}
