package config

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// bigText is a configuration of n real servers in services of 1,000.
func bigText(n int) string {
	var b strings.Builder
	b.WriteString("vrrp_instance \"V\" {\n  interface = \"eth0\"\n  virtual_router_id = 1\n  virtual_ipaddress \"10.0.0.1/8\" {}\n}\n")
	for i := range n {
		if i%1000 == 0 {
			if i > 0 {
				b.WriteString("}\n")
			}
			fmt.Fprintf(&b, "virtual_server \"s%d\" {\n  address = \"10.0.0.1:%d\"\n  TCP_CHECK { connect_timeout = 1 }\n", i, 1+i/1000)
		}
		fmt.Fprintf(&b, "  real_server \"10.%d.%d.%d:8080\" {\n    weight     = %d\n    delay_loop = \"%dms\" # as dense as it may\n  }\n", 1+i>>16, i>>8&255, i&255, 1+i%100, 1000+i%1000)
	}
	b.WriteString("}\n")
	return b.String()
}

// source is a sealed source of one file.
func source(text string) *Source {
	return &Source{Files: []File{{Name: "f.hcl", Data: []byte(text)}}, Node: "lvs1",
		Env: map[string]string{}, Reads: map[string]File{}, Sealed: true}
}

func TestManyServersLoadInSeconds(t *testing.T) {
	text := bigText(20_000)
	start := time.Now()
	cfg, diags := source(text).Load()
	if len(diags) > 0 {
		t.Fatal(diags[:min(3, len(diags))])
	}
	if len(cfg.Services) != 20 || len(cfg.Services[19].Servers) != 1000 {
		t.Errorf("not all are there")
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

// BenchmarkLoad loads a file of 10 MB with 100,000 servers.
func BenchmarkLoad(b *testing.B) {
	text := bigText(100_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if cfg, _ := source(text).Load(); cfg == nil {
			b.Fatal("not loaded")
		}
	}
}

func TestTenThousandMistakesAreAllShown(t *testing.T) {
	bad := strings.ReplaceAll(bigText(10_000), "weight ", "wieght ")
	_, diags := source(bad).Load()
	if len(diags) != 10_000 {
		t.Errorf("%d problems, want 10000", len(diags))
	}
	if text := diags.String(); strings.Count(text, `did you mean "weight"?`) != 10_000 {
		t.Errorf("not all have their advice")
	}
}

func TestOneLongLineIsCut(t *testing.T) {
	long := "locals { a = [" + strings.Repeat(`"x", `, 1<<16) + "nonsense] }"
	_, diags := source(long).Load()
	if len(diags) != 1 || len(diags.String()) > 1000 {
		t.Errorf("%d problems, %d bytes of text", len(diags), len(diags.String()))
	}
}
