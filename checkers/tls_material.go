package checkers

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// CA is a set of certificates that servers are verified with.
type CA struct {
	// PEM is what it was made of.
	PEM  string
	pool *x509.CertPool
}

// NewCA reads certificates in PEM. An error completes "FILE ...".
func NewCA(text []byte) (*CA, error) {
	ca := &CA{PEM: string(text), pool: x509.NewCertPool()}
	found := false
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("has a certificate that cannot be read: %w", err)
		}
		ca.pool.AddCert(c)
		found = true
	}
	if !found {
		return nil, errors.New("has no certificate in PEM")
	}
	return ca, nil
}

// Equal reports whether both are made of the same text; both may be nil.
func (c *CA) Equal(o *CA) bool {
	if c == nil || o == nil {
		return c == o
	}
	return c.PEM == o.PEM
}

// ClientCertificate is a certificate with its key.
type ClientCertificate struct {
	// Fingerprint tells it from others; it shows nothing of the key.
	Fingerprint string
	pair        tls.Certificate
}

// NewClientCertificate reads a certificate, others that lead to its root, and
// its key, in PEM.
func NewClientCertificate(certificate, key []byte) (*ClientCertificate, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	for _, c := range pair.Certificate {
		sum.Write(c)
	}
	return &ClientCertificate{hex.EncodeToString(sum.Sum(nil)), pair}, nil
}

// Equal reports whether both are the same certificate; both may be nil.
func (c *ClientCertificate) Equal(o *ClientCertificate) bool {
	if c == nil || o == nil {
		return c == o
	}
	return c.Fingerprint == o.Fingerprint
}
