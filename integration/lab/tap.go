package lab

import (
	"fmt"
	"net"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A tap is a packet socket whose frames carry the kernel's time of arrival: on
// a busy machine the time at which we read one is tens of milliseconds off.
type tap struct {
	file *os.File
}

// tapBuffer holds some seconds of a busy segment.
const tapBuffer = 8 << 20

// openTap opens a tap on an interface of the thread's namespace.
func openTap(ifname string) (*tap, error) {
	link, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil, err
	}
	every := int(htons(unix.ETH_P_ALL))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, every)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	t := &tap{file: os.NewFile(uintptr(fd), "tap")}
	// Where it may not, a slow reader loses frames earlier.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapBuffer)
	// On a busy machine we read late; without the privilege the kernel's own
	// size has to do.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20)
	promiscuous := unix.PacketMreq{Ifindex: int32(link.Index), Type: unix.PACKET_MR_PROMISC}
	for _, err := range []error{
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: htons(unix.ETH_P_ALL), Ifindex: link.Index}),
		unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &promiscuous),
	} {
		if err != nil {
			t.close()
			return nil, fmt.Errorf("packet socket: %w", err)
		}
	}
	return t, nil
}

// htons turns a number into network order, as bind wants it.
func htons(n uint16) uint16 { return n<<8 | n>>8 }

func (t *tap) close() { _ = t.file.Close() }

// run hands over frame after frame until the tap is closed.
func (t *tap) run(see func(frame []byte, at time.Time)) {
	raw, err := t.file.SyscallConn()
	if err != nil {
		return
	}
	frame, control := make([]byte, 2048), make([]byte, 128)
	for {
		var n, controls int
		var received error
		err := raw.Read(func(fd uintptr) bool {
			n, controls, _, _, received = unix.Recvmsg(int(fd), frame, control, 0)
			return received != unix.EAGAIN
		})
		if err != nil || received != nil {
			return
		}
		see(frame[:n], arrival(control[:controls]))
	}
}

// arrival reads the kernel's stamp.
func arrival(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			stamp := (*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(stamp.Unix())
		}
	}
	return time.Now()
}

// send puts a whole frame on the wire.
func (t *tap) send(frame []byte) error {
	_, err := t.file.Write(frame)
	return err
}
