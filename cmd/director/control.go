package main

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"director/config"
	"director/internal/control"
)

// newControlCmd is the control process; only director run starts it.
func newControlCmd(_, stderr io.Writer) *cobra.Command {
	var from sources
	cmd := &cobra.Command{
		Use:    "control",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A signal to the whole group is one stop: the dataplane's.
			signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			o, err := control.FromFiles(os.NewFile(3, "wire"), os.NewFile(4, "socket"))
			if err != nil {
				return err
			}
			o.Load = config.Options{Paths: from.paths, Node: from.node, Vars: from.vars}
			o.Log = slog.New(slog.NewTextHandler(stderr, nil))
			o.Stderr, o.Version = stderr, version()
			err = control.Run(cmd.Context(), o)
			if errors.Is(err, control.ErrConfig) {
				return &exitError{code: exitFailure} // every mistake has been printed
			}
			return err
		},
	}
	from.add(cmd)
	return cmd
}
