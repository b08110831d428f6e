package checkers

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
)

// Object identifiers of RFC 8018.
var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// prfs are the pseudo-random functions by their identifiers.
var prfs = map[string]func() hash.Hash{
	"1.2.840.113549.2.7": sha1.New, "1.2.840.113549.2.9": sha256.New,
	"1.2.840.113549.2.10": sha512.New384, "1.2.840.113549.2.11": sha512.New,
}

// ciphers are the ciphers, all in CBC mode, with the lengths of their keys.
var ciphers = map[string]struct {
	block  func([]byte) (cipher.Block, error)
	length int
}{
	"2.16.840.1.101.3.4.1.2": {aes.NewCipher, 16}, "2.16.840.1.101.3.4.1.22": {aes.NewCipher, 24},
	"2.16.840.1.101.3.4.1.42": {aes.NewCipher, 32}, "1.2.840.113549.3.7": {des.NewTripleDESCipher, 24},
}

// maxIterations bounds how long a password is worked on.
const maxIterations = 2_000_000

var errWrongPassword = errors.New("the key cannot be decrypted: is the password right?")

type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct{ KDF, Encryption pkix.AlgorithmIdentifier }

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	Length     int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// DecryptKey decrypts a private key in PEM, as OpenSSL writes them: PKCS #8 with
// PBES2, or the older form with a DEK-Info header. One that is not encrypted
// stays as it is.
func DecryptKey(text, password []byte) ([]byte, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil
		}
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY":
			key, err := decryptPKCS8(block.Bytes, password)
			if err != nil {
				return nil, err
			}
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), nil
		//lint:ignore SA1019 it is as safe as the file that the password stands in
		case x509.IsEncryptedPEMBlock(block):
			//lint:ignore SA1019 as above
			key, err := x509.DecryptPEMBlock(block, password)
			if err != nil {
				return nil, errWrongPassword
			}
			return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: key}), nil
		}
	}
}

func decryptPKCS8(der, password []byte) ([]byte, error) {
	var outer encryptedKey
	var scheme pbes2
	var kdf pbkdf2Params
	var iv []byte
	_, err := asn1.Unmarshal(der, &outer)
	if err == nil && !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errors.New("the key is encrypted with something else than PBES2")
	}
	if err == nil {
		_, err = asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &scheme)
	}
	if err == nil && !scheme.KDF.Algorithm.Equal(oidPBKDF2) {
		return nil, errors.New("the key is encrypted with something else than PBKDF2")
	}
	if err == nil {
		_, err = asn1.Unmarshal(scheme.KDF.Parameters.FullBytes, &kdf)
	}
	if err == nil {
		_, err = asn1.Unmarshal(scheme.Encryption.Parameters.FullBytes, &iv)
	}
	if err != nil {
		return nil, errors.New("the key is malformed")
	}
	prf := sha1.New
	if len(kdf.PRF.Algorithm) > 0 {
		prf = prfs[kdf.PRF.Algorithm.String()]
	}
	c, known := ciphers[scheme.Encryption.Algorithm.String()]
	if prf == nil || !known || kdf.Iterations < 1 || kdf.Iterations > maxIterations {
		return nil, errors.New("the key is encrypted in a way that is not known here")
	}
	return kdf.decrypt(outer.Data, iv, password, prf, c.length, c.block)
}

func (p *pbkdf2Params) decrypt(data, iv, password []byte, prf func() hash.Hash, length int, newBlock func([]byte) (cipher.Block, error)) ([]byte, error) {
	key, err := pbkdf2.Key(prf, string(password), p.Salt, p.Iterations, length)
	if err != nil {
		return nil, err
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("the key is malformed")
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > size {
		return nil, errWrongPassword
	}
	plain = plain[:len(plain)-pad]
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		return nil, errWrongPassword
	}
	return plain, nil
}
