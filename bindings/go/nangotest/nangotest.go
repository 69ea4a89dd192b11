// Package nangotest starts nango-dev, a local Nango server, for the tests of a program that uses
// the package nango. nango-dev needs no account and no network, and stores nothing.
//
//	func TestService(t *testing.T) {
//		server := nangotest.Start(t)
//		service := NewService(server.Client(t))
//		…
//	}
//
// Its initial connections, its options and what can be controlled at run time, such as faults and a
// provider that refuses to refresh, are documented in nango-dev's README.
package nangotest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// Server is a running nango-dev. It stops when the test ends, or when the test's process does.
type Server struct {
	// URL is the base URL.
	URL string
	// SecretKey may do everything.
	SecretKey string
	// ProviderURL is an API that accepts the current token of each OAuth connection and no other.
	ProviderURL string
	// Env holds all variables that nango-dev would give to a command, such as NANGO_HOST.
	Env map[string]string
}

// ready is the last line that nango-dev prints when it starts.
const ready = "NANGO_DEV_READY=1"

// Start starts nango-dev with these options of its command line, such as "--token-ttl", "60". The
// program is the one that the environment variable NANGO_DEV names, or else nango-dev in the PATH.
// The test fails if it cannot be started.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	program := os.Getenv("NANGO_DEV")
	if program == "" {
		program = "nango-dev"
	}
	options = append([]string{"--print-env", "--exit-with-stdin"}, options...)
	command := exec.Command(program, options...)
	// nango-dev stops when this pipe closes, even if the test's process is killed.
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		hint := ""
		if errors.Is(err, exec.ErrNotFound) {
			hint = "; install it with `make nango-dev install-dev` in libnango's repository, " +
				"or set NANGO_DEV to its path"
		}
		t.Fatalf("nangotest: %s cannot be started: %v%s", program, err, hint)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = command.Wait()
	})
	server := &Server{Env: map[string]string{}}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != ready {
		name, value, _ := strings.Cut(lines.Text(), "=")
		server.Env[name] = value
	}
	if lines.Text() != ready {
		_ = command.Wait()
		t.Fatalf("nangotest: %s did not start: %s", program, strings.TrimSpace(stderr.String()))
	}
	server.URL = server.Env["NANGO_HOST"]
	server.SecretKey = server.Env["NANGO_SECRET_KEY"]
	server.ProviderURL = server.Env["NANGO_DEV_PROVIDER_URL"]
	return server
}

// Client creates a client of the server, which is closed when the test ends.
func (s *Server) Client(t testing.TB, options ...nango.Option) *nango.Client {
	t.Helper()
	options = append([]nango.Option{nango.WithBaseURL(s.URL)}, options...)
	client, err := nango.New(s.SecretKey, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Setenv sets the server's variables for the duration of the test, so that [nango.NewFromEnv]
// creates clients of it.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	for name, value := range s.Env {
		t.Setenv(name, value)
	}
}

// Control sends a request to the server, with body as JSON unless it is nil, and returns the
// answer. The test fails if the answer is not a success. For example, this makes the next two
// answers about a connection fail:
//
//	server.Control(t, "POST", "/_dev/faults", map[string]any{
//		"connection": "alice", "times": 2,
//		"fault": map[string]any{"kind": "answer", "status": 503, "body": map[string]any{}},
//	})
func (s *Server) Control(t testing.TB, method, path string, body any) json.RawMessage {
	t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, s.URL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.SecretKey)
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("nangotest: %s %s: %s: %s", method, path, response.Status, answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
