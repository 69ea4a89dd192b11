package nango_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// needed are the environment variables that nango-dev sets for the tests.
var needed = []string{
	"NANGO_HOST", "NANGO_SECRET_KEY", "NANGO_DEV_PROVIDER_URL", "NANGO_DEV_VECTORS_URL",
	"NANGO_DEV_KEY_READ", "NANGO_DEV_KEY_NONE", "NANGO_DEV_TLS_HOST", "NANGO_DEV_CA_FILE",
}

func TestMain(m *testing.M) {
	go watchMachine()
	// Some tests run this program as a child process.
	for variable, be := range map[string]func() error{burstClient: beBurst, slowLookup: beSlowLookup} {
		if os.Getenv(variable) == "" {
			continue
		}
		if err := be(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	var missing []string
	for _, name := range needed {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(os.Stderr, "These variables are not set: %s.\nRun the tests with a server: "+
			"nango-dev --tls-port 0 --vectors …/tests/conformance -- go test ./...\n",
			strings.Join(missing, ", "))
		os.Exit(1)
	}
	code := m.Run()
	if left := settle(0); left > 0 {
		fmt.Fprintf(os.Stderr, "%d objects of the library were never freed\n", left)
		code = 1
	}
	os.Exit(code)
}

// settle waits, for a limited time, until the library has at most want live objects. It runs the
// garbage collector, which closes abandoned clients.
func settle(want int64) (live int64) {
	for range 100 {
		runtime.GC()
		if live = nango.LiveObjects(); live <= want {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return live
}

// newClient returns a client of nango-dev, or of the server that an option names.
func newClient(t testing.TB, options ...nango.Option) *nango.Client {
	t.Helper()
	client, err := nango.NewFromEnv(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// server starts a server that counts its requests.
func server(t testing.TB, handler http.HandlerFunc) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL, requests
}

// silence starts a server that accepts requests and answers none until the test ends.
func silence(t testing.TB) (url string, requests *atomic.Int64) {
	t.Helper()
	end := make(chan struct{})
	url, requests = server(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(end) })
	return url, requests
}

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

// wantCode checks that an error is an *Error of this code, both ways.
func wantCode(t testing.TB, err error, sentinel error, code nango.Code) *nango.Error {
	t.Helper()
	var e *nango.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want a *nango.Error with %v", err, err, code)
	}
	if e.Code != code || !errors.Is(err, sentinel) {
		t.Fatalf("got %v, want %v", err, code)
	}
	return e
}

// within fails the test if f takes longer than limit, which is for an idle machine.
func within(t testing.TB, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	took := time.Since(start)
	if most := allowed(limit, start); took > most {
		t.Errorf("it took %v, want at most %v", took, most)
	}
}

func background() context.Context { return context.Background() }

// silenceAfterPage starts a server that answers only the first page of a list.
func silenceAfterPage(t testing.TB) (url string, requests *atomic.Int64) {
	t.Helper()
	end := make(chan struct{})
	url, requests = server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "0" {
			answer(`{"connections":[{"connection_id":"alice"}]}`)(w, r)
			return
		}
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(end) })
	return url, requests
}

// statusOfProcess returns a number of /proc/self/status.
func statusOfProcess(t testing.TB, name string) int {
	t.Helper()
	number, err := strconv.Atoi(ofProcess(name))
	if err != nil {
		t.Skip("there is no /proc here")
	}
	return number
}

func descriptorsOfProcess(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc here")
	}
	return len(entries)
}

func threadsOfProcess(t testing.TB) int { return statusOfProcess(t, "Threads") }

func decode(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}
