package vrrp_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"director/vrrp"
)

var rewrite = flag.Bool("rewrite", false, "write what elections do into the scripts")

// TestElections runs the conversations of testdata/*.txt in virtual time. A
// script is commands, a line of four dashes, what happened, an empty line, and
// so on. The commands are in electionCommands; testdata/README says more.
func TestElections(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			synctest.Test(t, func(t *testing.T) { got = runScript(t, file, want) })
			if *rewrite {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got; -rewrite takes it over):\n%s", file, diff)
			}
		})
	}
}

// runScript returns the script with what really happened.
func runScript(t *testing.T, file string, script []byte) []byte {
	e := newElection()
	defer e.end()
	var out bytes.Buffer
	answer := false // skipping a recorded answer
	for i, line := range strings.SplitAfter(string(script), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case answer && text != "":
			continue
		case text == "----":
			out.WriteString(line)
			out.WriteString(e.takeLog())
			answer = true
			continue
		case text != "" && !strings.HasPrefix(text, "#"):
			if err := e.command(strings.Fields(text)); err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
		}
		answer = false
		out.WriteString(line)
	}
	return out.Bytes()
}

// electionCommands is the language of the scripts.
var electionCommands = map[string]struct {
	least int // arguments
	run   func(e *election, args []string) error
}{
	"node":     {1, (*election).addNode},
	"trace":    {1, (*election).setTrace},
	"start":    {1, eachNode((*router).start)},
	"stop":     {1, eachNode((*router).stop)},
	"crash":    {1, eachNode((*router).crash)},
	"cut":      {1, eachNode((*router).cut)},
	"join":     {1, eachNode(func(n *router) { n.port.Move(0) })},
	"hold":     {1, eachNode(func(n *router) { n.port.Hold(true) })},
	"release":  {1, eachNode(func(n *router) { n.port.Hold(false) })},
	"prepared": {1, eachNode(func(n *router) { n.runner.Prepared() })},
	"priority": {2, (*election).setPriority},
	"fault":    {3, (*election).setFault},
	"reload":   {2, (*election).reload},
	"handover": {1, eachNode(func(n *router) { n.runner.HandOver(vrrp.Backup, true) })},
	"depart":   {1, eachNode(func(n *router) { n.runner.HandOver(vrrp.Init, false) })},
	"takeback": {1, eachNode(func(n *router) { n.runner.TakeBack() })},
	"wait":     {3, (*election).setHold},
	"run":      {1, (*election).run},
	"status":   {1, eachNode((*router).logStatus)},
}

func (e *election) command(words []string) error {
	c, ok := electionCommands[words[0]]
	switch {
	case !ok:
		return fmt.Errorf("unknown command %q", words[0])
	case len(words)-1 < c.least:
		return fmt.Errorf("%s needs %d arguments", words[0], c.least)
	}
	return c.run(e, words[1:])
}

func eachNode(do func(*router)) func(*election, []string) error {
	return func(e *election, names []string) error {
		for _, name := range names {
			n, err := e.node(name)
			if err != nil {
				return err
			}
			do(n)
			synctest.Wait()
		}
		return nil
	}
}

// run goes on for a time, or until NODE=ROLE, looked at every millisecond.
func (e *election) run(args []string) error {
	if args[0] != "until" {
		d, err := time.ParseDuration(args[0])
		if err != nil {
			return err
		}
		time.Sleep(d)
		synctest.Wait()
		return nil
	}
	if len(args) != 2 {
		return fmt.Errorf("run until NODE=ROLE")
	}
	name, role, _ := strings.Cut(args[1], "=")
	n, err := e.node(name)
	if err != nil {
		return err
	}
	for range 100_000 {
		synctest.Wait()
		if n.runner.Status().Role.String() == role {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("%s did not become %s in 100 s", name, role)
}
