package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"director/internal/netif"
	"director/ipvs"
)

// keeper writes down what will be programmed before it is: the kernel keeps no
// owner of an IPVS entry, and old kernels none of an address.
type keeper struct {
	path string
	log  *slog.Logger
	// programmed holds the services that an earlier run, or this one, has or
	// may have put into the kernel.
	programmed map[ipvs.Key]bool
	// addresses are those an earlier run wrote down.
	addresses []netif.Key
	// settings are the kernel's that an earlier run had changed.
	settings []netif.SysctlChange

	mu  *sync.Mutex // guards now and the file
	now *owned      // what the file says
}

// owned is the file's content.
type owned struct {
	Services  []ipvs.Key           `json:"services"`
	Addresses []netif.Key          `json:"addresses"`
	Settings  []netif.SysctlChange `json:"settings,omitempty"`
}

// openKeeper reads what an earlier run wrote down. A file that cannot be
// understood counts as none, with a warning: then what is in the kernel and
// not wanted stays, because nobody knows whose it is.
func openKeeper(dir string, log *slog.Logger) (keeper, error) {
	k := keeper{
		path: filepath.Join(dir, "owned.json"), log: log, programmed: map[ipvs.Key]bool{}, mu: new(sync.Mutex), now: new(owned),
	}
	b, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("read what the last run owned: %w", err)
	}
	var was owned
	if err := json.Unmarshal(b, &was); err != nil {
		log.Warn("the record of what the last run owned is damaged; leftovers of it stay", "file", k.path, "error", err)
		return k, nil
	}
	for _, key := range was.Services {
		k.programmed[key] = true
	}
	k.addresses, k.settings = was.Addresses, was.Settings
	*k.now = was
	return k, nil
}

// noteSettings writes down the kernel's settings that are changed, with what
// they were.
func (k *keeper) noteSettings(changes []netif.SysctlChange) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now.Settings = changes
	return k.write()
}

// note adds what a configuration will program, and writes it down. What was
// programmed before stays: it may still be in the kernel.
func (k *keeper) note(services []*service, instances []*instance) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := owned{Settings: k.now.Settings}
	listed := map[ipvs.Key]bool{}
	for _, s := range services {
		listed[s.want.Key] = true
		now.Services = append(now.Services, s.want.Key)
	}
	for key := range k.programmed {
		if !listed[key] {
			now.Services = append(now.Services, key)
		}
	}
	for _, i := range instances {
		for _, a := range i.addrs {
			now.Addresses = append(now.Addresses, a.Key)
		}
	}
	*k.now = now
	if err := k.write(); err != nil {
		k.log.Error("what will be programmed could not be written down; after a crash it would be nobody's", "error", err)
	}
}

// write replaces the file as a whole, so that a crash leaves the old or the new
// one. It needs mu.
func (k *keeper) write() error {
	b, err := json.Marshal(k.now)
	if err != nil {
		return err
	}
	tmp := k.path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, k.path)
}

// forget removes the file after a clean stop: nothing of ours is left.
func (k *keeper) forget() error {
	err := os.Remove(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
