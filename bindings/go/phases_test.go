package nango_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// phase is what a call may be doing when its context ends.
type phase struct {
	name    string
	options func(t *testing.T) []nango.Option
	// noDeadline: with a deadline, the library fails early instead of waiting past it.
	noDeadline bool
}

var phases = []phase{
	{"connecting", func(t *testing.T) []nango.Option {
		return with(nango.WithBaseURL("http://" + fullListener(t)))
	}, false},
	{"TLS handshake", func(t *testing.T) []nango.Option {
		return with(
			nango.WithBaseURL("https://"+muteListener(t)),
			nango.WithTLSRoots(nango.TLSRootsBundled),
		)
	}, false},
	{"waiting for a connection", func(t *testing.T) []nango.Option {
		url, _ := silence(t)
		return with(nango.WithBaseURL(url), nango.WithMaxConnections(1))
	}, false},
	{"waiting for the answer", func(t *testing.T) []nango.Option {
		url, _ := silence(t)
		return with(nango.WithBaseURL(url))
	}, false},
	{"a slow body", func(t *testing.T) []nango.Option {
		return with(nango.WithBaseURL(drip(t)))
	}, false},
	{"waiting as the server asks (429)", func(t *testing.T) []nango.Option {
		return with(
			nango.WithBaseURL(refusing(t, http.StatusTooManyRequests, "5")),
			nango.WithMaxRetryWait(time.Minute),
		)
	}, true},
	{"backing off (500)", func(t *testing.T) []nango.Option {
		return with(
			nango.WithBaseURL(refusing(t, http.StatusInternalServerError, "")),
			nango.WithMaxRetries(1000),
		)
	}, true},
}

// fullListener returns the address of a listener whose backlog is full and that accepts nothing.
func fullListener(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	loopback := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(syscall.Bind(fd, loopback), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 8 {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("the backlog does not fill up here")
	return ""
}

// muteListener returns the address of a listener that accepts connections and sends nothing.
func muteListener(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// drip starts a server that sends an answer byte by byte, without end.
func drip(t *testing.T) string {
	t.Helper()
	end := make(chan struct{})
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for {
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(20 * time.Millisecond):
			case <-end:
				return
			case <-r.Context().Done():
				return
			}
		}
	})
	t.Cleanup(func() { close(end) })
	return url
}

func refusing(t *testing.T, status int, retryAfter string) string {
	t.Helper()
	url, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"error":{"code":"server_error","message":"no"}}`))
	})
	return url
}

// A call returns when its context ends, whatever it is doing.
func TestContextEndsInEveryPhase(t *testing.T) {
	for _, p := range phases {
		t.Run(p.name, func(t *testing.T) {
			late, err := lateness(newClient(t, p.options(t)...), !p.noDeadline)
			if err != nil {
				t.Fatal(err)
			}
			late.check(t)
		})
	}
	t.Run("looking up the name", testContextEndsDuringLookup)
}

// latenesses holds how long after the end of its context each call returned.
type latenesses struct {
	Cancelled, Expired []time.Duration
	// Allowed is how late a call may be, on a machine as busy as it was.
	Allowed time.Duration
}

func (l latenesses) check(t *testing.T) {
	for name, late := range map[string][]time.Duration{
		"cancelled": l.Cancelled, "expired": l.Expired,
	} {
		if len(late) == 0 {
			continue
		}
		slices.Sort(late)
		p99 := late[len(late)*99/100]
		t.Logf("%s: p50 %v, p99 %v, at most %v", name, late[len(late)/2], p99, late[len(late)-1])
		if p99 > l.Allowed {
			t.Errorf("%s: p99 is %v, want at most %v", name, p99, l.Allowed)
		}
	}
}

// lateness makes calls that never complete, and ends the context of each.
func lateness(client *nango.Client, withDeadlines bool) (l latenesses, err error) {
	const calls, begins = 100, 250 * time.Millisecond
	type returned struct {
		at  time.Time
		err error
	}
	call := func(ctx context.Context) chan returned {
		done := make(chan returned, 1)
		go func() {
			_, err := client.GetToken(ctx, "github", "alice")
			done <- returned{time.Now(), err}
		}()
		return done
	}
	start := time.Now()
	var cancels []context.CancelFunc
	var cancelled, expired []chan returned
	var deadlines []time.Time
	for i := range calls {
		ctx, cancel := context.WithCancel(background())
		cancels, cancelled = append(cancels, cancel), append(cancelled, call(ctx))
		if withDeadlines {
			deadlines = append(deadlines, start.Add(begins+time.Duration(i)*time.Millisecond))
			ctx, cancel = context.WithDeadline(background(), deadlines[i])
			defer cancel()
			expired = append(expired, call(ctx))
		}
	}
	// By then, the calls have reached the phase.
	time.Sleep(time.Until(start.Add(begins)))
	for i := range expired {
		r := <-expired[i]
		if !errors.Is(r.err, context.DeadlineExceeded) || !errors.Is(r.err, nango.ErrTimeout) {
			return l, r.err
		}
		l.Expired = append(l.Expired, r.at.Sub(deadlines[i]))
	}
	for i := range calls {
		began := time.Now()
		cancels[i]()
		r := <-cancelled[i]
		if !errors.Is(r.err, context.Canceled) || !errors.Is(r.err, nango.ErrCancelled) {
			return l, r.err
		}
		l.Cancelled = append(l.Cancelled, r.at.Sub(began))
	}
	l.Allowed = allowed(100*time.Millisecond, start)
	return l, nil
}

const slowLookup = "NANGO_GO_TEST_SLOW_LOOKUP"

// A separate process preloads a getaddrinfo that takes a minute.
func testContextEndsDuringLookup(t *testing.T) {
	folder := t.TempDir()
	source, library := filepath.Join(folder, "slow.c"), filepath.Join(folder, "slow.so")
	const lookup = `#include <unistd.h>
		int getaddrinfo(const char *host, const char *service, const void *hints, void **result) {
			sleep(60);
			return -3;
		}`
	if err := os.WriteFile(source, []byte(lookup), 0o600); err != nil {
		t.Fatal(err)
	}
	compile := exec.Command("cc", "-shared", "-fPIC", "-o", library, source)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Skipf("cannot build a slow getaddrinfo: %v %s", err, out)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), slowLookup+"=yes", "LD_PRELOAD="+library)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var late latenesses
	decode(t, out, &late)
	late.check(t)
}

func beSlowLookup() error {
	client, err := nango.New(
		"0f8fad5b-d9cb-469f-a165-70867728950e",
		nango.WithBaseURL("http://nango.example"),
	)
	if err != nil {
		return err
	}
	late, err := lateness(client, true)
	if err != nil {
		return fmt.Errorf("a call ended with %w", err)
	}
	return json.NewEncoder(os.Stdout).Encode(late)
}
