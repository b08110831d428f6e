package integration

import (
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
)

const (
	// linking is how long a kernel may take to say that a link came up.
	linking = 2 * time.Second
	// reloading is for a control process among other ordinary processes.
	reloading = reading
)

// strike does one thing to a machine, if it can be done to it now.
func (o *ordeal) strike(v *victim, b blow) {
	if v.life == dead && b.kind != blowPartition && b.kind != blowHeal {
		b.kind = blowStart
	}
	does := map[blowKind]func(*victim, float64) bool{
		blowPartition: o.partition, blowHeal: func(*victim, float64) bool { return o.healAll() },
		blowPause: o.pause, blowKill: o.kill, blowControl: o.killControl, blowStop: o.stop,
		blowHandover: o.handOver, blowBack: o.takeBack, blowWeight: o.weigh, blowCarrier: o.pull,
		blowLink: o.linkDown, blowReload: o.reload, blowAddress: o.removeAddress,
		blowStart: func(v *victim, _ float64) bool { return o.start(v) },
	}
	free := v.life == running || v.life == dead && b.kind == blowStart
	if b.kind != blowPartition && b.kind != blowHeal && !free {
		return
	}
	if does[b.kind](v, b.size) {
		o.count[b.kind]++
	}
}

// blows sums up what was done.
func (o *ordeal) blows() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(o.count)) {
		parts = append(parts, fmt.Sprintf("%d %s", o.count[kind], kind))
	}
	return strings.Join(parts, ", ")
}

func (o *ordeal) partition(v *victim, _ float64) bool {
	o.do(fmt.Sprintf("%s moves to island %d", v.Name, 1-v.island), 0, false, func() {
		v.island = 1 - v.island
		v.Move(o.islands[v.island])
	})
	return true
}

func (o *ordeal) healAll() bool {
	healed := false
	for _, v := range o.victims {
		healed = o.heal(v) || healed
	}
	return healed
}

func (o *ordeal) heal(v *victim) bool {
	return v.island != 0 && o.partition(v, 0)
}

func (o *ordeal) start(v *victim) bool {
	if v.life != dead {
		return false
	}
	o.do(v.Name+" starts", 0, false, func() {
		v.life, v.since, v.ceded = starting, time.Now(), false
		v.director = v.Director(o.configure(v))
	})
	return true
}

// configure writes the configuration and the tracked file.
func (o *ordeal) configure(v *victim) string {
	o.write(v)
	return o.lab.File(v.Name+"/director.hcl", o.plan.hcl(v.n, v.priority, o.file(v)))
}

func (o *ordeal) write(v *victim) {
	err := os.WriteFile(o.file(v), []byte(strconv.Itoa(v.weight)), 0o644)
	o.lab.Expect(err == nil, "%v", err)
}

// pause stops the dataplane for up to eight intervals.
func (o *ordeal) pause(v *victim, size float64) bool {
	d := time.Duration(size * 8 * float64(o.plan.interval))
	o.do(fmt.Sprintf("%s pauses for %v", v.Name, d), 0, false, func() {
		v.life = paused
		v.director.Signal(syscall.SIGSTOP)
	})
	o.after(d, func() {
		o.do(v.Name+" resumes", 0, true, func() {
			v.life = running
			v.director.Signal(syscall.SIGCONT)
		})
	})
	return true
}

// again starts a machine some time later.
func (o *ordeal) again(v *victim, size float64) {
	o.after(time.Duration(size*3*float64(time.Second)), func() { o.start(v) })
}

func (o *ordeal) kill(v *victim, size float64) bool {
	o.do(v.Name+" is killed", 0, false, func() {
		v.life = dead
		v.director.Kill()
	})
	o.again(v, size)
	return true
}

// killControl is nothing that the election may notice: no clock begins anew.
func (o *ordeal) killControl(v *victim, _ float64) bool {
	for pid, line := range v.Processes() {
		if strings.Contains(line, " control") {
			o.tell("control of %s is killed", v.Name)
			return syscall.Kill(pid, syscall.SIGKILL) == nil
		}
	}
	return false
}

func (o *ordeal) stop(v *victim, size float64) bool {
	o.do(v.Name+" is told to stop", 0, true, func() {
		v.life, v.since = leaving, time.Now()
		v.director.Signal(syscall.SIGTERM)
	})
	o.again(v, size)
	return true
}

func (o *ordeal) handOver(v *victim, _ float64) bool {
	return o.ask(v, "hands over", func() { v.ceded = true }, "VI_1")
}

func (o *ordeal) takeBack(v *victim, _ float64) bool {
	return o.ask(v, "may take back", func() {}, "VI_1", "--back")
}

// ask lets a command run while other things happen.
func (o *ordeal) ask(v *victim, what string, do func(), args ...string) bool {
	if v.asked != nil {
		return false
	}
	o.do(v.Name+" "+what, 0, true, func() {
		do()
		answer := make(chan string, 1)
		v.asked = answer
		director := v.director
		go func() {
			out, _ := director.Command("handover", args...) // it may be killed meanwhile
			answer <- strings.TrimSpace(out)
		}()
	})
	return true
}

// weigh changes the priority by the tracked file.
func (o *ordeal) weigh(v *victim, size float64) bool {
	v.weight = int(size*100) - 50
	o.do(fmt.Sprintf("%s gets %+d by its file", v.Name, v.weight), 0, false, func() { o.write(v) })
	return true
}

func (o *ordeal) reload(v *victim, size float64) bool {
	v.priority = 1 + int(size*253)
	o.do(fmt.Sprintf("%s is reloaded with priority %d", v.Name, v.priority), reloading, false, func() {
		o.configure(v)
		v.director.Signal(syscall.SIGHUP)
	})
	return true
}

// pull pulls the cable out, for a while.
func (o *ordeal) pull(v *victim, size float64) bool {
	if !v.cable {
		return false
	}
	o.do(v.Name+" loses its cable", 0, false, func() {
		v.cable = false
		v.Carrier(false)
	})
	o.after(time.Duration(size*3*float64(time.Second)), func() { o.plug(v) })
	return true
}

// linkDown sets the interface down by hand, for a while.
func (o *ordeal) linkDown(v *victim, size float64) bool {
	if !v.cable {
		return false
	}
	o.do(v.Name+" has its link set down", 0, false, func() {
		v.cable = false
		v.Run("ip", "link", "set", "eth0", "down")
	})
	o.after(time.Duration(size*3*float64(time.Second)), func() { o.plug(v) })
	return true
}

// plug undoes pull and linkDown.
func (o *ordeal) plug(v *victim) {
	if v.cable {
		return
	}
	o.do(v.Name+" has its link again", linking, false, func() {
		v.cable = true
		v.Run("ip", "link", "set", "eth0", "up")
		v.Carrier(true)
	})
}

// removeAddress removes the first virtual address that the machine has.
func (o *ordeal) removeAddress(v *victim, _ float64) bool {
	list, err := v.Links().AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return false
	}
	for _, c := range o.plan.circuits {
		for n, a := range list {
			if !a.IP.Equal(net.IP(c.vips[0].Addr().AsSlice())) {
				continue
			}
			o.do(v.Name+" loses "+a.IPNet.String()+" to somebody", 0, false, func() {
				link, err := v.Links().LinkByIndex(a.LinkIndex)
				if err == nil {
					_ = v.Links().AddrDel(link, &list[n]) // it may just have gone
				}
				v.touched = time.Now()
			})
			return true
		}
	}
	return false
}
