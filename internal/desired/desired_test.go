package desired

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"director/config"
	"director/ipvs"
)

func server(addr string, weight uint32) ipvs.Server {
	return ipvs.Server{
		ServerKey: ipvs.ServerKey{Address: netip.MustParseAddrPort(addr)},
		Forward:   ipvs.DR,
		Weight:    weight,
	}
}

const a, b, c, sorry = "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.9:80"

// three is a service of three servers with weights 1, 1 and 2.
func three(change func(*config.VirtualServer)) *config.VirtualServer {
	vs := &config.VirtualServer{Name: "web", Quorum: 1, Servers: []config.RealServer{
		{Server: server(a, 1)}, {Server: server(b, 1)}, {Server: server(c, 2)},
	}}
	change(vs)
	return vs
}

func withSorry(vs *config.VirtualServer) {
	s := server(sorry, 1)
	vs.Sorry = &s
}

func inhibit(vs *config.VirtualServer) {
	for i := range vs.Servers {
		vs.Servers[i].Inhibit = true
	}
}

// states are those of servers without dynamic weights.
func states(up []bool) []State {
	all := make([]State, len(up))
	for i := range up {
		all[i].Up = up[i]
	}
	return all
}

func TestCompute(t *testing.T) {
	for _, tt := range []struct {
		name       string
		vs         *config.VirtualServer
		up         []bool
		was        bool
		want       map[string]uint32
		wantQuorum bool
	}{
		{"all in order", three(func(*config.VirtualServer) {}), []bool{true, true, true}, false,
			map[string]uint32{a: 1, b: 1, c: 2}, true},
		{"a failed server is left out", three(func(*config.VirtualServer) {}), []bool{true, false, true}, true,
			map[string]uint32{a: 1, c: 2}, true},
		{"a failed server that is inhibited stays at weight 0", three(inhibit), []bool{true, false, true}, true,
			map[string]uint32{a: 1, b: 0, c: 2}, true},
		{"without a sorry server the rest serves below the quorum",
			three(func(vs *config.VirtualServer) { vs.Quorum = 4 }), []bool{true, true, false}, true,
			map[string]uint32{a: 1, b: 1}, false},
		{"the sorry server replaces what is left below the quorum",
			three(func(vs *config.VirtualServer) { vs.Quorum = 3; withSorry(vs) }), []bool{true, true, false}, true,
			map[string]uint32{sorry: 1}, false},
		{"inhibited servers stay at weight 0 beside the sorry server",
			three(func(vs *config.VirtualServer) { vs.Quorum = 3; withSorry(vs); inhibit(vs) }), []bool{true, true, false}, true,
			map[string]uint32{a: 0, b: 0, c: 0, sorry: 1}, false},
		{"an inhibited sorry server waits at weight 0",
			three(func(vs *config.VirtualServer) { withSorry(vs); vs.SorryInhibit = true }), []bool{true, true, true}, true,
			map[string]uint32{a: 1, b: 1, c: 2, sorry: 0}, true},
		{"hysteresis: a quorum that was stays until it is lost by the margin",
			three(func(vs *config.VirtualServer) { vs.Quorum = 3; vs.Hysteresis = 1; withSorry(vs) }), []bool{false, false, true}, true,
			map[string]uint32{c: 2}, true},
		{"hysteresis: a quorum that was not comes back only by the margin",
			three(func(vs *config.VirtualServer) { vs.Quorum = 3; vs.Hysteresis = 1; withSorry(vs) }), []bool{true, false, true}, false,
			map[string]uint32{sorry: 1}, false},
		{"a quorum above the sum of the weights is the sum",
			three(func(vs *config.VirtualServer) { vs.Quorum = 100; withSorry(vs) }), []bool{true, true, true}, false,
			map[string]uint32{a: 1, b: 1, c: 2}, true},
		{"a sorry server that is also a real server has one entry",
			three(func(vs *config.VirtualServer) { s := server(a, 1); vs.Sorry = &s; inhibit(vs) }), []bool{false, false, false}, true,
			map[string]uint32{a: 1, b: 0, c: 0}, false},
		{"weights of 0 are no quorum",
			three(func(vs *config.VirtualServer) {
				for i := range vs.Servers {
					vs.Servers[i].Server.Weight = 0
				}
			}), []bool{true, true, true}, false, map[string]uint32{a: 0, b: 0, c: 0}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Compute(tt.vs, states(tt.up), tt.was)
			got := map[string]uint32{}
			for _, s := range r.Service.Servers {
				got[s.Address.String()] = s.Weight
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("servers (-want +got):\n%s", d)
			}
			if len(got) != len(r.Service.Servers) {
				t.Errorf("a server twice: %v", r.Service.Servers)
			}
			if r.QuorumUp != tt.wantQuorum {
				t.Errorf("quorum = %v, want %v", r.QuorumUp, tt.wantQuorum)
			}
		})
	}
}

func TestComputeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "servers")
		vs := &config.VirtualServer{
			Quorum:     rapid.Uint32Range(1, 10).Draw(t, "quorum"),
			Hysteresis: rapid.Uint32Range(0, 10).Draw(t, "hysteresis"),
		}
		up := make([]bool, n)
		for i := range n {
			vs.Servers = append(vs.Servers, config.RealServer{
				Server:  server(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 80).String(), rapid.Uint32Range(0, 3).Draw(t, "weight")),
				Inhibit: rapid.Bool().Draw(t, "inhibit"),
			})
			up[i] = rapid.Bool().Draw(t, "up")
		}
		if rapid.Bool().Draw(t, "sorry") {
			withSorry(vs)
		}
		first := Compute(vs, states(up), rapid.Bool().Draw(t, "was"))
		again := Compute(vs, states(up), first.QuorumUp)
		if d := cmp.Diff(first, again, cmp.Comparer(func(x, y netip.AddrPort) bool { return x == y })); d != "" {
			t.Fatalf("nothing changed, but the result did:\n%s", d)
		}
		if first.QuorumUp && first.Live == 0 {
			t.Fatal("a quorum of nothing")
		}
		for i := range up {
			up[i] = true
		}
		all := Compute(vs, states(up), first.QuorumUp)
		if all.Live > 0 && all.Live >= all.Quorum+uint64(vs.Hysteresis) && !all.QuorumUp {
			t.Fatal("every server is in order and the quorum is lost")
		}
	})
}

func TestWeight(t *testing.T) {
	for _, tt := range []struct {
		configured uint32
		part       int
		want       uint32
		cut        bool
	}{
		{1, 0, 1, false}, {1, 9, 10, false}, {10, -9, 1, false}, {10, -10, 0, false}, {10, -11, 0, true},
		{65535, 0, 65535, false}, {65535, 1, 65535, true}, {1, 2147483647, 65535, true}, {1, -2147483647, 0, true},
	} {
		if got, cut := Weight(tt.configured, tt.part); got != tt.want || cut != tt.cut {
			t.Errorf("%d%+d: %d %v, want %d %v", tt.configured, tt.part, got, cut, tt.want, tt.cut)
		}
	}
}

// TestDynamicWeights: weights that checks set reach the kernel and the quorum.
func TestDynamicWeights(t *testing.T) {
	vs := three(func(vs *config.VirtualServer) { vs.Quorum = 4; withSorry(vs) })
	for _, tt := range []struct {
		name   string
		states []State
		want   map[string]uint32
		live   uint64
		quorum bool
	}{
		{"none", []State{{Up: true}, {Up: true}, {Up: true}}, map[string]uint32{a: 1, b: 1, c: 2}, 4, true},
		{"more", []State{{Up: true, Part: 9}, {Up: true}, {}}, map[string]uint32{a: 10, b: 1}, 11, true},
		{"less loses the quorum", []State{{Up: true}, {Up: true}, {Up: true, Part: -1}}, map[string]uint32{sorry: 1}, 3, false},
		{"a part of a failed server counts for nothing", []State{{Up: true}, {Up: true}, {Part: 100}}, map[string]uint32{sorry: 1}, 2, false},
		{"weight 0 stays in the table", []State{{Up: true, Part: -1}, {Up: true, Part: 3}, {}}, map[string]uint32{a: 0, b: 4}, 4, true},
	} {
		r := Compute(vs, tt.states, false)
		got := map[string]uint32{}
		for _, s := range r.Service.Servers {
			got[s.Address.String()] = s.Weight
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || r.Live != tt.live || r.QuorumUp != tt.quorum || r.Quorum != 4 {
			t.Errorf("%s: live %d, quorum %v of %d (-want +got):\n%s", tt.name, r.Live, r.QuorumUp, r.Quorum, diff)
		}
	}
}
