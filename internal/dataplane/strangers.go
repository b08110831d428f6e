package dataplane

import (
	"log/slog"
	"net/netip"
	"time"
)

// strangers logs adverts of virtual routers that are not configured here
// (log_unknown_vrids): each router once an hour, and no more of them than fit,
// so that a flood fills neither log nor memory. It is for one goroutine.
type strangers struct {
	log  *slog.Logger
	seen map[stranger]time.Time
}

type stranger struct {
	source netip.Addr
	vrid   uint8
}

const (
	strangersAtMost = 64
	strangerAgain   = time.Hour
)

func newStrangers(log *slog.Logger, iface string) *strangers {
	return &strangers{log: log.With("interface", iface), seen: map[stranger]time.Time{}}
}

func (s *strangers) note(source netip.Addr, vrid uint8, now time.Time) {
	who := stranger{source, vrid}
	last, known := s.seen[who]
	if known && now.Sub(last) < strangerAgain {
		return
	}
	if !known && len(s.seen) >= strangersAtMost {
		s.forget(now)
		if len(s.seen) >= strangersAtMost {
			return
		}
	}
	s.seen[who] = now
	s.log.Info("advert of a virtual router that is not configured here", "vrid", vrid, "source", source)
	if len(s.seen) == strangersAtMost {
		s.log.Warn("more such virtual routers are not logged", "for", strangerAgain)
	}
}

// forget makes room for others.
func (s *strangers) forget(now time.Time) {
	for who, last := range s.seen {
		if now.Sub(last) >= strangerAgain {
			delete(s.seen, who)
		}
	}
}
