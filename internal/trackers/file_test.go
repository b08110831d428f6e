package trackers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"director/internal/track"
)

// do stops the test at the first error.
func do(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }

// watchFile runs a Set that tracks one file.
func watchFile(t *testing.T, spec track.FileSpec, first bool) (is func(want string), s *Set, j *journal) {
	t.Helper()
	spec.Name = "f"
	j = newJournal()
	s = newSet(j, func(*Options) {})
	s.Configure(nil, []track.FileSpec{spec}, nil, first)
	start(t, s)
	return func(want string) {
		t.Helper()
		j.await(t, s, track.ID{Kind: track.File, Name: "f"}, want)
	}, s, j
}

func TestFileChanges(t *testing.T) {
	dir := t.TempDir()
	path, aside := filepath.Join(dir, "load"), filepath.Join(dir, "aside")
	do(t, write(path, "5\n"))
	is, _, _ := watchFile(t, track.FileSpec{Path: path}, true)
	is("5")
	for _, step := range []struct {
		what string
		do   func() error
		want string
	}{
		{"written", func() error { return write(path, "-0x10") }, "-16"},
		{"deleted", func() error { return os.Remove(path) }, "0"},
		{"made anew", func() error { return write(path, "7") }, "7"},
		{"moved away", func() error { return os.Rename(path, aside) }, "0"},
		{"moved back", func() error { return os.Rename(aside, path) }, "7"},
		{"replaced", func() error { do(t, write(aside, "8")); return os.Rename(aside, path) }, "8"},
		{"emptied", func() error { return write(path, "") }, "0"},
		{"linked", func() error { do(t, write(aside, "9"), os.Remove(path)); return os.Link(aside, path) }, "9"},
		{"no number", func() error { return write(path, "down\n") }, "0"},
		{"large", func() error { return write(path, strings.Repeat(" ", 100)+"12"+strings.Repeat("x", 1<<20)) }, "12"},
		{"a pipe", func() error { do(t, os.Remove(path)); return syscall.Mkfifo(path, 0o644) }, "0"},
		{"a file again", func() error { do(t, os.Remove(path)); return write(path, "4") }, "4"},
		{"a directory", func() error { do(t, os.Remove(path)); return os.Mkdir(path, 0o755) }, "0"},
	} {
		do(t, step.do())
		t.Log(step.what)
		is(step.want)
	}
}

func TestFileThatIsNone(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	do(t, syscall.Mkfifo(pipe, 0o644))
	for _, path := range []string{pipe, "/dev/zero", t.TempDir()} {
		if _, _, err := readStart(path); err == nil || !strings.HasSuffix(err.Error(), "is not a file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A file that is being written still says what it said: first emptied and then
// filled it would otherwise be 0 for a moment.
func TestFileIsReadWhenItIsComplete(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "load")
	do(t, write(path, "5"))
	is, _, j := watchFile(t, track.FileSpec{Path: path}, true)
	is("5")
	j.take()
	for range 200 {
		file, err := os.Create(path)
		do(t, err)
		_, err = file.WriteString("6")
		do(t, err, file.Close())
		is("6")
		do(t, write(path, "5"))
		is("5")
	}
	if got := j.take(); strings.Contains(got, "file f 0") {
		t.Errorf("was seen empty:\n%s", got)
	}
}

func TestFileDirectoryComesAndGoes(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "run", "director")
	path := filepath.Join(dir, "load")
	is, s, _ := watchFile(t, track.FileSpec{Path: path}, true)
	is("0")
	if got := s.Status()[0].Result; !strings.Contains(got, "no such file") {
		t.Error(got)
	}
	do(t, os.MkdirAll(dir, 0o755), write(path, "3"))
	is("3")
	do(t, write(path, "4"))
	is("4")
	do(t, os.RemoveAll(filepath.Join(base, "run")))
	is("0")
	do(t, os.MkdirAll(dir, 0o755), write(path, "5"))
	is("5")
	do(t, os.Rename(filepath.Join(base, "run"), filepath.Join(base, "away")))
	do(t, write(filepath.Join(base, "away/director/load"), "77"))
	do(t, os.MkdirAll(dir, 0o755), write(path, "6"))
	is("6")
}

// Events tell nothing of the file behind a link; it is looked at.
func TestFileBehindALink(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "target")
	path := filepath.Join(dir, "load")
	do(t, write(elsewhere, "3"), os.Symlink(elsewhere, path))
	is, _, _ := watchFile(t, track.FileSpec{Path: path}, true)
	is("3")
	do(t, write(elsewhere, "44"))
	is("44")
}

func TestFileWithoutInotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "load")
	do(t, write(path, "3"))
	w := &fileWatch{spec: track.FileSpec{Name: "f", Path: path}}
	j := newJournal()
	s := newSet(j, func(*Options) {})
	o := &object{watch: w, status: Status{ID: w.id()}}
	s.objects[w.id()] = o
	for i, want := range []string{"unknown", "3"} { // what looks the same twice is complete
		w.poll(t.Context(), s, o, false)
		if got := brief(w.id(), s.State(w.id())); got != want {
			t.Errorf("poll %d: %s, want %s", i, got, want)
		}
	}
	do(t, os.Remove(path))
	w.poll(t.Context(), s, o, false)
	w.poll(t.Context(), s, o, false)
	if got := s.State(w.id()).Value; got != 0 {
		t.Errorf("deleted, but %d", got)
	}
}

func TestInitFile(t *testing.T) {
	for _, tt := range []struct {
		name             string
		there            string
		overwrite, first bool
		recall           bool
		want             string // in the file; "none": there is no file
	}{
		{"made", "", false, true, false, "-5\n"},
		{"kept", "9", false, true, false, "9"},
		{"overwritten", "9999\n", true, true, false, "-5\n"},
		{"not on reload", "", true, false, false, "none"},
		{"not when control starts again", "9", true, true, true, "9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "load")
			if tt.there != "" {
				do(t, write(path, tt.there))
			}
			j := newJournal()
			s := newSet(j, func(*Options) {})
			id := track.ID{Kind: track.File, Name: "f"}
			if tt.recall {
				s.Recall(map[track.ID]track.State{id: {Known: true, Value: 1}})
			}
			s.Configure(nil, []track.FileSpec{{Name: "f", Path: path, Init: true, Overwrite: tt.overwrite, Value: -5}}, nil, tt.first)
			start(t, s)
			text := tt.want
			if text == "none" {
				text = ""
			}
			n, _ := number(text)
			j.await(t, s, id, fmt.Sprint(n))
			got, err := os.ReadFile(path)
			if err != nil {
				got = []byte("none")
			}
			if string(got) != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestInitFileFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	target, path := filepath.Join(dir, "target"), filepath.Join(dir, "load")
	do(t, write(target, "precious"), os.Symlink(target, path))
	if err := create(track.FileSpec{Path: path, Overwrite: true}); err == nil {
		t.Error("followed a link")
	}
	if got, _ := os.ReadFile(target); string(got) != "precious" {
		t.Errorf("wrote %q", got)
	}
}

func TestInotifyEvents(t *testing.T) {
	event := func(mask uint32, name string) []byte {
		b := make([]byte, unix.SizeofInotifyEvent+16)
		b[4], b[5], b[6], b[7] = byte(mask), byte(mask>>8), byte(mask>>16), byte(mask>>24)
		b[12] = 16
		copy(b[unix.SizeofInotifyEvent:], name)
		return b
	}
	if event(1, "")[4] != 1 {
		t.Skip("for little-endian machines")
	}
	d := &dirWatch{name: "load"}
	for _, tt := range []struct {
		name          string
		events        []byte
		changed, gone bool
	}{
		{"ours", event(unix.IN_CLOSE_WRITE, "load"), true, false},
		{"another's", event(unix.IN_CLOSE_WRITE, "load2"), false, false},
		{"ours behind another's", append(event(unix.IN_DELETE, "x"), event(unix.IN_MOVED_TO, "load")...), true, false},
		{"overflow", event(unix.IN_Q_OVERFLOW, ""), true, false},
		{"the directory", event(unix.IN_DELETE_SELF, ""), false, true},
		{"cut short", event(unix.IN_CLOSE_WRITE, "load")[:18], false, false},
		{"nothing", nil, false, false},
	} {
		if changed, gone := d.parse(tt.events); changed != tt.changed || gone != tt.gone {
			t.Errorf("%s: %v, %v", tt.name, changed, gone)
		}
	}
}
