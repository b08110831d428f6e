// Command director is a Linux Virtual Server load-balancer director: VRRP, IPVS
// and health checks from one HCL file.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// The exit statuses of every command.
const (
	exitOK       = 0
	exitError    = 1
	exitNoAnswer = 2
	exitUsage    = 64
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// errReported ends a command that has said itself what is wrong.
var errReported = errors.New("already reported")

// failure is an error of a command that understood its arguments; any other
// error is wrong usage.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// noAnswer is the failure of a command that changes something: nobody knows
// whether it did.
type noAnswer struct{ error }

func (n noAnswer) Unwrap() error { return n.error }

// run executes the command line and returns the exit status.
func run(args []string, s streams) int {
	root := newRootCmd(s)
	root.SetArgs(normalise(args))
	err := root.ExecuteContext(context.Background())
	switch f, n := (failure{}), (noAnswer{}); {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitError
	case errors.As(err, &n):
		fmt.Fprintf(s.err, "director: %s\n", err)
		return exitNoAnswer
	case errors.As(err, &f):
		fmt.Fprintf(s.err, "director: %s\n", err)
		return exitError
	default:
		fmt.Fprintf(s.err, "director: %s\nRun \"director help\" for usage.\n", err)
		return exitUsage
	}
}

// newRootCmd returns the command with all subcommands.
func newRootCmd(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "director",
		Short:         "Linux Virtual Server director: VRRP, IPVS and health checks from one HCL file",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("a command is needed")
		},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(
		newRunCmd(s),
		newControlCmd(s),
		newHandoverCmd(s),
		newStatusCmd(s),
		newValidateCmd(s),
		newVersionCmd(s),
	)
	return root
}

// command makes a subcommand's function: its errors are failures, not wrong
// usage.
func command(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return failure{err}
		}
		return nil
	}
}

// longFlags are the flags that may also be written with one dash, as Terraform
// does.
var longFlags = []string{"var", "json"}

// normalise gives long flags their second dash. What follows "--" is left
// alone.
func normalise(args []string) []string {
	out := make([]string, 0, len(args))
	for i, a := range args {
		if a == "--" {
			return append(out, args[i:]...)
		}
		for _, name := range longFlags {
			if a == "-"+name || strings.HasPrefix(a, "-"+name+"=") {
				a = "-" + a
				break
			}
		}
		out = append(out, a)
	}
	return out
}
