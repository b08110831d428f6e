package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"director/internal/script"
)

// pipeMode is what a FIFO is made with, less the umask.
const pipeMode = 0o644

// owner says whose a FIFO is to be, and whose it may be found.
type owner struct {
	uid, gid int // -1: as it is
	trusted  []int
}

// ownerOf looks the users of a FIFO up.
func ownerOf(f FIFO, p script.Policy) (owner, error) {
	o := owner{uid: -1, gid: -1, trusted: []int{0, os.Geteuid()}}
	if f.User != "" {
		uid, gid, err := lookupUser(f.User)
		if err != nil {
			return owner{}, err
		}
		o.uid, o.gid = uid, gid
		o.trusted = append(o.trusted, uid)
	}
	if f.Group != "" {
		gid, err := lookupGroup(f.Group)
		if err != nil {
			return owner{}, err
		}
		o.gid = gid
	}
	if !f.Script.Given() {
		return o, nil
	}
	for _, name := range []string{f.Script.User, p.User} {
		if name == "" {
			continue
		}
		uid, _, err := lookupUser(name)
		if err != nil {
			return owner{}, err
		}
		o.trusted = append(o.trusted, uid)
		break
	}
	return o, nil
}

func lookupUser(name string) (uid, gid int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		number, numeric := strconv.ParseUint(name, 10, 31)
		if numeric != nil {
			return 0, 0, err
		}
		if u, err = user.LookupId(name); err != nil {
			return int(number), -1, nil // a number needs no name
		}
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, fmt.Errorf("user %q: %w", name, err)
	}
	if gid, err = strconv.Atoi(u.Gid); err != nil {
		return 0, 0, fmt.Errorf("group of user %q: %w", name, err)
	}
	return uid, gid, nil
}

func lookupGroup(name string) (int, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		number, numeric := strconv.ParseUint(name, 10, 31)
		if numeric != nil {
			return 0, err
		}
		return int(number), nil
	}
	return strconv.Atoi(g.Gid)
}

// openPipe opens the FIFO at path for reading and writing, so that it is never
// without a reader, and without blocking. It makes it where there is nothing.
// What is there already is used only if it is a FIFO of somebody who is trusted.
func openPipe(path string, o owner) (*os.File, error) {
	made := false
	switch err := unix.Mkfifo(path, pipeMode); {
	case err == nil:
		made = true
	case !errors.Is(err, fs.ErrExist):
		return nil, &fs.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	f, err := openExisting(path, o)
	if err != nil && made {
		_ = os.Remove(path)
	}
	return f, err
}

func openExisting(path string, o owner) (*os.File, error) {
	// Opening a device or a file has effects of its own: look before.
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if err := o.accept(path, info); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := o.take(path, f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// take looks at what was opened, and makes it the owner's.
func (o owner) take(path string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := o.accept(path, info); err != nil {
		return err
	}
	stat, _ := info.Sys().(*syscall.Stat_t)
	if (o.uid < 0 || uint32(o.uid) == stat.Uid) && (o.gid < 0 || uint32(o.gid) == stat.Gid) {
		return nil
	}
	return f.Chown(o.uid, o.gid)
}

func (o owner) accept(path string, info os.FileInfo) error {
	if info.Mode()&os.ModeType != os.ModeNamedPipe {
		return fmt.Errorf("%s is there and is no FIFO", path)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !slices.Contains(o.trusted, int(stat.Uid)) {
		return fmt.Errorf("%s is there and belongs to neither director nor its reader", path)
	}
	return nil
}

// still reports whether path leads to the FIFO that is open.
func still(path string, f *os.File) bool {
	there, err := os.Lstat(path)
	if err != nil {
		return false
	}
	opened, err := f.Stat()
	return err == nil && os.SameFile(there, opened)
}

// unread is the number of bytes in a FIFO that nobody has read.
func unread(f *os.File) (int, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	n, failed := 0, error(nil)
	if err := raw.Control(func(fd uintptr) {
		n, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	}); err != nil {
		return 0, err
	}
	return n, failed
}
