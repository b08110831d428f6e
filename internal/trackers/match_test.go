package trackers

import (
	"strings"
	"testing"

	"director/internal/track"
)

func TestMatches(t *testing.T) {
	bird := func(match track.ParamMatch, params ...string) track.ProcessSpec {
		return track.ProcessSpec{Command: "bird", Match: match, Params: params}
	}
	for _, tt := range []struct {
		name string
		spec track.ProcessSpec
		comm string
		args string // space between
		want bool
	}{
		{"by name", bird(track.MatchAny), "bird", "/usr/sbin/bird -c x", true},
		{"another name", bird(track.MatchAny), "bird6", "bird", false},
		{"a longer name is cut as the kernel does", track.ProcessSpec{Command: "systemd-networkd"}, "systemd-network", "/lib/x", true},
		{"a kernel thread has no arguments", track.ProcessSpec{Command: "kthreadd"}, "kthreadd", "", true},
		{"but then none of which can match", track.ProcessSpec{Command: "kthreadd", Match: track.MatchExact}, "kthreadd", "", false},
		{"a path is the whole first argument", track.ProcessSpec{Command: "/usr/sbin/bird"}, "bird", "/usr/sbin/bird -c x", true},
		{"not the name alone", track.ProcessSpec{Command: "/usr/sbin/bird"}, "bird", "bird -c x", false},
		{"full_command without a path", track.ProcessSpec{Command: "bird", FullCommand: true}, "other", "bird -c", true},
		{"full_command is not cut", track.ProcessSpec{Command: "systemd-networkd", FullCommand: true}, "systemd-network", "systemd-network", false},

		{"exact", bird(track.MatchExact, "-c", "/etc/bird.conf"), "bird", "bird -c /etc/bird.conf", true},
		{"exact, one more", bird(track.MatchExact, "-c", "/etc/bird.conf"), "bird", "bird -c /etc/bird.conf -d", false},
		{"exact, one less", bird(track.MatchExact, "-c", "/etc/bird.conf"), "bird", "bird -c", false},
		{"exact, the program differs", bird(track.MatchExact, "-c"), "bard", "bird -c", false},
		{"exact without parameters: must have none", bird(track.MatchExact), "bird", "bird", true},
		{"and has one", bird(track.MatchExact), "bird", "bird -c", false},
		{"initial", bird(track.MatchInitial, "-c", "x"), "bird", "bird -c x -d", true},
		{"initial: complete", bird(track.MatchInitial, "-c", "x"), "bird", "bird -c xy", false},
		{"initial: the first", bird(track.MatchInitial, "-c", "x"), "bird", "bird -d -c x", false},
		{"initial, too few", bird(track.MatchInitial, "-c", "x"), "bird", "bird -c", false},
		{"partial: the last may be cut short", bird(track.MatchPartial, "-c", "/etc/b"), "bird", "bird -c /etc/bird.conf -d", true},
		{"partial: not the first", bird(track.MatchPartial, "-", "/etc/bird.conf"), "bird", "bird -c /etc/bird.conf", false},
		{"partial, too few", bird(track.MatchPartial, "-c", "x"), "bird", "bird -c", false},
		{"partial without parameters", bird(track.MatchPartial), "bird", "bird -c", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := matches(tt.spec, tt.comm, func() []string { return strings.Fields(tt.args) })
			if got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestEnough(t *testing.T) {
	for _, tt := range []struct {
		quorum, most int
		want         string // for 0, 1, 2 ... processes
	}{
		{1, -1, "DUUU"}, {2, -1, "DDUU"}, {1, 2, "DUUD"}, {2, 2, "DDUD"}, {1, 0, "UDDD"},
	} {
		got := ""
		for count := range len(tt.want) {
			got += map[bool]string{true: "U", false: "D"}[enough(track.ProcessSpec{Quorum: tt.quorum, QuorumMax: tt.most}, count)]
		}
		if got != tt.want {
			t.Errorf("quorum %d to %d: %s, want %s", tt.quorum, tt.most, got, tt.want)
		}
	}
}
