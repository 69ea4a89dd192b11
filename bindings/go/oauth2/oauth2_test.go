package oauth2_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
	source "github.com/libnango/libnango/bindings/go/oauth2"
	"golang.org/x/oauth2"
)

func ExampleTokenSource() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	tokens := source.TokenSource(context.Background(), client, "github", "bob")
	provider := &http.Client{Transport: &oauth2.Transport{Source: tokens}}
	response, err := provider.Get(os.Getenv("NANGO_DEV_PROVIDER_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 200 OK
}

func newClient(t *testing.T) (*nango.Client, *atomic.Int64) {
	t.Helper()
	asked := new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"credentials":{"type":"OAUTH2","access_token":"token-%d"}}`, asked.Add(1))
	}))
	t.Cleanup(server.Close)
	client, err := nango.New("0f8fad5b-d9cb-469f-a165-70867728950e", nango.WithBaseURL(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, asked
}

func TestEachTokenIsFresh(t *testing.T) {
	client, asked := newClient(t)
	tokens := source.TokenSource(t.Context(), client, "github", "alice")
	for i := range int64(3) {
		token, err := tokens.Token()
		if err != nil || token.AccessToken != fmt.Sprintf("token-%d", i+1) || token.Type() != "Bearer" ||
			!token.Valid() ||
			asked.Load() != i+1 {
			t.Fatalf("got %+v, %v", token, err)
		}
	}
}

// Code that caches the token despite the advice has an old one for a second at most.
func TestReuseTokenSourceAsksAgain(t *testing.T) {
	client, asked := newClient(t)
	tokens := oauth2.ReuseTokenSource(nil, source.TokenSource(t.Context(), client, "github", "alice"))
	first, err := tokens.Token()
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	second, err := tokens.Token()
	if err != nil || second.AccessToken == first.AccessToken || asked.Load() != 2 {
		t.Errorf("got %v after %v, %v", second, first, err)
	}
}

func TestErrors(t *testing.T) {
	client, _ := newClient(t)
	ctx, cancel := context.WithCancel(t.Context())
	tokens := source.TokenSource(ctx, client, "github", "alice")
	cancel()
	if token, err := tokens.Token(); token != nil || !errors.Is(err, nango.ErrCancelled) ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", token, err)
	}
	if token, err := source.TokenSource(t.Context(), client, "github", "").Token(); token != nil ||
		!errors.Is(err, nango.ErrInvalidArgument) {
		t.Errorf("got %v, %v", token, err)
	}
}
