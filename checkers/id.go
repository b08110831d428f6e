package checkers

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
)

// ID names a check. The caller of a [Pool] chooses it; the same ID with an equal
// spec is the same check.
type ID string

// ID returns a name that specs share exactly when they are Equal, and that
// says to people what is checked: "HTTP_GET 10.0.0.1:80 #5f0c3a91d2e47b68". It is
// the same in each process, as long as the program is.
func (s Spec) ID() ID {
	var what string
	switch {
	case s.Follow != nil:
		what = s.Follow.Name
	case s.Misc != nil && s.Misc.Command.Given():
		what = s.Misc.Command.Args[0]
	case s.Kind == PingCheck:
		what = s.Target.Addr().String()
	default:
		what = s.Target.String()
	}
	s.Warmup, s.LogAllFailures = 0, false
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a Spec is plain values
	}
	sum := sha256.Sum256(text)
	return ID(fmt.Sprintf("%s %s #%x", s.Kind, what, sum[:8]))
}
