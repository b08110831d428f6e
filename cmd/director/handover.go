package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"director/internal/api"
)

// handoverWithin bounds the wait for an answer; director answers within 15 s.
const handoverWithin = 20 * time.Second

func newHandoverCmd(s streams) *cobra.Command {
	var runDir string
	var back bool
	cmd := &cobra.Command{
		Use:   "handover INSTANCE",
		Short: "Let another router become MASTER of an instance, without a gap",
		Long: `Let another router become MASTER of an instance and of its sync group, and say
who took over, or why nobody did. Until then this router serves on. Afterwards it
does not take the role back from a living master, not even with the higher
priority, before it is told so by --back.

Exit status: 0 when another router is MASTER now (with --back: when it was
noted), 1 when not, 2 when director does not answer, 64 for wrong usage.`,
		Args: cobra.ExactArgs(1),
		RunE: command(func(cmd *cobra.Command, args []string) error {
			return handover(cmd.Context(), s, runDir, api.HandoverRequest{Instance: args[0], Back: back})
		}),
	}
	cmd.Flags().StringVar(&runDir, "run-dir", defaultRunDir, "run directory of the director to ask")
	cmd.Flags().BoolVar(&back, "back", false, "let this router preempt again")
	return cmd
}

func handover(ctx context.Context, s streams, runDir string, request api.HandoverRequest) error {
	ctx, cancel := context.WithTimeout(ctx, handoverWithin)
	defer cancel()
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	code, raw, err := ask(ctx, runDir, http.MethodPost, api.HandoverPath, bytes.NewReader(body))
	if err != nil {
		return noAnswer{err}
	}
	var answer api.Handover
	if err := json.Unmarshal(raw, &answer); err != nil {
		return noAnswer{fmt.Errorf("director answers %d: %s", code, raw)}
	}
	switch {
	case code == http.StatusServiceUnavailable, code == http.StatusGatewayTimeout:
		return noAnswer{fmt.Errorf("%s", answer.Text)}
	case !answer.Done:
		return fmt.Errorf("%s", answer.Text)
	}
	_, err = fmt.Fprintln(s.out, answer.Text)
	return err
}
