package ipvs

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	cloudflare "github.com/cloudflare/ipvs"
	"golang.org/x/sys/unix"
)

const (
	// patient is for answers that come; impatient for those that do not.
	patient   = time.Minute
	impatient = 20 * time.Millisecond
)

func TestFailuresAreAttributedBySequenceNumber(t *testing.T) {
	k := &scripted{t: t, steps: []step{verdicts(0, syscall.ERANGE, 0, syscall.ESRCH, 0)}}
	errs := applied(t, k.client(patient), serverOps(AddServer, 5))
	wantErrors(t, errs, nil, syscall.ERANGE, nil, syscall.ESRCH, nil)
	if want := "-a -t 192.0.2.1:80 -r 10.2.0.3:80 -g -w 1: no such service: no such process"; errs[3].Error() != want {
		t.Errorf("got %q, want %q", errs[3], want)
	}
}

func TestFailureOfTheLastOfABatch(t *testing.T) {
	k := &scripted{t: t, steps: []step{verdicts(0, syscall.EPERM)}}
	wantErrors(t, applied(t, k.client(patient), serverOps(AddServer, 2)), nil, syscall.EPERM)
}

func TestWhatExistsIsChangedAndWhatIsGoneIsAdded(t *testing.T) {
	var second []uint8
	k := &scripted{t: t, steps: []step{
		verdicts(syscall.EEXIST, syscall.ENOENT, syscall.ENOENT, syscall.ESRCH, 0),
		func(reqs []message) [][]byte {
			for _, r := range reqs {
				second = append(second, r.data[0])
			}
			return verdicts(0, syscall.ENOMEM)(reqs)
		},
	}}
	ops := serverOps(AddServer, 5)
	ops[1].Kind, ops[2].Kind, ops[3].Kind = UpdateServer, DeleteServer, DeleteServer
	wantErrors(t, applied(t, k.client(patient), ops), nil, syscall.ENOMEM, nil, nil, nil)
	if len(second) != 2 || second[0] != cmdSetDest || second[1] != cmdNewDest {
		t.Errorf("the second write had commands %v, want %v", second, []uint8{cmdSetDest, cmdNewDest})
	}
}

func TestALostAcknowledgementEndsTheWaitAndTheConnection(t *testing.T) {
	k := &scripted{t: t, steps: []step{
		func(reqs []message) [][]byte { return [][]byte{verdict(reqs[1].seq, syscall.ERANGE)} },
		verdicts(0, 0),
	}}
	c := k.client(impatient)
	wantErrors(t, applied(t, c, serverOps(AddServer, 3)), ErrNoAnswer, syscall.ERANGE, ErrNoAnswer)
	c.timeout = patient
	wantErrors(t, applied(t, c, serverOps(AddServer, 2)), nil, nil)
	if k.dials != 2 {
		t.Errorf("%d connections, want 2: one after the other", k.dials)
	}
}

func TestASilentKernelIsAskedTwiceAndNoMore(t *testing.T) {
	k := &scripted{t: t}
	errs := applied(t, k.client(impatient), serverOps(AddServer, 5*burst))
	for i, err := range errs {
		if !errors.Is(err, ErrNoAnswer) {
			t.Errorf("operation %d: %v, want %v", i, err, ErrNoAnswer)
		}
	}
	if k.dials != 2 {
		t.Errorf("asked %d times, want 2", k.dials)
	}
}

func TestTheEndOfTheContextEndsAWait(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("role lost")
	k := &scripted{t: t, steps: []step{func([]message) [][]byte { cancel(reason); return nil }}}
	var errs []error
	k.client(patient).Apply(ctx, serverOps(AddServer, 3*burst), func(_ int, err error) { errs = append(errs, err) })
	if len(errs) != 3*burst {
		t.Fatalf("%d reports, want %d", len(errs), 3*burst)
	}
	for i, err := range errs {
		if !errors.Is(err, reason) {
			t.Errorf("operation %d: %v, want %v", i, err, reason)
		}
	}
}

func TestAnswersToSomethingElseAreSkipped(t *testing.T) {
	k := &scripted{t: t, steps: []step{func(reqs []message) [][]byte {
		last := reqs[len(reqs)-1].seq
		return [][]byte{
			verdict(reqs[0].seq-1, syscall.EIO), verdict(last+1, syscall.EIO),
			rawMessage(28, last, make([]byte, 8)), verdict(last, 0),
		}
	}}}
	wantErrors(t, applied(t, k.client(patient), serverOps(AddServer, 2)), nil, nil)
}

func TestNonsenseFromTheKernelIsAnError(t *testing.T) {
	list := func(attrs ...byte) func(uint32) []byte {
		return func(seq uint32) []byte { return rawMessage(28, seq, append([]byte{1, 1, 0, 0}, attrs...)) }
	}
	rows := map[string]func(seq uint32) []byte{
		"half a header":                  func(uint32) []byte { return []byte{1, 2, 3} },
		"a length beyond the end":        func(uint32) []byte { return []byte{255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} },
		"a verdict without a number":     func(seq uint32) []byte { return rawMessage(unix.NLMSG_ERROR, seq, nil) },
		"an entry without a header":      func(seq uint32) []byte { return rawMessage(28, seq, []byte{1}) },
		"an entry without attributes":    list(),
		"an attribute beyond the end":    list(200, 0, 1, 0),
		"an attribute without a length":  list(0, 0, 1, 0),
		"a service without a netmask":    list(12, 0, 1, 0, 6, 0, 1, 0, 2, 0, 0, 0),
		"a family of three bytes":        list(12, 0, 1, 0, 7, 0, 1, 0, 2, 0, 0, 0),
		"bytes after the last attribute": list(4, 0, 9, 0, 1),
	}
	for name, answer := range rows {
		t.Run(name, func(t *testing.T) {
			k := &scripted{t: t, steps: []step{func(reqs []message) [][]byte { return [][]byte{answer(reqs[0].seq)} }}}
			if _, err := k.client(patient).Services(t.Context()); !errors.Is(err, errAnswer) {
				t.Errorf("got %v, want %v", err, errAnswer)
			}
		})
	}
}

func TestAListThatFailsSaysSo(t *testing.T) {
	k := &scripted{t: t, steps: []step{
		func(reqs []message) [][]byte { return [][]byte{verdict(reqs[0].seq, syscall.EPERM)} },
		func(reqs []message) [][]byte {
			return [][]byte{rawMessage(unix.NLMSG_DONE, reqs[0].seq, []byte{0xf4, 0xff, 0xff, 0xff})}
		},
		func(reqs []message) [][]byte {
			return [][]byte{rawMessage(unix.NLMSG_DONE, reqs[0].seq, make([]byte, 4))}
		},
	}}
	c := k.client(patient)
	if _, err := c.Services(t.Context()); !errors.Is(err, syscall.EPERM) {
		t.Errorf("got %v, want %v", err, syscall.EPERM)
	}
	if _, err := c.Servers(t.Context(), someKey); !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("got %v, want %v", err, syscall.ENOMEM)
	}
	if all, err := c.Services(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("an empty list: %v, %v", all, err)
	}
}

func TestAListThatStopsHalfwayIsAnError(t *testing.T) {
	k := &scripted{t: t, steps: []step{func(reqs []message) [][]byte {
		server := appendServer(nil, Server{ServerKey: ServerKey{netip.MustParseAddrPort("[2001:db8::1]:80")}})
		return [][]byte{rawMessage(28, reqs[0].seq, append([]byte{1, 1, 0, 0}, server...))}
	}}}
	if all, err := k.client(impatient).Servers(t.Context(), someKey); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %v, %v; want %v", all, err, ErrNoAnswer)
	}
}

func TestASilentLibraryIsReplaced(t *testing.T) {
	k := &scripted{t: t}
	c := k.client(impatient)
	k.library.silent = true
	op := Op{Kind: AddService, Service: Service{Key: someKey, Scheduler: "rr"}}
	errs := applied(t, c, []Op{op})
	wantErrors(t, errs, ErrNoAnswer)
	if want := "-A -t 192.0.2.1:80 -s rr: no answer from the kernel within 20ms"; errs[0].Error() != want {
		t.Errorf("got %q, want %q", errs[0], want)
	}
	k.library.silent = false
	wantErrors(t, applied(t, c, []Op{op}), nil)
	k.library.err = syscall.EEXIST
	wantErrors(t, applied(t, c, []Op{op}), nil)
	k.library.err = syscall.ENOENT
	errs = applied(t, c, []Op{op})
	wantErrors(t, errs, syscall.ENOENT)
	if !strings.Contains(errs[0].Error(), `scheduler "rr" is not available (module ip_vs_rr)`) {
		t.Errorf("got %q", errs[0])
	}
}

func TestWaitingForTheClientEndsWithTheContext(t *testing.T) {
	c := (&scripted{t: t}).client(patient)
	<-c.busy // somebody else applies
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Services(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	c.busy <- struct{}{}
}

// TestALongListIsMadeUnique has the kernel repeat a server at the start of the
// second piece, as it does when one is added meanwhile.
func TestALongListIsMadeUnique(t *testing.T) {
	k := &scripted{t: t, steps: []step{func(reqs []message) [][]byte {
		var out [][]byte
		for _, host := range []string{"10.0.0.2:80", "10.0.0.1:80", "10.0.0.1:80"} {
			server := appendServer(nil, Server{ServerKey: ServerKey{netip.MustParseAddrPort(host)}})
			out = append(out, rawMessage(28, reqs[0].seq, append([]byte{1, 1, 0, 0}, server...)))
		}
		return append(out, rawMessage(unix.NLMSG_DONE, reqs[0].seq, make([]byte, 4)))
	}}}
	all, err := k.client(patient).Servers(t.Context(), someKey)
	if err != nil || len(all) != 2 || all[0].Address.String() != "10.0.0.1:80" {
		t.Errorf("got %v, %v; want 10.0.0.1, which is older, and 10.0.0.2", all, err)
	}
}

func TestWithoutIPVSNothingSucceeds(t *testing.T) {
	c := (&scripted{t: t}).client(patient)
	c.dial = func() (*conn, error) { return nil, syscall.ENOENT }
	c.openLibrary = func() (cloudflare.Client, error) { return nil, syscall.ENOENT }
	ops := append(serverOps(DeleteServer, 2), serverOps(UpdateServer, 1)...)
	ops = append(ops, Op{Kind: DeleteService, Service: Service{Key: someKey}})
	wantErrors(t, applied(t, c, ops), ErrUnavailable, ErrUnavailable, ErrUnavailable, ErrUnavailable)
	if _, err := c.Services(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want %v", err, ErrUnavailable)
	}
}
