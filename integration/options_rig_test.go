package integration

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/mdlayher/packet"

	"director/integration/lab"
)

// A rig is one director on a segment with a rival, which speaks only when the
// test does.
type rig struct {
	*balancer
	lan     *lab.Segment
	witness *lab.Witness
	capture *lab.Capture
	rival   *lab.Host
	conn    *packet.Conn
	mac     net.HardwareAddr // the director's
}

// rivalAddress is where adverts of the rival come from, unless they say so.
const rivalAddress = "10.99.0.9"

// newRig makes the network; the director's machine has the addresses on eth0.
func newRig(t lab.T, addresses ...string) *rig {
	t.Helper()
	l := lab.New(t)
	r := &rig{lan: l.Segment("lan")}
	r.balancer = &balancer{Host: l.Host("lvs1", r.lan.At(addresses...)), lab: l}
	r.rival = l.Host("rival", r.lan.At(rivalAddress+"/24", "fd99::9/64"))
	r.witness, r.capture = r.lan.Witness(), r.lan.Capture(lab.VRRP, lab.UDP, lab.IGMP, lab.ICMPv6)
	link, err := r.Links().LinkByName("eth0")
	if err != nil {
		t.Fatalf("%v", err)
	}
	r.mac = link.Attrs().HardwareAddr
	err = r.rival.Do(func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err == nil {
			r.conn, err = packet.Listen(eth0, packet.Raw, 0, nil)
		}
		return err
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() { _ = r.conn.Close() })
	return r
}

// numbered is a vrrp_instance on eth0, VI_n with the VRID n. It has an address
// unless its lines say something of one.
func numbered(vrid int, lines ...string) string {
	text := strings.Join(lines, "\n  ")
	if !strings.Contains(text, "virtual_ipaddress") {
		text += fmt.Sprintf("\n  virtual_ipaddress %q {}", vip(vrid).String()+"/24")
	}
	if !strings.Contains(text, "interface = ") {
		text += "\n  interface = \"eth0\""
	}
	return fmt.Sprintf("vrrp_instance \"VI_%d\" {\n  virtual_router_id = %d\n  %s\n}\n", vrid, vrid, text)
}

// vip is the address of a [numbered].
func vip(vrid int) netip.Addr { return netip.AddrFrom4([4]byte{10, 99, 1, byte(vrid)}) }

// named is the name of a [numbered].
func named(vrid int) string { return fmt.Sprintf("VI_%d", vrid) }

// claimed is an advert over IPv4 that the rival makes by hand. Zero values are
// what a proper one of version 3 has.
type claimed struct {
	vrid, priority int
	version        int
	source, to     string
	ttl            int
	interval       time.Duration // 100 ms, in version 2 1 s
	addresses      []netip.Addr  // that of the router with the VRID
	// seal sets the checksums; nil: as the version has it.
	seal func(frame []byte) []byte
}

// sends sends adverts of the rival.
func (r *rig) sends(t lab.T, adverts ...claimed) {
	t.Helper()
	for _, c := range adverts {
		frame := c.frame(r.mac)
		if _, err := r.conn.WriteTo(frame, &packet.Addr{HardwareAddr: frame[:6]}); err != nil {
			t.Fatalf("%v", err)
		}
	}
}

func (c claimed) frame(unicast net.HardwareAddr) []byte {
	seal, first := sealV3, []byte{0x31}
	interval := []byte{0, 10}
	if c.interval > 0 {
		binary.BigEndian.PutUint16(interval, uint16(c.interval/(10*time.Millisecond)))
	}
	if c.version == 2 {
		seal, first, interval = sealV2, []byte{0x21}, []byte{0, 1}
	}
	if c.seal != nil {
		seal = c.seal
	}
	if c.addresses == nil {
		c.addresses = []netip.Addr{vip(c.vrid)}
	}
	source, to, ttl := addr(rivalAddress), addr("224.0.0.18"), byte(255)
	if c.source != "" {
		source = addr(c.source)
	}
	if c.to != "" {
		to = addr(c.to)
	}
	if c.ttl != 0 {
		ttl = byte(c.ttl)
	}
	mac := unicast
	if group := to.As4(); to.IsMulticast() {
		mac = net.HardwareAddr{1, 0, 0x5e, group[1] & 0x7f, group[2], group[3]}
	}
	message := append(first, byte(c.vrid), byte(c.priority), byte(len(c.addresses)))
	message = append(append(message, interval...), 0, 0)
	for _, a := range c.addresses {
		message = append(message, a.AsSlice()...)
	}
	if c.version == 2 {
		message = append(message, make([]byte, 8)...)
	}
	frame := append([]byte{}, mac...)
	frame = append(frame, 2, 0, 0, 0, 0, 0x99, 8, 0)
	frame = append(frame, 0x45, 0xc0, 0, 0, 0, 1, 0, 0, ttl, lab.VRRP, 0, 0)
	frame = append(append(frame, source.AsSlice()...), to.AsSlice()...)
	return seal(append(frame, message...))
}

// yields makes the director master of routers at once: the rival was, and
// leaves.
func (r *rig) yields(t lab.T, vrids ...int) {
	t.Helper()
	for _, vrid := range vrids {
		r.becomes("BACKUP", 3*time.Second+room, named(vrid))
		r.sends(t, claimed{vrid: vrid, priority: 254}, claimed{vrid: vrid})
	}
	for _, vrid := range vrids {
		r.becomes("MASTER", room, named(vrid))
		r.lab.Eventually(room, named(vrid)+" advertises", func() bool { return len(r.adverts(vrid, time.Time{})) > 0 })
	}
}

// adverts are those that the director sent for a router since a moment.
func (r *rig) adverts(vrid int, since time.Time) []lab.Packet {
	return r.capture.Packets(since, func(p lab.Packet) bool {
		return p.Protocol == lab.VRRP && len(p.Payload) >= 8 && int(p.Payload[1]) == vrid && p.MAC.String() == r.mac.String()
	})
}

// advert is the first one of a router.
func (r *rig) advert(vrid int) lab.Packet {
	r.lab.Eventually(5*time.Second+room, named(vrid)+" advertises", func() bool { return len(r.adverts(vrid, time.Time{})) > 0 })
	return r.adverts(vrid, time.Time{})[0]
}
