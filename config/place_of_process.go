package config

import "bytes"

// Surroundings are the settings of global that have to be known before anything
// is opened.
type Surroundings struct {
	// NetNamespace and Instance are those of Global.
	NetNamespace, Instance string
	// IPVSNamespace and FirstIPVS are, too.
	IPVSNamespace string
	FirstIPVS     bool
}

// ReadSurroundings finds them out. Files that name none of them cost no
// evaluation. ok is false where the configuration cannot be loaded; that is for
// the regular load to say.
func ReadSurroundings(o Options) (s Surroundings, ok bool) {
	src, _ := Read(o)
	named := false
	for _, f := range src.Files {
		for _, word := range []string{"net_namespace", "instance"} {
			named = named || argument(f.Data, word)
		}
	}
	if !named {
		return s, true
	}
	cfg, _ := src.Load()
	if cfg == nil {
		return s, false
	}
	g := cfg.Global
	return Surroundings{g.NetNamespace, g.Instance, g.IPVSNamespace, g.FirstIPVS}, true
}

// argument reports whether a word stands where an argument could begin: at the
// beginning of a line, or after a brace.
func argument(text []byte, word string) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimLeft(line, " \t{")
		if i := bytes.IndexByte(line, '{'); i >= 0 && !bytes.HasPrefix(line, []byte(word)) {
			line = bytes.TrimLeft(line[i:], " \t{")
		}
		if bytes.HasPrefix(line, []byte(word)) {
			return true
		}
	}
	return false
}
