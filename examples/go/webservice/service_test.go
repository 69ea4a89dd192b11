package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	nango "github.com/libnango/libnango/bindings/go"
)

// start runs the service against nango-dev, so that its tests need no fake of Nango.
func start(t *testing.T, providerURL string, options ...nango.Option) *httptest.Server {
	t.Helper()
	client, err := nango.NewFromEnv(options...)
	if err != nil {
		t.Skipf("no server; run nango-dev -- go test ./...: %v", err)
	}
	server := httptest.NewServer(newService(client, "github", providerURL))
	t.Cleanup(func() {
		server.Close()
		_ = client.Close()
	})
	return server
}

func get(t *testing.T, url string) (*http.Response, map[string]json.RawMessage) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body map[string]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatalf("%s: %v", response.Status, err)
	}
	return response, body
}

func TestProfile(t *testing.T) {
	server := start(t, os.Getenv("NANGO_DEV_PROVIDER_URL"))
	for _, user := range []string{"alice", "bob"} {
		response, body := get(t, server.URL+"/users/"+user+"/profile")
		if response.StatusCode != 200 || string(body["user"]) != `"`+user+`"` ||
			!strings.Contains(string(body["profile"]), user) {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
	}
	if response, body := get(t, server.URL+"/health"); response.StatusCode != 200 ||
		string(body["ok"]) != "true" {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

func TestFailures(t *testing.T) {
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	down := httptest.NewServer(nil)
	down.Close()
	provider := os.Getenv("NANGO_DEV_PROVIDER_URL")
	for name, failure := range map[string]struct {
		user, providerURL, nangoURL string
		status                      int
		message                     string
	}{
		"never connected":    {"nobody", provider, "", 404, "not connected yet"},
		"must connect again": {"broken", provider, "", 409, "the user must connect again"},
		"the provider refuses": {"bob", refusing.URL, "", 502,
			"the provider gave an unexpected answer; try again later"},
		"no Nango": {"bob", provider, down.URL, 503, "try again later"},
	} {
		t.Run(name, func(t *testing.T) {
			options := []nango.Option{nango.WithMaxRetries(0)}
			if failure.nangoURL != "" {
				options = append(options, nango.WithBaseURL(failure.nangoURL))
			}
			response, body := get(
				t,
				start(t, failure.providerURL, options...).URL+"/users/"+failure.user+"/profile",
			)
			if response.StatusCode != failure.status || string(body["error"]) != `"`+failure.message+`"` {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
			if after := response.Header.Get("Retry-After"); (after != "") != (failure.status == 503) {
				t.Errorf("Retry-After is %q", after)
			}
		})
	}
}
