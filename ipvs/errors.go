package ipvs

import (
	"errors"
	"fmt"
	"syscall"
)

// Errors to branch on. Kernel errors otherwise wrap their syscall.Errno.
var (
	// ErrUnavailable: the kernel has no IPVS and loading it did not help.
	ErrUnavailable = errors.New("this kernel has no IPVS")
	// ErrPermission: the caller lacks CAP_NET_ADMIN in the first user
	// namespace, which IPVS wants for reading too.
	ErrPermission = errors.New("IPVS needs CAP_NET_ADMIN, also for reading")
	// ErrNoAnswer: the kernel did not answer in time. Whether it carried out
	// the request is not known: read the table again.
	ErrNoAnswer = errors.New("no answer from the kernel")
	// ErrClosed: the client is closed.
	ErrClosed = errors.New("IPVS client is closed")
	// ErrInvalid: the operation can not be expressed.
	ErrInvalid = errors.New("invalid operation")
)

// errAnswer: the kernel's answer makes no sense.
var errAnswer = errors.New("unexpected answer from the kernel")

// kernelError adds to the kernel's errno what it means for this operation.
// One errno has several meanings in ip_vs_ctl.c, the text has the likely one.
func kernelError(op Op, err error) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return fmt.Errorf("%s: %w", op, err)
	}
	if hint := meaning(op, errno); hint != "" {
		return fmt.Errorf("%s: %s: %w", op, hint, errno)
	}
	return fmt.Errorf("%s: %w", op, errno)
}

// meaning says in words what an errno likely means for an operation, or nothing.
func meaning(op Op, errno syscall.Errno) string {
	onService := op.Kind == AddService || op.Kind == UpdateService
	onServer := op.Kind == AddServer || op.Kind == UpdateServer
	switch {
	case errno == syscall.ESRCH:
		return "no such service"
	case errno == syscall.ENOENT && onService && op.Service.Engine != "":
		return fmt.Sprintf("scheduler %q or persistence engine %q is not available (module ip_vs_%s, ip_vs_pe_%s)",
			op.Service.Scheduler, op.Service.Engine, op.Service.Scheduler, op.Service.Engine)
	case errno == syscall.ENOENT && onService:
		return fmt.Sprintf("scheduler %q is not available (module ip_vs_%s)", op.Service.Scheduler, op.Service.Scheduler)
	case errno == syscall.EPERM:
		return "CAP_NET_ADMIN is missing"
	case errno == syscall.ERANGE:
		return "lower threshold above the upper one, or weight out of range"
	case errno == syscall.EINVAL && onServer && familyOf(op.Server.Address.Addr()) != op.Service.Family:
		return "a server of the other address family needs TUN and a stopped sync daemon"
	case errno == syscall.EINVAL && onServer:
		return "not a unicast address of a server (nothing is while this network namespace has no address), or GUE without port"
	}
	return ""
}
