package nango_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// tokens is a Nango and a provider that share one token: "token-" and a number.
type tokens struct {
	nangoURL, providerURL string
	// newest is the number of Nango's token, accepted that of the token the provider accepts.
	newest, accepted atomic.Int64
	// stubborn: the provider refuses every token.
	stubborn atomic.Bool
	// constant: a refresh changes nothing. static: Nango has an API key, which is never refreshed.
	constant, static atomic.Bool
	// arrive is called when a request reaches the provider.
	arrive        func()
	asked, forced atomic.Int64
	seen, refused atomic.Int64
	bodies        sync.Map
	refresh       func(w http.ResponseWriter, r *http.Request) (answered bool)
	redirect      string
}

func newTokens(t *testing.T) *tokens {
	s := &tokens{}
	s.newest.Store(1)
	s.accepted.Store(1)
	s.nangoURL, _ = server(t, func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if r.URL.Query().Get("force_refresh") == "true" {
			s.forced.Add(1)
			if s.refresh != nil && s.refresh(w, r) {
				return
			}
			if !s.constant.Load() {
				s.accepted.Store(s.newest.Add(1))
			}
		}
		credentials := `"type":"OAUTH2","access_token"`
		if r.URL.Query().Get("refresh_token") == "true" {
			credentials = `"type":"OAUTH2","refresh_token":"a-refresh-token","access_token"`
		}
		if s.static.Load() {
			credentials = `"type":"API_KEY","apiKey"`
		}
		answer(fmt.Sprintf(`{"connection_id":"alice","provider_config_key":"github",`+
			`"provider":"github","credentials":{%s:"token-%d"}}`,
			credentials, s.newest.Load()))(w, r)
	})
	s.providerURL, _ = server(t, func(w http.ResponseWriter, r *http.Request) {
		number := s.seen.Add(1)
		body, _ := io.ReadAll(r.Body)
		s.bodies.Store(number, string(body))
		if s.arrive != nil {
			s.arrive()
		}
		if s.redirect != "" && r.URL.Path == "/moved" {
			http.Redirect(w, r, s.redirect, http.StatusFound)
			return
		}
		if s.stubborn.Load() ||
			r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", s.accepted.Load()) {
			s.refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "refused")
			return
		}
		_, _ = io.WriteString(w, "welcome "+string(body))
	})
	return s
}

func (s *tokens) client(t *testing.T) (*http.Client, *nango.Client) {
	client := newClient(t, nango.WithBaseURL(s.nangoURL), nango.WithMaxRetries(0))
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: client.Transport("github", "alice", base)}, client
}

func (s *tokens) want(t *testing.T, seen, refused, forced int64) {
	t.Helper()
	if s.seen.Load() != seen || s.refused.Load() != refused || s.forced.Load() != forced {
		t.Errorf(
			"%d requests, %d refused, %d forced refreshes; want %d, %d, %d",
			s.seen.Load(),
			s.refused.Load(),
			s.forced.Load(),
			seen,
			refused,
			forced,
		)
	}
}

func wantAnswer(t *testing.T, response *http.Response, err error, status int, text string) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status || string(body) != text {
		t.Errorf("got %d %q, %v; want %d %q", response.StatusCode, body, err, status, text)
	}
}

func TestTransportAsksForEachRequest(t *testing.T) {
	s := newTokens(t)
	client, _ := s.client(t)
	for i := range int64(3) {
		request, err := http.NewRequestWithContext(
			background(),
			http.MethodPost,
			s.providerURL,
			strings.NewReader("hello"),
		)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer stale")
		response, err := client.Do(request)
		wantAnswer(t, response, err, 200, "welcome hello")
		if request.Header.Get("Authorization") != "Bearer stale" ||
			response.Request.Header.Get("Authorization") != "Bearer stale" {
			t.Error("the caller's request was changed, or shows the token")
		}
		if s.asked.Load() != i+1 {
			t.Errorf("Nango got %d requests", s.asked.Load())
		}
		// The token changes without the client; the next request must use the new one.
		s.accepted.Store(s.newest.Add(1))
	}
	s.want(t, 3, 0, 0)
	client.CloseIdleConnections()
}

func TestTransportRefreshesOnce(t *testing.T) {
	for name, body := range map[string]io.Reader{
		"no body": nil, "a body": strings.NewReader("hello"), "empty": http.NoBody,
	} {
		t.Run(name, func(t *testing.T) {
			s := newTokens(t)
			client, _ := s.client(t)
			// The provider has revoked Nango's token.
			s.accepted.Store(0)
			request, err := http.NewRequestWithContext(background(), http.MethodPost, s.providerURL, body)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			text := "welcome "
			if name == "a body" {
				text += "hello"
			}
			wantAnswer(t, response, err, 200, text)
			s.want(t, 2, 1, 1)
			first, _ := s.bodies.Load(int64(1))
			if second, _ := s.bodies.Load(int64(2)); first != second {
				t.Errorf("the body was %q, then %q", first, second)
			}
		})
	}
}

func TestTransportDoesNotSendHalfABody(t *testing.T) {
	s := newTokens(t)
	client, _ := s.client(t)
	s.accepted.Store(0)
	response, err := client.Post(
		s.providerURL,
		"text/plain",
		io.MultiReader(strings.NewReader("once")),
	)
	wantAnswer(t, response, err, 401, "refused")
	s.want(t, 1, 1, 1)
	// But the next request uses the new token.
	response, err = client.Post(s.providerURL, "text/plain", io.MultiReader(strings.NewReader("once")))
	wantAnswer(t, response, err, 200, "welcome once")
	s.want(t, 2, 1, 1)
}

func TestTransportGivesUp(t *testing.T) {
	s := newTokens(t)
	client, _ := s.client(t)
	s.stubborn.Store(true)
	response, err := client.Get(s.providerURL)
	wantAnswer(t, response, err, 401, "refused")
	s.want(t, 2, 2, 1)

	// If a refresh does not change the token, the request is not sent again.
	s.constant.Store(true)
	response, err = client.Get(s.providerURL)
	wantAnswer(t, response, err, 401, "refused")
	s.want(t, 3, 3, 4)

	// Nor is it if Nango never refreshes the token.
	s.static.Store(true)
	response, err = client.Get(s.providerURL)
	wantAnswer(t, response, err, 401, "refused")
	s.want(t, 4, 4, 4)
}

// Requests that are refused at once share one refresh, across all transports of the client. Each is
// sent once more.
func TestTransportRefreshesOneAtATime(t *testing.T) {
	const requests = 500
	s := newTokens(t)
	_, client := s.client(t)
	var refused sync.WaitGroup
	refused.Add(requests)
	// Answer no request before all of them have arrived.
	s.arrive = func() {
		if s.seen.Load() <= requests {
			refused.Done()
			refused.Wait()
		}
	}
	s.accepted.Store(0)
	var calls sync.WaitGroup
	for range requests {
		calls.Add(1)
		go func() {
			defer calls.Done()
			own := &http.Client{Transport: client.Transport("github", "alice", nil)}
			response, err := own.Get(s.providerURL)
			wantAnswer(t, response, err, 200, "welcome ")
		}()
	}
	calls.Wait()
	s.want(t, 2*requests, requests, 1)
}

// nangoDev sends a control request to the running nango-dev.
func nangoDev(t *testing.T, method, path, body string) []byte {
	t.Helper()
	request, err := http.NewRequest(method, os.Getenv("NANGO_HOST")+path, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("NANGO_SECRET_KEY"))
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/provider/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		t.Errorf("%s %s: %d %s, %v", method, path, response.StatusCode, answer, err)
	}
	return answer
}

// Other programs read the connection all the time, so that a forced refresh joins a plain read and
// gets the old token, as on a real server. They stop after two of the three forced refreshes.
func TestTransportOnAServerThatCollapses(t *testing.T) {
	const requests = 500
	for round := range 3 {
		id := fmt.Sprintf("go-collapse-%d-%s", round, rand.Text())
		its := fmt.Sprintf(`{"integration":"github","connection_id":%q,`, id)
		nangoDev(t, "POST", "/connections", fmt.Sprintf(`{"provider_config_key":"github",`+
			`"connection_id":%q,"credentials":{"type":"OAUTH2","access_token":"old-%s",`+
			`"refresh_token":"refresh-%s","expires_at":"2999-01-01T00:00:00Z"}}`, id, id, id))
		// Another program uses the refresh token: the provider no longer accepts Nango's token.
		nangoDev(t, "POST", "/_dev/provider", its+`"rotate":false}`)
		nangoDev(t, "POST", "/provider/token", "grant_type=refresh_token&refresh_token=refresh-"+id)
		nangoDev(t, "POST", "/_dev/collapse", its+`"read_ms":30}`)
		counts := func() (refreshes, collapsed int) {
			var state struct {
				TokenCalls map[string]int `json:"token_calls"`
				Collapsed  map[string]int
			}
			if err := json.Unmarshal(nangoDev(t, "GET", "/_dev/state", ""), &state); err != nil {
				t.Error(err)
			}
			return state.TokenCalls["github/"+id] - 1, state.Collapsed["github/"+id]
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		others := newClient(t)
		for range 16 {
			readers.Add(1)
			go func() {
				defer readers.Done()
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = others.GetToken(background(), "github", id)
					}
				}
			}()
		}
		readers.Add(1)
		go func() {
			defer readers.Done()
			defer close(stop)
			for refreshes, collapsed := 0, 0; refreshes == 0 && collapsed < 2 && !t.Failed(); {
				time.Sleep(5 * time.Millisecond)
				refreshes, collapsed = counts()
			}
		}()
		client := newClient(t)
		var seen, refused, welcome atomic.Int64
		var arrived sync.WaitGroup
		arrived.Add(requests)
		base := roundTripper(func(request *http.Request) (*http.Response, error) {
			if seen.Add(1) <= requests {
				arrived.Done()
				arrived.Wait()
			}
			response, err := http.DefaultTransport.RoundTrip(request)
			if err == nil && response.StatusCode == http.StatusUnauthorized {
				refused.Add(1)
			}
			return response, err
		})
		var calls sync.WaitGroup
		for range requests {
			calls.Add(1)
			go func() {
				defer calls.Done()
				provider := &http.Client{Transport: client.Transport("github", id, base)}
				response, err := provider.Get(os.Getenv("NANGO_DEV_PROVIDER_URL"))
				if err != nil {
					t.Error(err)
					return
				}
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					welcome.Add(1)
				}
			}()
		}
		calls.Wait()
		readers.Wait()
		refreshes, collapsed := counts()
		t.Logf("%d requests, %d refused, %d welcome; %d refreshes, %d forced ones collapsed",
			seen.Load(), refused.Load(), welcome.Load(), refreshes, collapsed)
		if seen.Load() != 2*requests || refused.Load() != requests ||
			welcome.Load() != requests || refreshes != 1 {
			t.Errorf("want %d, %d, %d; 1 refresh", 2*requests, requests, requests)
		}
	}
}

// This tests only ReplaceToken's own results; the conformance vectors test the rest.
func TestReplaceToken(t *testing.T) {
	client := newClient(t)
	other := nango.NewSecret("another token")
	token, err := client.ReplaceToken(background(), "github", "bob", other)
	if err != nil || token.Reveal() != "at-bob" {
		t.Errorf("got %v, %v", token, err)
	}
	static := nango.NewSecret("sk_dev_carol")
	token, err = client.ReplaceToken(background(), "stripe-key", "carol", static)
	if wantCode(t, err, nango.ErrTokenNotReplaced, nango.CodeTokenNotReplaced); !token.IsEmpty() {
		t.Error("there is a token together with the error")
	}
	for _, option := range []nango.CallOption{nango.ForceRefresh(), nango.IncludeRefreshToken()} {
		_, err = client.ReplaceToken(background(), "github", "bob", other, option)
		wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
	}
	for _, refused := range []nango.Secret{{}, nango.NewSecret(""), nango.NewSecret("a\x00b")} {
		_, err = client.ReplaceToken(background(), "github", "bob", refused)
		wantCode(t, err, nango.ErrInvalidArgument, nango.CodeInvalidArgument)
	}
}

// A token that Nango has already replaced is not refreshed again.
func TestTransportKnowsTheNewest(t *testing.T) {
	s := newTokens(t)
	_, client := s.client(t)
	late := roundTripper(func(request *http.Request) (*http.Response, error) {
		// Another program refreshes the token between fetching and using it.
		if request.Header.Get("Authorization") == "Bearer token-1" {
			s.newest.Store(2)
			s.accepted.Store(2)
		}
		return http.DefaultTransport.RoundTrip(request)
	})
	provider := &http.Client{Transport: client.Transport("github", "alice", late)}
	response, err := provider.Get(s.providerURL)
	wantAnswer(t, response, err, 200, "welcome ")
	s.want(t, 2, 1, 0)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

type closeWatcher struct {
	io.Reader
	closed atomic.Bool
}

func (c *closeWatcher) Close() error {
	c.closed.Store(true)
	return nil
}

func TestTransportErrors(t *testing.T) {
	s := newTokens(t)
	s.accepted.Store(0)
	s.refresh = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusFailedDependency)
		_, _ = w.Write(
			[]byte(`{"error":{"code":"invalid_credentials","message":"The refresh limit was reached"}}`),
		)
		return true
	}
	client, _ := s.client(t)
	_, err := client.Get(s.providerURL)
	wantCode(t, err, nango.ErrReconnectRequired, nango.CodeReconnectRequired)
	s.want(t, 1, 1, 1)

	for _, id := range []string{"broken", "nobody"} {
		body := &closeWatcher{Reader: strings.NewReader("x")}
		provider := &http.Client{Transport: newClient(t).Transport("github", id, nil)}
		_, err = provider.Post(s.providerURL, "text/plain", body)
		var e *nango.Error
		if !errors.As(err, &e) || e.Code != nango.CodeReconnectRequired && e.Code != nango.CodeNotFound {
			t.Errorf("got %v", err)
		}
		if !body.closed.Load() {
			t.Error("the body was not closed")
		}
	}
	s.want(t, 1, 1, 1)
}

// A request that waits for another's refresh stops waiting when its own context ends, and does not
// fail when the other's context ends.
func TestTransportContexts(t *testing.T) {
	s := newTokens(t)
	s.accepted.Store(0)
	hang := make(chan struct{})
	var hung atomic.Int64
	s.refresh = func(_ http.ResponseWriter, r *http.Request) bool {
		if hung.Add(1) > 1 {
			return false
		}
		select {
		case <-hang:
		case <-r.Context().Done():
		}
		return true
	}
	defer close(hang)
	client, _ := s.client(t)
	get := func(ctx context.Context) (*http.Response, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.providerURL, nil)
		if err != nil {
			return nil, err
		}
		return client.Do(request)
	}
	leading, giveUp := context.WithCancel(background())
	leader, follower := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := get(leading)
		leader <- err
	}()
	for hung.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(background(), 50*time.Millisecond)
	defer cancel()
	within(t, time.Second, func() {
		if _, err := get(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	go func() {
		response, err := get(background())
		wantAnswer(t, response, err, 200, "welcome ")
		follower <- err
	}()
	for s.seen.Load() < 3 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	giveUp()
	if err := <-leader; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := <-follower; err != nil {
		t.Error(err)
	}
	if s.forced.Load() != 2 {
		t.Errorf("%d forced refreshes", s.forced.Load())
	}
}

// The token is sent only to the host that it is meant for.
func TestTransportRedirects(t *testing.T) {
	s := newTokens(t)
	client, _ := s.client(t)
	got := make(chan string, 1)
	elsewhere, _ := server(
		t,
		func(w http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Authorization") },
	)
	s.redirect = elsewhere
	response, err := client.Get(s.providerURL + "/moved")
	wantAnswer(t, response, err, 200, "")
	if token := <-got; token != "" {
		t.Errorf("another host got %q", token)
	}
	s.redirect = s.providerURL + "/here"
	response, err = client.Get(s.providerURL + "/moved")
	wantAnswer(t, response, err, 200, "welcome ")
}

func TestTransportWithTheProvider(t *testing.T) {
	client := newClient(t)
	provider := &http.Client{Transport: client.Transport("github", "alice", nil)}
	for range 3 {
		response, err := provider.Get(os.Getenv("NANGO_DEV_PROVIDER_URL"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != 200 || !bytes.Contains(body, []byte("alice")) {
			t.Errorf("got %d %s, %v", response.StatusCode, body, err)
		}
	}
}
