package control

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"director/config"
	"director/internal/api"
	"director/internal/wire"
	"director/vrrp"
)

const oneInstance = `
vrrp_instance "VI_1" {
  interface         = "lo"
  virtual_router_id = 51
  virtual_ipaddress "192.0.2.100/24" {}
}`

type handoverReply struct {
	status int
	answer api.Handover
	err    error
}

// ask posts a request and returns where the reply will be.
func (d *dataplane) ask(body string) <-chan handoverReply {
	reply := make(chan handoverReply, 1)
	go func() {
		resp, err := d.client().Post("http://director"+api.HandoverPath, "application/json", strings.NewReader(body))
		if err != nil {
			reply <- handoverReply{err: err}
			return
		}
		defer resp.Body.Close()
		r := handoverReply{status: resp.StatusCode}
		r.err = json.NewDecoder(resp.Body).Decode(&r.answer)
		reply <- r
	}()
	return reply
}

func TestHandoverIsAskedAndAnswered(t *testing.T) {
	_, file := configure(t, oneInstance)
	d := startControl(t, file, wire.Hello{Restarts: 3})
	d.until("readiness", isReady)
	for _, c := range []struct {
		body   string
		back   bool
		answer api.Handover
	}{
		{`{"instance":"VI_1","back":false}`, false, api.Handover{Done: true, Text: "VI_1 is MASTER on 10.0.0.2 now"}},
		{`{"instance":"VI_1"}`, false, api.Handover{Text: "VI_1 stays MASTER here: nobody has won"}},
		{`{"instance":"VI_1","back":true}`, true, api.Handover{Done: true, Text: "VI_1 may preempt again"}},
	} {
		reply := d.ask(c.body)
		m := d.until("the request", func(m wire.Message) bool { return m.Handover != nil })
		if h := m.Handover; h.Instance != "VI_1" || h.Back != c.back || h.Seq <= 3<<32 {
			t.Errorf("request %+v", h)
		}
		d.say(wire.Message{Answer: &wire.HandoverAnswer{Seq: 1, Done: true, Text: "asked by a predecessor"}})
		d.say(wire.Message{Answer: &wire.HandoverAnswer{Seq: m.Handover.Seq, Done: c.answer.Done, Text: c.answer.Text}})
		if r := <-reply; r.err != nil || r.status != http.StatusOK || r.answer != c.answer {
			t.Errorf("%s: reply %+v", c.body, r)
		}
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}

func TestHandoverRefused(t *testing.T) {
	_, file := configure(t, oneInstance)
	d := startControl(t, file, wire.Hello{})
	d.until("readiness", isReady)
	for _, c := range []struct {
		body   string
		status int
		text   string
	}{
		{`{"instance":"VI_l"}`, http.StatusNotFound, `there is no vrrp_instance "VI_l"; did you mean "VI_1"?`},
		{`{"instance":"something else"}`, http.StatusNotFound, `there is no vrrp_instance "something else"`},
		{`{}`, http.StatusNotFound, `there is no vrrp_instance ""`},
		{`{"instanz":"VI_1"}`, http.StatusBadRequest, `the request is not as documented: json: unknown field "instanz"`},
		{`nonsense`, http.StatusBadRequest, `the request is not as documented: invalid character 'o' in literal null (expecting 'u')`},
		{`"` + strings.Repeat("x", longestRequest) + `"`, http.StatusBadRequest, `the request is not as documented: http: request body too large`},
	} {
		if r := <-d.ask(c.body); r.err != nil || r.status != c.status || r.answer.Done || r.answer.Text != c.text {
			t.Errorf("%.40s: reply %+v", c.body, r)
		}
	}

	// The end of director ends a question, too.
	reply := d.ask(`{"instance":"VI_1"}`)
	d.until("the request", func(m wire.Message) bool { return m.Handover != nil })
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if r := <-reply; r.err == nil && r.status != http.StatusServiceUnavailable {
		t.Errorf("reply at the end: %+v", r)
	}
}

func TestHandoverWithoutAnAnswerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(Options{}, nil, 0)
		e.cfg = &config.Config{Instances: []config.Instance{{VRRP: vrrp.Config{Name: "VI_1"}}}}
		alive, end := context.WithCancel(t.Context())
		e.around.Go(func() {
			for {
				select {
				case <-alive.Done():
					return
				case <-e.tasks.Ready():
					for _, task := range e.tasks.Take() {
						task()
					}
				}
			}
		})
		ctx, cancel := context.WithTimeoutCause(t.Context(), handoverWithin, errNoAnswer)
		defer cancel()
		began := time.Now()
		status, answer := e.handOver(ctx, api.HandoverRequest{Instance: "VI_1"})
		if status != http.StatusGatewayTimeout || answer.Done || answer.Text != errNoAnswer.Error() || time.Since(began) != handoverWithin {
			t.Errorf("%d %+v after %v", status, answer, time.Since(began))
		}
		synctest.Wait()
		if n := len(e.handovers.waiting); n != 0 {
			t.Errorf("%d requests still wait", n)
		}
		end()
		e.around.Wait()
	})
}
