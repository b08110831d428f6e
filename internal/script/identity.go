package script

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultUsers are who scripts run as where nothing is written: the first that
// exists. It is never root.
var defaultUsers = []string{"director_script", "keepalived_script", "nobody"}

// identity is who a script runs as.
type identity struct {
	user   *user.User
	uid    uint32
	gid    uint32
	groups []uint32 // supplementary ones
	// credential is nil where the script runs as we do and we may not change
	// anything about it.
	credential *syscall.Credential
}

// identify finds out who c runs as. Users that change are looked up anew for
// each run.
func (c Command) identify(p Policy) (identity, error) {
	name, group := c.User, c.Group
	if name == "" {
		name, group = p.User, p.Group
	}
	u, err := lookupUser(name)
	if err != nil {
		return identity{}, err
	}
	id := identity{user: u}
	if id.uid, err = number(u.Uid); err != nil {
		return identity{}, fmt.Errorf("user %q: %w", u.Username, err)
	}
	if id.gid, err = lookupGroup(group, u); err != nil {
		return identity{}, err
	}
	if p.SupplementaryGroups {
		if id.groups, err = supplementary(u); err != nil {
			return identity{}, err
		}
	}
	return id, id.permit()
}

// permit decides whether we may run as id, and how.
func (id *identity) permit() error {
	caps, err := capabilities()
	if err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	if caps.effective(unix.CAP_SETUID) && caps.effective(unix.CAP_SETGID) {
		id.credential = &syscall.Credential{Uid: id.uid, Gid: id.gid, Groups: id.groups}
		return nil
	}
	if uint32(os.Geteuid()) == id.uid && uint32(os.Getegid()) == id.gid {
		return nil
	}
	return fmt.Errorf("only root may run scripts as user %q, group %d; director runs as user %d, group %d (script_user can name it)",
		id.user.Username, id.gid, os.Geteuid(), os.Getegid())
}

func lookupUser(name string) (*user.User, error) {
	if name == "" {
		return lookupDefault()
	}
	u, err := user.Lookup(name)
	if _, numeric := number(name); err == nil || numeric != nil {
		return u, err
	}
	if u, err = user.LookupId(name); err == nil {
		return u, nil
	}
	// A number needs no name, but says nothing of its group.
	return &user.User{Uid: name, Gid: name, Username: name, HomeDir: "/"}, nil
}

func lookupDefault() (*user.User, error) {
	for _, name := range defaultUsers {
		u, err := user.Lookup(name)
		var unknown user.UnknownUserError
		if !errors.As(err, &unknown) {
			return u, err
		}
	}
	return nil, fmt.Errorf("none of the users %q exists; script_user can name another", defaultUsers)
}

func lookupGroup(name string, u *user.User) (uint32, error) {
	if name == "" {
		return number(u.Gid)
	}
	g, err := user.LookupGroup(name)
	if err == nil {
		return number(g.Gid)
	}
	if n, numeric := number(name); numeric == nil {
		return n, nil
	}
	return 0, err
}

func supplementary(u *user.User) ([]uint32, error) {
	names, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of user %q: %w", u.Username, err)
	}
	var groups []uint32
	for _, name := range names {
		g, err := number(name)
		if err != nil {
			return nil, fmt.Errorf("groups of user %q: %w", u.Username, err)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	// The last number means "leave it as it is" to the kernel.
	if err == nil && n == 1<<32-1 {
		err = fmt.Errorf("%d is no user or group", n)
	}
	return uint32(n), err
}

// in reports whether id is a member of the group.
func (id identity) in(gid uint32) bool { return id.gid == gid || slices.Contains(id.groups, gid) }
