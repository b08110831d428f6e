package notify

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 250_000_000, time.FixedZone("", 3600))
	for _, c := range []struct{ got, want string }{
		{string(Event{Kind: Instance, Name: "VI_1", State: Master, Priority: 100}.Line()),
			"INSTANCE \"VI_1\" MASTER 100\n"},
		{string(Event{Kind: Instance, Name: "VI_1", State: BackupPriority, Priority: 90}.Line()),
			"INSTANCE \"VI_1\" BACKUP_PRIORITY 90\n"},
		{string(Event{Kind: Group, Name: "EDGE", State: Backup, Priority: 100}.Line()),
			"GROUP \"EDGE\" BACKUP 0\n"},
		{string(Event{Seq: 7, At: at, Kind: Instance, Name: "VI_1", State: Master, Priority: 100, Reason: `no "advert"`}.JSONLine()),
			`{"time":"2026-03-01T12:00:00.25Z","type":"INSTANCE","name":"VI_1","state":"MASTER","priority":100,"reason":"no \"advert\"","seq":7}` + "\n"},
		{string(Event{At: at, Kind: Group, Name: "EDGE", State: Stop, Priority: 100}.JSONLine()),
			`{"time":"2026-03-01T12:00:00.25Z","type":"GROUP","name":"EDGE","state":"STOP","priority":0}` + "\n"},
		{string(ServiceLine(AddressWord(netip.MustParseAddr("10.0.0.1"), "TCP", 80), true)),
			"VS [10.0.0.1]:tcp:80 UP\n\x00"},
		{string(ServiceLine(MarkWord(3), false)), "VS FWM 3 DOWN\n\x00"},
		{string(ServiceLine(GroupWord("web"), true)), "VS [web]:0 UP\n\x00"},
		{string(ServerLine(AddressWord(netip.MustParseAddr("2001:db8::1"), "udp", 53), MarkWord(3), false)),
			"RS [2001:db8::1]:udp:53 FWM 3 DOWN\n\x00"},
	} {
		if c.got != c.want {
			t.Errorf("got  %q\nwant %q", c.got, c.want)
		}
	}
}

func TestLongestLineFitsAPipe(t *testing.T) {
	const atomic = 4096 // PIPE_BUF
	for _, filler := range []string{"\x01", "é", "\xff", "<"} {
		e := Event{Seq: 1<<64 - 1, At: time.Now(), Kind: Instance, Name: strings.Repeat("\x7f", 64), State: RxLowerPri,
			Priority: 255, Reason: "x" + strings.Repeat(filler, 9000)}
		data := e.JSONLine()
		if len(data) > atomic || strings.Count(string(data), "\n") != 1 {
			t.Errorf("%q: %d bytes", filler, len(data))
		}
		var back struct{ Reason string }
		if err := json.Unmarshal(data, &back); err != nil || back.Reason == "" {
			t.Errorf("%q: %v, reason %q", filler, err, back.Reason)
		}
	}
}
