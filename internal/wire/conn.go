package wire

import (
	"encoding/gob"
	"fmt"
	"io"
	"sync"
)

// Conn is one end of the stream between the two processes. Send may be called
// by several goroutines, Receive by one.
type Conn struct {
	rwc io.ReadWriteCloser

	mu  sync.Mutex // guards enc
	enc *gob.Encoder
	dec *gob.Decoder
}

// NewConn makes an end of rwc and owns it from then on.
func NewConn(rwc io.ReadWriteCloser) *Conn {
	return &Conn{rwc: rwc, enc: gob.NewEncoder(rwc), dec: gob.NewDecoder(rwc)}
}

// Send writes one message. It blocks while the peer does not read, so that only
// a goroutine of its own may call it in the dataplane.
func (c *Conn) Send(m Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enc.Encode(m); err != nil {
		return fmt.Errorf("send to the other process: %w", err)
	}
	return nil
}

// Receive reads one message; io.EOF when the peer has gone.
func (c *Conn) Receive() (Message, error) {
	var m Message
	err := c.dec.Decode(&m)
	return m, err
}

// Close ends both directions; a blocked Send or Receive returns.
func (c *Conn) Close() error { return c.rwc.Close() }
