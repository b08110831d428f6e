package netif

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestRouteTunnelsThatAreNotHere holds the bytes of what this kernel cannot
// take (linux/mpls_iptunnel.h, linux/ila.h), and that they are read back.
func TestRouteTunnelsThatAreNotHere(t *testing.T) {
	for want, e := range map[string]Encap{
		// RTA_ENCAP_TYPE 1, RTA_ENCAP with MPLS_IPTUNNEL_DST: 100, then 200 with
		// the bottom bit.
		"0600150001000000" + "10001600" + "0c000100" + "00064000000c8100": {Kind: "mpls", Labels: []uint32{100, 200}},
		// Type 3, ILA_ATTR_LOCATOR in network byte order.
		"0600150003000000" + "10001600" + "0c000100" + "00010002000300ff": {Kind: "ila", Locator: "1:2:3:ff"},
	} {
		var got []byte
		for _, a := range e.attributes() {
			b := a.Serialize()
			got = append(got, b...)
			got = append(got, make([]byte, (4-len(b)%4)%4)...)
		}
		if hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, want %s", e.Kind, got, want)
		}
		attrs, err := readAttrs(got)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseEncap(attrs)
		if diff := cmp.Diff(e, back, equateNetip); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	}
}

// TestRouteTunnelsThatTheKernelLacks are an error, not a route without one.
func TestRouteTunnelsThatTheKernelLacks(t *testing.T) {
	_, table := newRouter(t)
	for _, r := range []Route{
		{Dest: prefix("192.0.2.0/24"), Via: addr("10.0.0.2"), Encap: Encap{Kind: "mpls", Labels: []uint32{16}}},
		{Dest: prefix("2001:db8:9::/48"), Via: addr("2001:db8::2"), Encap: Encap{Kind: "ila", Locator: "1:2:3:4"}},
	} {
		_, err := table.AddRoute(t.Context(), r)
		if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			t.Errorf("%s: %v", r.Encap.Kind, err)
		}
		if err == nil && !stands(t, table, r) {
			t.Errorf("%s: was taken, and is not there", r.Encap.Kind)
		}
		if err := table.DeleteRoute(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
}

func TestRouteFilterLetsOursPass(t *testing.T) {
	program, err := routeFilter([]uint8{Mark, 4, 200})
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]bpf.Instruction, len(program))
	for i, f := range program {
		raw[i] = bpf.RawInstruction{Op: f.Code, Jt: f.Jt, Jf: f.Jf, K: f.K}.Disassemble()
	}
	vm, err := bpf.NewVM(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind     int
		protocol uint8
		pass     bool
	}{
		{unix.RTM_NEWROUTE, Mark, true}, {unix.RTM_DELROUTE, Mark, true}, {unix.RTM_NEWROUTE, 4, true},
		{unix.RTM_DELROUTE, 200, true}, {unix.RTM_NEWROUTE, unix.RTPROT_BGP, false}, {unix.RTM_DELROUTE, 0, false},
		{unix.RTM_NEWRULE, 0, true}, {unix.RTM_NEWADDR, 0, true}, {unix.RTM_DELLINK, 3, true},
	} {
		req := nl.NewNetlinkRequest(c.kind, 0)
		req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Protocol: c.protocol}})
		n, err := vm.Run(req.Serialize())
		if err != nil || n > 0 != c.pass {
			t.Errorf("type %d, protocol %d: %d, %v", c.kind, c.protocol, n, err)
		}
	}
}

// FuzzRouteMessage: whatever arrives is read or refused.
func FuzzRouteMessage(f *testing.F) {
	f.Add([]byte{})
	for _, r := range routeCases {
		req := nl.NewNetlinkRequest(unix.RTM_NEWROUTE, 0)
		if err := r.asStored().write(req, 0, func(string) (int, error) { return 7, nil }); err != nil {
			f.Fatal(err)
		}
		f.Add(req.Serialize()[unix.SizeofNlMsghdr:])
	}
	for _, r := range ruleCases {
		req := nl.NewNetlinkRequest(unix.RTM_NEWRULE, 0)
		r.Key().write(req)
		f.Add(req.Serialize()[unix.SizeofNlMsghdr:])
	}
	f.Fuzz(func(t *testing.T, m []byte) {
		if rec, err := parseRoute(m); err == nil && !rec.stands(rec.Route) {
			t.Errorf("%+v does not equal itself", rec.Route)
		}
		if k, err := parseRule(m); err == nil && k.String() == "" {
			t.Errorf("%+v has no name", k)
		}
		_, _ = userDataOf(m)
	})
}
