package notify

import "time"

// logPause is how long the same trouble is not logged again.
const logPause = time.Minute

// pause keeps something that happens often from being logged each time.
type pause struct{ last time.Time }

// due reports whether it is to be logged now.
func (p *pause) due() bool {
	now := time.Now()
	if !p.last.IsZero() && now.Sub(p.last) < logPause {
		return false
	}
	p.last = now
	return true
}
