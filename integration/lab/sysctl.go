package lab

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sysctls are kernel variables by their path below /proc/sys.
type Sysctls map[string]string

// Sysctls reads all that is below /proc/sys/net of the host and can be read.
func (h *Host) Sysctls() Sysctls {
	h.lab.t.Helper()
	const root = "/proc/sys"
	all := Sysctls{}
	h.must("sysctls", h.Do(func() error {
		return filepath.WalkDir(root+"/net", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			// Some can only be written, some have no value yet.
			if value, err := os.ReadFile(path); err == nil {
				all[strings.TrimPrefix(path, root+"/")] = strings.TrimSpace(string(value))
			}
			return nil
		})
	}))
	for name := range all {
		if counters[filepath.Base(name)] {
			delete(all, name)
		}
	}
	return all
}

// counters are what the kernel itself changes.
var counters = map[string]bool{"nf_conntrack_count": true}

// Since lists what differs from earlier values: changed, new, gone.
func (s Sysctls) Since(before Sysctls) []string {
	var lines []string
	names := slices.Collect(maps.Keys(s))
	for name := range before {
		if _, there := s[name]; !there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		was, had := before[name]
		is, has := s[name]
		switch {
		case had != has:
			lines = append(lines, fmt.Sprintf("%s: there %t, was %t", name, has, had))
		case was != is:
			lines = append(lines, fmt.Sprintf("%s: %q, was %q", name, is, was))
		}
	}
	return lines
}
