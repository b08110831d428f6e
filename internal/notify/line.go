package notify

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// longestReason bounds a JSON line, in bytes: a line of up to 4096 bytes
// (PIPE_BUF) goes into a pipe whole or not at all, pipe(7). A byte of the reason
// is written with at most six.
const longestReason = 500

// Line is the event as keepalived writes it to a FIFO:
//
//	INSTANCE "VI_1" MASTER 100
//	GROUP "EDGE" BACKUP 0
func (e Event) Line() []byte {
	return fmt.Appendf(nil, "%v \"%s\" %s %d\n", e.Kind, e.Name, e.State, e.priority())
}

// JSONLine is the event as one JSON object and a newline:
//
//	{"time":"2026-03-01T12:00:00.25Z","type":"INSTANCE","name":"VI_1","state":"MASTER","priority":100,"reason":"…","seq":7}
//
// time is when it happened (RFC 3339, in UTC, fractions of a second as needed);
// type, name, state and priority are those of [Event.Line]; reason is for people
// and left out where there is none, at most 500 bytes; seq is left out where it
// is 0. Two lines with the same seq are the same event told twice.
func (e Event) JSONLine() []byte {
	data, err := json.Marshal(struct {
		Time     string `json:"time"`
		Type     string `json:"type"`
		Name     string `json:"name"`
		State    string `json:"state"`
		Priority int    `json:"priority"`
		Reason   string `json:"reason,omitempty"`
		Seq      uint64 `json:"seq,omitempty"`
	}{e.At.UTC().Format(time.RFC3339Nano), e.Kind.String(), e.Name, e.State, e.priority(),
		cut(e.Reason, longestReason), e.Seq})
	if err != nil {
		panic("strings and numbers have a JSON form: " + err.Error())
	}
	return append(data, '\n')
}

// cut shortens s to at most n bytes, between two characters.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// ServiceLine is a change of a virtual server as keepalived writes it, with the
// NUL byte that follows the newline: "VS [10.0.0.1]:tcp:80 UP\n\x00". The
// service is made by [AddressWord], [MarkWord] or [GroupWord].
func ServiceLine(service string, up bool) []byte {
	return fmt.Appendf(nil, "VS %s %s\n\x00", service, upDown(up))
}

// ServerLine is a change of a real server as keepalived writes it, with the NUL
// byte: "RS [10.0.0.11]:tcp:80 [10.0.0.1]:tcp:80 DOWN\n\x00".
func ServerLine(server, service string, up bool) []byte {
	return fmt.Appendf(nil, "RS %s %s %s\n\x00", server, service, upDown(up))
}

func upDown(up bool) string {
	if up {
		return "UP"
	}
	return "DOWN"
}

// AddressWord is how a line names a virtual server by its address, or a real
// server: "[10.0.0.1]:tcp:80". protocol is tcp, udp or sctp.
func AddressWord(address netip.Addr, protocol string, port uint16) string {
	return fmt.Sprintf("[%s]:%s:%d", address, strings.ToLower(protocol), port)
}

// MarkWord is how a line names a virtual server by its firewall mark: "FWM 3".
func MarkWord(mark uint32) string { return fmt.Sprintf("FWM %d", mark) }

// GroupWord is how a line names a virtual server by its group: "[web]:0".
func GroupWord(group string) string { return fmt.Sprintf("[%s]:0", group) }
