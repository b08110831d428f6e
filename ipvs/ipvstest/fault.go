package ipvstest

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"director/ipvs"
)

// request is what a fault sees.
type request struct {
	list  bool
	op    ipvs.Op // unless list
	first bool    // the first operation of an Apply
}

// A fault looks at a request before the kernel does. It may change the table
// and answer in the kernel's place; done takes the fault out.
type fault func(k *Kernel, r request) (err error, done bool)

// errAnswerLost makes the kernel carry the request out and lose the answer.
var errAnswerLost = errors.New("the answer is lost")

// request gives every fault its look at a request. The first error counts.
// The caller holds k.mu.
func (k *Kernel) request(ctx context.Context, r request) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var first error
	k.faults = slices.DeleteFunc(k.faults, func(f fault) bool {
		if first != nil {
			return false
		}
		err, done := f(k, r)
		first = err
		return done
	})
	return first
}

// FailNth answers the nth request from now on, counted from 1, with err.
// Listing services, listing the servers of a service, and every operation of an
// Apply are one request each.
func (k *Kernel) FailNth(n int, err error) {
	k.add(func(*Kernel, request) (error, bool) {
		n--
		if n == 0 {
			return err, true
		}
		return nil, false
	})
}

func (k *Kernel) add(f fault) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = append(k.faults, f)
}

// Failure is one way in which a kernel lets its user down, once or for a while.
type Failure struct {
	Name  string
	fault func() fault
}

// Arm makes the failure wait for its moment.
func (f Failure) Arm(k *Kernel) { k.add(f.fault()) }

// Failures are the ways in which a reconciler must still converge: run every
// scenario once with each.
var Failures = []Failure{
	{"first operation fails once", func() fault { return failOps(1, 1, syscall.ENOMEM) }},
	{"third operation fails once", func() fault { return failOps(3, 3, syscall.ENOMEM) }},
	{"five operations in a row fail", func() fault { return failOps(1, 5, syscall.ENOMEM) }},
	{"listing fails once", failList},
	{"no answer, not carried out", func() fault { return failOps(1, 1, ipvs.ErrNoAnswer) }},
	{"no answer, carried out", func() fault { return failOps(1, 1, errAnswerLost) }},
	{"a service is gone between list and apply", beforeApply(func(k *Kernel) {
		k.services = slices.Delete(k.services, 0, min(1, len(k.services)))
	})},
	{"the table is emptied between list and apply", beforeApply(func(k *Kernel) { k.services = nil })},
	{"a server is gone between list and apply", beforeApply(func(k *Kernel) {
		for _, s := range k.services {
			s.Servers = slices.Delete(s.Servers, 0, min(1, len(s.Servers)))
		}
	})},
	{"weights change between list and apply", beforeApply(func(k *Kernel) {
		for _, s := range k.services {
			for i := range s.Servers {
				s.Servers[i].Weight++
			}
		}
	})},
	{"somebody adds it first", addFirst},
}

// failOps fails the operations with the given numbers, counted from 1.
func failOps(from, to int, err error) fault {
	n := 0
	return func(_ *Kernel, r request) (error, bool) {
		if r.list {
			return nil, false
		}
		n++
		if n < from {
			return nil, false
		}
		return err, n == to
	}
}

func failList() fault {
	return func(_ *Kernel, r request) (error, bool) {
		if r.list {
			return syscall.ENOMEM, true
		}
		return nil, false
	}
}

// beforeApply changes the table right before the next Apply.
func beforeApply(change func(*Kernel)) func() fault {
	return func() fault {
		return func(k *Kernel, r request) (error, bool) {
			if r.first {
				change(k)
			}
			return nil, r.first
		}
	}
}

// addFirst makes the first service or server that is to be added exist already,
// with other values.
func addFirst() fault {
	return func(k *Kernel, r request) (error, bool) {
		switch s := k.find(r.op.Service.Key); {
		case r.list:
		case r.op.Kind == ipvs.AddService && s == nil:
			other := ipvs.Service{Key: r.op.Service.Key, Scheduler: "fo"}.Normal()
			k.services = append(k.services, &other)
			return nil, true
		case r.op.Kind == ipvs.AddServer && s != nil:
			s.Servers = append(s.Servers, ipvs.Server{ServerKey: r.op.Server.ServerKey, Weight: r.op.Server.Weight + 7})
			return nil, true
		}
		return nil, false
	}
}
