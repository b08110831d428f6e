package checkers

import (
	"net/netip"
	"regexp"
	"testing"
	"time"
)

func TestSpecEqual(t *testing.T) {
	base := func() Spec {
		return httpSpec(web1, URL{
			Path: "/", Status: []StatusRange{{200, 204}}, Digest: &[16]byte{1}, Regex: regexp.MustCompile("a"),
		})
	}
	if !base().Equal(base()) {
		t.Error("two of the same differ")
	}
	for name, change := range map[string]func(*Spec){
		"kind":      func(s *Spec) { s.Kind = TCPCheck },
		"target":    func(s *Spec) { s.Target = netip.MustParseAddrPort("10.0.0.2:80") },
		"timeout":   func(s *Spec) { s.ConnectTimeout = time.Minute },
		"no HTTP":   func(s *Spec) { s.HTTP = nil },
		"protocol":  func(s *Spec) { s.HTTP.Protocol = "1.1" },
		"path":      func(s *Spec) { s.HTTP.URLs[0].Path = "/x" },
		"status":    func(s *Spec) { s.HTTP.URLs[0].Status[0].Last = 299 },
		"digest":    func(s *Spec) { s.HTTP.URLs[0].Digest[0] = 2 },
		"no digest": func(s *Spec) { s.HTTP.URLs[0].Digest = nil },
		"regex":     func(s *Spec) { s.HTTP.URLs[0].Regex = regexp.MustCompile("b") },
		"no regex":  func(s *Spec) { s.HTTP.URLs[0].Regex = nil },
		"no match":  func(s *Spec) { s.HTTP.URLs[0].RegexNoMatch = true },
		"max":       func(s *Spec) { s.HTTP.URLs[0].RegexMax = 9 },
		"a DNS":     func(s *Spec) { s.DNS = &DNS{} },
		"more URLs": func(s *Spec) { s.HTTP.URLs = append(s.HTTP.URLs, URL{}) },
	} {
		s := base()
		change(&s)
		if s.Equal(base()) || base().Equal(s) {
			t.Errorf("%s: a change is not seen", name)
		}
	}
}
