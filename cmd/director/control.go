package main

import (
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"director/internal/control"
	"director/internal/realtime"
)

// newControlCmd is the control process; only director run starts it.
func newControlCmd(s streams) *cobra.Command {
	var from runFlags
	cmd := &cobra.Command{
		Use:    "control",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			if err := realtime.Leave(); err != nil {
				return err
			}
			leaveSignals()
			o, err := control.FromFiles(os.NewFile(3, "wire"), os.NewFile(4, "socket"))
			if err != nil {
				return err
			}
			if o.Load, err = from.options(from.paths, from.node); err != nil {
				return err
			}
			o.Log = slog.New(slog.NewTextHandler(s.err, nil))
			o.Stderr, o.Version = s.err, version()
			err = control.Run(cmd.Context(), o)
			if errors.Is(err, control.ErrConfig) {
				return errReported
			}
			return err
		}),
	}
	from.register(cmd)
	return cmd
}

// leaveSignals lets the dataplane deal with the signals to the whole group: one
// stop is enough. They are heard and not set to be ignored, which scripts would
// inherit, so that no SIGTERM ended them.
func leaveSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
}
