package config

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"director/checkers"
	"director/internal/netif"
	"director/vrrp"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// eval evaluates an expression with all functions.
func eval(t *testing.T, text string) (cty.Value, error) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(text), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := e.Value(&hcl.EvalContext{Functions: functions(&Source{Sealed: true, Reads: map[string]File{}})})
	if diags.HasErrors() {
		return v, diags
	}
	return v, nil
}

// kindTest is a value and what a kind reads in it; a want that begins with ! is
// part of the hint, "!type" a wrong type.
type kindTest struct {
	kind *kind
	text string
	want any
}

func testKinds(t *testing.T, tests []kindTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.text+" as "+tt.kind.want, func(t *testing.T) {
			v, err := eval(t, tt.text)
			if err != nil {
				t.Fatal(err)
			}
			got, f := tt.kind.read(v)
			hint, bad := tt.want.(string)
			if bad = bad && strings.HasPrefix(hint, "!"); bad != (f != nil) {
				t.Fatalf("got %v, fault %+v, want %v", got, f, tt.want)
			}
			switch {
			case f == nil:
				if got != tt.want {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			case hint == "!type":
				if !f.wrongType {
					t.Errorf("hint %q, want a wrong type", f.hint)
				}
			case !strings.Contains(f.hint, hint[1:]):
				t.Errorf("hint %q, want %q", f.hint, hint[1:])
			}
		})
	}
}

func TestKinds(t *testing.T) {
	testKinds(t, []kindTest{
		{boolean, `true`, true},
		{boolean, `"yes"`, "!without quotes"},
		{boolean, `1`, "!type"},
		{text_, `"x y"`, "x y"},
		{text_, `""`, "!must not be empty"},
		{text_, `"a\nb"`, "!must be a single line"},
		{text_, `5`, "!type"},
		{integer(0, 255), `0`, int64(0)},
		{integer(0, 255), `255`, int64(255)},
		{integer(0, 255), `256`, "!must be 0 to 255, not 256"},
		{integer(0, 255), `-1`, "!must be 0 to 255, not -1"},
		{integer(0, 255), `1.5`, "!must be a whole number"},
		{integer(0, 255), `1e40`, "!must be 0 to 255"},
		{integer(0, 255), `"5"`, "!type"},
		{integer(0, 255), `parseint("1f", 16)`, int64(31)},
		{oneOf("rr", "wlc"), `"wlc"`, "wlc"},
		{oneOf("rr", "wlc"), `"wcl"`, `!did you mean "wlc"?`},
		{oneOf("rr", "wlc"), `"WLC"`, `!did you mean "wlc"?`},
		{oneOf("rr", "wlc"), `"fastest"`, `!needs one of "rr", "wlc"`},
	})
}

func TestKindsOfTime(t *testing.T) {
	testKinds(t, []kindTest{
		{seconds(0, 1000), `3`, 3 * time.Second},
		{seconds(0, 1000), `0.03`, 30 * time.Millisecond},
		{seconds(0, 1000), `"30ms"`, 30 * time.Millisecond},
		{seconds(0, 1000), `"250us"`, 250 * time.Microsecond},
		{seconds(0, 7200), `"1h30m"`, 90 * time.Minute},
		{seconds(0, 1000), `"3"`, `!needs a unit ("3s")`},
		{seconds(0, 1000), `"3d"`, "!us, ms, s, m or h"},
		{seconds(0, 1000), `"5ns"`, "!us, ms, s, m or h"},
		{seconds(0, 1000), `""`, "!needs a number with a unit"},
		{seconds(0, 1000), `"-1s"`, "!must be 0s to 16m40s, not -1s"},
		{seconds(0, 1000), `1e20`, "!is too long"},
		{seconds(0, 1000), `[3]`, "!type"},
		{wholeSeconds(1, 10), `"1500ms"`, "!must be whole seconds"},
		{orTrue(wholeSeconds(1, 10)), `true`, true},
		{orTrue(wholeSeconds(1, 10)), `5`, 5 * time.Second},
		{lifetimeKind, `0`, time.Duration(0)},
		{lifetimeKind, `"0s"`, time.Duration(0)},
		{lifetimeKind, `"forever"`, forever},
		{lifetimeKind, `3600`, time.Hour},
		{lifetimeKind, `1.5`, "!needs whole seconds"},
		{lifetimeKind, `"never"`, `!needs seconds, or "forever"`},
	})
}

func TestKindsOfAddress(t *testing.T) {
	ap := netip.MustParseAddrPort
	testKinds(t, []kindTest{
		{ipaddr, `"10.0.0.1"`, netip.MustParseAddr("10.0.0.1")},
		{ipaddr, `"2001:db8::1"`, netip.MustParseAddr("2001:db8::1")},
		{ipaddr, `"10.0.0.1:80"`, "!without port"},
		{ipaddr, `"10.0.0.0/8"`, "!without prefix length"},
		{ipaddr, `"[2001:db8::1]"`, "!brackets only with a port"},
		{ipaddr, `"10.0.0"`, "!is not an IP address"},
		{addrPort, `"10.0.0.1:80"`, ap("10.0.0.1:80")},
		{addrPort, `"10.0.0.1"`, netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), 0)},
		{addrPort, `"[2001:db8::1]:80"`, ap("[2001:db8::1]:80")},
		{addrPort, `"2001:db8::1"`, netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), 0)},
		{addrPort, `"10.0.0.1:080"`, "!must be a number, 1 to 65535"},
		{addrPort, `"10.0.0.1:+80"`, "!must be a number, 1 to 65535"},
		{addrPort, `"10.0.0.1:"`, "!must be a number, 1 to 65535"},
		{addrPort, `":80"`, "!is not an IP address"},
		{addrPort, `"]:80"`, "!is not an IP address"},
		{addrPort, `"[]:80"`, "!brackets are for IPv6"},
		{addrPort, `":"`, "!is not an IP address"},
		{prefixKind, `"10.0.0.5/24"`, netip.MustParsePrefix("10.0.0.5/24")},
		{prefixKind, `"10.0.0.5"`, netip.MustParsePrefix("10.0.0.5/32")},
		{prefixKind, `"2001:db8::5"`, netip.MustParsePrefix("2001:db8::5/128")},
		{prefixKind, `"10.0.0.5/0"`, "!must be 1 to 32"},
		{prefixKind, `"10.0.0.5/024"`, "!must be 1 to 32"},
		{prefixKind, `"10.0.0.5/"`, "!must be 1 to 32"},
		{multicast4, `"224.0.0.18"`, netip.MustParseAddr("224.0.0.18")},
		{multicast4, `"10.0.0.1"`, "!needs an IPv4 multicast address"},
		{broadcastKind, `"+"`, "+"},
		{broadcastKind, `"10.0.0.255"`, netip.MustParseAddr("10.0.0.255")},
		{broadcastKind, `"::1"`, "!needs an IPv4 address"},
		{scopeKind, `"link"`, netif.ScopeLink},
		{scopeKind, `200`, netif.ScopeSite},
		{scopeKind, `256`, "!must be 0 to 255"},
		{scopeKind, `"moon"`, `!needs "global"`},
		{granularityKind, `"255.255.255.0"`, granularity{24, true}},
		{granularityKind, `"255.255.255.255"`, granularity{32, true}},
		{granularityKind, `64`, granularity{64, false}},
		{granularityKind, `"255.0.255.0"`, "!is not a network mask"},
		{granularityKind, `"0.0.0.0"`, "!is not a network mask"},
		{granularityKind, `"24"`, "!prefix length without quotes"},
	})
}

func TestKindsOfText(t *testing.T) {
	testKinds(t, []kindTest{
		{nameKind, `"VI_1"`, "VI_1"},
		{nameKind, `"a'b"`, "!must not contain"},
		{ifname, `"eth0.100"`, "eth0.100"},
		{ifname, `"eth0/1"`, "!must not contain"},
		{pathKind, `"/a?b=c"`, "/a?b=c"},
		{pathKind, `"a"`, `!must begin with "/"`},
		{checksumKind, `true`, vrrp.ChecksumMessageOnly},
		{checksumKind, `false`, vrrp.ChecksumPseudoHeader},
		{checksumKind, `"either"`, vrrp.ChecksumEither},
		{checksumKind, `"both"`, "!type"},
		{statusKind, `200`, checkers.StatusRange{First: 200, Last: 200}},
		{statusKind, `"200-299"`, checkers.StatusRange{First: 200, Last: 299}},
		{statusKind, `600`, "!must be 100 to 599"},
		{statusKind, `"299-200"`, "!must go upwards"},
		{statusKind, `"2xx"`, "!needs a number such as 200"},
		{digestKind, `"zz"`, "!32 hexadecimal digits"},
		{domainKind, `"example.net"`, "example.net."},
		{domainKind, `"."`, "."},
		{domainKind, `"a b"`, "!must have no blanks"},
		{domainKind, `"größe.example"`, "!write the xn-- form"},
		{domainKind, `"a..b"`, "!is not a domain name"},
		{domainKind, `""`, "!must not be empty"},
		{domainKind, `5`, "!type"},
	})
}

func TestFunctions(t *testing.T) {
	tests := []struct{ text, want string }{
		{`cidrhost("10.0.0.0/24", 5)`, `"10.0.0.5"`},
		{`cidrhost("10.0.0.0/24", -1)`, `"10.0.0.255"`},
		{`cidrhost("2001:db8::/64", 16)`, `"2001:db8::10"`},
		{`cidrhost("10.0.0.0/30", 4)`, "error"},
		{`cidrsubnet("10.0.0.0/8", 8, 2)`, `"10.2.0.0/16"`},
		{`cidrsubnet("10.0.0.0/8", 8, 256)`, "error"},
		{`cidrnetmask("10.0.0.0/20")`, `"255.255.240.0"`},
		{`lookup({a = 1}, "a", 2)`, "1"},
		{`lookup({a = 1}, "b", 2)`, "2"},
		{`lookup({a = 1}, "b")`, "error"},
		{`length("größe")`, "5"},
		{`length([1, 2])`, "2"},
		{`length(3)`, "error"},
		{`index(["a", "b"], "b")`, "1"},
		{`index(["a"], "x")`, "error"},
		{`replace("a.b", ".", "-")`, `"a-b"`},
		{`replace("a1b22", "/[0-9]+/", "#")`, `"a#b#"`},
		{`try({a = 1}.b, 7)`, "7"},
		{`can(tonumber("x"))`, "false"},
		{`tonumber("5")`, "5"},
		{`tostring(5)`, `"5"`},
		{`join("-", [for i in range(1, 4) : format("%02d", i)])`, `"01-02-03"`},
		{`max(1, 3, 2) + min(4, 5) + abs(-1) + ceil(0.2) + floor(1.9)`, "10"},
		{`keys(merge({a = 1}, {b = 2}))[1]`, `"b"`},
		{`length(setproduct(["a", "b"], [1, 2, 3]))`, "6"},
		{`element(distinct(concat(["a"], ["a", "b"])), 1)`, `"b"`},
		{`sort(reverse(split(",", "c,b,a")))[0]`, `"a"`},
		{`contains(flatten([["x"], ["y"]]), "y")`, "true"},
		{`zipmap(["a"], [5]).a`, "5"},
		{`upper(trimspace(" x "))`, `"X"`},
		{`coalesce(null, "y")`, `"y"`},
		{`regex("[0-9]+", "ab12")`, `"12"`},
		{`startswith("web1", "web") && endswith("web1", "1")`, "true"},
		{`length(toset(["a", "a"])) + length(tolist(["a"])) + length(tomap({a = 1}))`, "3"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			v, err := eval(t, tt.text)
			got := "error"
			if err == nil {
				switch v.Type() {
				case cty.String:
					got = fmt.Sprintf("%q", v.AsString())
				case cty.Number:
					got = v.AsBigFloat().String()
				case cty.Bool:
					got = fmt.Sprint(v.True())
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s (%v)", got, tt.want, err)
			}
		})
	}
}
