package config

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"director/vrrp"
)

// Bounds of an HMAC key in bytes.
const (
	minKey = 32
	maxKey = 64
)

// hmac settles the HMAC extension.
func (b *builder) hmac(n *node, c *vrrp.Config) {
	h := n.one("auth_hmac")
	if h == nil {
		return
	}
	if a := n.one("authentication"); a != nil {
		b.clash(h.header, "auth_hmac and authentication exclude each other", "leave one of them out", a.header, "because of this")
	}
	c.HMAC = vrrp.HMACConfig{
		Active:    uint8(or(h, "active_key", int64(0))),
		Window:    or(h, "time_window", min(300*time.Second, max(3*c.AdvertInt, 5*time.Second))),
		Monotonic: or(h, "anti_replay", "") == "monotonic",
		Mode:      map[string]vrrp.HMACMode{"permissive": vrrp.HMACPermissive, "receive-only": vrrp.HMACReceiveOnly}[or(h, "mode", "")],
	}
	keys := h.all("key")
	if h.lacks("key") {
		b.fail(h.header, "Missing key", `write key "1" { value = "..." }`)
	}
	seen := map[uint8]*node{}
	known := !h.partial // whether seen has all IDs
	for _, k := range keys {
		id, err := strconv.ParseUint(k.label, 10, 8)
		if err != nil || id == 0 || k.label != strconv.FormatUint(id, 10) {
			b.fail(k.labelRange, "Invalid ID of a key", "must be a number, 1 to 255")
			known = false
			continue
		}
		if first := seen[uint8(id)]; first != nil {
			b.fail(k.labelRange, "Key listed twice", "%s", already(k, first))
			continue
		}
		seen[uint8(id)] = k
		if value, ok := get[string](k, "value"); ok {
			c.HMAC.Keys = append(c.HMAC.Keys, vrrp.HMACKey{ID: uint8(id), Key: b.key(k, value)})
		}
	}
	if c.HMAC.Active != 0 && seen[c.HMAC.Active] == nil && len(keys) > 0 && known {
		b.fail(h.at("active_key"), fmt.Sprintf("There is no key %d", c.HMAC.Active), `write key "%d" { value = "..." }`, c.HMAC.Active)
	}
}

// key reads one key: text, digits, or a file of either.
func (b *builder) key(k *node, value string) []byte {
	if path, ok := strings.CutPrefix(value, "file:"); ok {
		data, err := b.src.readOnce(path)
		if err != nil {
			b.fail(k.at("value"), "The file of the key cannot be read", "%s: %s", path, err)
			return nil
		}
		if b.src.readable(path) {
			b.warn(k.at("value"), "Others can read the file of the key", "%s: chmod go= takes that away", path)
		}
		value = strings.TrimRight(string(data), " \t\r\n")
		b.values.add(value)
	}
	key := []byte(value)
	if digits, ok := strings.CutPrefix(value, "hex:"); ok {
		b.values.add(digits)
		var err error
		if key, err = hex.DecodeString(digits); err != nil {
			b.fail(k.at("value"), "The key is not hexadecimal", "needs pairs of hexadecimal digits after hex:")
			return nil
		}
	} else if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		b.fail(k.at("value"), "The key is not plain text", "needs ASCII characters, or digits after hex:")
		return nil
	}
	if len(key) < minKey || len(key) > maxKey {
		b.fail(k.at("value"), "The key has the wrong length", "needs %d to %d bytes, not %d", minKey, maxKey, len(key))
	}
	return key
}
