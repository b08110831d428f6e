package checkers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func smtpSpec(target netip.AddrPort) Spec {
	s := tcpSpec(target)
	s.Kind, s.SMTP, s.ConnectTimeout = SMTPCheck, &SMTP{Hello: "lvs.example.net"}, 300*time.Millisecond
	return s
}

// mailServer answers the greeting, HELO and QUIT with these; an empty answer
// closes the connection.
func mailServer(t *testing.T, answers ...string) (netip.AddrPort, *strings.Builder) {
	t.Helper()
	heard := &strings.Builder{}
	return listen(t, "127.0.0.1:0", func(c *net.TCPConn) {
		defer c.Close()
		in := bufio.NewReader(c)
		for i, answer := range answers {
			if i > 0 {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				heard.WriteString(line)
			}
			if answer == "" {
				return
			}
			io.WriteString(c, answer)
		}
		io.Copy(io.Discard, in)
	}), heard
}

func TestSMTPCheck(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []string
		ok      bool
		reason  string
	}{
		{"a mail server", []string{"220 mail ESMTP\r\n", "250 hello\r\n", "221 bye\r\n"}, true, "greeted"},
		{"several lines", []string{"220-one\r\n220-two\r\n220 three\r\n", "250-a\r\n250 b\r\n", "221 bye\r\n"}, true, "greeted"},
		{"a line feed alone, and no text", []string{"220\n", "250\n", "221\n"}, true, "greeted"},
		{"any reply to QUIT", []string{"220 a\r\n", "250 b\r\n", "500 what?\r\n"}, true, "greeted"},
		{"busy", []string{"421 too busy\r\n"}, false, `greeting: "421 too busy", want 220`},
		{"HELO refused", []string{"220 a\r\n", "554 go away\r\n"}, false, `HELO: "554 go away", want 250`},
		{"closed at once", []string{""}, false, "greeting: connection closed"},
		{"closed after HELO", []string{"220 a\r\n", ""}, false, "HELO: connection closed"},
		{"closed after QUIT", []string{"220 a\r\n", "250 b\r\n", ""}, false, "QUIT: connection closed"},
		{"no mail server", []string{"SSH-2.0-OpenSSH_9.2\r\n"}, false, `greeting: no reply of SMTP: "SSH-2.0-OpenSSH_9.2"`},
		{"silence", nil, false, "greeting: no reply within 300ms"},
		{"lines without end", []string{strings.Repeat("220-x\r\n", 5000)}, false, "greeting: reply of more than 16 KiB"},
		{"a line without end", []string{strings.Repeat("2", 100000)}, false, `greeting: no reply of SMTP: "222222222222222222222222"...`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target, heard := mailServer(t, tt.answers...)
			r := probe(t, smtpSpec(target), Env{})
			wantResult(t, r, tt.ok, false, tt.reason)
			if tt.ok && heard.String() != "HELO lvs.example.net\r\nQUIT\r\n" {
				t.Errorf("the server heard %q", heard)
			}
		})
	}
}

// TestSlowSMTP: a server that sends a byte now and then keeps nobody.
func TestSlowSMTP(t *testing.T) {
	target := listen(t, "127.0.0.1:0", func(c *net.TCPConn) {
		var err error
		for err == nil {
			_, err = fmt.Fprint(c, "2")
			time.Sleep(20 * time.Millisecond)
		}
		c.Close()
	})
	r := probe(t, smtpSpec(target), Env{})
	wantResult(t, r, false, false, "greeting: no reply within 300ms")
}
