package nango_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// A burst is many calls at once in a separate process, so that its threads and its memory can be
// measured. The process runs this test's program; environment variables configure it.
const (
	burstClient = "NANGO_GO_TEST_BURST"
	burstCalls  = "NANGO_GO_TEST_CALLS"
	burstServer = "NANGO_GO_TEST_SERVER"
)

const burstConnection = `{"id":1,"connection_id":"alice","provider_config_key":"github",
"provider":"github","errors":[],"end_user":null,"tags":{},
"metadata":null,"connection_config":{},"created_at":"2026-01-02T03:04:05.678+00:00",
"updated_at":"2026-01-02T03:04:05.678+00:00","last_fetched_at":"2026-01-02T03:04:05.678+00:00",
"webhook_url_override":null,"credentials":{"type":"OAUTH2",
"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","expires_at":"2026-08-21T11:00:00.000Z",
"raw":{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","token_type":"bearer",
"scope":"repo,user"}}}`

// burst is the report of a process that makes many calls.
type burst struct {
	Answered int
	Failure  string
	Seconds  float64
	// Threads is the peak number of threads.
	Threads int
	// PeakKB is the peak resident memory.
	PeakKB int
	// BeforeKB is the peak resident memory before the first call.
	BeforeKB int
}

func TestBurst(t *testing.T) {
	calls := 5000
	if raceDetector {
		calls = 500
	}
	libnango, netHTTP := runBurst(t, "libnango", calls), runBurst(t, "net/http", calls)
	for name, c := range map[string]burst{"libnango": libnango, "net/http": netHTTP} {
		t.Logf("%s: %d of %d answered in %.2f s, at most %d threads, at most %d kB (%d kB before)",
			name, c.Answered, calls, c.Seconds, c.Threads, c.PeakKB, c.BeforeKB)
	}
	if raceDetector {
		// The race detector cannot handle the whole burst, so run it without the detector.
		whole := exec.Command("go", "test", "-count=1", "-v", "-run=^TestBurst$", ".")
		out, err := whole.CombinedOutput()
		if err != nil {
			t.Errorf("without the race detector: %v", err)
		}
		t.Logf("without the race detector:\n%s", out)
	}
	if libnango.Answered != calls {
		t.Errorf("%d of %d were answered: %s", libnango.Answered, calls, libnango.Failure)
	}
	if libnango.Threads > 24 {
		t.Errorf("%d threads", libnango.Threads)
	}
	ratio := float64(libnango.PeakKB) / float64(netHTTP.PeakKB)
	if netHTTP.Answered == calls && !raceDetector {
		t.Logf("%.2f times the memory of net/http", ratio)
		if ratio > 1 {
			t.Error("libnango takes more memory than net/http")
		}
	}
}

// runBurst makes the calls in a separate process. The server waits until all of them have arrived,
// and answers two seconds later.
func runBurst(t *testing.T, client string, calls int) burst {
	t.Helper()
	var arrived atomic.Int64
	all := make(chan struct{})
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1) == int64(calls) {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
		}
		time.Sleep(2 * time.Second)
		answer(burstConnection)(w, r)
	})}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env = append(os.Environ(), burstClient+"="+client, burstCalls+"="+strconv.Itoa(calls),
		burstServer+"=http://localhost:"+strconv.Itoa(listener.Addr().(*net.TCPAddr).Port),
		// Do not count the threads that Go itself starts for each processor of a large machine.
		"GOMAXPROCS="+strconv.Itoa(min(runtime.NumCPU(), 8)))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var c burst
	decode(t, out, &c)
	return c
}

// beBurst makes the calls and reports on them.
func beBurst() error {
	calls, err := strconv.Atoi(os.Getenv(burstCalls))
	if err != nil {
		return err
	}
	call, err := burstCaller(os.Getenv(burstClient), os.Getenv(burstServer), calls)
	if err != nil {
		return err
	}
	var c burst
	c.BeforeKB, _ = strconv.Atoi(ofProcess("VmHWM"))
	stop, counted := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(counted)
		for ticks := time.Tick(5 * time.Millisecond); ; {
			threads, _ := strconv.Atoi(ofProcess("Threads"))
			c.Threads = max(c.Threads, threads)
			select {
			case <-ticks:
			case <-stop:
				return
			}
		}
	}()
	var answered atomic.Int64
	var failure atomic.Pointer[string]
	var running sync.WaitGroup
	start := time.Now()
	for range calls {
		running.Add(1)
		go func() {
			defer running.Done()
			if err := call(); err != nil {
				text := err.Error()
				failure.Store(&text)
				return
			}
			answered.Add(1)
		}()
	}
	running.Wait()
	c.Seconds = time.Since(start).Seconds()
	close(stop)
	<-counted
	c.Answered = int(answered.Load())
	if text := failure.Load(); text != nil {
		c.Failure = *text
	}
	c.PeakKB, _ = strconv.Atoi(ofProcess("VmHWM"))
	return json.NewEncoder(os.Stdout).Encode(c)
}

func burstCaller(client, server string, calls int) (func() error, error) {
	const key = "0f8fad5b-d9cb-469f-a165-70867728950e"
	if client == "libnango" {
		c, err := nango.New(
			key,
			nango.WithBaseURL(server),
			nango.WithMaxConnections(uint32(calls)),
			nango.WithMaxRetries(0),
			nango.WithConnectTimeout(30*time.Second),
		)
		return func() error {
			token, err := c.GetToken(background(), "github", "alice")
			if err == nil && token.IsEmpty() {
				err = errors.New("no token")
			}
			return err
		}, err
	}
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	return func() error {
		request, err := http.NewRequestWithContext(
			background(),
			http.MethodGet,
			server+"/connection/alice?provider_config_key=github",
			nil,
		)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := c.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return err
		}
		var connection struct {
			Credentials struct {
				AccessToken string `json:"access_token"`
			}
		}
		err = json.Unmarshal(body, &connection)
		if err != nil || connection.Credentials.AccessToken == "" {
			return fmt.Errorf("no token: %v", err)
		}
		return nil
	}, nil
}

// ofProcess returns a number of /proc/self/status, or an empty string if there is none.
func ofProcess(name string) string {
	data, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			return number
		}
	}
	return ""
}
