package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile is the size beyond which a file is taken for a mistake.
const maxFile = 64 << 20

// readPaths fills Files and Base.
func (s *Source) readPaths(paths []string) Diagnostics {
	if len(paths) == 0 {
		return Diagnostics{{Severity: Error, Summary: "No configuration given", Detail: "Name a file or a directory."}}
	}
	var diags Diagnostics
	seen := map[string]bool{}
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			diags = append(diags, unreadable(path, err))
			continue
		}
		if i == 0 {
			s.Base = path
			if !info.IsDir() {
				s.Base = filepath.Dir(path)
			}
			if s.Base, err = filepath.Abs(s.Base); err != nil {
				diags = append(diags, unreadable(path, err))
			}
		}
		names := []string{path}
		if info.IsDir() {
			if names, err = listDir(path); err != nil {
				diags = append(diags, unreadable(path, err))
				continue
			}
		}
		for _, name := range names {
			if abs, err := filepath.Abs(name); err != nil || seen[abs] {
				diags = append(diags, &Diagnostic{Severity: Error, Summary: fmt.Sprintf("%s is given twice", name)})
				continue
			} else {
				seen[abs] = true
			}
			data, err := readFile(name)
			if err != nil {
				diags = append(diags, unreadable(name, err))
				continue
			}
			s.Files = append(s.Files, File{Name: name, Data: data})
		}
	}
	return diags
}

// listDir returns the *.hcl files of a directory by name, without dot files.
func listDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || strings.HasPrefix(name, ".") || filepath.Ext(name) != ".hcl" {
			continue
		}
		names = append(names, filepath.Join(dir, name))
	}
	if len(names) == 0 {
		return nil, errors.New("the directory has no *.hcl files")
	}
	return names, nil
}

// readFile reads a regular file of reasonable size.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d MB", maxFile>>20)
	}
	return data, nil
}

// unreadable is the diagnostic for a path that cannot be read.
func unreadable(path string, err error) *Diagnostic {
	return &Diagnostic{Severity: Error, Summary: fmt.Sprintf("%s cannot be read", path), Detail: cause(err)}
}

// cause strips what an error of package os repeats of the path.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// absolute is a path as Reads has it.
func (s *Source) absolute(path string) string {
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Base, path)
	}
	return filepath.Clean(path)
}

// readable reports whether others than its owner may read a file that readOnce
// has read.
func (s *Source) readable(path string) bool { return s.Reads[s.absolute(path)].Shared }

// readOnce returns the contents of a file for file(), the same for every call.
func (s *Source) readOnce(path string) ([]byte, error) {
	path = s.absolute(path)
	f, ok := s.Reads[path]
	if !ok && s.Sealed {
		return nil, errors.New("was not read when the configuration was loaded")
	}
	if !ok {
		f = File{Name: path}
		if data, err := readFile(path); err != nil {
			f.Err = cause(err)
		} else {
			f.Data = data
		}
		if info, err := os.Stat(path); err == nil {
			f.Shared = info.Mode()&0o077 != 0
		}
		s.Reads[path] = f
	}
	if f.Err != "" {
		return nil, errors.New(f.Err)
	}
	return f.Data, nil
}
