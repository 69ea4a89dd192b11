package nango_test

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// forOne are the calls that fetch one connection.
var forOne = map[string]func(*nango.Client, string, string, ...nango.CallOption) error{
	"GetConnection": func(c *nango.Client, key, id string, options ...nango.CallOption) error {
		_, err := c.GetConnection(background(), key, id, options...)
		return err
	},
	"GetConnectionJSON": func(c *nango.Client, key, id string, options ...nango.CallOption) error {
		_, err := c.GetConnectionJSON(background(), key, id, options...)
		return err
	},
	"GetToken": func(c *nango.Client, key, id string, options ...nango.CallOption) error {
		_, err := c.GetToken(background(), key, id, options...)
		return err
	},
	"GetCredentials": func(c *nango.Client, key, id string, options ...nango.CallOption) error {
		_, err := c.GetCredentials(background(), key, id, options...)
		return err
	},
	"GetCredentialsJSON": func(c *nango.Client, key, id string, options ...nango.CallOption) error {
		_, err := c.GetCredentialsJSON(background(), key, id, options...)
		return err
	},
}

func TestBadArgumentsAreNotSent(t *testing.T) {
	url, requests := server(t, answer(`{}`))
	client := newClient(t, nango.WithBaseURL(url))
	for _, bad := range []struct {
		name, key, id string
		options       []nango.CallOption
		sentinel      error
		code          nango.Code
	}{
		{"empty id", "github", "", nil, nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"dot", "github", ".", nil, nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"two dots", "github", "..", nil, nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"empty key", "", "alice", nil, nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"NUL in the id", "github", "alice\x00bob", nil,
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"NUL after the id", "github", "alice\x00", nil,
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"NUL in the key", "git\x00hub", "alice", nil,
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"id that is not UTF-8", "github", "alice\xff", nil, nango.ErrInvalidUTF8, nango.CodeInvalidUTF8},
		{"key that is not UTF-8", "git\xc3hub", "alice", nil,
			nango.ErrInvalidUTF8, nango.CodeInvalidUTF8},
		{"reserved header", "github", "alice", []nango.CallOption{nango.Header("Authorization", "x")},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"NUL in a header", "github", "alice", []nango.CallOption{nango.Header("X-A", "1\x002")},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"NUL in a header's name", "github", "alice", []nango.CallOption{nango.Header("X\x00A", "1")},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"line break in a header", "github", "alice",
			[]nango.CallOption{nango.Header("X-A", "1\r\nX-B: 2")},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"nil option", "github", "alice", []nango.CallOption{nango.ForceRefresh(), nil},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"zero timeout", "github", "alice", []nango.CallOption{nango.Timeout(0)},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		{"negative timeout", "github", "alice", []nango.CallOption{nango.Timeout(-time.Second)},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
	} {
		for name, call := range forOne {
			t.Run(bad.name+"/"+name, func(t *testing.T) {
				e := wantCode(t, call(client, bad.key, bad.id, bad.options...), bad.sentinel, bad.code)
				if e.Attempts != 0 || e.HTTPStatus != 0 || e.Retryable || e.Message == "" {
					t.Errorf("got %+v", *e)
				}
				if _, known := e.RetryAfter(); known {
					t.Error("the error says when to retry")
				}
			})
		}
	}
	if sent := requests.Load(); sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

func TestBadFiltersAreNotSent(t *testing.T) {
	url, requests := server(t, answer(`{"connections":[]}`))
	client := newClient(t, nango.WithBaseURL(url))
	for name, bad := range map[string]struct {
		filter   nango.Filter
		sentinel error
		code     nango.Code
	}{
		"NUL": {nango.Filter{Search: "a\x00b"},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		"NUL in a tag": {nango.Filter{Tags: map[string]string{"a": "b\x00"}},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		"not UTF-8": {nango.Filter{ConnectionID: "alice\xff"},
			nango.ErrInvalidUTF8, nango.CodeInvalidUTF8},
		"tag not UTF-8": {nango.Filter{Tags: map[string]string{"a\xff": "b"}},
			nango.ErrInvalidUTF8, nango.CodeInvalidUTF8},
		"unknown member": {
			nango.Filter{Extra: map[string]json.RawMessage{"colour": json.RawMessage(`"red"`)}},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
		"broken member": {
			nango.Filter{Extra: map[string]json.RawMessage{"search": json.RawMessage(`}`)}},
			nango.ErrInvalidArgument, nango.CodeInvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			for connection, err := range client.ListConnections(background(), bad.filter) {
				calls++
				wantCode(t, err, bad.sentinel, bad.code)
				if connection != nil {
					t.Error("a connection together with an error")
				}
			}
			if calls != 1 {
				t.Errorf("the loop ran %d times", calls)
			}
		})
	}
	withNUL := `{"search":"a` + "\x00" + `"}`
	for _, filter := range []string{"[]", "{", withNUL, `"x"`, `{"limit":"x"}`} {
		_, err := client.ListConnectionsJSON(background(), filter)
		wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
	}
	if sent := requests.Load(); sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

func TestBadOptions(t *testing.T) {
	const key = "0f8fad5b-d9cb-469f-a165-70867728950e"
	for name, bad := range map[string]struct {
		key     string
		options []nango.Option
	}{
		"empty key":             {"", with(nango.WithMaxRetries(0))},
		"key with a line break": {"0f8fad5b\nd9cb", with(nango.WithMaxRetries(0))},
		"key with a NUL":        {key + "\x00", with(nango.WithMaxRetries(0))},
		"no URL":                {key, with(nango.WithBaseURL("not a url"))},
		"URL with a user":       {key, with(nango.WithBaseURL("https://user:pw@h"))},
		"URL with a NUL":        {key, with(nango.WithBaseURL("https://h\x00.example"))},
		"empty URL":             {key, with(nango.WithBaseURL(""))},
		"no timeout":            {key, with(nango.WithTimeout(0))},
		"negative timeout":      {key, with(nango.WithTimeout(-1))},
		"negative retry wait":   {key, with(nango.WithMaxRetryWait(-time.Second))},
		"a nil option":          {key, with(nango.WithMaxRetries(1), nil)},
		"no connect timeout":    {key, with(nango.WithConnectTimeout(0))},
		"no attempt timeout":    {key, with(nango.WithAttemptTimeout(0))},
		"no idle timeout":       {key, with(nango.WithIdleTimeout(0))},
		"no connections":        {key, with(nango.WithMaxConnections(0))},
		"no response":           {key, with(nango.WithMaxResponseBytes(0))},
		"user agent":            {key, with(nango.WithUserAgentSuffix("a\nb"))},
		"user agent with a NUL": {key, with(nango.WithUserAgentSuffix("a\x00b"))},
		"proxy":                 {key, with(nango.WithProxy("socks9://x"))},
		"roots":                 {key, with(nango.WithTLSRoots(99))},
		"no CA":                 {key, with(nango.WithCAPEM(nil))},
		"invalid CA":            {key, with(nango.WithCAPEM([]byte("hello")))},
		"no identity":           {key, with(nango.WithClientIdentityPEM(nil))},
		"invalid identity":      {key, with(nango.WithClientIdentityPEM([]byte("hello")))},
		"a valid after an invalid": {key,
			with(nango.WithBaseURL("ftp://x"), nango.WithBaseURL("https://h"))},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := nango.New(bad.key, bad.options...)
			e := wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
			if client != nil {
				t.Error("a client together with an error")
			}
			if strings.Contains(err.Error(), "d9cb") || strings.Contains(err.Error(), "pw@") {
				t.Errorf("a secret in %v", err)
			}
			if e.Message == "" {
				t.Error("no message")
			}
		})
	}
	if _, err := nango.New("shib\xff"); err == nil {
		t.Error("a key that is not UTF-8 was accepted")
	} else {
		wantCode(t, err, nango.ErrInvalidUTF8, nango.CodeInvalidUTF8)
	}
}

// Nothing panics that a caller forgot to set, and the error says what it is.
func TestNothingToCallWith(t *testing.T) {
	created := newClient(t)
	var none context.Context
	for name, calls := range map[string]struct {
		client *nango.Client
		ctx    context.Context
		want   string
	}{
		"nil client":  {nil, background(), "New or NewFromEnv"},
		"zero client": {&nango.Client{}, background(), "New or NewFromEnv"},
		"nil context": {created, none, "context.Background()"},
	} {
		t.Run(name, func(t *testing.T) {
			c, ctx := calls.client, calls.ctx
			for call, err := range map[string]error{
				"GetConnection":       second(c.GetConnection(ctx, "github", "bob")),
				"GetConnectionJSON":   second(c.GetConnectionJSON(ctx, "github", "bob")),
				"GetToken":            second(c.GetToken(ctx, "github", "bob")),
				"GetCredentials":      second(c.GetCredentials(ctx, "github", "bob")),
				"ReplaceToken":        second(c.ReplaceToken(ctx, "github", "bob", nango.NewSecret("x"))),
				"ListConnectionsJSON": second(c.ListConnectionsJSON(ctx, "")),
				"ListConnections":     firstError(c.ListConnections(ctx, nango.Filter{})),
				"WarmUp":              c.WarmUp(ctx),
				"LogEvents":           c.LogEvents(ctx, slog.Default()),
			} {
				e := wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
				if !strings.Contains(e.Message, calls.want) {
					t.Errorf("%s: got %q, want %q in it", call, e.Message, calls.want)
				}
			}
			if c != created && (c.Warning() != "" || c.NextEventJSON() != nil || c.Close() != nil) {
				t.Error("a client that was not created has something to say")
			}
		})
	}
	request, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	var client *nango.Client
	response, err := client.Transport("github", "bob", nil).RoundTrip(request)
	if response != nil {
		_ = response.Body.Close()
	}
	wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
	err = newClient(t, nango.WithEvents(1)).LogEvents(background(), nil)
	wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
}

func second[T any](_ T, err error) error { return err }

func firstError[T any](walk iter.Seq2[T, error]) error {
	for _, err := range walk {
		return err
	}
	return nil
}

func TestDurationsAreNamed(t *testing.T) {
	client := newClient(t)
	_, err := client.GetToken(background(), "github", "bob", nango.Timeout(-time.Second))
	if want := "timeout is -1s; it must be greater than 0"; !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	_, err = nango.New("0f8fad5b-d9cb-469f-a165-70867728950e", nango.WithConnectRetry(-time.Minute))
	if want := "connect_retry is -1m0s; it must not be negative"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestTimeoutIsATimeout(t *testing.T) {
	url, _ := silence(t)
	client := newClient(t, nango.WithBaseURL(url))
	_, err := client.GetToken(background(), "github", "bob", nango.Timeout(50*time.Millisecond))
	if e := wantCode(t, err, nango.ErrTimeout, nango.CodeTimeout); !e.Timeout() || !os.IsTimeout(err) {
		t.Errorf("%v is no timeout", err)
	}
	provider := http.Client{Transport: client.Transport("github", "bob", nil)}
	ctx, cancel := context.WithTimeout(background(), 50*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := provider.Do(request)
	if response != nil {
		_ = response.Body.Close()
	}
	if !os.IsTimeout(err) {
		t.Errorf("%v is no timeout", err)
	}
	_, err = newClient(t).GetToken(background(), "github", "zoe")
	if e := wantCode(t, err, nango.ErrNotFound, nango.CodeNotFound); e.Timeout() {
		t.Errorf("%v is a timeout", err)
	}
}

func with(options ...nango.Option) []nango.Option { return options }

func TestGoodOptions(t *testing.T) {
	client := newClient(
		t,
		nango.WithTimeout(20*time.Second),
		nango.WithConnectTimeout(5*time.Second),
		nango.WithAttemptTimeout(time.Nanosecond),
		nango.WithAttemptTimeout(10*time.Second),
		nango.WithMaxRetries(1),
		nango.WithIdleTimeout(1<<62),
		nango.WithIdleConnections(2),
		nango.WithMaxResponseBytes(1<<20),
		nango.WithUserAgentSuffix("test/1"),
		nango.WithProxy(""),
		nango.WithTLSRoots(nango.TLSRootsBundled),
		nango.WithEvents(4),
		nango.WithMaxConnections(2),
	)
	if _, err := client.GetConnection(background(), "github", "bob"); err != nil {
		t.Fatal(err)
	}
	event := client.NextEventJSON()
	var fields struct {
		Event     string
		Operation string
		Attempt   int
	}
	decode(t, event, &fields)
	if fields.Event != "attempt" || fields.Operation != "get_connection" || fields.Attempt != 1 {
		t.Errorf("got the event %s", event)
	}
	if event := client.NextEventJSON(); event != nil {
		t.Errorf("got a second event %s", event)
	}
	if client := newClient(t); client.NextEventJSON() != nil {
		t.Error("an event without WithEvents")
	}
}

func TestEnvironment(t *testing.T) {
	for _, name := range []string{
		"NANGO_API_KEY", "NANGO_SECRET_KEY", "NANGO_SERVER_URL", "NANGO_HOSTPORT",
	} {
		// Setenv restores the variable after the test.
		t.Setenv(name, "")
		os.Unsetenv(name)
	}
	_, err := nango.NewFromEnv()
	e := wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
	if !strings.Contains(e.Message, "NANGO_API_KEY") ||
		!strings.Contains(e.Message, "NANGO_SECRET_KEY") {
		t.Errorf("got %v", err)
	}
	t.Setenv("NANGO_SECRET_KEY", "x\ny")
	_, err = nango.NewFromEnv()
	wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
}

func TestUserAgent(t *testing.T) {
	got := make(chan string, 3)
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.UserAgent()
		answer(`{}`)(w, r)
	})
	for option, want := range map[string]nango.Option{
		"libnango-go/" + nango.Version: nango.WithMaxRetries(0),
		"my-service/1.2":               nango.WithUserAgentSuffix("my-service/1.2"),
	} {
		client := newClient(t, nango.WithBaseURL(url), want)
		if _, err := client.GetConnection(background(), "github", "alice"); err != nil {
			t.Fatal(err)
		}
		if agent := <-got; !strings.Contains(agent, option) || !strings.Contains(agent, "libnango/") {
			t.Errorf("got %q, want %q in it", agent, option)
		}
	}
}

func TestServersThatAreNotNango(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()

	html, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Nango</title>"))
	})
	redirect, redirected := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://"+r.Host+r.URL.Path, http.StatusMovedPermanently)
	})
	broken, _ := server(t, answer(`{"connection_id":`))
	list, _ := server(t, answer(`[1]`))

	for name, bad := range map[string]struct {
		url      string
		sentinel error
		code     nango.Code
		status   int
	}{
		"a port without a listener": {closed, nango.ErrConnect, nango.CodeConnect, 0},
		"an unknown host name":      {"http://nango.invalid", nango.ErrDNS, nango.CodeDNS, 0},
		"a page":                    {html, nango.ErrInvalidResponse, nango.CodeInvalidResponse, 200},
		"a redirect": {redirect,
			nango.ErrInvalidResponse, nango.CodeInvalidResponse, 301},
		"broken JSON":   {broken, nango.ErrInvalidResponse, nango.CodeInvalidResponse, 200},
		"not an object": {list, nango.ErrInvalidResponse, nango.CodeInvalidResponse, 0},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, nango.WithBaseURL(bad.url), nango.WithMaxRetries(0))
			_, err := client.GetConnection(background(), "github", "alice")
			e := wantCode(t, err, bad.sentinel, bad.code)
			if bad.status != 0 && e.HTTPStatus != bad.status {
				t.Errorf("got the status %d, want %d", e.HTTPStatus, bad.status)
			}
		})
	}
	if got := redirected.Load(); got != 1 {
		t.Errorf("the redirecting server got %d requests", got)
	}
}

func TestRefusals(t *testing.T) {
	client := newClient(t)
	read := newClientWithKey(t, os.Getenv("NANGO_DEV_KEY_READ"))
	none := newClientWithKey(t, os.Getenv("NANGO_DEV_KEY_NONE"))
	unknown := newClientWithKey(t, "11111111-2222-4333-8444-555555555555")
	for name, refused := range map[string]struct {
		client   *nango.Client
		key, id  string
		sentinel error
		code     nango.Code
	}{
		"unknown key": {unknown, "github", "alice",
			nango.ErrUnauthorized, nango.CodeUnauthorized},
		"unknown integration":   {client, "gitlab", "alice", nango.ErrIntegrationNotFound, nango.CodeIntegrationNotFound},
		"unknown connection":    {client, "github", "zoe", nango.ErrNotFound, nango.CodeNotFound},
		"key without any scope": {none, "github", "alice", nango.ErrForbidden, nango.CodeForbidden},
		"key without the scope": {read, "github", "bob", nango.ErrNoCredentials, nango.CodeNoCredentials},
		"no single token": {client, "basic-auth", "dave",
			nango.ErrNoSingleToken, nango.CodeNoSingleToken},
		"no credentials": {client, "none", "nobody",
			nango.ErrNoCredentials, nango.CodeNoCredentials},
		"reconnect": {client, "github", "broken",
			nango.ErrReconnectRequired, nango.CodeReconnectRequired},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := refused.client.GetToken(background(), refused.key, refused.id)
			wantCode(t, err, refused.sentinel, refused.code)
			if !token.IsEmpty() {
				t.Error("a token together with an error")
			}
		})
	}
	connection, err := read.GetConnection(background(), "github", "bob")
	if err != nil || connection.Credentials.Type != "" || connection.ConnectionID != "bob" {
		t.Errorf("got %v, %v", connection, err)
	}
}

func newClientWithKey(t *testing.T, key string, options ...nango.Option) *nango.Client {
	t.Helper()
	host := nango.WithBaseURL(os.Getenv("NANGO_HOST"))
	client, err := nango.New(key, append([]nango.Option{host}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestFactsOfAnError(t *testing.T) {
	url, _ := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "7")
		w.Header().Set("X-RateLimit-Limit", "200")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write(
			[]byte(`{"error":{"code":"too_many_request","method":"GET","path":"/connection"}}`),
		)
	})
	client := newClient(t, nango.WithBaseURL(url), nango.WithMaxRetries(0))
	_, err := client.GetToken(background(), "github", "alice")
	e := wantCode(t, err, nango.ErrRateLimited, nango.CodeRateLimited)
	if after, known := e.RetryAfter(); !known || after != 8*time.Second {
		t.Errorf("got %v, %v", after, known)
	}
	if e.Header("RETRY-after") != "7" || e.Header("X-RateLimit-Limit") != "200" ||
		e.Header("x-ratelimit-remaining") != "0" ||
		e.Header("x-ratelimit-reset") != "" ||
		e.Header("content-type") != "" {
		t.Errorf("got %+v", *e)
	}
	if e.HTTPStatus != 429 || e.APICode != "too_many_request" || !e.Retryable || e.Attempts != 1 ||
		e.BodyJSON == nil {
		t.Errorf("got %+v", *e)
	}
	if want := "nango: " + e.Message + " (RATE_LIMITED)"; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
}

func TestHints(t *testing.T) {
	client := newClient(t)
	_, err := client.GetToken(background(), "github", "broken")
	e := wantCode(t, err, nango.ErrReconnectRequired, nango.CodeReconnectRequired)
	if !e.SuggestsReconnect() || e.Advice() != "Send the user through a reconnect session." {
		t.Errorf("got %v and %q", e.SuggestsReconnect(), e.Advice())
	}
	if warning := client.Warning(); warning != "" {
		t.Errorf("got the warning %q", warning)
	}
	other := newClient(t, nango.WithBaseURL("http://nango.internal"))
	if warning := other.Warning(); !strings.Contains(warning, "use https") {
		t.Errorf("got the warning %q", warning)
	}
	var connection nango.Connection
	for text, want := range map[string]bool{
		`{"errors":[{"type":"sync"},{"type":"auth"}]}`: true,
		`{"errors":[{"type":"sync"}]}`:                 false,
	} {
		if err := json.Unmarshal([]byte(text), &connection); err != nil {
			t.Fatal(err)
		}
		if got := connection.HasAuthError(); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}
