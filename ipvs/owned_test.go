package ipvs_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"director/ipvs"
	"director/ipvs/ipvstest"
)

// at returns a plain TCP service.
func at(address string) ipvs.Service {
	addr := netip.MustParseAddrPort(address)
	return ipvs.Service{Key: ipvs.Key{Family: ipvs.INET, Protocol: ipvs.TCP, Address: addr}, Scheduler: "rr"}
}

func record(names ...string) ipvs.Record { return ipvs.Record{Services: names} }

// compareKeys lets cmp compare addresses.
var compareKeys = cmp.Options{cmpopts.EquateComparable(ipvs.Key{}, ipvs.ServerKey{}), cmpopts.EquateEmpty()}

func TestOwned(t *testing.T) {
	a, b := at("192.0.2.1:80"), at("192.0.2.2:80")
	const nameA, nameB = "TCP 192.0.2.1:80", "TCP 192.0.2.2:80"
	rows := []struct {
		name           string
		record         ipvs.Record
		kernel, wanted []ipvs.Service
		want           ipvs.Ownership
	}{
		{
			name:   "the first start programs what is wanted",
			wanted: []ipvs.Service{a},
			want:   ipvs.Ownership{Before: record(nameA), After: record(nameA)},
		},
		{
			name:   "a leftover of a crash is removed",
			record: record(nameA), kernel: []ipvs.Service{a},
			want: ipvs.Ownership{Ours: []ipvs.Service{a}, Before: record(nameA)},
		},
		{
			name:   "what is recorded and wanted is kept",
			record: record(nameA), kernel: []ipvs.Service{a}, wanted: []ipvs.Service{a},
			want: ipvs.Ownership{Ours: []ipvs.Service{a}, Before: record(nameA), After: record(nameA)},
		},
		{
			name:   "what others made under a wanted key is taken over",
			kernel: []ipvs.Service{a}, wanted: []ipvs.Service{a},
			want: ipvs.Ownership{Ours: []ipvs.Service{a}, TakenOver: []ipvs.Key{a.Key}, Before: record(nameA), After: record(nameA)},
		},
		{
			name:   "the services of others stay",
			record: record(nameA), kernel: []ipvs.Service{b},
			want: ipvs.Ownership{Foreign: []ipvs.Key{b.Key}},
		},
		{
			name:   "one goes while another comes",
			record: record(nameA), kernel: []ipvs.Service{a}, wanted: []ipvs.Service{b},
			want: ipvs.Ownership{Ours: []ipvs.Service{a}, Before: record(nameA, nameB), After: record(nameB)},
		},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := ipvs.Owned(row.record, row.kernel, row.wanted)
			if diff := cmp.Diff(row.want, got, compareKeys); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecordSurvivesJSON(t *testing.T) {
	services := []ipvs.Service{at("192.0.2.1:80"), {Key: ipvs.Key{Family: ipvs.INET6, FWMark: 3}}}
	before := ipvs.Owned(ipvs.Record{}, nil, services).Before
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"services":["FWM 3 IPv6","TCP 192.0.2.1:80"]}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	var after ipvs.Record
	if err := json.Unmarshal(text, &after); err != nil {
		t.Fatal(err)
	}
	for _, s := range services {
		if !after.Has(s.Key) {
			t.Errorf("%v is not in %v", s.Key, after)
		}
	}
}

// TestOwnedTouchesOnlyOurs has others at work on the same kernel, and a crash
// in the middle of the operations.
func TestOwnedTouchesOnlyOurs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kernel := new(ipvstest.Kernel)
		theirs := ipvstest.Tables().Draw(t, "theirs")
		kernel.Set(theirs...)
		var record ipvs.Record
		takenOver := map[ipvs.Key]bool{}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			want := ipvstest.Tables().Draw(t, "want")
			o := ipvs.Owned(record, wholeTable(t, kernel), want)
			for _, key := range o.TakenOver {
				takenOver[key] = true
			}
			record = o.Before
			ops := ipvs.Diff(o.Ours, want)
			if crash := rapid.IntRange(0, len(ops)).Draw(t, "operations until the crash"); crash < len(ops) {
				apply(t, kernel, ops[:crash])
				continue
			}
			apply(t, kernel, ops)
			record = o.After
		}
		// The last will: nothing is wanted any more.
		o := ipvs.Owned(record, wholeTable(t, kernel), nil)
		apply(t, kernel, ipvs.Diff(o.Ours, nil))
		var left []ipvs.Service
		for _, s := range theirs {
			if !takenOver[s.Key] {
				left = append(left, s)
			}
		}
		want := new(ipvstest.Kernel)
		want.Set(left...)
		if diff := cmp.Diff(want.String(), kernel.String()); diff != "" {
			t.Fatalf("not only ours was touched, or ours was left (-want +got):\n%s", diff)
		}
	})
}
