package main

import (
	"errors"
	"fmt"
	"strings"

	"director/config"

	"github.com/spf13/pflag"
)

// sourceFlags are the flags of every command that loads a configuration, apart
// from where it is and for which node.
type sourceFlags struct {
	vars []string
}

// add defines the flags.
func (f *sourceFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.vars, "var", nil, "give a variable its value: name=value (also -var; may repeat)")
}

// options turns the flags into what config loads.
func (f *sourceFlags) options(paths []string, node string) (config.Options, error) {
	o := config.Options{Paths: paths, Node: node, Vars: map[string]string{}}
	for _, v := range f.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			// The text may be a value, and the value a secret.
			return o, errors.New("-var needs name=value")
		}
		if _, twice := o.Vars[name]; twice {
			return o, fmt.Errorf("-var %s is given twice", name)
		}
		o.Vars[name] = value
	}
	return o, nil
}
