package nango_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

func Example() {
	// The key and the server come from NANGO_SECRET_KEY and NANGO_HOST.
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	token, err := client.GetToken(ctx, "github", "bob")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token, token.Reveal() != "")
	// Output: [REDACTED] true
}

func ExampleNew() {
	client, err := nango.New(os.Getenv("NANGO_SECRET_KEY"),
		nango.WithBaseURL(os.Getenv("NANGO_HOST")),
		nango.WithTimeout(20*time.Second),
		nango.WithUserAgentSuffix("my-service/1.2"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Println(client.WarmUp(context.Background()))
	// Output: <nil>
}

func ExampleClient_GetConnection() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	connection, err := client.GetConnection(context.Background(), "github", "bob")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(
		connection.Provider,
		connection.EndUser.ID,
		connection.Credentials.Type,
		connection.Credentials.AccessToken,
	)
	// Output: github bob OAUTH2 [REDACTED]
}

func ExampleClient_GetCredentials() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	credentials, err := client.GetCredentials(context.Background(), "basic-auth", "dave")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(credentials.Type, credentials.Username.Reveal(), credentials.Password)
	// Output: BASIC dave [REDACTED]
}

func ExampleClient_ListConnections() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	filter := nango.Filter{ConnectionID: "carol"}
	for connection, err := range client.ListConnections(context.Background(), filter) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(connection.ConnectionID, connection.ProviderConfigKey)
	}
	// Output: carol stripe-key
}

// A handler of a web service calls the provider with the user's own token.
func ExampleClient_Transport() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	handler := func(w http.ResponseWriter, r *http.Request) {
		provider := http.Client{Transport: client.Transport("github", r.FormValue("user"), nil)}
		request, err := http.NewRequestWithContext(
			r.Context(),
			http.MethodGet,
			os.Getenv("NANGO_DEV_PROVIDER_URL"),
			nil,
		)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		response, err := provider.Do(request)
		switch {
		case errors.Is(err, nango.ErrReconnectRequired):
			http.Error(w, "please connect your account again", http.StatusConflict)
			return
		case err != nil:
			http.Error(w, "cannot call the provider", http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		w.WriteHeader(response.StatusCode)
		_, _ = io.Copy(w, response.Body)
	}

	service := httptest.NewServer(http.HandlerFunc(handler))
	defer service.Close()
	for _, user := range []string{"bob", "broken"} {
		response, err := http.Get(service.URL + "?user=" + user)
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		fmt.Println(user, response.Status)
	}
	// Output:
	// bob 200 OK
	// broken 409 Conflict
}

func ExampleClient_LogEvents() {
	client, err := nango.NewFromEnv(nango.WithEvents(100))
	if err != nil {
		log.Fatal(err)
	}
	withoutTimes := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "duration_ms" {
			return slog.Attr{}
		}
		return a
	}
	options := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTimes}
	logger := slog.New(slog.NewTextHandler(os.Stdout, options))
	if _, err := client.GetToken(context.Background(), "github", "bob"); err != nil {
		log.Fatal(err)
	}

	// A service runs LogEvents in its own goroutine until the client is closed.
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_ = client.LogEvents(ctx, logger)
	// Output: level=DEBUG msg="nango: attempt" attempt=1 operation=get_token
}

// Thousands of calls may wait at once. Each costs a goroutine and a connection, but no thread.
func ExampleWithMaxConnections() {
	client, err := nango.NewFromEnv(nango.WithMaxConnections(1000))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	var calls sync.WaitGroup
	var answered atomic.Int64
	for range 1000 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			if _, err := client.GetToken(context.Background(), "github", "bob"); err == nil {
				answered.Add(1)
			}
		}()
	}
	calls.Wait()
	fmt.Println(answered.Load())
	// Output: 1000
}

func ExampleForceRefresh() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := context.Background()
	refused, err := client.GetToken(ctx, "github", "alice")
	if err != nil {
		log.Fatal(err)
	}
	fresh, err := client.GetToken(ctx, "github", "alice", nango.ForceRefresh())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fresh.Equal(refused))
	// Output: false
}

func ExampleError() {
	client, err := nango.NewFromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	_, err = client.GetToken(context.Background(), "github", "nobody")
	if errors.Is(err, nango.ErrNotFound) {
		fmt.Println("not found")
	}
	var e *nango.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Retryable, e.Attempts)
	}
	// Output:
	// not found
	// NOT_FOUND false 1
}

func ExampleSecret() {
	secret := nango.NewSecret("gho_16C7e42F292c6912E7710c838347Ae178B4a")
	fmt.Printf("%v %q %+v\n", secret, secret, struct{ Token nango.Secret }{secret})
	// Output: [REDACTED] [REDACTED] {Token:[REDACTED]}
}
