package ipvstest

import (
	"errors"
	"syscall"
	"time"

	"director/ipvs"
)

var roundTrips = []check{
	{"an empty table lists nothing, and that is no error", func(b *bench) {
		b.holds()
		if servers, err := b.table.Servers(b.Context(), web(0).Key); err != nil || len(servers) != 0 {
			b.Errorf("servers of a service that is not there: %v, %v; want none", servers, err)
		}
	}},
	{"every kind of service reads back as written", func(b *bench) {
		b.must(program(everyService()...)...)
		b.holds(everyService()...)
	}},
	{"every kind of server reads back as written", func(b *bench) {
		b.must(program(everyServer()...)...)
		b.holds(everyServer()...)
	}},
	{"every scheduler can be used or is missing", func(b *bench) {
		for _, name := range ipvs.Schedulers {
			s := web(2)
			s.Scheduler = name
			switch err := errors.Join(b.apply(program(s)...)...); {
			case err == nil:
				b.holds(s)
				b.must(deleteService(s.Key))
			case errors.Is(err, syscall.ENOENT):
				b.Logf("%s is missing here", name)
			default:
				b.Errorf("%s: %v", name, err)
			}
		}
	}},
	{"more servers than fit one request or one answer", func(b *bench) {
		b.must(program(web(333))...)
		b.holds(web(333))
	}},
	{"flushing leaves nothing", func(b *bench) {
		b.must(program(web(3))...)
		if err := b.table.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.holds()
	}},
}

// everyService is one service of each kind and with each option.
func everyService() []ipvs.Service {
	tcp, udp := key(ipvs.TCP, "192.0.2.1:80"), key(ipvs.UDP, "192.0.2.1:80")
	return []ipvs.Service{
		{Key: tcp, Scheduler: "rr"},
		{Key: udp, Scheduler: "wrr", Flags: ipvs.OnePacket},
		{Key: key(ipvs.SCTP, "192.0.2.1:80"), Scheduler: "wlc"},
		{Key: key(ipvs.TCP, "192.0.2.1:0"), Scheduler: "rr", Timeout: time.Hour},
		{Key: key(ipvs.TCP, "192.0.2.2:80"), Scheduler: "sh", Flags: ipvs.SchedFlag1 | ipvs.SchedFlag2},
		{Key: key(ipvs.TCP, "192.0.2.3:80"), Scheduler: "sh", Flags: ipvs.SchedFlag3, Timeout: time.Second, MaskBits: 24},
		{Key: key(ipvs.UDP, "192.0.2.2:5060"), Scheduler: "rr", Timeout: time.Minute, Engine: "sip"},
		{Key: key(ipvs.TCP, "[2001:db8::1]:80"), Scheduler: "rr", Timeout: 86400 * time.Second, MaskBits: 64},
		{Key: key(ipvs.UDP, "[2001:db8::1]:80"), Scheduler: "rr"},
		{Key: key(ipvs.SCTP, "[2001:db8::1]:80"), Scheduler: "rr"},
		{Key: ipvs.Key{Family: ipvs.INET, FWMark: 1}, Scheduler: "wlc", Timeout: time.Minute, MaskBits: 8},
		{Key: ipvs.Key{Family: ipvs.INET6, FWMark: 1}, Scheduler: "wlc", Timeout: time.Minute, MaskBits: 127},
		{Key: ipvs.Key{Family: ipvs.INET, FWMark: 1<<32 - 1}, Scheduler: "rr"},
	}
}

// everyServer is one server of each kind, in services of both families.
func everyServer() []ipvs.Service {
	tunnel := func(addr string, typ ipvs.TunnelType, port uint16, flags ipvs.TunnelFlags) ipvs.Server {
		return ipvs.Server{
			ServerKey: serverKey(addr), Forward: ipvs.TUN, Weight: 1, Tunnel: typ, TunnelPort: port, TunnelFlags: flags,
		}
	}
	v4, v6 := web(0), web(0)
	v6.Key = key(ipvs.TCP, "[2001:db8::80]:80")
	v4.Servers = []ipvs.Server{
		server("10.8.0.1:80"), server("10.8.0.1:81"),
		{ServerKey: serverKey("10.8.0.2:8080"), Forward: ipvs.NAT, Weight: 0},
		{ServerKey: serverKey("10.8.0.3:80"), Forward: ipvs.DR, Weight: 65535, Upper: 100, Lower: 50},
		{ServerKey: serverKey("10.8.0.4:80"), Forward: ipvs.DR, Weight: 1, Upper: 100},
		{ServerKey: serverKey("10.8.0.5:80"), Forward: ipvs.Local, Weight: 1},
		tunnel("10.8.0.6:80", ipvs.IPIP, 0, 0),
		tunnel("10.8.0.7:80", ipvs.GUE, 6080, ipvs.TunnelNoChecksum),
		tunnel("10.8.0.8:80", ipvs.GUE, 65535, ipvs.TunnelChecksum),
		tunnel("10.8.0.9:80", ipvs.GUE, 1, ipvs.TunnelRemoteChecksum),
		tunnel("10.8.0.10:80", ipvs.GRE, 0, ipvs.TunnelChecksum),
		tunnel("[2001:db8::9]:80", ipvs.IPIP, 0, 0),
	}
	v6.Servers = []ipvs.Server{
		server("[2001:db8::2]:80"),
		{ServerKey: serverKey("[2001:db8::3]:8080"), Forward: ipvs.NAT, Weight: 3},
		tunnel("[2001:db8::4]:80", ipvs.GUE, 6080, ipvs.TunnelNoChecksum),
		tunnel("10.8.0.9:80", ipvs.IPIP, 0, 0),
	}
	mark := ipvs.Service{Key: ipvs.Key{Family: ipvs.INET6, FWMark: 9}, Scheduler: "rr"}
	mark.Servers = []ipvs.Server{server("[2001:db8::2]:0")}
	return []ipvs.Service{v4, v6, mark}
}

var changes = []check{
	{"adding what exists makes it equal", func(b *bench) {
		b.must(program(web(2))...)
		want := web(2)
		want.Scheduler, want.Timeout = "rr", time.Minute
		want.Servers[1].Weight, want.Servers[1].Forward = 9, ipvs.NAT
		b.must(program(want)...)
		b.holds(want)
	}},
	{"changing a server that is gone adds it", func(b *bench) {
		b.must(addService(web(0)), serverOp(ipvs.UpdateServer, web(0).Key, web(1).Servers[0]))
		b.holds(web(1))
	}},
	{"removing what is gone is success", func(b *bench) {
		gone := web(1)
		b.must(serverOp(ipvs.DeleteServer, gone.Key, gone.Servers[0]), deleteService(gone.Key))
		b.must(addService(web(0)), serverOp(ipvs.DeleteServer, gone.Key, gone.Servers[0]))
		b.holds(web(0))
	}},
	{"removing a service removes its servers and nothing else", func(b *bench) {
		b.must(program(append(everyService(), web(3))...)...)
		b.must(deleteService(web(0).Key))
		b.holds(everyService()...)
		b.must(addService(web(0)))
		b.holds(append(everyService(), web(0))...)
	}},
	{"every property of a service changes in place", func(b *bench) {
		s := web(3)
		b.must(program(s)...)
		for _, change := range []func(){
			func() { s.Scheduler = "sh" },
			func() { s.Flags = ipvs.SchedFlag1 },
			func() { s.Timeout = time.Minute },
			func() { s.MaskBits = 16 },
			func() { s.Flags, s.Timeout, s.Scheduler = 0, 0, "wlc" },
		} {
			change()
			b.must(updateService(s))
			b.holds(s)
		}
	}},
	{"a change keeps the engine, unless it takes it away", func(b *bench) {
		s := ipvs.Service{Key: key(ipvs.UDP, "192.0.2.2:5060"), Scheduler: "rr", Timeout: time.Minute, Engine: "sip"}
		b.must(addService(s))
		s.Scheduler = "wrr"
		b.must(updateService(s))
		b.holds(s)
		s.Engine = ""
		b.must(updateService(s))
		b.holds(s)
		s.Engine = "sip"
		b.must(updateService(s))
		b.holds(s)
	}},
	{"every property of a server changes in place", func(b *bench) {
		s := web(1)
		b.must(program(s)...)
		server := &s.Servers[0]
		for _, change := range []func(){
			func() { server.Weight = 0 },
			func() { server.Weight = 65535 },
			func() { server.Upper, server.Lower = 10, 5 },
			func() { server.Forward = ipvs.NAT },
			func() { server.Forward, server.Tunnel, server.TunnelPort = ipvs.TUN, ipvs.GUE, 99 },
			func() { server.Tunnel, server.TunnelPort, server.TunnelFlags = ipvs.GRE, 0, ipvs.TunnelChecksum },
			func() { *server = web(1).Servers[0] },
		} {
			change()
			b.must(serverOp(ipvs.UpdateServer, s.Key, *server))
			b.holds(s)
		}
	}},
}
