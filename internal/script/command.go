// Package script runs the scripts that a configuration names: argument lists
// without a shell, as their own user, in their own process group, for a bounded
// time.
package script

import "slices"

// Command is one script of the configuration. It is a plain value.
type Command struct {
	// Args are the program and its arguments. The program is an absolute path,
	// or a name that is looked up in the system's directories.
	Args []string
	// User and Group are names or numbers; empty User: the default user of
	// scripts. Empty Group: the user's own.
	User, Group string
}

// Given reports whether there is a script at all.
func (c Command) Given() bool { return len(c.Args) > 0 }

// Equal reports whether two commands are the same.
func (c Command) Equal(d Command) bool {
	return c.User == d.User && c.Group == d.Group && slices.Equal(c.Args, d.Args)
}

// Policy says under which identity scripts run. It is a plain value.
type Policy struct {
	// User and Group are those of a Command that names none; empty User:
	// keepalived_script or director_script, whichever exists, else nobody.
	User, Group string
	// SupplementaryGroups keeps the groups that the user is a member of.
	SupplementaryGroups bool
	// Security refuses a script run as root whose path somebody else could
	// change.
	Security bool
	// SymlinkPaths runs the program by the path as it is written; otherwise
	// links are resolved first.
	SymlinkPaths bool
}
