package integration

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// keepsSecrets looks for the keys wherever people look.
func (p *signedPair) keepsSecrets() {
	for _, b := range []*balancer{p.low, p.high} {
		places := map[string]string{}
		add := func(path string) {
			text, _ := os.ReadFile(path)
			places[path] = string(text)
		}
		add(b.director.Log)
		for _, args := range [][]string{{"--json"}, {}} {
			output, err := b.director.Command("status", args...)
			p.lab.Expect(err == nil, "director status: %v", err)
			places["status "+strings.Join(args, " ")] = output
		}
		for pid := range b.Processes() {
			for _, file := range []string{"cmdline", "environ"} {
				add(fmt.Sprintf("/proc/%d/%s", pid, file))
			}
		}
		err := filepath.WalkDir(b.director.RunDir, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				add(path)
			}
			return err
		})
		p.lab.Expect(err == nil, "run directory: %v", err)
		for place, text := range places {
			for _, key := range []string{key1, key2} {
				found := strings.Contains(text, key) || strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(key)))
				p.lab.Expect(!found, "a key is in %s", place)
			}
		}
	}
}
