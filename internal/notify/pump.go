package notify

import (
	"context"
	"errors"
	"os"
	"time"

	"director/internal/script"
)

const (
	// pipeCheck is how often it is looked whether the FIFO is still there, and
	// how soon one that could not be opened is tried again.
	pipeCheck = time.Second
	// writeSlice is how long a write to a full pipe waits at a time.
	writeSlice = 250 * time.Millisecond
	// readCheck is how often it is looked whether the reader has read everything.
	readCheck = 5 * time.Millisecond
)

// pump is the goroutine that writes one FIFO, and what only it knows.
type pump struct {
	*fifo
	file    *os.File
	reader  *reader // started by:
	command script.Command
	as      script.Policy

	current    line
	holding    bool      // current is to be written
	stuckSince time.Time // zero: the pipe has room
	end        time.Time // when the last moment is over; zero: no end in sight
}

// run writes the lines of a FIFO until it is finished or ctx ends.
func (f *fifo) run(ctx context.Context) {
	defer close(f.over)
	p := &pump{fifo: f}
	if f.before != nil {
		select {
		case <-f.before:
		case <-ctx.Done():
		}
	}
	for ctx.Err() == nil && p.step(ctx) {
	}
	p.close(ctx)
}

// step does one thing; false: nothing is left to do.
func (p *pump) step(ctx context.Context) bool {
	p.open(ctx)
	if p.file != nil && !p.holding {
		p.current, p.holding = p.take()
	}
	if p.file == nil || !p.holding {
		return p.wait(ctx)
	}
	p.write()
	return p.end.IsZero() || time.Now().Before(p.end)
}

// wait waits for a line, or for the time to look at the pipe again.
func (p *pump) wait(ctx context.Context) bool {
	timer := time.NewTimer(pipeCheck)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.wake:
	case <-p.last:
		p.ending()
		return p.holdsLines() && p.file != nil
	case <-ctx.Done():
	}
	return true
}

func (p *pump) holdsLines() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.holding || len(p.lines.lines) > 0
}

// ending sets the time by which the last lines must be written.
func (p *pump) ending() {
	if p.end.IsZero() {
		p.end = time.Now().Add(p.moment)
	}
}

// open makes sure of the pipe and of its reader.
func (p *pump) open(ctx context.Context) {
	p.mu.Lock()
	config, policy := p.config, p.policy
	p.mu.Unlock()
	if p.file != nil && !still(config.Path, p.file) {
		// A reader that has opened the old one hears no more of us.
		p.log.Warn("notify: somebody took the FIFO away, it is made again")
		p.stopReader()
		_ = p.file.Close()
		p.file = nil
	}
	if p.file == nil {
		o, err := ownerOf(config, policy)
		if err == nil {
			p.file, err = openPipe(config.Path, o)
		}
		p.fail(err)
		if err != nil {
			p.giveUp()
			return
		}
	}
	if p.reader != nil && (!p.command.Equal(config.Script) || p.as != policy) {
		p.letRead(ctx, time.Now().Add(p.moment))
		p.stopReader()
	}
	if p.reader == nil && config.Script.Given() && p.end.IsZero() {
		p.command, p.as = config.Script, policy
		p.setReader(p.launch(config.Script, policy, config.Path))
	}
}

func (p *pump) setReader(r *reader) {
	p.reader = r
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = r
}

func (p *pump) stopReader() {
	if p.reader != nil {
		p.reader.stop()
		p.setReader(nil)
	}
}

// write writes the current line, which a pipe takes whole or not at all, or
// notices that there is no room.
func (p *pump) write() {
	_ = p.file.SetWriteDeadline(time.Now().Add(writeSlice))
	_, err := p.file.Write(p.current.data)
	switch {
	case err == nil:
		p.wrote(p.current)
		p.current, p.holding, p.stuckSince = line{}, false, time.Time{}
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.full()
	default:
		p.fail(err)
		_ = p.file.Close()
		p.file = nil
	}
	select {
	case <-p.last:
		p.ending()
	default:
	}
}

func (p *pump) full() {
	if p.stuckSince.IsZero() {
		p.stuckSince = time.Now()
	}
	if time.Since(p.stuckSince) >= p.patience {
		p.giveUp()
	}
}

// giveUp lets no event wait for this FIFO, until a line gets through.
func (p *pump) giveUp() {
	p.release(p.current.ticket)
	p.current.ticket = nil
	p.giveUpWaiting()
}

// close ends the FIFO: within the last moment the reader may read what is in the
// pipe, and end by itself at the end of file, before it is stopped.
func (p *pump) close(ctx context.Context) {
	p.ending()
	if p.file != nil {
		if p.reader != nil {
			p.letRead(ctx, p.end)
			p.reader.letEnd()
		}
		_ = p.file.Close()
	}
	if p.reader != nil {
		timer := time.NewTimer(time.Until(p.end))
		select {
		case <-p.reader.over:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	p.stopReader()
	unwritten := 0
	if p.holding {
		unwritten = 1
	}
	p.lose(unwritten)
	// Where Run was ended in the middle the next process is to tell it all again.
	if ctx.Err() == nil {
		p.giveUp()
	}
}

// letRead waits until the pipe is empty.
func (p *pump) letRead(ctx context.Context, end time.Time) {
	until := time.NewTimer(time.Until(end))
	defer until.Stop()
	look := time.NewTicker(readCheck)
	defer look.Stop()
	for {
		if n, err := unread(p.file); err != nil || n == 0 {
			return
		}
		select {
		case <-look.C:
		case <-until.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
