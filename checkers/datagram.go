package checkers

import (
	"context"
	"os"
	"time"
)

// receive reads datagrams until take has found what it waits for, at most until
// end, which is conn's deadline. The error is that of the socket, or
// os.ErrDeadlineExceeded.
func receive(ctx context.Context, conn Conn, buf []byte, end time.Time, take func([]byte) bool) error {
	// Datagrams that came in time are read also when this process is late; no
	// more than these, or a server that floods us would keep us for ever.
	const mostLate = 64
	for late := 0; late < mostLate && ctx.Err() == nil; {
		n, err := conn.Read(buf)
		if err != nil {
			return err
		}
		if take(buf[:n]) {
			return nil
		}
		if time.Now().After(end) {
			late++
		}
	}
	return os.ErrDeadlineExceeded
}
