package integration

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"director/integration/lab"
)

// testFIFOBeside takes a sync group and an instance of both programs through the
// same sequence, and compares the bytes of what they write for each name.
func testFIFOBeside(t *testing.T) {
	programs := []string{"director", "keepalived"}
	written := make([]string, len(programs))
	t.Run("both", func(t *testing.T) {
		for n, program := range programs {
			t.Run(program, func(t *testing.T) {
				t.Parallel()
				written[n] = fifoSequence(t, program)
			})
		}
	})
	for _, name := range []string{`INSTANCE "OUT"`, `INSTANCE "IN"`, `INSTANCE "LONE"`, `GROUP "EDGE"`} {
		ours, theirs := linesWith(written[0], name), linesWith(written[1], name)
		if ours != theirs || ours == "" {
			t.Errorf("director wrote\n%swhere keepalived wrote\n%s", ours, theirs)
		}
	}
	if t.Failed() {
		t.Fatalf("all of director's:\n%sall of keepalived's:\n%s", written[0], written[1])
	}
	lab.Claim(t, "the lines of each instance and group are byte for byte keepalived's (whose comes first of a group and its members is not): %q", linesWith(written[0], "LONE"))
}

// linesWith are the lines of a text that begin with a prefix.
func linesWith(text, word string) string {
	lines := slices.Collect(strings.Lines(text))
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, word) }), "")
}

func fifoSequence(t *testing.T, program string) string {
	w := newTwin(t)
	number := w.lab.File("number", "0")
	path := filepath.Join(w.lab.Dir(), "fifo")
	var process *lab.Process
	switch program {
	case "director":
		w.a.start(global(fmt.Sprintf("vrrp_notify_fifo = %q", path), "vrrp_notify_priority_changes = true") +
			fmt.Sprintf("track_file \"num\" { file = %q }\n", number) + groupConf("", 150, 120) +
			"vrrp_instance \"LONE\" {\n  interface = \"eth0\"\n  virtual_router_id = 53\n  advert_int = 0.1\n  priority = 100\n" +
			"  virtual_ipaddress \"10.99.0.101/24\" {}\n  track_file \"num\" {}\n}\n")
		process = w.a.director.Process
	case "keepalived":
		process = w.a.Keepalived(keepalivedFIFO(path, number), false)
	}
	r := openFIFO(t, w.lab, path).read(t)
	r.has(1, `INSTANCE "OUT" MASTER 150`)
	r.has(1, `INSTANCE "IN" MASTER 120`)
	r.has(1, `INSTANCE "LONE" MASTER 100`)
	w.lab.File("number", "7")
	r.has(1, `"LONE" MASTER_PRIORITY 107`)
	w.a.Run("ip", "link", "set", "eth1", "down")
	r.has(1, `GROUP "EDGE" FAULT`)
	r.has(1, `"OUT" FAULT`)
	w.a.Run("ip", "link", "set", "eth0", "down")
	r.has(1, `"LONE" FAULT`)
	w.lab.File("number", "-5")
	r.has(1, `"LONE" BACKUP_PRIORITY 95`) // also in FAULT
	w.a.Run("ip", "link", "set", "eth0", "up")
	r.has(2, `"LONE" MASTER `)
	w.a.Run("ip", "link", "set", "eth1", "up")
	r.has(2, `"OUT" MASTER `)
	r.has(2, `"IN" MASTER `)
	r.has(2, `GROUP "EDGE" MASTER`)
	process.Stop()
	r.has(3, "STOP")
	return r.all()
}

func keepalivedFIFO(path, number string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "global_defs {\n router_id a\n vrrp_version 3\n script_user root\n vrrp_notify_fifo %s\n vrrp_notify_priority_changes on\n}\n", path)
	fmt.Fprintf(&b, "track_file num {\n file %s\n}\n", number)
	b.WriteString("vrrp_sync_group EDGE {\n group {\n  OUT\n  IN\n }\n}\n")
	for n, i := range []struct {
		name, ifname, more string
		priority           int
	}{{"OUT", "eth0", "", 150}, {"IN", "eth1", "", 120}, {"LONE", "eth0", " track_file {\n  num weight 1\n }\n", 100}} {
		fmt.Fprintf(&b, "vrrp_instance %s {\n interface %s\n virtual_router_id %d\n advert_int 0.1\n priority %d\n state BACKUP\n%s",
			i.name, i.ifname, 51+n, i.priority, i.more)
		fmt.Fprintf(&b, " virtual_ipaddress {\n  10.%d.0.10%d/24\n }\n}\n", []int{99, 88, 99}[n], n/2)
	}
	return b.String()
}
