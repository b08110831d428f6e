package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"director/config"

	"github.com/spf13/cobra"
)

// verdict is what validate found for one node, or for all of them alike.
type verdict struct {
	nodes []string
	diags config.Diagnostics
	cfg   *config.Config
}

// newValidateCmd checks a configuration and starts nothing.
func newValidateCmd(s streams) *cobra.Command {
	var (
		flags  sourceFlags
		nodes  []string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "validate PATH...",
		Short: "Check a configuration",
		Long: `Check a configuration: files, or directories of *.hcl files, that together
are one configuration. Exit status 0: good, perhaps with warnings; 1: errors.

Without -i the node is this machine, and what only the machine can tell (such as
an interface that does not exist, and for root a script that would not run) is
a warning. With -i the configuration is
checked for other nodes, on any machine.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			verdicts, err := judge(&flags, args, nodes)
			if err != nil {
				return err
			}
			return command(func(*cobra.Command, []string) error { return report(s, verdicts, asJSON) })(cmd, args)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().StringArrayVarP(&nodes, "node", "i", nil, "check for the node of this name (may repeat)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// judge loads the configuration for each node; nodes for which it says the same
// are joined.
func judge(flags *sourceFlags, paths, nodes []string) ([]verdict, error) {
	here := len(nodes) == 0
	if here {
		nodes = []string{""}
	}
	var verdicts []verdict
	for _, node := range nodes {
		o, err := flags.options(paths, node)
		if err != nil {
			return nil, err
		}
		cfg, _, diags := config.Load(o)
		if here && cfg != nil {
			diags = append(diags, machineWarnings(cfg)...)
		}
		i := slices.IndexFunc(verdicts, func(v verdict) bool { return v.diags.String() == diags.String() })
		if i < 0 {
			i = len(verdicts)
			verdicts = append(verdicts, verdict{diags: diags, cfg: cfg})
		}
		if node != "" {
			verdicts[i].nodes = append(verdicts[i].nodes, node)
		}
	}
	return verdicts, nil
}

// report prints the verdicts and returns errReported where there are errors.
func report(s streams, verdicts []verdict, asJSON bool) error {
	write := writeText
	if asJSON {
		write = writeJSON
	}
	if err := write(s, verdicts); err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.diags.HasErrors() {
			return errReported
		}
	}
	return nil
}

// writeText prints problems to standard error, and a last line to standard
// output if all is good.
func writeText(s streams, verdicts []verdict) error {
	errors, warnings := 0, 0
	for i, v := range verdicts {
		if i > 0 && len(v.diags) > 0 {
			fmt.Fprintln(s.err)
		}
		if len(v.diags) > 0 && len(verdicts) > 1 {
			fmt.Fprintf(s.err, "For %s:\n\n", strings.Join(v.nodes, ", "))
		}
		if err := v.diags.WriteText(s.err); err != nil {
			return err
		}
		e, w := v.diags.Count()
		errors, warnings = errors+e, warnings+w
	}
	if errors+warnings > 0 {
		fmt.Fprintf(s.err, "\n%s, %s\n", count(errors, "error"), count(warnings, "warning"))
	}
	if errors > 0 {
		return nil
	}
	cfg := verdicts[0].cfg
	servers := 0
	for _, vs := range cfg.Services {
		servers += len(vs.Servers)
	}
	_, err := fmt.Fprintf(s.out, "The configuration is good: %s, %s, %s.\n", count(len(cfg.Instances), "VRRP instance"),
		count(len(cfg.Services), "virtual server"), count(servers, "real server"))
	return err
}

// count prints a number of things: "1 error", "2 errors".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeJSON prints one object to standard output.
func writeJSON(s streams, verdicts []verdict) error {
	type result struct {
		Nodes       []string           `json:"nodes,omitempty"`
		Valid       bool               `json:"valid"`
		Errors      int                `json:"errors"`
		Warnings    int                `json:"warnings"`
		Diagnostics config.Diagnostics `json:"diagnostics"`
	}
	out := struct {
		Valid   bool     `json:"valid"`
		Results []result `json:"results"`
	}{Valid: true, Results: []result{}}
	for _, v := range verdicts {
		errors, warnings := v.diags.Count()
		if v.diags == nil {
			v.diags = config.Diagnostics{}
		}
		out.Valid = out.Valid && errors == 0
		out.Results = append(out.Results, result{v.nodes, errors == 0, errors, warnings, v.diags})
	}
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}
