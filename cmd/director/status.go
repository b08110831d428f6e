package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"director/internal/api"
)

// statusWithin bounds the wait for an answer. A control process that hangs is
// replaced within a second, and the socket outlives it.
const statusWithin = 5 * time.Second

func newStatusCmd(s streams) *cobra.Command {
	var runDir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show instances, services and servers of the running director",
		Long: `Show what the running director does and why: instances with their role,
services with what is in the kernel, servers with their health.

Exit status: 0 when director answered, 1 when it did not, 64 for wrong usage.`,
		Args: cobra.NoArgs,
		RunE: command(func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), statusWithin)
			defer cancel()
			code, raw, err := ask(ctx, runDir, http.MethodGet, api.StatusPath, nil)
			if err != nil {
				return err
			}
			if code != http.StatusOK {
				return fmt.Errorf("director answers %d: %s", code, raw)
			}
			if asJSON {
				_, err = s.out.Write(raw)
				return err
			}
			var status api.Status
			if err := json.Unmarshal(raw, &status); err != nil {
				return fmt.Errorf("answer of director: %w", err)
			}
			return writeStatus(s.out, &status, time.Now())
		}),
	}
	cmd.Flags().StringVar(&runDir, "run-dir", defaultRunDir, "run directory of the director to ask")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything as JSON (docs/status.md)")
	return cmd
}
