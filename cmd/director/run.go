package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"director/internal/dataplane"
	"director/internal/logq"
	"director/internal/realtime"
)

// defaultRunDir holds socket, lock and record of a director.
const defaultRunDir = "/run/director"

// sources are the flags that name a configuration, the same for run and
// control.
type sources struct {
	paths []string
	node  string
	vars  map[string]string
}

func (s *sources) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&s.paths, "config", "c", nil, "file or directory with the configuration (repeatable)")
	cmd.Flags().StringVarP(&s.node, "node", "i", "", "name of this node: the value of hostname (default: the host name)")
	cmd.Flags().StringToStringVar(&s.vars, "var", nil, "value of a variable, NAME=VALUE (repeatable)")
	if err := cmd.MarkFlagRequired("config"); err != nil {
		panic(err) // the flag is defined three lines above
	}
}

// args gives the flags again, for the control process.
func (s *sources) args() []string {
	var args []string
	for _, p := range s.paths {
		args = append(args, "--config", p)
	}
	if s.node != "" {
		args = append(args, "--node", s.node)
	}
	for name, value := range s.vars {
		args = append(args, "--var", name+"="+value)
	}
	return args
}

func newRunCmd(_, stderr io.Writer) *cobra.Command {
	var from sources
	var runDir string
	cmd := &cobra.Command{
		Use:   "run -c PATH",
		Short: "Run the director: elect, program IPVS while MASTER, check servers",
		Long: `Run the director until SIGTERM, then give up roles, addresses and services.

SIGHUP reads the configuration again; one with errors changes nothing.
Exit status: 0 after a clean stop, 1 when it cannot run (the reason is
printed), 64 for wrong usage.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// First of all: in real time the process starts anew.
			notRealtime := realtime.Enter()
			return run(cmd.Context(), from, runDir, notRealtime, stderr)
		},
	}
	from.add(cmd)
	cmd.Flags().StringVar(&runDir, "run-dir", defaultRunDir, "directory for socket, lock and state")
	return cmd
}

func run(ctx context.Context, from sources, runDir string, notRealtime error, stderr io.Writer) error {
	lines := logq.New(stderr)
	log := slog.New(slog.NewTextHandler(lines, nil))
	defer func() {
		lines.Close()
		select {
		case <-lines.Done():
		case <-time.After(time.Second): // nobody reads the log
		}
	}()
	if notRealtime != nil {
		log.Warn("running at normal priority: adverts may be late on a busy machine", "reason", notRealtime)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	go endAtOnce(ctx, log)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	err := dataplane.Run(ctx, dataplane.Options{
		RunDir: runDir, Control: controlCommand(from), Realtime: notRealtime, Log: log, LogDropped: lines.Dropped,
		Reload: reloads(hangups),
		Ready:  func() { log.Info("director runs", "version", version(), "run_dir", runDir) },
	})
	var start *dataplane.StartError
	if errors.As(err, &start) {
		return &exitError{code: start.Code} // control has said why
	}
	if err != nil {
		return fmt.Errorf("director cannot run: %w", err)
	}
	log.Info("director has stopped")
	return nil
}

// endAtOnce lets a second SIGTERM end a stop that takes too long.
func endAtOnce(ctx context.Context, log *slog.Logger) {
	<-ctx.Done()
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGTERM, os.Interrupt)
	<-again
	log.Error("stopped at once by a second signal; what is left goes at the next start")
	os.Exit(1)
}

// reloads turns signals into requests; several that come together are one.
func reloads(signals <-chan os.Signal) <-chan struct{} {
	requests := make(chan struct{}, 1)
	go func() {
		for range signals {
			select {
			case requests <- struct{}{}:
			default:
			}
		}
	}()
	return requests
}

// controlCommand makes the command of a control process: this very binary,
// also when the file has been replaced meanwhile.
func controlCommand(from sources) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", append([]string{"control"}, from.args()...)...)
		cmd.Args[0] = "director"
		cmd.Stderr = os.Stderr
		return cmd
	}
}
