package control

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"director/checkers"
	"director/internal/api"
	"director/ipvs"
)

// answerWithin bounds one question, so that a client that stops reading holds
// nothing.
const answerWithin = 10 * time.Second

// serve answers questions on the socket until ctx ends.
func (e *engine) serve(ctx context.Context, l net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.StatusPath, func(w http.ResponseWriter, r *http.Request) {
		s, err := e.ask(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		e.reply(w, http.StatusOK, s)
	})
	mux.HandleFunc("POST "+api.HandoverPath, e.handover)
	server := &http.Server{
		Handler: mux, ReadTimeout: answerWithin, WriteTimeout: answerWithin, MaxHeaderBytes: 1 << 16,
		ErrorLog: nil, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		e.log.Error("no more answers on the socket", "error", err)
	}
}

// reply writes an answer as JSON.
func (e *engine) reply(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(answer); err != nil {
		e.log.Debug("answer not delivered", "error", err)
	}
}

// ask has the engine describe itself.
func (e *engine) ask(ctx context.Context) (*api.Status, error) {
	answer := make(chan *api.Status, 1)
	e.post(func() { answer <- e.status() })
	select {
	case s := <-answer:
		return s, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (e *engine) status() *api.Status {
	stats := e.pool.Stats()
	s := &api.Status{
		Node: e.source.Node, Version: e.opts.Version, Dataplane: e.dataplane(),
		Control: api.Control{
			PID: os.Getpid(), Generation: e.generation, Started: e.begun,
			Checks: api.Checks{
				Count: stats.Checks, InFlight: stats.InFlight, Made: stats.Made, Failed: stats.Failed,
				Unmade: stats.Unmade, Late: stats.Late, WorstLatenessSeconds: stats.WorstLateness.Seconds(),
			},
		},
		Instances: make([]api.Instance, 0, len(e.cfg.Instances)),
		Services:  make([]api.Service, 0, len(e.order)),
	}
	for n := range e.cfg.Instances {
		s.Instances = append(s.Instances, e.instance(&e.cfg.Instances[n]))
	}
	for _, name := range e.order {
		s.Services = append(s.Services, e.service(e.services[name]))
	}
	s.Trackers, s.BFD, s.Notify = e.trackerStates(), e.sessions(), notifications(e.notifier.Status())
	return s
}

func (e *engine) dataplane() api.Dataplane {
	p := e.process
	return api.Dataplane{
		PID: p.PID, Realtime: p.Realtime == "", RealtimeReason: p.Realtime, IPVS: p.IPVS == "", IPVSReason: p.IPVS,
		Generation: p.Generation, KernelGeneration: p.KernelGeneration, ControlRestarts: p.ControlRestarts,
		UptimeSeconds: age(e.born).Seconds(), AgeSeconds: age(e.heard).Seconds(),
		Repairs: api.Repairs(p.Repairs), LogDropped: p.LogDropped, NoticesDropped: p.NoticesDropped,
	}
}

func (e *engine) service(s *service) api.Service {
	state, known := e.states[s.config.Name]
	if !known {
		state.Why = "the dataplane has not said anything yet"
	}
	out := api.Service{
		Name: s.config.Name, Entry: s.config.Service.Key.String(), Scheduler: s.config.Service.Scheduler,
		Instance: s.config.Instance, Programmed: state.Programmed, Why: state.Why, Error: state.Error,
		TakenOver: state.TakenOver, QuorumUp: s.result.QuorumUp, Quorum: s.result.Quorum, LiveWeight: s.result.Live,
		SorryInUse: s.result.SorryInUse, Servers: make([]api.Server, 0, len(s.servers)),
	}
	if len(s.servers) > 0 {
		out.Forward = s.servers[0].config.Server.Forward.String()
	}
	weights := make(map[ipvs.ServerKey]uint32, len(s.result.Service.Servers))
	for _, w := range s.result.Service.Servers {
		weights[w.ServerKey] = w.Weight
	}
	for _, srv := range s.servers {
		out.Servers = append(out.Servers, srv.answer(weights))
	}
	return out
}

func (s *server) answer(weights map[ipvs.ServerKey]uint32) api.Server {
	out := api.Server{
		Name: s.config.Name, Weight: weights[s.config.Server.ServerKey], Healthy: s.up, Since: s.since,
		RequireAny: s.config.RequireAny,
		Checks:     make([]api.Check, 0, len(s.checks)),
	}
	out.InService = out.Weight > 0
	decided := false
	for _, c := range s.checks {
		out.Checks = append(out.Checks, c.answer(s))
		if out.Reason == "" || c.health.Up == s.up && !decided {
			out.Reason, decided = c.reason, c.health.Up == s.up
		}
	}
	if len(s.checks) == 0 {
		out.Reason = "no check"
	}
	return out
}

func (c *check) answer(s *server) api.Check {
	out := api.Check{
		Kind: string(c.spec.Kind), Known: c.health.Known, Up: c.health.Up, Reason: c.reason,
		Failures: c.health.Failures, AddsWeight: c.adds(s), CertificateExpires: c.expires,
		SharedBy: len(c.users), AgeSeconds: age(c.at).Seconds(),
	}
	switch {
	case !c.spec.Target.IsValid():
	case c.spec.Kind == checkers.PingCheck:
		out.Target = c.spec.Target.Addr().String()
	default:
		out.Target = c.spec.Target.String()
	}
	return out
}
