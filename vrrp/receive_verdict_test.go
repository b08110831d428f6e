package vrrp_test

import (
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"director/vrrp"
)

// verdictCase is a case of testdata/keepalived-verdicts.json: adverts made by
// hand, and what a real keepalived 2.2.7 made of them.
type verdictCase struct {
	Case     string
	Receiver struct {
		VRID        string   `json:"virtual_router_id"`
		Priority    string   `json:"priority"`
		Interval    string   `json:"advert_int"`
		Version     string   `json:"version"`
		Addresses   []string `json:"virtual_ipaddress"`
		AuthType    string   `json:"auth_type"`
		AuthPass    string   `json:"auth_pass"`
		Source      string   `json:"unicast_src_ip"`
		UnicastPeer []string `json:"unicast_peer"`
	}
	Frames  []string
	Verdict string
}

// newerKeepalived is why the answer to a different address list is not that of
// keepalived 2.2.7.
const newerKeepalived = "keepalived since 2.3.3 counts and logs another address list, but accepts the advert: " +
	"two masters for a difference in a list are worse"

// verdicts has what we make of the last frame of each case, and where that is
// not keepalived 2.2.7's verdict, why.
var verdicts = map[string]struct {
	want    vrrp.Drop
	differs string
}{
	"v2 good":                                   {},
	"v2 ttl64":                                  {want: vrrp.DropTTL},
	"v2 bad checksum":                           {want: vrrp.DropChecksum},
	"v2 different vip list same count":          {differs: newerKeepalived},
	"v2 addr order swapped":                     {},
	"v2 more vips than configured":              {differs: newerKeepalived},
	"v2 fewer vips than configured":             {differs: newerKeepalived},
	"v2 adv int 2":                              {want: vrrp.DropInterval},
	"v2 count field lies":                       {want: vrrp.DropLength},
	"v2 no auth trailer (12 bytes)":             {want: vrrp.DropLength},
	"v2 config PASS, packet none":               {want: vrrp.DropAuthType},
	"v2 config none, packet PASS":               {want: vrrp.DropAuthType},
	"v2 config PASS, good pass":                 {},
	"v2 config PASS, wrong pass":                {want: vrrp.DropAuth},
	"v2 pass same prefix, junk after NUL":       {want: vrrp.DropAuth},
	"v2 packet to v3 instance":                  {want: vrrp.DropVersion},
	"v3 packet to v2 instance":                  {want: vrrp.DropVersion},
	"v3 good":                                   {},
	"v3 no pseudo header":                       {want: vrrp.DropChecksum},
	"v3 bad checksum":                           {want: vrrp.DropChecksum},
	"v3 ttl 64":                                 {want: vrrp.DropTTL},
	"v3 interval 200cs (ours 100)":              {},
	"v3 interval 50cs (ours 100)":               {},
	"v3 different addr":                         {differs: newerKeepalived},
	"v3 addr order swapped":                     {},
	"v3 more vips":                              {differs: newerKeepalived},
	"v3 rsvd bits set":                          {},
	"v3 zero addrs":                             {want: vrrp.DropCount},
	"v2 unicast ttl 64 to unicast instance":     {},
	"v2 unicast from unknown peer (default)":    {},
	"v2 unicast to multicast instance":          {want: vrrp.DropCast},
	"v2 multicast to unicast instance":          {want: vrrp.DropCast},
	"v3 unicast, checksum over real dst":        {},
	"v3 unicast, checksum as if dst 224.0.0.18": {},
	"v3 unicast, no pseudo header":              {want: vrrp.DropChecksum},
	"v3 ipv6 good":                              {},
	"v3 ipv6 hoplimit 64":                       {want: vrrp.DropTTL},
	"v3 ipv6 bad checksum":                      {want: vrrp.DropChecksum},
	"v3 ipv6 no pseudo":                         {want: vrrp.DropChecksum},
	"v3 ipv6 global source to ff02::12":         {},
	"v3 ipv6 addr order swapped on wire":        {},
	"v3 ipv6 unicast hl 64":                     {},
	"v3 ipv6 config with global first":          {},
	"v3 ipv6 config without link-local":         {},
	"AH good increasing seq":                    {},
	"AH replay same seq":                        {want: vrrp.DropReplay},
	"AH ICV with TTL zeroed (RFC 2402)":         {want: vrrp.DropAuth},
	"AH wrong spi":                              {want: vrrp.DropAH},
}

func TestVerdictsOfKeepalived(t *testing.T) {
	cases := verdictCases(t)
	if len(cases) != 48 || len(verdicts) != 48 {
		t.Fatalf("%d cases, %d verdicts, want 48", len(cases), len(verdicts))
	}
	for _, c := range cases {
		t.Run(c.Case, func(t *testing.T) {
			expected, known := verdicts[c.Case]
			if !known {
				t.Fatal("no verdict of ours")
			}
			r := vrrp.NewReceiver(c.config(t))
			got := vrrp.Accepted
			for _, rx := range c.received(t) {
				_, got = r.Check(rx)
			}
			if got != expected.want {
				t.Errorf("%v, want %v", got, expected.want)
			}
			if same := (got == vrrp.Accepted) == (c.Verdict == "accepted"); same != (expected.differs == "") {
				t.Errorf("we say %v, keepalived %s, reason for a difference: %q", got, c.Verdict, expected.differs)
			}
			if odd := r.Oddities(); (odd.Addresses > 0) != (expected.differs == newerKeepalived) {
				t.Errorf("oddities %+v", odd)
			}
		})
	}
}

func verdictCases(tb testing.TB) []verdictCase {
	tb.Helper()
	b, err := os.ReadFile("testdata/keepalived-verdicts.json")
	if err != nil {
		tb.Fatal(err)
	}
	var file struct{ Cases []verdictCase }
	if err := json.Unmarshal(b, &file); err != nil {
		tb.Fatal(err)
	}
	return file.Cases
}

func (c *verdictCase) received(tb testing.TB) []*vrrp.Received {
	tb.Helper()
	var l []*vrrp.Received
	for _, frame := range c.Frames {
		b, err := hex.DecodeString(frame)
		if err != nil {
			tb.Fatal(err)
		}
		rx, ok := received(b)
		if !ok {
			tb.Fatalf("no VRRP: %s", frame)
		}
		l = append(l, rx)
	}
	return l
}

func (c *verdictCase) config(tb testing.TB) *vrrp.Config {
	tb.Helper()
	cfg := &vrrp.Config{
		Name: "test", Interface: "eth0", Family: vrrp.IPv4,
		VRID: number(tb, c.Receiver.VRID), Priority: number(tb, c.Receiver.Priority), Version: number(tb, c.Receiver.Version),
		AdvertInt:    time.Duration(number(tb, c.Receiver.Interval)) * time.Second,
		Auth:         map[string]vrrp.AuthType{"": vrrp.AuthNone, "PASS": vrrp.AuthPass, "AH": vrrp.AuthAH}[c.Receiver.AuthType],
		AuthPassword: c.Receiver.AuthPass,
	}
	for _, a := range c.Receiver.Addresses {
		cfg.Addresses = append(cfg.Addresses, netip.MustParsePrefix(a).Addr())
	}
	if cfg.Addresses[0].Is6() {
		cfg.Family = vrrp.IPv6
	}
	if c.Receiver.Source != "" {
		cfg.Source = netip.MustParseAddr(c.Receiver.Source)
	}
	for _, p := range c.Receiver.UnicastPeer {
		cfg.Peers = append(cfg.Peers, vrrp.Peer{Addr: netip.MustParseAddr(p)})
	}
	return cfg
}

func number(tb testing.TB, s string) uint8 {
	tb.Helper()
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		tb.Fatal(err)
	}
	return uint8(n)
}
