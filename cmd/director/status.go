package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"director/internal/api"
	"director/internal/dataplane"
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
			raw, err := askStatus(cmd.Context(), runDir)
			if err != nil {
				return err
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

// askStatus asks over the unix socket in the run directory.
func askStatus(ctx context.Context, runDir string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	socket := filepath.Join(runDir, dataplane.SocketName)
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://director"+api.StatusPath, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no director answers at %s: %w", socket, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("answer of director: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("director answers %s: %s", resp.Status, body)
	}
	return body, nil
}
