package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/agext/levenshtein"

	"director/internal/api"
	"director/internal/wire"
)

// handoverWithin bounds a handover: the dataplane answers within 12 s.
const handoverWithin = 15 * time.Second

// longestRequest bounds what a client may send, in bytes.
const longestRequest = 1 << 16

// handovers are the requests that the dataplane has not answered.
type handovers struct {
	// seq is that of the last one, never the same as a predecessor's.
	seq     uint64
	waiting map[uint64]chan<- wire.HandoverAnswer
}

// errNoAnswer says that the dataplane did not answer in time.
var errNoAnswer = fmt.Errorf("no answer of the dataplane within %v; director status shows what became of it", handoverWithin)

// handover answers POST api.HandoverPath.
func (e *engine) handover(w http.ResponseWriter, r *http.Request) {
	until := time.Now().Add(handoverWithin + answerWithin)
	control := http.NewResponseController(w)
	if err := errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)); err != nil {
		e.log.Debug("a handover gets the time of other questions", "error", err)
	}
	var asked api.HandoverRequest
	decode := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestRequest))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&asked); err != nil {
		e.reply(w, http.StatusBadRequest, api.Handover{Text: "the request is not as documented: " + err.Error()})
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), handoverWithin, errNoAnswer)
	defer cancel()
	status, answer := e.handOver(ctx, asked)
	e.reply(w, status, answer)
}

// handOver asks the dataplane and waits for its answer.
func (e *engine) handOver(ctx context.Context, asked api.HandoverRequest) (int, api.Handover) {
	answered := make(chan wire.HandoverAnswer, 1)
	unknown := make(chan string, 1)
	var seq uint64 // the engine's
	e.post(func() {
		if text := e.unknownInstance(asked.Instance); text != "" {
			unknown <- text
			return
		}
		e.handovers.seq++
		seq = e.handovers.seq
		e.handovers.waiting[seq] = answered
		e.urge(fmt.Sprintf("handover %d", seq), wire.Message{
			Handover: &wire.Handover{Seq: seq, Instance: asked.Instance, Back: asked.Back},
		})
	})
	select {
	case text := <-unknown:
		return http.StatusNotFound, api.Handover{Text: text}
	case a := <-answered:
		return http.StatusOK, api.Handover{Done: a.Done, Text: a.Text}
	case <-ctx.Done():
	}
	e.post(func() { delete(e.handovers.waiting, seq) })
	if err := context.Cause(ctx); !errors.Is(err, errNoAnswer) {
		return http.StatusServiceUnavailable, api.Handover{Text: "director is stopping: " + err.Error()}
	}
	return http.StatusGatewayTimeout, api.Handover{Text: errNoAnswer.Error()}
}

// handoverAnswered passes an answer on to who asked; one that comes too late, or
// was for a predecessor, is nobody's.
func (e *engine) handoverAnswered(a *wire.HandoverAnswer) {
	if answered := e.handovers.waiting[a.Seq]; answered != nil {
		delete(e.handovers.waiting, a.Seq)
		answered <- *a
	}
}

// unknownInstance is empty where there is an instance of the name; else it says
// so, with the name that was probably meant.
func (e *engine) unknownInstance(name string) string {
	near, distance := "", 1+min(3, (len(name)+1)/3)
	for n := range e.cfg.Instances {
		has := e.cfg.Instances[n].VRRP.Name
		if has == name {
			return ""
		}
		if d := levenshtein.Distance(name, has, nil); d < distance {
			near, distance = has, d
		}
	}
	text := fmt.Sprintf("there is no vrrp_instance %q", name)
	if near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}
