package nango_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// waiting are the calls that wait for a server.
var waiting = map[string]func(context.Context, *nango.Client) error{
	"GetConnection": func(ctx context.Context, c *nango.Client) error {
		_, err := c.GetConnection(ctx, "github", "alice")
		return err
	},
	"GetToken": func(ctx context.Context, c *nango.Client) error {
		_, err := c.GetToken(ctx, "github", "alice")
		return err
	},
	"GetCredentials": func(ctx context.Context, c *nango.Client) error {
		_, err := c.GetCredentials(ctx, "github", "alice")
		return err
	},
	"ListConnectionsJSON": func(ctx context.Context, c *nango.Client) error {
		_, err := c.ListConnectionsJSON(ctx, "")
		return err
	},
	"ListConnections": func(ctx context.Context, c *nango.Client) error {
		for _, err := range c.ListConnections(ctx, nango.Filter{}) {
			return err
		}
		return nil
	},
	"WarmUp": func(ctx context.Context, c *nango.Client) error { return c.WarmUp(ctx) },
}

func TestCancel(t *testing.T) {
	url, _ := silence(t)
	client := newClient(t, nango.WithBaseURL(url))
	reason := errors.New("the reason")
	for name, wait := range waiting {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(background())
			time.AfterFunc(50*time.Millisecond, func() { cancel(reason) })
			within(t, 500*time.Millisecond, func() {
				err := wait(ctx, client)
				wantCode(t, err, nango.ErrCancelled, nango.CodeCancelled)
				if !errors.Is(err, context.Canceled) || !errors.Is(err, reason) ||
					errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestDeadline(t *testing.T) {
	url, _ := silence(t)
	client := newClient(t, nango.WithBaseURL(url))
	for name, wait := range waiting {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(background(), 80*time.Millisecond)
			defer cancel()
			within(t, 500*time.Millisecond, func() {
				err := wait(ctx, client)
				wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
			if took := time.Since(start); took < 80*time.Millisecond {
				t.Errorf("it took only %v", took)
			}
		})
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	url, requests := server(t, answer(`{"connections":[]}`))
	client := newClient(t, nango.WithBaseURL(url))
	cancelled, cancel := context.WithCancel(background())
	cancel()
	expired, cancelExpired := context.WithDeadline(background(), time.Now().Add(-time.Second))
	defer cancelExpired()
	for name, wait := range waiting {
		t.Run(name, func(t *testing.T) {
			err := wait(cancelled, client)
			e := wantCode(t, err, nango.ErrCancelled, nango.CodeCancelled)
			if !errors.Is(err, context.Canceled) || e.Attempts != 0 {
				t.Errorf("got %v", err)
			}
			err = wait(expired, client)
			e = wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
			if !errors.Is(err, context.DeadlineExceeded) || e.Attempts != 0 {
				t.Errorf("got %v", err)
			}
		})
	}
	if sent := requests.Load(); sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

func TestTheEarlierTimeoutCounts(t *testing.T) {
	url, _ := silence(t)
	client := newClient(t, nango.WithBaseURL(url), nango.WithTimeout(60*time.Millisecond))
	long, cancel := context.WithTimeout(background(), time.Hour)
	defer cancel()
	within(t, 500*time.Millisecond, func() {
		_, err := client.GetToken(long, "github", "alice")
		wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
		if errors.Is(err, context.DeadlineExceeded) {
			t.Error("the error blames the context for the client's timeout")
		}
	})
	start := time.Now()
	within(t, time.Second, func() {
		_, err := client.GetToken(long, "github", "alice", nango.Timeout(200*time.Millisecond))
		wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
	})
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("it took only %v", took)
	}
}

// A page may take as long as the context has left when the page begins, not as long as it had at
// the first page.
func TestDeadlineOfALaterPage(t *testing.T) {
	url, _ := silenceAfterPage(t)
	client := newClient(t, nango.WithBaseURL(url))
	ctx, cancel := context.WithTimeout(background(), 300*time.Millisecond)
	defer cancel()
	var last error
	seen := 0
	within(t, time.Second, func() {
		for _, err := range client.ListConnections(ctx, nango.Filter{PageSize: 1}) {
			if last = err; err == nil {
				seen++
				time.Sleep(200 * time.Millisecond)
			}
		}
	})
	wantCode(t, last, nango.ErrTimeout, nango.CodeTimeout)
	if !errors.Is(last, context.DeadlineExceeded) || seen != 1 {
		t.Errorf("got %v after %d", last, seen)
	}
}

func TestContextThatEndsInTime(t *testing.T) {
	client := newClient(t)
	for range 200 {
		ctx, cancel := context.WithTimeout(background(), time.Minute)
		if _, err := client.GetToken(ctx, "github", "bob"); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
}

// Cancelling at any moment of a call does no harm, and the next call works.
func TestCancelAtAnyMoment(t *testing.T) {
	client := newClient(t)
	cancelled, done := 0, 0
	for i := range 400 {
		ctx, cancel := context.WithCancel(background())
		timer := time.AfterFunc(time.Duration(i)*10*time.Microsecond, cancel)
		token, err := client.GetToken(ctx, "github", "bob")
		timer.Stop()
		cancel()
		switch {
		case err == nil && token.Reveal() == "":
			t.Fatal("an empty token")
		case err == nil:
			done++
		case errors.Is(err, nango.ErrCancelled) && errors.Is(err, context.Canceled):
			cancelled++
		default:
			t.Fatal(err)
		}
	}
	t.Logf("%d cancelled, %d done", cancelled, done)
	if cancelled == 0 || done == 0 {
		t.Error("not both cancelled and completed calls")
	}
}

func TestClose(t *testing.T) {
	client := newClient(t)
	for range 3 {
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, wait := range waiting {
		err := wait(background(), client)
		if e := wantCode(t, err, nango.ErrClosed, nango.CodeClosed); e.Attempts != 0 || e.Retryable {
			t.Errorf("%s: got %+v", name, *e)
		}
	}
	if client.NextEventJSON() != nil {
		t.Error("a closed client has events")
	}
}

func TestCloseWithCallsInFlight(t *testing.T) {
	for range 20 {
		client := newClient(t)
		var calls sync.WaitGroup
		var done, closed atomic.Int64
		for range 16 {
			calls.Add(1)
			go func() {
				defer calls.Done()
				for range 20 {
					switch _, err := client.GetToken(background(), "github", "bob"); {
					case err == nil:
						done.Add(1)
					case errors.Is(err, nango.ErrClosed):
						closed.Add(1)
					default:
						t.Error(err)
					}
				}
			}()
		}
		time.Sleep(5 * time.Millisecond)
		for range 3 {
			go func() { _ = client.Close() }()
		}
		calls.Wait()
		if done.Load()+closed.Load() != 16*20 {
			t.Errorf("%d done, %d closed", done.Load(), closed.Load())
		}
	}
}

// Calls that wait when the client is closed return at once.
func TestCloseEndsCalls(t *testing.T) {
	url, requests := silence(t)
	for name, wait := range waiting {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, nango.WithBaseURL(url))
			before := requests.Load()
			result := make(chan error, 8)
			for range cap(result) {
				go func() { result <- wait(background(), client) }()
			}
			for requests.Load() < before+int64(cap(result)) {
				time.Sleep(time.Millisecond)
			}
			within(t, 200*time.Millisecond, func() {
				_ = client.Close()
				for range cap(result) {
					e := wantCode(t, <-result, nango.ErrClosed, nango.CodeClosed)
					if errors.Is(e, context.Canceled) {
						t.Errorf("got %v", e)
					}
				}
			})
		})
	}
}

// Closing the last client releases everything: goroutines, file descriptors and the library's
// objects.
func TestNothingIsLeft(t *testing.T) {
	silent, _ := silence(t)
	settle(0)
	goroutines, descriptors := runtime.NumGoroutine(), descriptorsOfProcess(t)
	for range 20 {
		one, other := newClient(t), newClient(t, nango.WithBaseURL(silent))
		if _, err := one.GetToken(background(), "github", "bob"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(background(), 5*time.Millisecond)
		if _, err := other.GetToken(ctx, "github", "bob"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		cancel()
		_ = other.Close()
		if _, err := one.GetToken(background(), "github", "bob"); err != nil {
			t.Fatal(err)
		}
		_ = one.Close()
	}
	for range 200 {
		if settle(0) == 0 && runtime.NumGoroutine() <= goroutines &&
			descriptorsOfProcess(t) <= descriptors {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	live, now, open := settle(0), runtime.NumGoroutine(), descriptorsOfProcess(t)
	if live > 0 || now > goroutines || open > descriptors {
		t.Errorf(
			"%d live objects; %d goroutines before, %d after; %d descriptors before, %d after",
			live,
			goroutines,
			now,
			descriptors,
			open,
		)
	}
}

func TestAbandonedClients(t *testing.T) {
	before := nango.LiveObjects()
	for range 50 {
		client, err := nango.NewFromEnv()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.GetToken(background(), "github", "bob"); err != nil {
			t.Fatal(err)
		}
		runtime.GC()
	}
	if live := settle(before); live > before {
		t.Errorf("%d live objects before, %d after", before, live)
	}
}

func TestCallsWaitForAConnection(t *testing.T) {
	url, requests := silence(t)
	client := newClient(t, nango.WithBaseURL(url), nango.WithMaxConnections(3))
	ctx, cancel := context.WithCancel(background())
	threads := threadsOfProcess(t)
	var calls sync.WaitGroup
	for range 500 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			_, err := client.GetToken(ctx, "github", "alice")
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}()
	}
	time.Sleep(200 * time.Millisecond)
	if sent := requests.Load(); sent != 3 {
		t.Errorf("%d requests at once", sent)
	}
	if more := threadsOfProcess(t) - threads; more > 8 {
		t.Errorf("500 waiting calls took %d threads", more)
	}
	// A call that waits for a connection returns at its own deadline.
	short, cancelShort := context.WithTimeout(background(), 30*time.Millisecond)
	defer cancelShort()
	within(t, 300*time.Millisecond, func() {
		_, err := client.GetToken(short, "github", "alice")
		wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	within(t, 300*time.Millisecond, func() {
		_, err := client.GetToken(background(), "github", "alice", nango.Timeout(30*time.Millisecond))
		e := wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout)
		if errors.Is(err, context.DeadlineExceeded) || !strings.Contains(e.Message, "max_connections") ||
			!e.Retryable {
			t.Errorf("got %v", err)
		}
	})
	within(t, time.Second, func() {
		cancel()
		calls.Wait()
	})
}

func TestManyGoroutines(t *testing.T) {
	client := newClient(t)
	var calls sync.WaitGroup
	for i := range 400 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			for range 5 {
				switch i % 4 {
				case 0:
					connection, err := client.GetConnection(background(), "github", "bob")
					if err != nil || connection.ConnectionID != "bob" {
						t.Errorf("got %v, %v", connection, err)
					}
				case 1:
					token, err := client.GetToken(background(), "stripe-key", "carol")
					if err != nil || token.Reveal() != "sk_dev_carol" {
						t.Errorf("got another token, or %v", err)
					}
				case 2:
					credentials, err := client.GetCredentials(background(), "basic-auth", "dave")
					if err != nil || credentials.Username.Reveal() != "dave" ||
						credentials.Password.Reveal() != "hunter2" {
						t.Errorf("got %v, %v", credentials, err)
					}
				case 3:
					id := fmt.Sprintf("nobody-%d", i)
					if _, err := client.GetToken(background(), "github", id); !errors.Is(err, nango.ErrNotFound) {
						t.Errorf("got %v", err)
					}
				}
			}
		}()
	}
	calls.Wait()
}

// With default options, 20 calls a second while nothing listens for 3 seconds.
func TestARestartOfTheServerFailsNoCall(t *testing.T) {
	handler := answer(`{"connection_id":"alice","provider_config_key":"github"}`)
	serve := func(address string) (*http.Server, net.Listener) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Error(err)
			return nil, nil
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		return server, listener
	}
	first, listener := serve("127.0.0.1:0")
	address := listener.Addr().String()
	client := newClient(t, nango.WithBaseURL("http://"+address))
	if _, err := client.GetConnection(background(), "github", "alice"); err != nil {
		t.Fatal(err)
	}
	second := make(chan *http.Server, 1)
	go func() {
		time.Sleep(500 * time.Millisecond)
		_ = first.Close()
		time.Sleep(3 * time.Second)
		server, _ := serve(address)
		second <- server
	}()
	const calls = 80
	results := make(chan error, calls)
	for range calls {
		time.Sleep(50 * time.Millisecond)
		go func() {
			_, err := client.GetConnection(background(), "github", "alice")
			results <- err
		}()
	}
	for range calls {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if server := <-second; server != nil {
		_ = server.Close()
	}
}
