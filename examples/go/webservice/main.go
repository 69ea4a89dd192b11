// Command webservice is a web service that answers with what a provider says about its users. It
// asks the provider with each user's own token.
//
//	go run ./webservice
//
// The environment has NANGO_HOST, the server; NANGO_SECRET_KEY, the secret key; INTEGRATION, the
// unique key of the integration in Nango; PROVIDER_URL, the URL of the provider's API; and LISTEN,
// the address to listen on.
package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	// One client serves the whole service: it reuses connections, and never stores a token.
	client, err := nango.NewFromEnv(
		nango.WithUserAgentSuffix("webservice-example/1.0"),
		nango.WithEvents(256),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	// Log failed attempts and retries. The log holds no secrets.
	go client.LogEvents(ctx, slog.Default())

	integration := cmp.Or(os.Getenv("INTEGRATION"), "github")
	providerURL := cmp.Or(os.Getenv("PROVIDER_URL"), "https://api.github.com/user")
	server := &http.Server{
		Handler:           newService(client, integration, providerURL),
		ReadHeaderTimeout: 10 * time.Second,
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	slog.Info("listening", "url", "http://"+listener.Addr().String())

	// Answer the requests in progress before the service stops.
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		patience, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		stopped <- server.Shutdown(patience)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
