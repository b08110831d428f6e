// Package structure holds the rules about the shape of this code that memory
// would not keep: who may import what, and how long things may get.
package structure

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "director"

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string // direct ones
	Deps       []string // all of them
}

// own lists the packages of this module, tests left out.
var own = sync.OnceValues(func() ([]pkg, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", module+"/...").Output()
	if err != nil {
		return nil, err
	}
	var all []pkg
	for decode := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := decode.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := own()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// under reports whether path is one of the roots or below one.
func under(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || strings.HasPrefix(path, root+"/")
	})
}

func TestStructurePurePackagesDoNoIO(t *testing.T) {
	pure := []string{module + "/vrrp", module + "/internal/desired", module + "/internal/track"}
	io := []string{"net", "os", "syscall", "golang.org/x/sys", "golang.org/x/net", "log", "runtime"}
	// A logger that is handed in is a value, as an address is.
	values := []string{"net/netip", "log/slog"}
	all := packages(t)
	for _, p := range all {
		if !slices.Contains(pure, p.ImportPath) {
			continue
		}
		closure := append([]string{p.ImportPath}, p.Deps...)
		for _, dep := range all {
			if !slices.Contains(closure, dep.ImportPath) {
				continue
			}
			for _, path := range dep.Imports {
				if under(path, io...) && !slices.Contains(values, path) && !allowedIO(dep.ImportPath) {
					t.Errorf("%s is pure, but needs %s, which imports %s", p.ImportPath, dep.ImportPath, path)
				}
			}
		}
	}
}

// allowedIO names the packages whose values pure packages use although their
// clients do I/O; importing them opens nothing.
func allowedIO(path string) bool {
	return under(path, module+"/ipvs", module+"/checkers", module+"/internal/netif", module+"/config", module+"/bfd",
		module+"/internal/script", module+"/internal/notify", module+"/internal/netspace")
}

func TestStructureDataplaneStaysSmall(t *testing.T) {
	const dataplane = module + "/internal/dataplane"
	forbidden := []string{"github.com/hashicorp/hcl", "net/http", "crypto/tls",
		module + "/checkers", module + "/config", module + "/internal/control"}
	for _, p := range packages(t) {
		if !under(p.ImportPath, dataplane) {
			continue
		}
		for _, dep := range p.Deps {
			if under(dep, forbidden...) {
				t.Errorf("%s must not need %s", p.ImportPath, dep)
			}
		}
	}
}

func TestStructureWhoMayImportWhat(t *testing.T) {
	rules := []struct {
		what  string
		paths []string
		only  []string
	}{
		{"HCL stays in config", []string{"github.com/hashicorp/hcl", "github.com/zclconf/go-cty"},
			[]string{"config"}},
		{"only ipvs and netif open netlink",
			[]string{"github.com/vishvananda/netlink", "github.com/mdlayher/netlink", "github.com/mdlayher/genetlink", "github.com/cloudflare/ipvs"},
			[]string{"ipvs", "internal/netif", "internal/nstest", "integration"}},
		{"the lab is for tests", []string{module + "/integration"}, []string{"integration"}},
		{"the command line is cmd's", []string{"github.com/spf13"}, []string{"cmd"}},
		{"loggers are passed in", []string{"log"}, nil},
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, rule := range rules {
			for _, path := range p.Imports {
				if under(path, rule.paths...) && path != "log/slog" && !under(name, rule.only...) {
					t.Errorf("%s: %s imports %s", rule.what, name, path)
				}
			}
		}
	}
}
