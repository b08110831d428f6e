package script

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// capSets are the capabilities of a thread, low and high words (capget(2),
// version 3).
type capSets [2]unix.CapUserData

func capHeader() *unix.CapUserHeader {
	return &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
}

// capabilities are those of the calling thread.
func capabilities() (capSets, error) {
	var c capSets
	err := unix.Capget(capHeader(), &c[0])
	return c, err
}

func (c capSets) effective(n uint) bool { return c[n/32].Effective&(1<<(n%32)) != 0 }

// shed makes the calling thread pass on no capability to a program that is not
// run as root. The change of user alone leaves the inheritable ones, and where
// we are no root ourselves there is no change that would clear the ambient ones.
func (id identity) shed() error {
	if id.uid == 0 {
		return nil
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear ambient capabilities: %w", err)
	}
	c, err := capabilities()
	if err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	c[0].Inheritable, c[1].Inheritable = 0, 0
	if err := unix.Capset(capHeader(), &c[0]); err != nil {
		return fmt.Errorf("clear inheritable capabilities: %w", err)
	}
	return nil
}
