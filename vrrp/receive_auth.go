package vrrp

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
)

// authenticate checks what version 2 has of authentication (RFC 2338). message
// includes padding, which an authentication header covers.
func (r *Receiver) authenticate(rx *Received, message []byte) Drop {
	switch {
	case r.cfg.Version != 2:
		return Accepted
	case r.packet.Auth != r.cfg.Auth:
		return DropAuthType
	case r.cfg.Auth == AuthPass && subtle.ConstantTimeCompare(r.packet.AuthData[:], r.password[:]) != 1:
		return DropAuth
	case r.cfg.Auth == AuthAH:
		return r.authenticateAH(rx, message)
	}
	return Accepted
}

func (r *Receiver) authenticateAH(rx *Received, message []byte) Drop {
	ah, src := rx.Payload[:AHLen], rx.Src.As4()
	if ah[0] != ProtocolVRRP || ah[1] != ahLenField || !bytes.Equal(ah[4:8], src[:]) || len(rx.Header) != ipv4HeaderLen {
		return DropAH
	}
	sequence := binary.BigEndian.Uint32(ah[8:])
	if sequence <= r.sequence {
		return DropReplay
	}
	if !r.key.verify(rx.Header, ah, message) {
		return DropAuth
	}
	r.sequence = sequence
	return Accepted
}
