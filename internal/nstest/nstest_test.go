package nstest_test

import (
	"net"
	"strings"
	"testing"

	"director/internal/nstest"
)

func TestVethJoinsTwoNamespaces(t *testing.T) {
	a, b := nstest.New(t), nstest.New(t)
	nstest.Veth(t, a, "eth0", b, "eth0")
	a.Run(t, "ip", "addr", "add", "192.0.2.1/24", "dev", "eth0")
	b.Run(t, "ip", "addr", "add", "192.0.2.2/24", "dev", "eth0")

	var listener net.PacketConn
	b.Do(func() {
		var err error
		if listener, err = net.ListenPacket("udp", "192.0.2.2:7"); err != nil {
			t.Fatal(err)
		}
	})
	defer listener.Close()
	a.Do(func() {
		conn, err := net.Dial("udp", "192.0.2.2:7")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
	})
	buf := make([]byte, 16)
	n, from, err := listener.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	if string(buf[:n]) != "hello" || !strings.HasPrefix(from.String(), "192.0.2.1:") {
		t.Errorf("got %q from %v", buf[:n], from)
	}
}

func TestTheTestStaysOutside(t *testing.T) {
	ns := nstest.New(t)
	nstest.Veth(t, ns, "inside0", ns, "inside1")
	for range 20 {
		ns.Do(func() {
			if _, err := net.InterfaceByName("inside0"); err != nil {
				t.Fatal(err)
			}
		})
		if _, err := net.InterfaceByName("inside0"); err == nil {
			t.Fatal("the namespace leaked into another thread")
		}
	}
}
