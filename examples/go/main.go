// Command connection fetches a connection's token from Nango and calls the provider's API with it.
//
//	go run . PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]
//
// The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY. With
// --until-refused it waits until the token expires, and fetches another.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

func main() {
	arguments := os.Args[1:]
	if len(arguments) < 3 || len(arguments) > 4 ||
		len(arguments) == 4 && arguments[3] != "--until-refused" {
		fmt.Fprintf(
			os.Stderr,
			"usage: %s PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]\n",
			os.Args[0],
		)
		os.Exit(2)
	}
	// Ctrl-C cancels the calls in progress.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, arguments[0], arguments[1], arguments[2], len(arguments) == 4)
	stop()
	if err != nil {
		report(err)
		os.Exit(1)
	}
}

func run(
	ctx context.Context,
	providerConfigKey, connectionID, url string,
	untilRefused bool,
) error {
	client, err := nango.NewFromEnv()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := printConnections(ctx, client); err != nil {
		return err
	}

	// Get the token just before using it, and do not store it: Nango refreshes it when necessary.
	token, err := client.GetToken(ctx, providerConfigKey, connectionID)
	if err != nil {
		return err
	}
	printToken(token, "")
	if err := tryToken(ctx, url, token); err != nil || !untilRefused {
		return err
	}

	if err := waitUntilRefused(ctx, url, token); err != nil {
		return err
	}
	fresh, err := client.GetToken(ctx, providerConfigKey, connectionID)
	if err != nil {
		return err
	}
	if fresh.Equal(token) {
		printToken(fresh, ", the same one")
	} else {
		printToken(fresh, ", a fresh one")
	}
	return tryToken(ctx, url, fresh)
}

// printConnections walks through all connections, page after page, and prints the first few.
func printConnections(ctx context.Context, client *nango.Client) error {
	const shown = 3
	var first []string
	count := 0
	for connection, err := range client.ListConnections(ctx, nango.Filter{}) {
		if err != nil {
			return err
		}
		if count++; count <= shown {
			first = append(
				first,
				fmt.Sprintf("%s (%s)", connection.ConnectionID, connection.ProviderConfigKey),
			)
		}
	}
	switch {
	case count == 0:
		fmt.Println("connections: none")
	case count > shown:
		fmt.Printf("connections: %s and %d more\n", strings.Join(first, ", "), count-shown)
	default:
		fmt.Println("connections:", strings.Join(first, ", "))
	}
	return nil
}

// printToken shows only four characters of the token, which is a secret.
func printToken(token nango.Secret, remark string) {
	text := token.Reveal()
	end := ""
	if len(text) > 12 {
		end = text[len(text)-4:]
	}
	fmt.Printf("token: …%s (%d characters)%s\n", end, len(text), remark)
}

// tryToken calls the API once, and prints the result.
func tryToken(ctx context.Context, url string, token nango.Secret) error {
	status, err := callAPI(ctx, url, token)
	if err == nil {
		printStatus(status)
	}
	return err
}

// callAPI calls the provider's API with the token, and returns the status.
func callAPI(ctx context.Context, url string, token nango.Secret) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return response.StatusCode, nil
}

func printStatus(status int) {
	switch {
	case status == http.StatusUnauthorized:
		fmt.Println("api: 401, the provider refuses the token")
	case status >= 200 && status < 300:
		fmt.Printf("api: %d, the provider accepts the token\n", status)
	default:
		fmt.Printf("api: %d\n", status)
	}
}

// waitUntilRefused calls the API with the same token until the provider refuses it.
func waitUntilRefused(ctx context.Context, url string, token nango.Secret) error {
	const longest, pause = 30 * time.Second, 250 * time.Millisecond
	fmt.Println("waiting for the token to expire …")
	for end := time.Now().Add(longest); ; {
		status, err := callAPI(ctx, url, token)
		switch {
		case err != nil:
			return err
		case status == http.StatusUnauthorized:
			printStatus(status)
			return nil
		case time.Now().After(end):
			return fmt.Errorf("the provider still answers %d after %v", status, longest)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// report prints an error and what to do about it.
func report(err error) {
	var e *nango.Error
	if !errors.As(err, &e) {
		fmt.Fprintln(os.Stderr, "error:", err)
		return
	}
	fmt.Fprintf(os.Stderr, "error: %s (%s)\n", e.Message, e.Code)
	fmt.Fprintln(os.Stderr, "->", e.Advice())
}
