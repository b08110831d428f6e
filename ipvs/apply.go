package ipvs

import (
	"context"
	"errors"
	"syscall"

	cloudflare "github.com/cloudflare/ipvs"
)

// Apply carries out the operations in order. It calls report once for every
// operation, in order, with nil for success; an operation that fails does not
// stop the others. Repeating operations is harmless: adding what exists makes
// it equal, changing a server that is gone adds it, removing what is gone is
// success.
//
// When the kernel does not answer, the operations under way get ErrNoAnswer and
// the next ones a new connection; when it does not answer a second time in a
// row, or the context ends, the rest is reported with that error, not sent.
func (c *Client) Apply(ctx context.Context, ops []Op, report func(i int, err error)) {
	next := 0
	err := c.locked(ctx, func() error {
		silent := 0
		for next < len(ops) && silent < 2 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			n, err := c.step(ctx, ops[next:], func(i int, err error) { report(next+i, err) })
			next += n
			silent++
			if !errors.Is(err, ErrNoAnswer) {
				silent = 0
			}
		}
		if silent == 2 {
			return ErrNoAnswer
		}
		return nil
	})
	for ; next < len(ops); next++ {
		report(next, kernelError(ops[next], err))
	}
}

// step carries out and reports the first operations and returns how many. The
// error is that of the connection.
func (c *Client) step(ctx context.Context, ops []Op, report func(int, error)) (int, error) {
	room := c.pace.room()
	if ops[0].plainService() {
		err := c.service(ctx, ops[0])
		report(0, c.verdict(ops[0], err))
		c.breathe(1, err)
		return 1, err
	}
	n := 1
	for n < len(ops) && n < room && !ops[n].plainService() {
		n++
	}
	verdicts, err := c.batch(ctx, ops[:n])
	for i, verdict := range verdicts {
		report(i, c.verdict(ops[i], verdict))
	}
	c.breathe(n, err)
	return n, err
}

// breathe counts n requests. The wait for an answer that did not come was pause
// enough, and says nothing about what requests cost.
func (c *Client) breathe(n int, err error) {
	if errors.Is(err, ErrNoAnswer) {
		c.pace = pacer{}
		return
	}
	c.pace.did(n)
}

// plainService reports whether the library does the operation. Through it an
// update would remove a persistence engine, it has none.
func (o Op) plainService() bool {
	switch o.Kind {
	case AddService, UpdateService:
		return o.Service.Engine == ""
	case DeleteService:
		return true
	}
	return false
}

// verdict turns the kernel's answer into what is reported, and remembers what
// was programmed.
func (c *Client) verdict(op Op, err error) error {
	if err != nil && !op.gone(err) {
		return kernelError(op, err)
	}
	switch op.Kind {
	case AddService, UpdateService:
		c.programmed[op.Service.Key.normal()] = true
	case DeleteService:
		delete(c.programmed, op.Service.Key.normal())
	}
	return nil
}

// gone reports whether a removal failed because nothing is there: the service
// (ESRCH) or the server in it (ENOENT).
func (o Op) gone(err error) bool {
	switch o.Kind {
	case DeleteService, DeleteServer:
		return errors.Is(err, syscall.ESRCH) || errors.Is(err, syscall.ENOENT)
	}
	return false
}

// instead returns the operation that does what this one could not, because the
// entry exists or does not.
func (o Op) instead(err error) (Op, bool) {
	switch {
	case o.Kind == AddService && errors.Is(err, syscall.EEXIST):
		o.Kind = UpdateService
	case o.Kind == AddServer && errors.Is(err, syscall.EEXIST):
		o.Kind = UpdateServer
	case o.Kind == UpdateServer && errors.Is(err, syscall.ENOENT):
		o.Kind = AddServer
	default:
		return o, false
	}
	return o, true
}

// service carries out one operation through the library.
func (c *Client) service(ctx context.Context, op Op) error {
	if err := op.check(); err != nil {
		return err
	}
	err := c.library(ctx, func(lib cloudflare.Client) error { return callLibrary(lib, op) })
	if other, ok := op.instead(err); ok {
		err = c.library(ctx, func(lib cloudflare.Client) error { return callLibrary(lib, other) })
	}
	return err
}

func callLibrary(lib cloudflare.Client, op Op) error {
	s := libraryService(op.Service)
	switch op.Kind {
	case AddService:
		return lib.CreateService(s)
	case UpdateService:
		return lib.UpdateService(s)
	}
	return lib.RemoveService(s)
}

// batch carries out operations on servers, and on services with an engine, at
// once, and a second time those that found another state than they expected.
// The verdicts are complete, the error is that of the connection.
func (c *Client) batch(ctx context.Context, ops []Op) ([]error, error) {
	verdicts := c.send(ctx, ops)
	var again []Op
	var where []int
	for i, op := range ops {
		if other, ok := op.instead(verdicts[i]); ok {
			again = append(again, other)
			where = append(where, i)
		}
	}
	if len(again) > 0 {
		for j, verdict := range c.send(ctx, again) {
			verdicts[where[j]] = verdict
		}
	}
	for _, verdict := range verdicts {
		if errors.Is(verdict, ErrNoAnswer) {
			return verdicts, verdict
		}
	}
	return verdicts, nil
}

// send sends one batch and returns a verdict for every operation. Those whose
// verdict is missing get the error of the connection.
func (c *Client) send(ctx context.Context, ops []Op) []error {
	verdicts := make([]error, len(ops))
	reqs := make([]request, 0, len(ops))
	where := make([]int, 0, len(ops))
	c.arena = c.arena[:0]
	for i := range ops {
		if verdicts[i] = ops[i].check(); verdicts[i] != nil {
			continue
		}
		start := len(c.arena)
		c.arena = appendOp(c.arena, ops[i])
		reqs = append(reqs, request{opCommands[ops[i].Kind], c.arena[start:]})
		where = append(where, i)
	}
	if len(reqs) == 0 {
		return verdicts
	}
	var answers []error
	err := c.own(ctx, func(conn *conn) (err error) {
		answers, err = conn.batch(reqs)
		return err
	})
	for j, i := range where {
		verdicts[i] = err
		if j < len(answers) && answers[j] != nil || err == nil {
			verdicts[i] = answers[j]
		}
	}
	return verdicts
}
