package trackers

import (
	"slices"
	"strings"

	"director/internal/track"
)

// commLength is how much of a name the kernel keeps (TASK_COMM_LEN - 1).
const commLength = 15

// matches reports whether a process is one that spec means. comm is the kernel's
// name of it; args, asked for only where needed, its arguments from the zeroth.
func matches(spec track.ProcessSpec, comm string, args func() []string) bool {
	whole := spec.FullCommand || strings.Contains(spec.Command, "/")
	if !whole && comm != spec.Command[:min(len(spec.Command), commLength)] {
		return false
	}
	if !whole && spec.Match == track.MatchAny {
		return true
	}
	given := args()
	if len(given) == 0 || whole && given[0] != spec.Command {
		return false
	}
	return paramsMatch(spec.Match, spec.Params, given[1:])
}

func paramsMatch(match track.ParamMatch, want, given []string) bool {
	switch match {
	case track.MatchExact:
		return slices.Equal(want, given)
	case track.MatchInitial:
		return len(given) >= len(want) && slices.Equal(want, given[:len(want)])
	case track.MatchPartial:
		last := len(want) - 1
		return last < 0 || len(given) > last && slices.Equal(want[:last], given[:last]) &&
			strings.HasPrefix(given[last], want[last])
	}
	return true
}

// enough reports whether that many processes are what spec asks for.
func enough(spec track.ProcessSpec, count int) bool {
	if spec.QuorumMax == 0 { // none may run
		return count == 0
	}
	return count >= spec.Quorum && (spec.QuorumMax < 0 || count <= spec.QuorumMax)
}
