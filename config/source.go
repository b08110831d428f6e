package config

import (
	"os"
	"strings"
)

// Options say what to read and for which node.
type Options struct {
	// Paths are files or directories; a directory is all its *.hcl files in
	// order of name. All together are one configuration.
	Paths []string
	// Node is the value of hostname; empty: the first label of the host name.
	Node string
	// Vars are the values given with -var. They win over DIRECTOR_VAR_name in
	// the environment, which wins over the default in the file.
	Vars map[string]string
}

// varPrefix begins the names of environment variables that set a variable.
const varPrefix = "DIRECTOR_VAR_"

// File is one file as it was read. Err is why it could not be, then Data is nil.
type File struct {
	Name string
	Data []byte
	Err  string
	// Shared: others than its owner may read it.
	Shared bool
}

// Source is everything that one load reads. It can be stored with encoding/gob
// and loaded again later, on changed files, with the same result. It may hold
// secrets: store it where only the owner reads. Not safe for concurrent use.
type Source struct {
	// Files are the configuration files in the order in which they count.
	Files []File
	// Base is the directory that relative paths in file() start from.
	Base string
	// Node is the value of hostname.
	Node string
	// Vars are the values given with -var, EnvVars those of DIRECTOR_VAR_name.
	Vars, EnvVars map[string]string
	// Env holds what the configuration asked of the environment.
	Env map[string]string
	// Reads holds what file() returned and what else was read, by absolute
	// path.
	Reads map[string]File
	// Sealed is set by the first Load; from then on nothing outside is looked
	// at.
	Sealed bool
}

// Read reads the files that o names. The source is nil if there is nothing to
// load; otherwise the diagnostics concern single files of it.
func Read(o Options) (*Source, Diagnostics) {
	s := &Source{Node: o.Node, Vars: o.Vars, EnvVars: map[string]string{}, Env: map[string]string{}, Reads: map[string]File{}}
	if s.Node == "" {
		name, err := os.Hostname()
		if err != nil {
			return nil, Diagnostics{{Severity: Error, Summary: "The host name is not known", Detail: err.Error()}}
		}
		s.Node, _, _ = strings.Cut(name, ".")
	}
	for _, e := range os.Environ() {
		if name, value, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, varPrefix) {
			s.EnvVars[strings.TrimPrefix(name, varPrefix)] = value
		}
	}
	diags := s.readPaths(o.Paths)
	if diags.HasErrors() {
		return nil, diags
	}
	return s, diags
}

// Load parses, evaluates and checks what s holds. The first Load also reads
// what env and file() ask for and keeps it in s; every further one depends on s
// alone. The config is nil if the diagnostics have errors.
func (s *Source) Load() (*Config, Diagnostics) {
	l := newLoader(s)
	cfg := l.load()
	s.Sealed = true
	diags := l.finish()
	if diags.HasErrors() {
		return nil, diags
	}
	return cfg, diags
}

// Load reads and loads in one go. The source is nil if nothing could be read;
// the config is nil if there are errors.
func Load(o Options) (*Config, *Source, Diagnostics) {
	s, diags := Read(o)
	if s == nil {
		return nil, nil, diags
	}
	cfg, more := s.Load()
	return cfg, s, append(diags, more...)
}
