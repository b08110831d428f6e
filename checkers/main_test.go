package checkers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// serveEnv makes the test binary a web server on the address it holds, so that
// a benchmark does not count the server's time.
const serveEnv = "CHECKERS_TEST_SERVE"

func TestMain(m *testing.M) {
	if addr := os.Getenv(serveEnv); addr != "" {
		if err := serveFixed(addr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// serveFixed answers every request alike until its standard input ends, which
// is when its parent does.
func serveFixed(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for line, err := in.ReadSlice('\n'); len(line) > 2; line, err = in.ReadSlice('\n') {
					if err != nil {
						return
					}
				}
				fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
					len(fixedBody), fixedBody)
			}()
		}
	}()
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

const fixedBody = "status: all 12 backends in order\n"
