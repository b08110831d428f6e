package bfd_test

import (
	"encoding/binary"
	"os"
	"testing"
	"time"

	"director/bfd"
)

// frame is a packet of the capture.
type frame struct {
	src     byte // the last byte of the address
	payload []byte
}

// capture is two keepalived 2.2.7 that meet, live and part.
func capture(t testing.TB) []frame {
	t.Helper()
	b, err := os.ReadFile("testdata/keepalived-session.pcap")
	if err != nil {
		t.Fatal(err)
	}
	const fileHeader, recordHeader, ip, udp = 24, 16, 14, 14 + 20
	var frames []frame
	for b = b[fileHeader:]; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		record := b[recordHeader : recordHeader+n]
		frames = append(frames, frame{record[ip+15], record[udp+8:]})
		b = b[recordHeader+n:]
	}
	return frames
}

func TestCapture(t *testing.T) {
	frames := capture(t)
	if len(frames) != 46 {
		t.Fatalf("%d frames", len(frames))
	}
	const ms = time.Millisecond
	discriminator := func(i int) uint32 { return binary.BigEndian.Uint32(frames[i].payload[4:]) }
	one, two, three := discriminator(0), discriminator(3), discriminator(44)
	down := bfd.Packet{State: bfd.Down, Multiplier: 3, MinTx: 1000 * ms, MinRx: 300 * ms}
	up := bfd.Packet{State: bfd.Up, Multiplier: 3, MinTx: 200 * ms, MinRx: 300 * ms}
	with := func(p bfd.Packet, my, your uint32, change func(*bfd.Packet)) bfd.Packet {
		p.My, p.Your = my, your
		if change != nil {
			change(&p)
		}
		return p
	}
	want := map[int]bfd.Packet{
		0:  with(down, one, 0, nil),
		3:  with(down, two, 0, nil),
		4:  with(down, one, two, func(p *bfd.Packet) { p.State = bfd.Init }),
		5:  with(up, two, one, func(p *bfd.Packet) { p.Poll = true }),
		6:  with(up, one, two, func(p *bfd.Packet) { p.Final = true }),
		7:  with(up, one, two, nil),
		43: with(up, two, one, nil),
		44: with(down, three, 0, func(p *bfd.Packet) { p.Diag = bfd.DiagTimeExpired }),
	}
	for i, f := range frames {
		var p bfd.Packet
		if drop := p.Decode(f.payload); drop != bfd.Accepted {
			t.Errorf("frame %d: %v", i, drop)
			continue
		}
		if w, ok := want[i]; ok && p != w {
			t.Errorf("frame %d:\n%+v, want\n%+v", i, p, w)
		}
		if got := p.Append(nil); string(got) != string(f.payload) {
			t.Errorf("frame %d: encoded %x, want %x", i, got, f.payload)
		}
	}
}

// valid is a packet that is accepted.
func valid() []byte {
	p := bfd.Packet{State: bfd.Up, Multiplier: 3, My: 1, Your: 2, MinTx: time.Second, MinRx: time.Second}
	return p.Append(nil)
}

func TestDecodeDrops(t *testing.T) {
	set := func(offset int, value byte) func([]byte) []byte {
		return func(b []byte) []byte { b[offset] = value; return b }
	}
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   bfd.Drop
	}{
		{"as it should be", func(b []byte) []byte { return b }, bfd.Accepted},
		{"empty", func([]byte) []byte { return nil }, bfd.DropTruncated},
		{"23 bytes", func(b []byte) []byte { return b[:23] }, bfd.DropTruncated},
		{"more than the packet", func(b []byte) []byte { return append(b, 1, 2, 3) }, bfd.Accepted},
		{"version 0", set(0, 0x00), bfd.DropVersion},
		{"version 2", set(0, 0x40), bfd.DropVersion},
		{"unknown diagnostic", set(0, 0x3f), bfd.Accepted},
		{"length 23", set(3, 23), bfd.DropLength},
		{"length 25", set(3, 25), bfd.DropTruncated},
		{"authenticated, length 24", set(1, 0xc4), bfd.DropLength},
		{"authenticated", func(b []byte) []byte { b[1], b[3] = 0xc4, 26; return append(b, 1, 2) }, bfd.Accepted},
		{"authenticated, cut", func(b []byte) []byte { b[1], b[3] = 0xc4, 28; return append(b, 1, 4) }, bfd.DropTruncated},
		{"multiplier 0", set(2, 0), bfd.DropMultiplier},
		{"multipoint", set(1, 0xc1), bfd.DropMultipoint},
		{"my discriminator 0", set(7, 0), bfd.DropMyDiscriminator},
		{"Up without your discriminator", set(11, 0), bfd.DropYourDiscriminator},
		{"Init without your discriminator", func(b []byte) []byte { b[1], b[11] = 0x80, 0; return b }, bfd.DropYourDiscriminator},
		{"Down without your discriminator", func(b []byte) []byte { b[1], b[11] = 0x40, 0; return b }, bfd.Accepted},
		{"AdminDown without your discriminator", func(b []byte) []byte { b[1], b[11] = 0, 0; return b }, bfd.Accepted},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p bfd.Packet
			if got := p.Decode(c.change(valid())); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestIntervalsAreCutToTheField(t *testing.T) {
	p := bfd.Packet{State: bfd.Down, Multiplier: 1, My: 1, MinTx: 10 * time.Hour, MinRx: -1, MinEchoRx: 1999}
	var got bfd.Packet
	if drop := got.Decode(p.Append(nil)); drop != bfd.Accepted {
		t.Fatal(drop)
	}
	p.MinTx, p.MinRx, p.MinEchoRx = (1<<32-1)*time.Microsecond, 0, time.Microsecond
	if got != p {
		t.Errorf("%+v, want %+v", got, p)
	}
}

func TestCodecAllocatesNothing(t *testing.T) {
	b, buf := valid(), make([]byte, 0, bfd.PacketLen)
	var p bfd.Packet
	if n := testing.AllocsPerRun(100, func() {
		p.Decode(b)
		buf = p.Append(buf[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNames(t *testing.T) {
	for i := range bfd.NumDrops {
		if bfd.Drop(i).String() == "" {
			t.Errorf("drop %d has no name", i)
		}
	}
	for i := range 256 {
		if bfd.Drop(i).String() == "" || bfd.State(i).String() == "" || bfd.Diag(i).String() == "" {
			t.Errorf("%d has no name", i)
		}
	}
}

// What is accepted is encoded to the bytes it came from, but for what is never
// sent: authentication and a longer length.
func FuzzDecode(f *testing.F) {
	for _, frame := range capture(f) {
		f.Add(frame.payload)
	}
	f.Add(valid())
	f.Fuzz(func(t *testing.T, b []byte) {
		var p bfd.Packet
		if p.Decode(b) != bfd.Accepted {
			return
		}
		want := append([]byte(nil), b[:bfd.PacketLen]...)
		want[1] &^= 0x04
		want[3] = bfd.PacketLen
		if got := p.Append(nil); string(got) != string(want) {
			t.Errorf("%x, want %x", got, want)
		}
	})
}
