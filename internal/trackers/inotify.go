package trackers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// What happens to a file that can change what it says. A file that is open for
// writing is not read: its number is not there yet. (fsnotify cannot tell the
// end of writing from its beginning, and would see a 0 between.)
const (
	fileEvents = unix.IN_CLOSE_WRITE | unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	dirEvents  = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	dirGone    = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_IGNORED | unix.IN_UNMOUNT
)

// dirWatch tells of one name in one directory (inotify(7)).
type dirWatch struct {
	dir, name string
	is        os.FileInfo // what dir was when the watch began
	file      *os.File
	// changed gets a value after changes, and is closed when the directory is
	// gone and nothing more will come.
	changed chan struct{}
}

// watchDir begins to watch; the caller closes it.
func watchDir(dir, name string) (*dirWatch, error) {
	is, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("watch it: %w", err)
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("inotify: %w", err)
	}
	file := os.NewFile(uintptr(fd), "inotify")
	if _, err := unix.InotifyAddWatch(fd, dir, fileEvents|dirEvents); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("watch %s: %w", dir, err)
	}
	d := &dirWatch{dir: dir, name: name, is: is, file: file, changed: make(chan struct{}, 1)}
	go d.read()
	return d, nil
}

// holds reports whether the directory is still the one of that path. Of a parent
// that was moved away the kernel tells nothing.
func (d *dirWatch) holds() bool {
	now, err := os.Stat(d.dir)
	return err == nil && os.SameFile(d.is, now)
}

// close ends the watch and waits for its reader.
func (d *dirWatch) close() {
	_ = d.file.Close()
	for range d.changed {
	}
}

func (d *dirWatch) read() {
	defer close(d.changed)
	buf := make([]byte, 64*(unix.SizeofInotifyEvent+unix.NAME_MAX+1))
	for {
		n, err := d.file.Read(buf)
		if err != nil {
			return
		}
		changed, gone := d.parse(buf[:n])
		if changed {
			select {
			case d.changed <- struct{}{}:
			default: // one that waits says the same
			}
		}
		if gone {
			return
		}
	}
}

// parse goes through the events of one read. An overflow may have swallowed one
// of ours.
func (d *dirWatch) parse(events []byte) (changed, gone bool) {
	for len(events) >= unix.SizeofInotifyEvent {
		mask := binary.NativeEndian.Uint32(events[4:])
		length := int(binary.NativeEndian.Uint32(events[12:]))
		events = events[unix.SizeofInotifyEvent:]
		length = min(length, len(events))
		name, _, _ := bytes.Cut(events[:length], []byte{0})
		events = events[length:]
		gone = gone || mask&dirGone != 0
		changed = changed || mask&unix.IN_Q_OVERFLOW != 0 || mask&fileEvents != 0 && string(name) == d.name
	}
	return changed, gone
}
