package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

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
}

// owned is the file's content.
type owned struct {
	Services  []ipvs.Key  `json:"services"`
	Addresses []netif.Key `json:"addresses"`
}

// openKeeper reads what an earlier run wrote down. A file that cannot be
// understood counts as none, with a warning: then what is in the kernel and
// not wanted stays, because nobody knows whose it is.
func openKeeper(dir string, log *slog.Logger) (keeper, error) {
	k := keeper{path: filepath.Join(dir, "owned.json"), log: log, programmed: map[ipvs.Key]bool{}}
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
	k.addresses = was.Addresses
	return k, nil
}

// note adds what a configuration will program, and writes it down. What was
// programmed before stays: it may still be in the kernel.
func (k *keeper) note(services []*service, instances []*instance) {
	var now owned
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
	if err := k.write(now); err != nil {
		k.log.Error("what will be programmed could not be written down; after a crash it would be nobody's", "error", err)
	}
}

// write replaces the file as a whole, so that a crash leaves the old or the new
// one.
func (k *keeper) write(now owned) error {
	b, err := json.Marshal(now)
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
