package netif

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SysctlChange is one kernel setting that was changed, as it is written down
// before the change. It is comparable.
type SysctlChange struct {
	// Name is the path below /proc/sys, such as
	// "net/ipv4/conf/eth0/arp_ignore". A dot in an interface's name stays one.
	Name string `json:"name"`
	// Index is that of the interface in the name; 0: there is none.
	Index int `json:"index,omitempty"`
	// Former is the value before, Set the one it was given.
	Former string `json:"former"`
	Set    string `json:"set"`
}

// ErrSysctlConflict says that two users want different values of one setting.
var ErrSysctlConflict = errors.New("somebody else in director needs another value")

// sysctlStore is where settings are. read and write return an error that wraps
// fs.ErrNotExist or ErrNoInterface for what does not exist.
type sysctlStore interface {
	read(name string) (string, error)
	write(name, value string) error
	// linkIndex returns the index of an interface, linkName its name; 0 and "":
	// there is none.
	linkIndex(name string) int
	linkName(index int) string
}

// Sysctls changes kernel settings for a time. A setting goes back to what it
// was when its last user lets go, or from the record after a crash: unless
// somebody else has changed it since, whose value stays. Its methods may be
// called concurrently.
type Sysctls struct {
	log   *slog.Logger
	store sysctlStore

	// mu guards the rest, and is held while a setting is changed.
	mu   sync.Mutex
	save func([]SysctlChange) error
	// kept is in the order in which the settings were changed.
	kept []*keptSysctl
}

// keptSysctl is a setting in use. Former and Set are equal when it was as
// wanted already.
type keptSysctl struct {
	SysctlChange
	users map[string]bool
	// lost: somebody else has changed it, and we have said so.
	lost bool
}

func newSysctls(log *slog.Logger, store sysctlStore) *Sysctls {
	return &Sysctls{log: log, store: store, save: func([]SysctlChange) error { return nil }}
}

// Record makes save the one who writes down all changes in force: before one
// is made, and after one was taken back. When it fails, nothing is changed.
// save must not call methods of s.
func (s *Sysctls) Record(save func([]SysctlChange) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.save = save
}

// Changes returns the changes in force, in the order in which they were made.
func (s *Sysctls) Changes() []SysctlChange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changes()
}

func (s *Sysctls) changes() []SysctlChange {
	var all []SysctlChange
	for _, k := range s.kept {
		if k.Former != k.Set {
			all = append(all, k.SysctlChange)
		}
	}
	return all
}

// Set gives a setting a value until Release(user). Values are compared as text.
func (s *Sysctls) Set(user, name, value string) error {
	return s.want(user, name, value, func(have string) bool { return have == value })
}

// Raise makes a numeric setting at least as large as least until Release(user).
func (s *Sysctls) Raise(user, name string, least int) error {
	return s.want(user, name, strconv.Itoa(least), func(have string) bool {
		n, err := strconv.Atoi(have)
		return err == nil && n >= least
	})
}

func (s *Sysctls) want(user, name, value string, enough func(string) bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, err := s.store.read(name)
	if err != nil {
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
	index := s.store.linkIndex(linkOf(name))
	k := s.find(name)
	if k != nil && k.Index != index {
		// The interface was made anew: what was changed has gone with the old.
		k.SysctlChange = SysctlChange{Name: name, Index: index, Former: have, Set: have}
		k.lost = false
	}
	if k == nil {
		k = &keptSysctl{SysctlChange: SysctlChange{Name: name, Index: index, Former: have, Set: have}, users: map[string]bool{}}
		s.kept = append(s.kept, k)
	}
	if err := s.bring(k, have, value, enough); err != nil {
		s.prune()
		return fmt.Errorf("sysctl %s: %w", name, err)
	}
	k.users[user] = true
	return nil
}

// bring changes the setting if it has to be.
func (s *Sysctls) bring(k *keptSysctl, have, value string, enough func(string) bool) error {
	changed := k.Former != k.Set
	switch {
	case enough(have):
		return nil
	case changed && enough(k.Set):
		if !k.lost {
			s.log.Warn("sysctl was changed by somebody else, left as it is", "name", k.Name, "value", have, "wanted", k.Set)
		}
		k.lost = true
		return nil
	case changed && !greater(value, k.Set):
		return fmt.Errorf("%w: %s, not %s", ErrSysctlConflict, k.Set, value)
	}
	before := k.SysctlChange
	if !changed {
		k.Former = have
	}
	k.Set = value
	err := s.save(s.changes())
	if err == nil {
		if err = s.store.write(k.Name, value); err == nil {
			return nil
		}
	}
	k.SysctlChange = before
	return errors.Join(err, s.save(s.changes()))
}

// Join makes user one more of the users of every setting in use whose name ends
// in suffix.
func (s *Sysctls) Join(user, suffix string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		if strings.HasSuffix(k.Name, suffix) {
			k.users[user] = true
		}
	}
}

// greater reports whether number a is larger than b.
func greater(a, b string) bool {
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	return errA == nil && errB == nil && x > y
}

// Release lets go of all that a user has set, the latest first. What could not
// be put back stays in the record, with an error.
func (s *Sysctls) Release(user string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	var changed bool
	for _, k := range slices.Backward(s.kept) {
		if !k.users[user] {
			continue
		}
		delete(k.users, user)
		if len(k.users) > 0 || k.Former == k.Set {
			continue
		}
		if err := s.restore(k.SysctlChange); err != nil {
			errs = append(errs, err)
			continue
		}
		changed, k.Set = true, k.Former
	}
	s.prune()
	if changed {
		errs = append(errs, s.save(s.changes()))
	}
	return errors.Join(errs...)
}

// Restore puts back what the record of a run that ended without it says, and
// writes down what is left of it. It comes before all use of s.
func (s *Sysctls) Restore(record []SysctlChange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range slices.Backward(record) {
		if err := s.restore(c); err != nil {
			errs = append(errs, err)
			s.kept = slices.Insert(s.kept, 0, &keptSysctl{SysctlChange: c, users: map[string]bool{}})
		}
	}
	if len(record) > 0 {
		errs = append(errs, s.save(s.changes()))
	}
	return errors.Join(errs...)
}

// restore takes one change back.
func (s *Sysctls) restore(c SysctlChange) error {
	if link := linkOf(c.Name); c.Index != 0 && s.store.linkIndex(link) != c.Index {
		now := s.store.linkName(c.Index) // it may be called otherwise
		if now == "" {
			return nil
		}
		c.Name = strings.Replace(c.Name, "/"+link+"/", "/"+now+"/", 1)
	}
	have, err := s.store.read(c.Name)
	switch {
	case notThere(err), err == nil && have == c.Former:
		return nil
	case err != nil:
		return fmt.Errorf("put sysctl %s back: %w", c.Name, err)
	case have != c.Set:
		s.log.Warn("sysctl was changed by somebody else, not put back",
			"name", c.Name, "value", have, "ours", c.Set, "former", c.Former)
		return nil
	}
	if err := s.store.write(c.Name, c.Former); err != nil && !notThere(err) {
		return fmt.Errorf("put sysctl %s back: %w", c.Name, err)
	}
	return nil
}

func notThere(err error) bool { return errors.Is(err, fs.ErrNotExist) || gone(err) }

func (s *Sysctls) find(name string) *keptSysctl {
	for _, k := range s.kept {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// prune forgets settings that nobody uses and that are as they were.
func (s *Sysctls) prune() {
	s.kept = slices.DeleteFunc(s.kept, func(k *keptSysctl) bool { return len(k.users) == 0 && k.Former == k.Set })
}

// linkOf returns the interface in the name of a setting; empty: it has none.
func linkOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) != 5 || parts[2] != "conf" || parts[3] == "all" || parts[3] == "default" {
		return ""
	}
	return parts[3]
}
