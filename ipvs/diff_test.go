package ipvs_test

import (
	"cmp"
	"net/netip"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"director/ipvs"
	"director/ipvs/ipvstest"
)

func TestDiffConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := new(ipvstest.Kernel), new(ipvstest.Kernel)
		have.Set(ipvstest.Tables().Draw(t, "have")...)
		wanted := ipvstest.Tables().Draw(t, "want")
		want.Set(wanted...)
		ops := ipvs.Diff(wholeTable(t, have), wanted)
		if !slices.IsSortedFunc(ops, func(a, b ipvs.Op) int { return cmp.Compare(a.Kind, b.Kind) }) {
			t.Fatalf("not in the safest order: %v", ops)
		}
		apply(t, have, ops)
		if diff := gocmp.Diff(want.String(), have.String()); diff != "" {
			t.Fatalf("the table is not as wanted (-want +got):\n%s", diff)
		}
		if again := ipvs.Diff(wholeTable(t, have), wanted); len(again) > 0 {
			t.Fatalf("a second diff is not empty: %v", again)
		}
	})
}

// TestDiffNeverEmptiesAService looks at the table after every operation: a
// service that has a server with weight before and after has one all the time.
func TestDiffNeverEmptiesAService(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kernel := new(ipvstest.Kernel)
		have, want := ipvstest.Tables().Draw(t, "have"), ipvstest.Tables().Draw(t, "want")
		kernel.Set(have...)
		alive := map[ipvs.Key]bool{}
		for _, s := range want {
			alive[s.Key] = serving(s) && slices.ContainsFunc(have, func(h ipvs.Service) bool { return h.Key == s.Key && serving(h) })
		}
		for _, op := range ipvs.Diff(have, want) {
			apply(t, kernel, []ipvs.Op{op})
			for _, s := range wholeTable(t, kernel) {
				if alive[s.Key] && !serving(s) {
					t.Fatalf("after %v nobody serves %v", op, s.Key)
				}
			}
		}
	})
}

func serving(s ipvs.Service) bool {
	return slices.ContainsFunc(s.Servers, func(server ipvs.Server) bool { return server.Weight > 0 })
}

// TestDiffConvergesWhateverFails runs the reconciler's loop on a kernel that
// lets it down.
func TestDiffConvergesWhateverFails(t *testing.T) {
	for _, failure := range ipvstest.Failures {
		t.Run(failure.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				kernel, want := new(ipvstest.Kernel), new(ipvstest.Kernel)
				kernel.Set(ipvstest.Tables().Draw(t, "have")...)
				wanted := ipvstest.Tables().Draw(t, "want")
				want.Set(wanted...)
				failure.Arm(kernel)
				for range 10 {
					reconcile(t, kernel, wanted)
				}
				if diff := gocmp.Diff(want.String(), kernel.String()); diff != "" {
					t.Fatalf("not converged (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// reconcile is one round: errors are left to the next.
func reconcile(t *rapid.T, kernel *ipvstest.Kernel, want []ipvs.Service) {
	services, err := kernel.Services(t.Context())
	if err != nil {
		return
	}
	var keys []ipvs.Key
	for _, s := range services {
		keys = append(keys, s.Key)
	}
	have, err := kernel.Table(t.Context(), keys)
	if err != nil {
		return
	}
	kernel.Apply(t.Context(), ipvs.Diff(have, want), func(int, error) {})
}

func server(address string, weight uint32) ipvs.Server {
	return ipvs.Server{ServerKey: ipvs.ServerKey{Address: netip.MustParseAddrPort(address)}, Forward: ipvs.DR, Weight: weight}
}

// at returns a service without servers.
func at(address string) ipvs.Service {
	addr := netip.MustParseAddrPort(address)
	return ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: addr}, Scheduler: "rr"}
}

// served returns a service with servers.
func served(s ipvs.Service, servers ...ipvs.Server) ipvs.Service {
	s.Servers = servers
	return s
}

func TestDiffInWords(t *testing.T) {
	web := at("192.0.2.1:80")
	rows := []struct {
		name       string
		have, want []ipvs.Service
		ops        []string
	}{
		{
			name: "a service comes before its servers",
			want: []ipvs.Service{served(web, server("10.0.0.2:80", 1), server("10.0.0.1:80", 2))},
			ops: []string{
				"-A -t 192.0.2.1:80 -s rr",
				"-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1", "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 2",
			},
		},
		{
			name: "removing a service removes its servers",
			have: []ipvs.Service{served(web, server("10.0.0.2:80", 1))},
			ops:  []string{"-D -t 192.0.2.1:80"},
		},
		{
			name: "the sorry server is there before the last server goes",
			have: []ipvs.Service{served(web, server("10.0.0.1:80", 1))},
			want: []ipvs.Service{served(web, server("10.0.0.9:80", 1))},
			ops:  []string{"-a -t 192.0.2.1:80 -r 10.0.0.9:80 -g -w 1", "-d -t 192.0.2.1:80 -r 10.0.0.1:80"},
		},
		{
			name: "revived servers come before changed ones, and drains last",
			have: []ipvs.Service{served(web, server("10.0.0.1:80", 1), server("10.0.0.2:80", 1), server("10.0.0.3:80", 0))},
			want: []ipvs.Service{served(web, server("10.0.0.1:80", 0), server("10.0.0.2:80", 5), server("10.0.0.3:80", 1))},
			ops: []string{
				"-e -t 192.0.2.1:80 -r 10.0.0.3:80 -g -w 1", "-e -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 5",
				"-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0",
			},
		},
		{
			name: "a full mask and the flags of the kernel are no difference",
			have: []ipvs.Service{{Key: web.Key, Scheduler: "rr", Timeout: time.Minute, MaskBits: 32, Flags: 0x03}},
			want: []ipvs.Service{{Key: web.Key, Scheduler: "rr", Timeout: time.Minute}},
		},
		{
			name: "a change of a service keeps its engine",
			have: []ipvs.Service{{Key: web.Key, Scheduler: "rr", Timeout: time.Minute, Engine: "sip"}},
			want: []ipvs.Service{{Key: web.Key, Scheduler: "wrr", Timeout: time.Minute, Engine: "sip"}},
			ops:  []string{"-E -t 192.0.2.1:80 -s wrr -p 60 --pe sip"},
		},
		{
			name: "the forwarding method changes in place",
			have: []ipvs.Service{served(web, ipvs.Server{ServerKey: server("10.0.0.1:80", 1).ServerKey, Forward: ipvs.NAT, Weight: 1})},
			want: []ipvs.Service{served(web, server("10.0.0.1:80", 1))},
			ops:  []string{"-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1"},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, op := range ipvs.Diff(row.have, row.want) {
				got = append(got, op.String())
			}
			if diff := gocmp.Diff(row.ops, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDiffOfTenThousandServersAllocatesOnce(t *testing.T) {
	want := ipvs.Large(1, 10000, 1)
	if n := testing.AllocsPerRun(3, func() { ipvs.Diff(nil, want) }); n > 5 {
		t.Errorf("from nothing: %v allocations", n)
	}
	if n := testing.AllocsPerRun(3, func() { ipvs.Diff(want, want) }); n > 5 {
		t.Errorf("without a change: %v allocations", n)
	}
}
