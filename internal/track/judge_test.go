package track

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	up      = State{Known: true, Up: true}
	down    = State{Known: true}
	unseen  = State{}
	pending = State{Pending: true}
)

func number(n int) State { return State{Known: true, Value: n} }

// one judges an instance of priority base that uses a single object.
func one(base uint8, k Kind, weight int, reverse bool, s State) Verdict {
	use := Use{ID: ID{k, "x"}, Weight: weight, Reverse: reverse}
	return Judge(base, []Use{use}, func(ID) State { return s })
}

// What one object does to an instance of priority 100: a priority, or a word.
const (
	fault = -1
	wait  = -2
	last  = -3
)

func summary(v Verdict) int {
	switch {
	case len(v.Faults) > 0:
		return fault
	case len(v.Waiting) > 0:
		return wait
	case len(v.LastResort) > 0:
		return last
	}
	return int(v.Priority)
}

func TestJudgeOne(t *testing.T) {
	for _, tt := range []struct {
		name    string
		kind    Kind
		weight  int
		reverse bool
		state   State
		want    int
	}{
		{"unweighted, failing", Script, 0, false, down, fault},
		{"unweighted, succeeding", Script, 0, false, up, 100},
		{"unweighted and reversed, failing", Script, 0, true, down, 100},
		{"unweighted and reversed, succeeding", Script, 0, true, up, fault},
		{"positive, failing", Script, 20, false, down, 100},
		{"positive, succeeding", Script, 20, false, up, 120},
		{"negative, failing", Script, -20, false, down, 80},
		{"negative, succeeding", Script, -20, false, up, 100},
		{"positive and reversed, failing", Script, 20, true, down, 100},
		{"positive and reversed, succeeding", Script, 20, true, up, 80},
		{"negative and reversed, failing", Script, -20, true, down, 120},
		{"negative and reversed, succeeding", Script, -20, true, up, 100},
		{"cut above", Process, 253, false, up, 254},
		{"cut below", Process, -253, false, down, 1},

		{"the first result is waited for", Script, 0, false, pending, wait},
		{"also reversed", Script, 0, true, pending, wait},
		{"not with a weight", Script, 20, false, pending, 100},
		{"a negative weight takes nothing before a result", Script, -20, false, pending, 100},
		{"not one that a reload brought", Script, 0, false, unseen, 100},
		{"processes are counted before the start", Process, 0, false, pending, wait},
		{"a file is read before the start", File, 0, false, pending, wait},

		{"an interface that nobody has seen", Interface, 0, false, unseen, fault},
		{"the same, reversed", Interface, 0, true, unseen, 100},
		{"the same, weighted", Interface, -20, false, unseen, 100},
		{"a session that nobody has seen", BFD, 0, false, unseen, fault},
		{"a session that is waited for is down", BFD, 0, false, pending, fault},
		{"a session that is down", BFD, 0, false, down, fault},
		{"a session that is down, reversed", BFD, 0, true, down, 100},
		{"a session that is up, weighted", BFD, 40, false, up, 140},
		{"a session that is down, weighted", BFD, -40, false, down, 60},

		{"no number, no effect", File, 1, false, unseen, 100},
		{"number by weight", File, 2, false, number(10), 120},
		{"negative number", File, 2, false, number(-10), 80},
		{"reversed number", File, 2, true, number(10), 80},
		{"negative weight", File, -2, false, number(10), 80},
		{"-253 is no fault", File, 1, false, number(-253), 1},
		{"-254 is one", File, 1, false, number(-254), fault},
		{"also as a product", File, -254, false, number(1), fault},
		{"also reversed", File, 127, true, number(2), fault},
		{"254 is cut", File, 1, false, number(254), 254},
		{"the largest number", File, 254, false, number(math.MaxInt), 254},
		{"the smallest number", File, 254, false, number(math.MinInt), fault},
		{"the smallest number reversed", File, 254, true, number(math.MinInt), 254},
		{"unweighted 0", File, 0, false, number(0), 100},
		{"unweighted 1", File, 0, false, number(1), fault},
		{"unweighted -1", File, 0, false, number(-1), fault},
		{"unweighted 0 reversed", File, 0, true, number(0), fault},
		{"unweighted 1 reversed", File, 0, true, number(1), 100},

		{"a service before its first quorum", VirtualServer, 0, false, unseen, 100},
		{"nobody waits for it", VirtualServer, 0, false, pending, 100},
		{"with its quorum", VirtualServer, 0, false, up, 100},
		{"without", VirtualServer, 0, false, down, last},
		{"without, weighted", VirtualServer, -20, false, down, 80},
	} {
		t.Run(tt.kind.String()+" "+tt.name, func(t *testing.T) {
			if got := summary(one(100, tt.kind, tt.weight, tt.reverse, tt.state)); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestJudgeOwner(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kind   Kind
		weight int
		state  State
		want   Verdict
	}{
		{"a weight does nothing", Script, -20, down, Verdict{Priority: 255}},
		{"neither does a file's", File, -2, number(3), Verdict{Priority: 255}},
		{"a fault is one", Script, 0, down, Verdict{Priority: 255, Faults: []string{`script "x"`}}},
		{"and a file's", File, 1, number(-300), Verdict{Priority: 255, Faults: []string{`file "x"`}}},
		{"a service lost is handed over", VirtualServer, 0, down,
			Verdict{Priority: 1, LastResort: []string{`virtual_server "x"`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := one(255, tt.kind, tt.weight, false, tt.state)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestJudgeTogether(t *testing.T) {
	states := map[ID]State{
		{Script, "good"}: up, {Script, "bad"}: down, {Script, "new"}: pending,
		{File, "load"}: number(-3), {BFD, "peer"}: down, {Interface, "eth1"}: down, {VirtualServer, "web"}: down,
	}
	use := func(k Kind, name string, weight int) Use { return Use{ID: ID{k, name}, Weight: weight} }
	for _, tt := range []struct {
		name string
		base uint8
		uses []Use
		want Verdict
	}{
		{"nothing", 100, nil, Verdict{Priority: 100}},
		{"weights add up", 100, []Use{use(Script, "good", 10), use(Script, "bad", -5), use(File, "load", 2)},
			Verdict{Priority: 99, Terms: []Term{{ID{Script, "good"}, 10}, {ID{Script, "bad"}, -5}, {ID{File, "load"}, -6}}}},
		{"what adds nothing is no term", 100, []Use{use(Script, "good", -10), use(Script, "bad", 5)}, Verdict{Priority: 100}},
		{"the sum is cut, not its parts", 200, []Use{use(Script, "good", 250), use(Script, "bad", -240)},
			Verdict{Priority: 210, Terms: []Term{{ID{Script, "good"}, 250}, {ID{Script, "bad"}, -240}}}},
		{"each fault has its name", 100, []Use{use(Interface, "eth1", 0), use(BFD, "peer", 0), use(Script, "good", 7), use(Script, "new", 0)},
			Verdict{Priority: 107, Terms: []Term{{ID{Script, "good"}, 7}},
				Faults: []string{`interface "eth1"`, `bfd "peer"`}, Waiting: []string{`script "new"`}}},
		{"the last resort outweighs weights", 100, []Use{use(Script, "good", 50), use(VirtualServer, "web", 0)},
			Verdict{Priority: 1, Terms: []Term{{ID{Script, "good"}, 50}}, LastResort: []string{`virtual_server "web"`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Judge(tt.base, tt.uses, func(id ID) State { return states[id] })
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

type world struct {
	base   uint8
	uses   []Use
	states map[ID]State
}

func (w world) judge() Verdict {
	return Judge(w.base, w.uses, func(id ID) State { return w.states[id] })
}

func draw(t *rapid.T) world {
	w := world{base: rapid.Uint8Range(1, 255).Draw(t, "base"), states: map[ID]State{}}
	for i := range rapid.IntRange(0, 8).Draw(t, "uses") {
		id := ID{Kind(rapid.IntRange(int(Interface), int(VirtualServer)).Draw(t, "kind")), string(rune('a' + i))}
		w.uses = append(w.uses, Use{id, rapid.IntRange(-253, 253).Draw(t, "weight") * rapid.IntRange(0, 1).Draw(t, "weighted"),
			rapid.Bool().Draw(t, "reverse")})
		w.states[id] = State{Known: rapid.Bool().Draw(t, "known"), Pending: rapid.Bool().Draw(t, "pending"),
			Up: rapid.Bool().Draw(t, "up"), Value: rapid.IntRange(-300, 300).Draw(t, "value")}
	}
	return w
}

func TestJudgePriorityIsItsTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		v := w.judge()
		sum := int(w.base)
		for _, term := range v.Terms {
			if term.Delta == 0 || term.Delta < -253 || term.Delta > 253 {
				t.Fatalf("term %+v", term)
			}
			sum += term.Delta
		}
		want := min(max(sum, 1), 254)
		if w.base == 255 {
			want = 255
		}
		if len(v.LastResort) > 0 {
			want = 1
		}
		if int(v.Priority) != want {
			t.Fatalf("priority %d, terms say %d", v.Priority, want)
		}
		if len(v.Terms)+len(v.Faults)+len(v.Waiting)+len(v.LastResort) > len(w.uses) {
			t.Fatalf("an object has more than one effect: %+v", v)
		}
	})
}

// The order of the configuration decides nothing but the order of what is shown.
func TestJudgeOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := draw(t)
		before := w.judge()
		w.uses = rapid.Permutation(w.uses).Draw(t, "order")
		sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
		terms := cmpopts.SortSlices(func(a, b Term) bool { return a.ID.Name < b.ID.Name })
		if diff := cmp.Diff(before, w.judge(), sorted, terms, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A reversed weight is the other sign, whichever state makes it count.
func TestJudgeReverseIsTheOtherSign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := State{Known: true, Up: rapid.Bool().Draw(t, "up"), Value: rapid.IntRange(-1, 1).Draw(t, "value")}
		kind := Kind(rapid.IntRange(int(Interface), int(VirtualServer)).Draw(t, "kind"))
		weight := rapid.IntRange(1, 99).Draw(t, "weight")
		plain, reversed := one(100, kind, weight, false, s), one(100, kind, weight, true, s)
		if int(plain.Priority)-100 != 100-int(reversed.Priority) {
			t.Fatalf("%d and reversed %d", plain.Priority, reversed.Priority)
		}
	})
}
