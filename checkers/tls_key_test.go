package checkers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDecryptKey reads what OpenSSL has encrypted.
func TestDecryptKey(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip(err)
	}
	cert, plain := pemPair(t, newAuthority(t, "CA").issue("a", time.Hour))
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, plain, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"pkcs8 -topk8", "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1", "pkcs8 -topk8 -v2 des3",
		"pkcs8 -topk8 -v2 aes-192-cbc -v2prf hmacWithSHA512 -iter 5000", "ec -aes256", "ec -des3",
	} {
		args := append(strings.Fields(args), "-in", file, "-passout", "pass:sesame", "-out", file+".enc")
		if out, err := exec.Command(openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args, err, out)
		}
		encrypted, err := os.ReadFile(file + ".enc")
		if err != nil {
			t.Fatal(err)
		}
		key, err := DecryptKey(encrypted, []byte("sesame"))
		if err != nil {
			t.Errorf("%s: %v", args[:3], err)
			continue
		}
		if _, err := NewClientCertificate(cert, key); err != nil {
			t.Errorf("%s: %v", args[:3], err)
		}
		if key, err := DecryptKey(encrypted, []byte("wrong")); err == nil {
			if _, err := NewClientCertificate(cert, key); err == nil {
				t.Errorf("%s: a wrong password is taken", args[:3])
			}
		}
	}
	if key, err := DecryptKey(plain, []byte("x")); err != nil || !bytes.Equal(key, plain) {
		t.Errorf("a key that is not encrypted: %v", err)
	}
}

func FuzzDecryptPKCS8(f *testing.F) {
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, der []byte) {
		if len(der) > 500 {
			return // iterations cost time, not bytes
		}
		_, _ = decryptPKCS8(der, []byte("x"))
	})
}
