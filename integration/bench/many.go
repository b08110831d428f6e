package bench

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"director/integration/lab"
)

const (
	instances    = 250
	manyInterval = time.Second
)

// Many measures 250 instances on one interface: the CPU that master and backup
// need, and the time until all have taken over after the master has died. Both
// programs run at the same time.
func Many(ctx context.Context, log io.Writer, during time.Duration) (Section, error) {
	s := Section{
		Title: fmt.Sprintf("%d instances on one interface", instances),
		Head:  []string{"", "CPU, master", "CPU, backup", "taken over, least", "median", "most"},
		Note: "One address each, adverts every second. CPU: of all processes of a router, in percent of one CPU. Taken over: " +
			"from the last advert of each instance of the crashed master to the first announcement of its address by the new one " +
			"/ the protocol's floor.",
	}
	err := lab.Play(ctx, "many", log, func(t lab.T) {
		var pairs []*pair
		for _, p := range []program{director, keepalived} {
			pair := newPair(t, p, manyInterval)
			for _, r := range pair.routers {
				r.config = p.manyInstances()
			}
			pair.startBoth(manyInterval)
			pairs = append(pairs, pair)
		}
		for _, pair := range pairs {
			pair.allHeld(pair.routers[0])
		}
		time.Sleep(settling + during/2)
		var before [2][2]time.Duration
		begin := time.Now()
		for i, pair := range pairs {
			before[i] = pair.cpu()
		}
		time.Sleep(during)
		for i, pair := range pairs {
			after, took := pair.cpu(), time.Since(begin)
			row := []string{pair.program.name}
			for j := range after {
				row = append(row, percent(float64(after[j]-before[i][j])/float64(took)))
			}
			s.Rows = append(s.Rows, row)
		}
		for i, pair := range pairs {
			s.Rows[i] = append(s.Rows[i], pair.crashMany().cells()...)
		}
	})
	if err != nil {
		return s, fmt.Errorf("%d instances: %w", instances, err)
	}
	return s, nil
}

// manyAddress is the address of the nth instance.
func manyAddress(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 99, 1, byte(n)}) }

// manyInstances is election for many, each with its own address.
func (p program) manyInstances() string {
	var b strings.Builder
	if p.keepalived {
		head, _, _ := strings.Cut(p.election(manyInterval), "vrrp_instance")
		b.WriteString(head)
	}
	for n := 1; n <= instances; n++ {
		if p.keepalived {
			fmt.Fprintf(&b, "vrrp_instance VI_%d {\n interface eth0\n virtual_router_id %d\n state BACKUP\n priority %d\n"+
				" advert_int %v\n virtual_ipaddress {\n  %s/32\n }\n}\n", n, n, priority, manyInterval.Seconds(), manyAddress(n))
			continue
		}
		fmt.Fprintf(&b, "vrrp_instance \"VI_%d\" {\n  interface = \"eth0\"\n  virtual_router_id = %d\n  version = 3\n"+
			"  priority = %d\n  advert_int = %v\n  virtual_ipaddress \"%s/32\" {}\n}\n", n, n, priority, manyInterval.Seconds(), manyAddress(n))
	}
	return b.String()
}

// allHeld waits until a router has the addresses of all instances.
func (p *pair) allHeld(r *router) {
	p.lab.Eventually(3*room, "all instances of "+p.program.name+" are master", func() bool {
		time.Sleep(200 * time.Millisecond)
		return len(r.Addresses()) >= instances
	})
}

// cpu is what each router has used so far.
func (p *pair) cpu() (used [2]time.Duration) {
	for i, r := range p.routers {
		for pid := range r.Processes() {
			used[i] += p.processCPU(pid)
		}
	}
	return used
}

// processCPU is utime and stime of a process, which the kernel counts in
// hundredths of a second.
func (p *pair) processCPU(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	p.lab.Expect(err == nil, "%v", err)
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	var user, system int
	_, err = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
	p.lab.Expect(err == nil, "CPU time in %q: %v", text, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// crashMany lets the first router disappear and returns how long after the last
// advert of each instance the other one has announced its address.
func (p *pair) crashMany() (took spread) {
	master, backup := p.routers[0], p.routers[1]
	begin := time.Now()
	time.Sleep(2 * manyInterval)
	master.Crash()
	p.allHeld(backup)
	mac := string(p.mac(backup))
	taken := map[netip.Addr]time.Time{}
	complete := p.lab.Becomes(room, func() bool {
		for _, a := range p.witness.Announcements(begin) {
			if string(a.MAC) == mac && a.Address != backup.own && taken[a.Address].IsZero() {
				taken[a.Address] = a.At
			}
		}
		return len(taken) >= instances
	})
	p.lab.Expect(complete, "%s announced %d of %d addresses", p.program.name, len(taken), instances)
	last := map[netip.Addr]time.Time{}
	for _, a := range p.adverts(master, begin) {
		last[manyAddress(int(a.VRID))] = a.At
	}
	p.lab.Expect(len(last) == instances, "%s advertised %d of %d instances", p.program.name, len(last), instances)
	for address, at := range taken {
		took.add(at.Sub(last[address]), floor(manyInterval))
	}
	return took
}
