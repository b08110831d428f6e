package ipvstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"director/ipvs"
)

// apply carries out one operation as the client does: what exists is changed
// instead of added, what is gone is added instead of changed, and removing what
// is gone is success.
func (k *Kernel) apply(ctx context.Context, op ipvs.Op, first bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.history = append(k.history, op)
	err := k.request(ctx, request{op: op, first: first})
	if err == nil || errors.Is(err, errAnswerLost) {
		if carried := k.carryOut(op); err == nil {
			err = carried
		}
	}
	switch {
	case errors.Is(err, errAnswerLost):
		err = ipvs.ErrNoAnswer
	case err == nil:
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

func (k *Kernel) carryOut(op ipvs.Op) error {
	if !op.Service.Address.IsValid() && op.Service.FWMark == 0 {
		return ipvs.ErrInvalid
	}
	switch op.Kind {
	case ipvs.AddService, ipvs.UpdateService:
		return k.setService(op)
	case ipvs.DeleteService:
		k.services = slices.DeleteFunc(k.services, func(s *ipvs.Service) bool { return s.Key == normalKey(op.Service.Key) })
		return nil
	case ipvs.AddServer, ipvs.UpdateServer, ipvs.DeleteServer:
		if !op.Server.Address.IsValid() {
			return ipvs.ErrInvalid
		}
		return k.setServer(op)
	}
	return ipvs.ErrInvalid
}

// setService follows ip_vs_add_service and ip_vs_edit_service.
func (k *Kernel) setService(op ipvs.Op) error {
	s := k.find(op.Service.Key)
	want := op.Service.Normal()
	switch {
	case s == nil && op.Kind == ipvs.UpdateService:
		return syscall.ESRCH
	case len(want.Scheduler) > 15, len(want.Engine) > 15:
		return syscall.EINVAL
	case !slices.Contains(ipvs.Schedulers, want.Scheduler) || k.missing[want.Scheduler]:
		return syscall.ENOENT
	case want.Engine != "" && (want.Engine != "sip" || k.missing[want.Engine]):
		return syscall.ENOENT
	}
	if s == nil {
		s = new(ipvs.Service)
		k.services = append(k.services, s)
	}
	want.Servers = s.Servers
	*s = want
	return nil
}

// setServer follows ip_vs_genl_set_cmd, ip_vs_add_dest, ip_vs_edit_dest and
// ip_vs_del_dest.
func (k *Kernel) setServer(op ipvs.Op) error {
	s := k.find(op.Service.Key)
	if s == nil && op.Kind == ipvs.DeleteServer {
		return nil
	}
	if s == nil {
		return syscall.ESRCH
	}
	want := op.Server.Normal()
	at := slices.IndexFunc(s.Servers, func(have ipvs.Server) bool { return have.ServerKey == want.ServerKey })
	if op.Kind == ipvs.DeleteServer {
		if at >= 0 {
			s.Servers = slices.Delete(s.Servers, at, at+1)
		}
		return nil
	}
	if err := checkServer(s.Family, want); err != nil {
		return err
	}
	if at < 0 {
		s.Servers = append(s.Servers, want)
	} else {
		s.Servers[at] = want
	}
	return nil
}

func checkServer(f ipvs.Family, s ipvs.Server) error {
	a := s.Address.Addr()
	switch {
	case familyOf(a) != f && s.Forward != ipvs.TUN:
		return syscall.EINVAL
	case s.Weight > 1<<31-1, s.Lower > s.Upper:
		return syscall.ERANGE
	case s.Forward == ipvs.TUN && s.Tunnel == ipvs.GUE && s.TunnelPort == 0:
		return syscall.EINVAL
	case a.IsMulticast(), a.IsUnspecified() && a.Is6():
		return syscall.EINVAL
	}
	return nil
}
