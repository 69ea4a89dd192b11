package nango_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// The provider accepts a fetched token, and a forced refresh replaces it.
func TestTokenWorksAtTheProvider(t *testing.T) {
	client := newClient(t)
	ask := func(token nango.Secret) int {
		request, err := http.NewRequestWithContext(
			background(),
			http.MethodGet,
			os.Getenv("NANGO_DEV_PROVIDER_URL"),
			nil,
		)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	old, err := client.GetToken(background(), "github", "alice")
	if err != nil {
		t.Fatal(err)
	}
	if status := ask(old); status != http.StatusOK {
		t.Errorf("the provider answers %d", status)
	}
	fresh, err := client.GetToken(background(), "github", "alice", nango.ForceRefresh())
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Equal(old) {
		t.Error("the refreshed token is the old one")
	}
	if was, is := ask(old), ask(fresh); was != http.StatusUnauthorized || is != http.StatusOK {
		t.Errorf("the provider answers %d and %d", was, is)
	}
	credentials, err := client.GetCredentials(
		background(),
		"github",
		"alice",
		nango.IncludeRefreshToken(),
	)
	if err != nil || credentials.RefreshToken.IsEmpty() || credentials.Type != "OAUTH2" ||
		credentials.ExpiresAt.Time == nil {
		t.Errorf("got %v, %v", credentials, err)
	}
	connection, err := client.GetConnection(background(), "github", "alice")
	if err != nil || !connection.Credentials.RefreshToken.IsEmpty() ||
		!connection.Credentials.AccessToken.Equal(credentials.AccessToken) {
		t.Errorf("got %v, %v", connection, err)
	}
}

func TestList(t *testing.T) {
	client := newClient(t)
	all := list(t, client, nango.Filter{})
	if len(all) < 10 || !slices.Contains(all, "github/alice") {
		t.Errorf("got %q", all)
	}
	for size := range uint32(4) {
		if got := list(t, client, nango.Filter{PageSize: size}); len(got) != len(all) {
			t.Errorf("pages of %d: got %d, want %d", size, len(got), len(all))
		}
	}
	filter := nango.Filter{
		ConnectionID:   "alice",
		IntegrationIDs: []string{"github", "hubspot"},
		Tags:           map[string]string{"end_user_id": "alice"},
	}
	if got := list(t, client, filter); len(got) != 1 {
		t.Errorf("got %q", got)
	}
	seen := 0
	for range client.ListConnections(background(), nango.Filter{PageSize: 2}) {
		if seen++; seen == 3 {
			break
		}
	}
	if seen != 3 {
		t.Errorf("the loop ran %d times", seen)
	}
	walk := client.ListConnections(background(), nango.Filter{ConnectionID: "bob"})
	for range 2 {
		for connection, err := range walk {
			if err != nil || connection.EndUser == nil || *connection.EndUser.Email != "bob@example.com" ||
				connection.Created.Time == nil {
				t.Errorf("got %v, %v", connection, err)
			}
		}
	}
}

func list(t *testing.T, client *nango.Client, filter nango.Filter) (all []string) {
	t.Helper()
	for connection, err := range client.ListConnections(background(), filter) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, connection.ProviderConfigKey+"/"+connection.ConnectionID)
	}
	return all
}

// Connections that are added during a walk move the others back, onto the next page.
func TestListWhileConnectionsAreAdded(t *testing.T) {
	client := newClient(t)
	for _, each := range []int{1, 10, 25} {
		tag := fmt.Sprintf("go-walk-%d", each)
		added := 0
		add := func(count int) {
			for range count {
				addConnection(t, fmt.Sprintf("%s-%d", tag, added), tag)
				added++
			}
		}
		t.Cleanup(func() {
			for i := range added {
				path := fmt.Sprintf("/connections/%s-%d?provider_config_key=stripe-key", tag, i)
				askDev(t, http.MethodDelete, path, "", http.StatusOK)
			}
		})
		add(250)
		seen := map[string]int{}
		walked := 0
		filter := nango.Filter{PageSize: 10, Tags: map[string]string{"walk": tag}}
		for connection, err := range client.ListConnections(background(), filter) {
			if err != nil {
				t.Fatal(err)
			}
			seen[connection.ConnectionID]++
			if walked++; walked%10 == 0 && added < 550 {
				add(each)
			}
		}
		once := 0
		for i := range 250 {
			if seen[fmt.Sprintf("%s-%d", tag, i)] == 1 {
				once++
			}
		}
		t.Logf("%d added after each page of 10, %d in all: %d of 250 were listed once",
			each, added-250, once)
		if once != 250 || walked != len(seen) {
			t.Errorf("%d listed once, %d listed, %d different ones", once, walked, len(seen))
		}
	}
}

func addConnection(t *testing.T, id, tag string) {
	t.Helper()
	body := fmt.Sprintf(`{"provider_config_key": "stripe-key", "connection_id": %q,
		"tags": {"walk": %q}, "credentials": {"type": "API_KEY", "apiKey": "a-key-of-a-test"}}`, id, tag)
	askDev(t, http.MethodPost, "/connections", body, http.StatusCreated)
}

// askDev sends a request to nango-dev itself.
func askDev(t *testing.T, method, path, body string, want int) {
	t.Helper()
	url := os.Getenv("NANGO_HOST") + path
	request, err := http.NewRequestWithContext(background(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("NANGO_SECRET_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode != want {
		t.Fatalf("%s %s: got %d", method, path, response.StatusCode)
	}
}

func TestWarmUp(t *testing.T) {
	client := newClient(t)
	ctx, cancel := context.WithTimeout(background(), 5*time.Second)
	defer cancel()
	for _, ctx := range []context.Context{background(), ctx} {
		if err := client.WarmUp(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestTLS(t *testing.T) {
	ca, err := os.ReadFile(os.Getenv("NANGO_DEV_CA_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	host := nango.WithBaseURL(os.Getenv("NANGO_DEV_TLS_HOST"))
	for name, options := range map[string][]nango.Option{
		"with the bundled": {nango.WithTLSRoots(nango.TLSRootsBundled), nango.WithCAPEM(ca)},
		"alone":            {nango.WithTLSRoots(nango.TLSRootsCustomOnly), nango.WithCAPEM(ca)},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, append(options, host)...)
			if token, err := client.GetToken(background(), "github", "bob"); err != nil || token.IsEmpty() {
				t.Errorf("got %v, %v", token, err)
			}
		})
	}
	client := newClient(t, host, nango.WithTLSRoots(nango.TLSRootsBundled))
	_, err = client.GetToken(background(), "github", "bob")
	if e := wantCode(t, err, nango.ErrTLS, nango.CodeTLS); e.Retryable || e.Attempts != 1 {
		t.Errorf("got %+v", *e)
	}
}

const alone = "NANGO_GO_TEST_ALONE"

// The library frees its objects, and resident memory does not grow, whatever the results of calls.
func TestNothingLeaks(t *testing.T) {
	// Run in a separate process, because other tests and the race detector affect this one's memory.
	if os.Getenv(alone) == "" {
		command := exec.Command(os.Args[0], "-test.run=^TestNothingLeaks$", "-test.v")
		command.Env = append(os.Environ(), alone+"=yes")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	live := nango.LiveObjects()
	client := newClientWithKey(t, os.Getenv("NANGO_SECRET_KEY"))
	url, _ := server(t, answer(`{`))
	broken := newClient(t, nango.WithBaseURL(url), nango.WithMaxRetries(0))
	round := func() {
		for range 150 {
			ctx, cancel := context.WithTimeout(background(), time.Minute)
			_, _ = client.GetConnection(
				ctx,
				"github",
				"bob",
				nango.Header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
			)
			_, _ = client.GetToken(ctx, "github", "nobody")
			_, _ = client.GetToken(ctx, "github", "bob\x00")
			_, _ = client.GetToken(ctx, "github", "..", nango.Header("Host", "x"))
			_, _ = broken.GetToken(ctx, "github", "bob")
			for range client.ListConnections(ctx, nango.Filter{PageSize: 10, Search: "a"}) {
				break
			}
			cancel()
			if other, err := nango.New("x\ny"); err == nil {
				_ = other.Close()
			}
			other, err := nango.NewFromEnv()
			if err != nil {
				t.Fatal(err)
			}
			_ = other.Close()
		}
		debug.FreeOSMemory()
	}
	round()
	round()
	before := statusOfProcess(t, "VmRSS")
	for range 4 {
		round()
	}
	after := statusOfProcess(t, "VmRSS")
	// The two clients and the queue.
	if now := settle(live + 3); now > live+3 {
		t.Errorf("%d live objects before, %d after", live, now-3)
	}
	t.Logf("%d kB before, %d kB after", before, after)
	if after-before > 16*1024 {
		t.Errorf("600 rounds took %d kB", after-before)
	}
}
