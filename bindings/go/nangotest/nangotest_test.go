package nangotest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
	"github.com/libnango/libnango/bindings/go/nangotest"
)

func TestTokens(t *testing.T) {
	server := nangotest.Start(t)
	client := server.Client(t, nango.WithMaxRetries(0))
	token, err := client.GetToken(context.Background(), "github", "bob")
	if err != nil || token.IsEmpty() {
		t.Fatal(err)
	}
	server.Control(t, "POST", "/_dev/faults", map[string]any{
		"connection": "bob", "times": 1,
		"fault": map[string]any{"kind": "answer", "status": 503, "body": map[string]any{}},
	})
	_, err = client.GetToken(context.Background(), "github", "bob")
	if !errors.Is(err, nango.ErrServer) {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(string(server.Control(t, "GET", "/_dev/log", nil)), "/connection") {
		t.Error("the server has seen nothing")
	}
}

func TestEnvironmentAndOptions(t *testing.T) {
	server := nangotest.Start(t, "--tls-port", "0", "--token-ttl", "60")
	server.Setenv(t)
	client, err := nango.NewFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.WarmUp(context.Background()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(server.Env["NANGO_DEV_TLS_HOST"], "https://") || server.ProviderURL == "" {
		t.Errorf("got %v", server.Env)
	}
}

// fails runs f as a test, in a goroutine that t.Fatal can end, and returns what it logs.
func fails(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	recorder := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(recorder)
	}()
	<-done
	if recorder.message == "" {
		t.Error("it did not fail")
	}
	return recorder.message
}

func TestWhatCannotBeStarted(t *testing.T) {
	t.Setenv("NANGO_DEV", "no-such-nango-dev")
	message := fails(t, func(t testing.TB) { nangotest.Start(t) })
	if !strings.Contains(message, "make nango-dev install-dev") {
		t.Errorf("got %q", message)
	}
	t.Setenv("NANGO_DEV", program)
	message = fails(t, func(t testing.TB) { nangotest.Start(t, "--no-such-option") })
	if !strings.Contains(message, "--no-such-option") {
		t.Errorf("got %q", message)
	}
}

// A test whose process is killed leaves no server behind.
func TestNothingIsLeftOfAKilledProcess(t *testing.T) {
	child := exec.Command(os.Args[0], "-test.run", "^TestChild$", "-test.v")
	child.Env = append(os.Environ(), "NANGOTEST_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	var said string
	for !strings.Contains(said, "\nready") {
		n, err := out.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		said += string(buffer[:n])
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	_, url, _ := strings.Cut(said, "serving ")
	url, _, _ = strings.Cut(url, "\n")
	client, err := nango.New("0f8fad5b-d9cb-469f-a165-70867728950e", nango.WithBaseURL(url),
		nango.WithConnectRetry(0), nango.WithMaxRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for range 1000 {
		if err = client.WarmUp(context.Background()); errors.Is(err, nango.ErrConnect) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("%s still answers: %v", url, err)
}

func TestChild(t *testing.T) {
	if os.Getenv("NANGOTEST_CHILD") == "" {
		t.Skip("part of TestNothingIsLeftOfAKilledProcess")
	}
	_, _ = os.Stdout.WriteString("serving " + nangotest.Start(t).URL + "\nready\n")
	time.Sleep(time.Minute)
}
