package netif

import (
	"net"
	"os/exec"
	"testing"
	"time"
)

func runs(command ...string) bool { return exec.Command(command[0], command[1:]...).Run() == nil }

// TestFirewallIsReplacedAtOnce changes the rules around one address while
// packets are sent to it without pause: none gets through.
func TestFirewallIsReplacedAtOnce(t *testing.T) {
	ns, client, table := newGuard(t)
	var here, there net.PacketConn
	var err error
	ns.Do(func() { here, err = net.ListenPacket("udp4", "192.0.2.50:9") })
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	client.Do(func() { there, err = net.ListenPacket("udp4", "192.0.2.9:0") })
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	mustRefuse(t, table, Firewall{}, refusal("VI_1", "192.0.2.50/24"))
	stop, sent := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { sent <- n }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := there.WriteTo([]byte("x"), here.LocalAddr()); err == nil {
				n++
			}
		}
	}()
	for i := range 100 {
		// Another rule, another chain, another table.
		fw := Firewall{Counters: i%2 == 0, Priority: int32(i % 3)}
		if i%5 == 0 {
			fw.Table = "other"
		}
		mustRefuse(t, table, fw, refusal("VI_1", "192.0.2.50/24"), refusal("VI_2", "192.0.2.60/24"))
	}
	close(stop)
	n := <-sent
	if n < 100 {
		t.Fatalf("only %d packets were sent", n)
	}
	if err := here.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := here.ReadFrom(make([]byte, 10)); err == nil {
		t.Errorf("one of %d packets got through", n)
	}
	t.Logf("%d packets, none got through", n)
	mustRefuse(t, table, Firewall{})
	if _, err := there.WriteTo([]byte("x"), here.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if err := here.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := here.ReadFrom(make([]byte, 10)); err != nil {
		t.Errorf("with the rules gone: %v", err)
	}
}
