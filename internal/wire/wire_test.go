package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"director/internal/netif"
	"director/ipvs"
	"director/vrrp"
)

func TestMessagesArriveAsTheyWere(t *testing.T) {
	instance := Instance{
		VRRP: vrrp.Config{
			Name: "VI_1", Interface: "eth0", Family: vrrp.IPv4, Version: 3, VRID: 51, Priority: 100,
			AdvertInt: 100 * time.Millisecond, Peers: []vrrp.Peer{{Addr: netip.MustParseAddr("10.0.0.2")}},
		},
		Addresses: []netif.Address{{
			Key:   netif.Key{Interface: "eth0", Prefix: netip.MustParsePrefix("10.0.0.5/24")},
			Label: "eth0:0", Broadcast: netip.MustParseAddr("10.0.0.255"),
		}},
		Announce: netif.Schedule{Repeat: 5, Delay: 5 * time.Second},
	}
	service := ipvs.Service{
		Key:       ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: netip.MustParseAddrPort("10.0.0.5:80")},
		Scheduler: "wlc",
		Servers:   []ipvs.Server{{ServerKey: ipvs.ServerKey{Address: netip.MustParseAddrPort("10.1.0.1:80")}, Forward: ipvs.DR, Weight: 1}},
	}
	messages := []Message{
		{Hello: &Hello{Source: []byte{1, 2}, Generation: 7, Restarts: 1, Healths: 2}},
		{Begin: &Begin{Generation: 8, Full: true, Source: []byte("x"), Instances: []Instance{instance}}},
		{Plan: &ServicePlan{Name: "web", Instance: "VI_1", Service: service}},
		{Plan: &ServicePlan{Name: "mark", Service: ipvs.Service{Key: ipvs.Key{Family: ipvs.INET6, FWMark: 3}, Scheduler: "rr"}}},
		{Delta: &Delta{Name: "web", Delete: []ipvs.ServerKey{service.Servers[0].ServerKey}}},
		{Commit: &Commit{Generation: 8}},
		{Health: &Health{Service: "web", Server: "a", Checks: []CheckHealth{{ID: "c", Known: true, Reason: "status 503", Since: time.Hour}}, Age: time.Second}},
		{Instance: &InstanceState{Name: "VI_1", Status: vrrp.Status{Role: vrrp.Master, Drops: map[string]uint64{"ttl": 2}, Master: netip.MustParseAddr("fe80::1%eth0")}}},
		{Reload: &Reload{}}, {Stop: &Stop{}}, {Ready: &Ready{}}, {Ping: &Ping{Seq: 1}}, {Pong: &Pong{Seq: 1}},
	}
	near, far := net.Pipe()
	a, b := NewConn(near), NewConn(far)
	sent := make(chan error, 1)
	go func() {
		for _, m := range messages {
			if err := a.Send(m); err != nil {
				sent <- err
				return
			}
		}
		sent <- a.Close()
	}()
	same := cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(x, y netip.Addr) bool { return x == y }),
		cmp.Comparer(func(x, y netip.AddrPort) bool { return x == y }),
		cmp.Comparer(func(x, y netip.Prefix) bool { return x == y }),
	}
	for _, want := range messages {
		got, err := b.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, same); d != "" {
			t.Errorf("message changed on the way (-want +got):\n%s", d)
		}
	}
	if _, err := b.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v, want EOF", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestAStreamThatIsNotOursIsAnError(t *testing.T) {
	near, far := net.Pipe()
	go func() { near.Write([]byte("GET / HTTP/1.1\r\n\r\n")); near.Close() }()
	if m, err := NewConn(far).Receive(); err == nil {
		t.Errorf("read %+v", m)
	}
}

func TestMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMailbox[string, int]()
		m.Set("a", 1)
		m.Set("b", 2)
		m.Set("a", 3)
		if d := cmp.Diff([]int{3, 2}, m.Take()); d != "" {
			t.Errorf("the newest of each key, in order of the first (-want +got):\n%s", d)
		}
		go func() {
			time.Sleep(time.Second)
			m.Set("c", 4)
		}()
		if v, err := m.Next(t.Context()); v != 4 || err != nil {
			t.Errorf("Next = %d, %v", v, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next of an empty mailbox: %v", err)
		}
	})
}
