package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ipNames holds, by the name of iproute2's file, the numbers of names.
type ipNames map[string]map[string]uint64

// builtinNames are those that hold without iproute2's files.
var builtinNames = ipNames{
	"rt_tables": {"main": 254, "local": 255, "default": 253},
	"rt_protos": {"redirect": 1, "kernel": 2, "boot": 3, "static": 4, "ra": 9, "zebra": 11, "bird": 12, "dhcp": 16, "keepalived": 18, "babel": 42, "bgp": 186, "isis": 187, "ospf": 188, "rip": 189, "eigrp": 192},
	"rt_scopes": {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255},
	"rt_realms": {}, "rt_dsfield": {"default": 0}, "group": {"default": 0},
}

// Where iproute2 keeps its files: the machine's own win over those that came
// with the program.
const (
	iprouteUsrDir = "/usr/share/iproute2"
	iprouteEtcDir = "/etc/iproute2"
)

// namesOf returns the names of one of iproute2's files.
func (b *builder) namesOf(file string) map[string]uint64 {
	if known, ok := b.ipNames[file]; ok {
		return known
	}
	names := map[string]uint64{}
	for name, n := range builtinNames[file] {
		names[name] = n
	}
	for _, dir := range []string{or(b.global, "iproute_usr_dir", iprouteUsrDir), or(b.global, "iproute_etc_dir", iprouteEtcDir)} {
		paths := []string{filepath.Join(dir, file)}
		paths = append(paths, b.src.listOnce(filepath.Join(dir, file+".d"))...)
		for _, path := range paths {
			data, err := b.src.readOnce(path)
			if err != nil {
				continue // a file that is not there has no names; what it should have had is reported
			}
			addNames(names, string(data))
		}
	}
	b.ipNames[file] = names
	return names
}

// addNames reads lines of a number and a name.
func addNames(names map[string]uint64, text string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) != 2 {
			continue
		}
		if n, err := strconv.ParseUint(f[0], 0, 32); err == nil {
			names[f[1]] = n
		}
	}
}

// listOnce returns the *.conf files of a directory, the same for every call.
// The list is kept among the files that were read.
func (s *Source) listOnce(dir string) []string {
	dir = s.absolute(dir)
	key := filepath.Join(dir, "*.conf")
	f, ok := s.Reads[key]
	if !ok && !s.Sealed {
		f = File{Name: key}
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			f.Err = cause(err)
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".conf" && !strings.HasPrefix(e.Name(), ".") {
				f.Data = append(f.Data, filepath.Join(dir, e.Name())+"\n"...)
			}
		}
		s.Reads[key] = f
	}
	return slices.Collect(strings.FieldsSeq(string(f.Data)))
}

// number returns the value of an argument that may be a name of a file of
// iproute2; ok is false if it is not given or not known.
func (b *builder) number(n *node, name, file string) (value uint64, ok bool) {
	v, ok := get[number](n, name)
	if !ok {
		return 0, false
	}
	return b.resolve(n, name, file, v)
}

// resolve turns a name into its number, or reports that there is none.
func (b *builder) resolve(n *node, arg, file string, v number) (uint64, bool) {
	if v.name == "" {
		return v.n, true
	}
	names := b.namesOf(file)
	if got, ok := names[v.name]; ok {
		return got, true
	}
	hint := fmt.Sprintf("write the number, or add it to %s", filepath.Join(or(b.global, "iproute_etc_dir", iprouteEtcDir), file))
	if near := nearest(v.name, sortedKeys(names)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	b.fail(n.at(arg), fmt.Sprintf("Unknown name in %q", arg), "%s", hint)
	return 0, false
}
