package trackers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"director/internal/track"
)

const (
	// pollFile is how often a file is looked at whose directory cannot be
	// watched, or is not there yet.
	pollFile = time.Second
	// fileLength is how much of a file is read, in bytes.
	fileLength = 128
)

// fileWatch reads a track_file.
type fileWatch struct {
	spec track.FileSpec
	init bool
	// read and seen are what the file looked like when it was last read, and at
	// the last poll.
	read, seen look
}

// look tells one content of a file from another without reading it.
type look struct {
	inode    uint64
	size     int64
	modified time.Time
}

func (w *fileWatch) id() track.ID { return track.ID{Kind: track.File, Name: w.spec.Name} }

func (w *fileWatch) same(other watch) bool { return w.continues(other) }

func (w *fileWatch) continues(other watch) bool { return w.spec.Path == other.(*fileWatch).spec.Path }

func (w *fileWatch) begin(_ *track.State, known bool) { w.init = w.init && !known }

func (w *fileWatch) run(ctx context.Context, s *Set, o *object) {
	if w.init {
		if err := create(w.spec); err != nil {
			s.opts.Log.Warn("init_file could not be written", "file", w.spec.Path, "error", err)
		}
	}
	var dir *dirWatch
	defer func() {
		if dir != nil {
			dir.close()
		}
	}()
	ticker := time.NewTicker(pollFile)
	defer ticker.Stop()
	var said string
	for read := true; ; {
		if dir == nil {
			var err error
			dir, err = watchDir(filepath.Dir(w.spec.Path), filepath.Base(w.spec.Path))
			if err != nil && err.Error() != said {
				said = err.Error()
				s.opts.Log.Warn("file is looked at once a second", "file", w.spec.Path, "reason", err)
			}
			read = read || dir != nil
		}
		if read {
			w.update(ctx, s, o)
		}
		read = false
		var changed <-chan struct{}
		if dir != nil {
			changed = dir.changed
		}
		select {
		case <-ctx.Done():
			return
		case _, ok := <-changed:
			read = true
			if !ok {
				dir.close()
				dir = nil
			}
		case <-ticker.C:
			if dir != nil && !dir.holds() {
				dir.close()
				dir, read = nil, true
			} else {
				w.poll(ctx, s, o, dir != nil)
			}
		}
	}
}

// poll looks for changes that no event tells of: the directory is not watched,
// or the file is a link to somewhere else. What looks different is read when it
// has looked the same twice, so not while it is written.
func (w *fileWatch) poll(ctx context.Context, s *Set, o *object, watched bool) {
	if info, err := os.Lstat(w.spec.Path); watched && (err != nil || info.Mode()&fs.ModeSymlink == 0) {
		return
	}
	var now look
	if info, err := os.Stat(w.spec.Path); err == nil {
		now = lookOf(info)
	}
	if now != w.read && now == w.seen {
		w.update(ctx, s, o)
	}
	w.seen = now
}

func (w *fileWatch) update(ctx context.Context, s *Set, o *object) {
	began := time.Now()
	var text string
	var err error
	text, w.read, err = readStart(w.spec.Path)
	n, ok := number(text)
	s.update(ctx, o, func(st *Status) {
		st.Runs++
		st.Took = time.Since(began)
		st.State = track.State{Known: true, Value: n, Detail: strconv.Itoa(n)}
		switch {
		case err != nil:
			st.State.Detail = err.Error()
		case !ok:
			st.State.Detail = "no number in it"
		}
		if err != nil || !ok {
			st.Failures++
		}
		st.Result = st.State.Detail
	})
}

func lookOf(info fs.FileInfo) look {
	l := look{size: info.Size(), modified: info.ModTime()}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		l.inode = stat.Ino
	}
	return l
}

// readStart reads the beginning of a file, and of nothing that is none: a pipe
// or a device might never answer.
func readStart(path string) (string, look, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", look{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", look{}, err
	}
	if !info.Mode().IsRegular() {
		return "", lookOf(info), fmt.Errorf("%s is not a file", path)
	}
	text, err := io.ReadAll(io.LimitReader(file, fileLength))
	if err != nil {
		return "", lookOf(info), err
	}
	return string(text), lookOf(info), nil
}

// create writes an init_file. It follows no link: the directory may be one where
// everybody may make files.
func create(spec track.FileSpec) error {
	flags := os.O_WRONLY | os.O_CREATE | syscall.O_NOFOLLOW | syscall.O_NONBLOCK
	if spec.Overwrite {
		flags |= os.O_TRUNC
	} else {
		flags |= os.O_EXCL
	}
	file, err := os.OpenFile(spec.Path, flags, 0o644)
	if errors.Is(err, fs.ErrExist) && !spec.Overwrite {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, spec.Value)
	return errors.Join(err, file.Close())
}

func (w *fileWatch) tell(log *slog.Logger, was, is track.State) {
	if was.Value != is.Value || !was.Known && is.Value != 0 {
		log.Info("number in file changed", "file", w.spec.Path, "value", is.Value, "before", was.Value)
	}
}
