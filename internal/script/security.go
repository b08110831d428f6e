package script

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxLinks is the kernel's own bound (MAXSYMLINKS).
const maxLinks = 40

// examine follows path to the program, through all its links, and returns where
// that is. A script run as root is not run, with security on, where somebody
// else could change the file or a directory on the way.
func (id identity) examine(path string, security bool) (string, error) {
	return walk(path, func(at string, info os.FileInfo) error {
		if !security || id.uid != 0 {
			return nil
		}
		return secure(at, info)
	})
}

// secure checks one file or directory; whoever may write to it may change what
// root runs.
func secure(path string, info os.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("not secure to run as root: the owner of %s is unknown", path)
	case stat.Uid != 0:
		return fmt.Errorf("not secure to run as root: %s belongs to user %d", path, stat.Uid)
	case stat.Mode&0o002 != 0:
		return fmt.Errorf("not secure to run as root: everybody may write to %s", path)
	case stat.Mode&0o020 != 0 && stat.Gid != 0:
		return fmt.Errorf("not secure to run as root: group %d may write to %s", stat.Gid, path)
	}
	return nil
}

// walk calls visit for each directory that leads to path, those behind symbolic
// links too, and for the file, and returns the file's path without links.
func walk(path string, visit func(string, os.FileInfo) error) (string, error) {
	at, rest := "/", split(path)
	info, err := os.Lstat(at)
	if err != nil {
		return "", err
	}
	for links := 0; ; {
		if err := visit(at, info); err != nil {
			return "", err
		}
		if len(rest) == 0 {
			break
		}
		if rest[0] == ".." { // of a link's target
			at, rest = filepath.Dir(at), rest[1:]
		} else {
			next := filepath.Join(at, rest[0])
			target, err := os.Readlink(next)
			switch {
			case err != nil: // no link: Lstat tells whether it is there
				at, rest = next, rest[1:]
			case links == maxLinks:
				return "", fmt.Errorf("%s: %w", path, syscall.ELOOP)
			default:
				links++
				rest = append(split(target), rest[1:]...)
				if filepath.IsAbs(target) {
					at = "/"
				}
			}
		}
		if info, err = os.Lstat(at); err != nil {
			return "", err
		}
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", at)
	}
	return at, nil
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// mayExecute judges by mode bits whether id may reach and execute the program.
func (id identity) mayExecute(path string) error {
	_, err := walk(path, func(at string, info os.FileInfo) error {
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return errors.ErrUnsupported
		}
		var needed uint32
		switch {
		case id.uid == 0 && info.IsDir():
		case id.uid == 0:
			needed = 0o111
		case stat.Uid == id.uid:
			needed = 0o100
		case id.in(stat.Gid):
			needed = 0o010
		default:
			needed = 0o001
		}
		if needed != 0 && stat.Mode&needed == 0 {
			return fmt.Errorf("user %q may not execute %s", id.user.Username, at)
		}
		return nil
	})
	return err
}
