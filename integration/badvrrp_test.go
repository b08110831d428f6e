package integration

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/packet"

	"director/integration/lab"
)

// A forgedCase is a case of keepalived-verdicts.json: adverts made by hand from
// a master of priority 150, and what a real keepalived 2.2.7 made of them.
type forgedCase struct {
	Case     string
	Receiver map[string]any
	Frames   []string
	Verdict  string
}

// dropReasons are the words of status for what must be dropped. An empty one:
// the kernel has dropped it before us.
var dropReasons = map[string]string{
	"v2 ttl64":                            "ttl",
	"v2 bad checksum":                     "checksum",
	"v2 adv int 2":                        "interval",
	"v2 count field lies":                 "length",
	"v2 no auth trailer (12 bytes)":       "length",
	"v2 config none, packet PASS":         "auth type",
	"v3 packet to v2 instance":            "version",
	"v2 unicast to multicast instance":    "multicast/unicast",
	"v2 config PASS, packet none":         "auth type",
	"v2 config PASS, wrong pass":          "auth",
	"v2 pass same prefix, junk after NUL": "auth",
	"v2 packet to v3 instance":            "version",
	"v3 no pseudo header":                 "checksum",
	"v3 bad checksum":                     "checksum",
	"v3 ttl 64":                           "ttl",
	"v3 zero addrs":                       "count",
	"v2 multicast to unicast instance":    "",
	"v3 unicast, no pseudo header":        "checksum",
	"v3 ipv6 hoplimit 64":                 "ttl",
	"v3 ipv6 bad checksum":                "checksum",
	"v3 ipv6 no pseudo":                   "checksum",
	"AH wrong spi":                        "ah",
	"AH ICV with TTL zeroed (RFC 2402)":   "auth",
}

// A forged frame must be dropped for a reason.
type forged struct {
	name   string
	frame  []byte
	reason string
}

// TestBadVRRP sends adverts that must not be believed to a director that is
// MASTER, and again when it is BACKUP. Nothing may come of them but a count.
func TestBadVRRP(t *testing.T) {
	lab.Need(t, lab.Netns)
	text, err := os.ReadFile("../vrrp/testdata/keepalived-verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []forgedCase }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	// Cases of the same receiver share a director.
	groups := map[string][]forgedCase{}
	for _, c := range file.Cases {
		groups[forgedConf(c.Receiver)] = append(groups[forgedConf(c.Receiver)], c)
	}
	for _, conf := range slices.Sorted(maps.Keys(groups)) {
		cases := groups[conf]
		if slices.ContainsFunc(cases, func(c forgedCase) bool { _, bad := dropReasons[c.Case]; return bad }) {
			t.Run(fmt.Sprintf("version %s, %s", cases[0].Receiver["version"], cases[0].kind()), func(t *testing.T) {
				t.Parallel()
				testForged(t, conf, cases)
			})
		}
	}
}

// kind tells the receivers of a version apart.
func (c forgedCase) kind() string {
	switch {
	case c.Receiver["auth_type"] != nil:
		return c.Receiver["auth_type"].(string)
	case strings.Contains(fmt.Sprint(c.Receiver["virtual_ipaddress"]), "::"):
		return "IPv6"
	case c.Receiver["unicast_peer"] != nil:
		return "unicast"
	}
	return "multicast"
}

func forgedConf(receiver map[string]any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vrrp_instance \"VI_1\" {\n  interface = \"eth0\"\n  virtual_router_id = %s\n  priority = %s\n  version = %s\n",
		receiver["virtual_router_id"], receiver["priority"], receiver["version"])
	if kind, ok := receiver["auth_type"]; ok {
		fmt.Fprintf(&b, "  authentication {\n    auth_type = %q\n    auth_pass = %q\n  }\n", kind, receiver["auth_pass"])
	}
	if source, ok := receiver["unicast_src_ip"]; ok {
		fmt.Fprintf(&b, "  unicast_src_ip = %q\n", source)
		for _, peer := range receiver["unicast_peer"].([]any) {
			fmt.Fprintf(&b, "  unicast_peer %q {}\n", peer)
		}
	}
	for _, vip := range receiver["virtual_ipaddress"].([]any) {
		fmt.Fprintf(&b, "  virtual_ipaddress %q {}\n", vip)
	}
	return b.String() + "}\n"
}

// A forger is a director and who sends it forged adverts.
type forger struct {
	*balancer
	mac  net.HardwareAddr // the director's
	conn *packet.Conn
	want map[string]uint64 // drops by reason, of all that was sent
}

func newForger(t *testing.T, conf string) *forger {
	l := lab.New(t)
	lan := l.Segment("lan")
	host := l.Host("director", lan.At("192.0.2.2/24", "2001:db8::2/64"))
	// Without it the kernel itself drops what claims to come from our address.
	host.Sysctl("net.ipv4.conf.eth0.accept_local", "1")
	sender := l.Host("forger", lan.At())
	link, err := host.Links().LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forger{mac: link.Attrs().HardwareAddr, want: map[string]uint64{}}
	err = sender.Do(func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err == nil {
			f.conn, err = packet.Listen(eth0, packet.Raw, 0, nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.conn.Close() })
	f.balancer = newBalancer(l, host, conf)
	return f
}

// send puts a frame on the wire; one to a station goes to the director.
func (f *forger) send(t *testing.T, frame []byte) {
	t.Helper()
	frame = slices.Clone(frame)
	if frame[0]&1 == 0 {
		copy(frame, f.mac)
	}
	if _, err := f.conn.WriteTo(frame, &packet.Addr{HardwareAddr: frame[:6]}); err != nil {
		t.Fatal(err)
	}
}

// sendBad sends what must be dropped.
func (f *forger) sendBad(t *testing.T, bad []forged) {
	t.Helper()
	for _, b := range bad {
		f.send(t, b.frame)
		if b.reason != "" {
			f.want[b.reason]++
		}
	}
}

// counted waits until status has counted all that was sent, by reason.
func (f *forger) counted(when string) {
	var got map[string]uint64
	all := f.lab.Becomes(3*time.Second+room, func() bool {
		time.Sleep(50 * time.Millisecond)
		got = f.instance().Dropped
		return maps.Equal(got, f.want)
	})
	f.lab.Expect(all, "%s: status counts %v as dropped, want %v", when, got, f.want)
}

func testForged(t *testing.T, conf string, cases []forgedCase) {
	f := newForger(t, conf)
	bad, replayed := forgedFrames(t, cases)
	good := cases[slices.IndexFunc(cases, func(c forgedCase) bool { return c.Verdict == "accepted" })].frame(t)
	if len(replayed) > 0 {
		good = replayed[0].frame
	}

	f.becomes("MASTER", 4*time.Second+room)
	changes := f.instance().Transitions
	f.sendBad(t, bad)
	f.counted("as MASTER")
	if i := f.instance(); i.State != "MASTER" || i.Transitions != changes {
		t.Fatalf("%s after %d role changes more, want MASTER after none", i.State, i.Transitions-changes)
	}
	lab.Claim(t, "a MASTER drops %d forged adverts; those that the kernel lets through are counted: %v", len(bad), f.want)

	// One good advert shows that they do arrive. What follows must not keep it
	// BACKUP any longer.
	f.send(t, good)
	begin := time.Now()
	f.becomes("BACKUP", room)
	bad = append(bad, replayed...)
	for time.Since(begin) < 3*time.Second {
		f.sendBad(t, bad)
		time.Sleep(100 * time.Millisecond)
	}
	f.counted("as BACKUP")
	f.becomes("MASTER", 2*time.Second+room)
	i := f.instance()
	if took := i.Since.Sub(begin); took < 3500*time.Millisecond || took > 3610*time.Millisecond+room/2 {
		t.Errorf("MASTER %v after the last good advert, want 3.61s", took)
	}
	if i.Transitions != changes+2 || i.Adverts.Received != 1 {
		t.Errorf("%d role changes, %d adverts believed, want 2 and 1", i.Transitions-changes, i.Adverts.Received)
	}
	lab.Claim(t, "a BACKUP drops them, too: it is MASTER %s after the only good advert", ms(i.Since.Sub(begin)))
}

// forgedFrames collects what must be dropped; replayed is a good advert, the
// second time.
func forgedFrames(t *testing.T, cases []forgedCase) (bad, replayed []forged) {
	t.Helper()
	for _, c := range cases {
		if reason, ok := dropReasons[c.Case]; ok {
			bad = append(bad, forged{c.Case, c.frame(t), reason})
		}
		if c.Case == "AH replay same seq" {
			replayed = append(replayed, forged{c.Case, c.frame(t), "replay"})
		}
	}
	for _, c := range cases {
		switch c.Case {
		case "v2 good":
			bad = append(bad, forgedV2(c.frame(t))...)
		case "v3 good":
			bad = append(bad, forgedV3(c.frame(t))...)
		case "v3 ipv6 good":
			bad = append(bad, otherVRID(c.frame(t), 55))
		}
	}
	return bad, replayed
}

// frame is the last frame of a case.
func (c forgedCase) frame(t *testing.T) []byte {
	t.Helper()
	frame, err := hex.DecodeString(c.Frames[len(c.Frames)-1])
	if err != nil {
		t.Fatal(err)
	}
	return frame
}

// offsets in a frame with an IPv4 header without options.
const (
	atIP      = 14
	atMessage = atIP + 20
)

// forgedV2 makes from a good advert of version 2 what keepalived was not asked.
func forgedV2(good []byte) []forged {
	change := func(f func(ip, message []byte)) []byte {
		frame := slices.Clone(good)
		f(frame[atIP:], frame[atMessage:])
		return sealV2(frame)
	}
	return []forged{
		{"type 2", change(func(_, m []byte) { m[0] = 0x22 }), "type"},
		{"own source", change(func(ip, _ []byte) { ip[15] = 2 }), "own source"},
		{"no address", sealV2(slices.Delete(change(func(_, m []byte) { m[3] = 0 }), atMessage+8, atMessage+12)), "count"},
		{"header only", sealV2(slices.Clone(good[:atMessage+8])), "length"},
		{"five bytes", sealV2(slices.Clone(good[:atMessage+5])), "length"},
		{"one byte", sealV2(slices.Clone(good[:atMessage+1])), ""},
		{"nothing", sealV2(slices.Clone(good[:atMessage])), ""},
		{"shorter than its IP header says", good[:len(good)-4], ""},
		otherVRID(good, atMessage+1),
	}
}

// forgedV3 does so from one of version 3.
func forgedV3(good []byte) []forged {
	change := func(f func(ip, message []byte)) []byte {
		frame := slices.Clone(good)
		f(frame[atIP:], frame[atMessage:])
		return sealV3(frame)
	}
	return []forged{
		{"type 2", change(func(_, m []byte) { m[0] = 0x32 }), "type"},
		{"version 4", change(func(_, m []byte) { m[0] = 0x41 }), "version"},
		{"own source", change(func(ip, _ []byte) { ip[15] = 2 }), "own source"},
		{"interval 0", change(func(_, m []byte) { m[4], m[5] = 0xf0, 0 }), "interval"},
		{"more addresses than there are", change(func(_, m []byte) { m[3] = 2 }), "length"},
		{"seven bytes", sealV3(slices.Clone(good[:atMessage+7])), "length"},
		otherVRID(good, atMessage+1),
	}
}

// otherVRID is an advert of another router: the socket's filter drops it.
func otherVRID(good []byte, at int) forged {
	frame := slices.Clone(good)
	frame[at]++
	return forged{"other VRID", frame, ""}
}

// sealV2 sets total length and checksums of an advert of version 2.
func sealV2(frame []byte) []byte { return seal(frame, nil) }

// sealV3 does so for version 3, whose checksum covers a pseudo-header.
func sealV3(frame []byte) []byte {
	pseudo := slices.Clone(frame[atIP+12 : atIP+20])
	return seal(frame, append(pseudo, 0, 112, 0, byte(len(frame)-atMessage)))
}

func seal(frame, pseudo []byte) []byte {
	ip, message := frame[atIP:atMessage], frame[atMessage:]
	binary.BigEndian.PutUint16(ip[2:], uint16(len(frame)-atIP))
	binary.BigEndian.PutUint16(ip[10:], 0)
	binary.BigEndian.PutUint16(ip[10:], internetChecksum(ip))
	if len(message) >= 8 {
		binary.BigEndian.PutUint16(message[6:], 0)
		binary.BigEndian.PutUint16(message[6:], internetChecksum(append(pseudo, message...)))
	}
	return frame
}

// internetChecksum is that of RFC 1071, of an even number of bytes.
func internetChecksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
