package config

import (
	"strings"
	"testing"

	"director/internal/notify"
	"director/internal/script"
)

func TestScriptKind(t *testing.T) {
	for text, want := range map[string]string{
		`["/bin/sh", "-c", "a && b | c"]`: "/bin/sh,-c,a && b | c",
		`"  /usr/bin/killall  -0 nginx "`: "/usr/bin/killall,-0,nginx",
		`"killall"`:                       "killall",
		`["killall", ""]`:                 "killall,",
	} {
		v, err := eval(t, text)
		if err != nil {
			t.Fatal(err)
		}
		got, f := scriptKind.read(v)
		if f != nil || strings.Join(got.([]string), ",") != want {
			t.Errorf("%s: %v, %+v", text, got, f)
		}
	}
	testKinds(t, []kindTest{
		{scriptKind, `"a 'b c' d\\ e"`, `!write ["a", "b c", "d e"]`},
		{scriptKind, `"a \"\" $${x}"`, `!write ["/bin/sh", "-c", "a \"\" $${x}"]`},
		{scriptKind, `"a\nb"`, "!must be a single line"},
		{scriptKind, `""`, "!must name a program"},
		{scriptKind, `[""]`, "!must name a program"},
		{scriptKind, `["a", null]`, "!each argument is a string"},
		{scriptKind, `"./x"`, "!absolute path"},
		{scriptKind, `5`, "!type"},
		{userKind, `"nobody"`, identity{"nobody", ""}},
		{userKind, `"nobody:nogroup"`, identity{"nobody", "nogroup"}},
		{userKind, `"1000:1000"`, identity{"1000", "1000"}},
		{userKind, `""`, "!must not be empty"},
		{userKind, `"a:"`, "!set_supplementary_groups = true"},
		{userKind, `"a b"`, `!write "user:group"`},
		{absPathKind, `"/run/x"`, "/run/x"},
		{absPathKind, `"x"`, "!needs an absolute path"},
		{absPathKind, `"/a\nb"`, "!must not contain control characters"},
	})
}

func TestNotifyScripts(t *testing.T) {
	text := `
global {
  vrrp_notify_priority_changes = true
}
` + oneInstance(`
  notify_master                   = "/bin/a"
  notify_master_user              = "nobody:nogroup"
  notify_backup                   = "/bin/b"
  notify_fault                    = "/bin/c"
  notify_fault_user               = "u"
  notify_stop                     = "/bin/d"
  notify_deleted                  = "/bin/e x"
  notify_master_rx_lower_pri      = "/bin/f"
  notify_master_rx_lower_pri_user = "v"
  notify                          = ["/bin/g", "a b"]`) + otherInstance("  notify_priority_changes = true") + `
vrrp_sync_group "G" {
  group                   = ["VI_1", "VI_2"]
  notify_priority_changes = false
  notify_master           = "/bin/a"
  notify_backup           = "/bin/b"
  notify_fault            = "/bin/c"
  notify_stop             = "/bin/d"
  notify                  = "/bin/g"
  notify_user             = "w"
}`
	cfg := built(t, text)
	run := func(args ...string) script.Command { return script.Command{Args: args} }
	want := notify.Scripts{
		Master: script.Command{Args: []string{"/bin/a"}, User: "nobody", Group: "nogroup"},
		Backup: run("/bin/b"), Fault: script.Command{Args: []string{"/bin/c"}, User: "u"}, Stop: run("/bin/d"),
		Deleted: run("/bin/e", "x"), RxLowerPri: script.Command{Args: []string{"/bin/f"}, User: "v"}, All: run("/bin/g", "a b"),
	}
	same(t, want, cfg.Instances[0].Notify)
	same(t, notify.Scripts{PriorityChanges: true}, cfg.Instances[1].Notify)
	same(t, notify.Scripts{Master: run("/bin/a"), Backup: run("/bin/b"), Fault: run("/bin/c"), Stop: run("/bin/d"),
		All: script.Command{Args: []string{"/bin/g"}, User: "w"}}, cfg.Groups[0].Notify)
	want.PriorityChanges = true
	same(t, want, built(t, strings.Replace(text, "notify_priority_changes = false", "", 1)).Instances[0].Notify)
}

func TestScriptSettings(t *testing.T) {
	cfg := built(t, `
global {
  script_user                      = "a:b"
  set_supplementary_groups         = true
  enable_script_security           = false
  use_symlink_paths                = true
  notify_fifo                      = "/run/all"
  notify_fifo_user                 = "u:g"
  notify_fifo_script               = "/bin/reader -x"
  notify_fifo_script_user          = "r"
  vrrp_notify_fifo                 = "/run/vrrp"
  vrrp_notify_fifo_json            = true
  vrrp_notify_fifo_script          = "reader"
  lvs_notify_fifo                  = "/run/lvs"
  lvs_notify_fifo_user             = "u"
  fifo_write_vrrp_states_on_reload = true
}`)
	same(t, script.Policy{User: "a", Group: "b", SupplementaryGroups: true, SymlinkPaths: true}, cfg.Global.Scripts)
	same(t, notify.FIFOs{
		All:            notify.FIFO{Path: "/run/all", User: "u", Group: "g", Script: script.Command{Args: []string{"/bin/reader", "-x"}, User: "r"}},
		VRRP:           notify.FIFO{Path: "/run/vrrp", JSON: true, Script: script.Command{Args: []string{"reader"}}},
		LVS:            notify.FIFO{Path: "/run/lvs", User: "u"},
		StatesOnReload: true,
	}, cfg.Global.FIFOs)
}
