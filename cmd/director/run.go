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

	"director/config"
	"director/internal/dataplane"
	"director/internal/logq"
	"director/internal/netspace"
	"director/internal/realtime"
	"director/ipvs"
)

// defaultRunDir holds socket, lock and record of a director.
const defaultRunDir = "/run/director"

// runFlags name a configuration and a node, the same for run and control.
type runFlags struct {
	sourceFlags
	paths []string
	node  string
}

func (f *runFlags) register(cmd *cobra.Command) {
	f.add(cmd.Flags())
	cmd.Flags().StringArrayVarP(&f.paths, "config", "c", nil, "file or directory with the configuration (may repeat)")
	cmd.Flags().StringVarP(&f.node, "node", "i", "", "value of hostname, the name of this node (default: the host name)")
	if err := cmd.MarkFlagRequired("config"); err != nil {
		panic(err) // the flag is defined two lines above
	}
}

// args gives the flags again, for the control process.
func (f *runFlags) args() []string {
	var args []string
	for _, p := range f.paths {
		args = append(args, "--config", p)
	}
	if f.node != "" {
		args = append(args, "--node", f.node)
	}
	for _, v := range f.vars {
		args = append(args, "--var", v)
	}
	return args
}

func newRunCmd(s streams) *cobra.Command {
	var from runFlags
	var runDir string
	cmd := &cobra.Command{
		Use:   "run -c PATH",
		Short: "Run the director: elect, program IPVS while MASTER, check servers",
		Long: `Run the director until SIGTERM, then hand over what it is MASTER of and give up
roles, addresses and services, within 10 seconds. A second SIGTERM waits for
nobody, a third ends it in the middle.

SIGHUP reads the configuration again; one with errors changes nothing.
Exit status: 0 after a clean stop, 1 when it cannot run (the reason is
printed), 64 for wrong usage.`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			_, err := from.options(from.paths, from.node) // wrong usage, not a failure
			return err
		},
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			// First of all: elsewhere, and in real time, the process starts anew.
			around, err := surroundings(from)
			if err != nil {
				return err
			}
			if around.Instance != "" && !cmd.Flags().Changed("run-dir") {
				runDir = defaultRunDir + "-" + around.Instance
			}
			notRealtime := realtime.Enter(func() {
				if err := ipvs.Load(); err != nil {
					fmt.Fprintln(s.err, "director:", err)
				}
			})
			return direct(cmd.Context(), from, runDir, ipvsNamespace(around), notRealtime, s.err)
		}),
	}
	from.register(cmd)
	cmd.Flags().StringVar(&runDir, "run-dir", defaultRunDir, "directory for socket, lock and state")
	return cmd
}

// surroundings finds out where the configuration wants director to run, and goes
// there. A configuration with errors is left to control, which says them.
func surroundings(from runFlags) (config.Surroundings, error) {
	o, err := from.options(from.paths, from.node)
	if err != nil {
		return config.Surroundings{}, err
	}
	around, _ := config.ReadSurroundings(o)
	if around.NetNamespace == "" {
		return around, nil
	}
	return around, netspace.Enter(around.NetNamespace)
}

// ipvsNamespace is the file of the namespace whose IPVS is programmed; empty:
// the one of the process.
func ipvsNamespace(around config.Surroundings) string {
	switch {
	case around.FirstIPVS:
		return netspace.First
	case around.IPVSNamespace == "":
		return ""
	}
	return netspace.Path(around.IPVSNamespace)
}

// direct is the dataplane process.
func direct(ctx context.Context, from runFlags, runDir, ipvsNamespace string, notRealtime error, stderr io.Writer) error {
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
	stops := make(chan os.Signal, 4)
	signal.Notify(stops, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(stops)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hurry := make(chan struct{}, 1)
	go obey(stops, stop, hurry, log)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	err := dataplane.Run(ctx, dataplane.Options{
		RunDir: runDir, IPVSNamespace: ipvsNamespace, Control: controlCommand(from), Realtime: notRealtime, Log: log, LogDropped: lines.Dropped,
		Hurry: hurry, Reload: reloads(hangups),
		Ready: func() { log.Info("director runs", "version", version(), "run_dir", runDir) },
	})
	if errors.Is(err, dataplane.ErrStart) {
		return errReported // by control
	}
	if err != nil {
		return err
	}
	log.Info("director has stopped")
	return nil
}

// obey turns signals into a stop, a stop that waits for nobody, and an end in the
// middle of it all. It lasts as long as the process.
func obey(stops <-chan os.Signal, stop func(), hurry chan<- struct{}, log *slog.Logger) {
	<-stops
	stop()
	<-stops
	log.Warn("stop asked for again: nobody is waited for any longer")
	hurry <- struct{}{}
	<-stops
	log.Error("ended in the middle of the stop by a third signal; what is left goes at the next start")
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
func controlCommand(from runFlags) func() *exec.Cmd {
	return func() *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", append([]string{"control"}, from.args()...)...)
		cmd.Args[0] = "director"
		cmd.Stderr = os.Stderr
		return cmd
	}
}
