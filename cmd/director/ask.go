package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"

	"director/internal/dataplane"
)

// ask asks the running director over the unix socket in the run directory, until
// ctx ends. The error says that nobody answers.
func ask(ctx context.Context, runDir, method, path string, body io.Reader) (code int, answer []byte, err error) {
	socket := filepath.Join(runDir, dataplane.SocketName)
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
	req, err := http.NewRequestWithContext(ctx, method, "http://director"+path, body)
	if err != nil {
		return 0, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("no director answers at %s: %w", socket, err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("answer of director: %w", err)
	}
	return resp.StatusCode, answer, nil
}
