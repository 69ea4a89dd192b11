// Command connect connects an account of a user, authorises a broken connection again, or imports a
// connection.
//
//	go run ./connect new PROVIDER_CONFIG_KEY USER
//	go run ./connect again PROVIDER_CONFIG_KEY CONNECTION_ID
//	go run ./connect import PROVIDER_CONFIG_KEY USER API_KEY
//
// The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
)

// How long to wait for the user, and the time between two checks.
const (
	patience = time.Minute
	pause    = 500 * time.Millisecond
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	client, err := nango.NewFromEnv()
	if err != nil {
		return err
	}
	defer client.Close()
	id, key := "", ""
	switch {
	case len(arguments) == 3 && arguments[0] == "new":
		key = arguments[1]
		id, err = connect(ctx, client, key, arguments[2])
	case len(arguments) == 3 && arguments[0] == "again":
		key, id = arguments[1], arguments[2]
		err = connectAgain(ctx, client, key, id)
	case len(arguments) == 4 && arguments[0] == "import":
		key = arguments[1]
		id, err = importKey(ctx, client, key, arguments[2], arguments[3])
	default:
		err = errors.New("usage: connect new|again|import PROVIDER_CONFIG_KEY …")
	}
	if err != nil {
		return err
	}
	token, err := client.GetToken(ctx, key, id)
	if err != nil {
		return err
	}
	fmt.Printf("connected: %s, with a token of %d characters\n", id, len(token.Reveal()))
	return nil
}

// connect returns the id of the new connection. Nango chooses it, so a tag of your own finds it.
func connect(ctx context.Context, client *nango.Client, key, user string) (string, error) {
	tags := map[string]string{"user": user}
	session, err := client.CreateConnectSession(ctx, nango.CreateConnectSessionParams{
		Tags: tags, AllowedIntegrations: []string{key},
	})
	if err != nil {
		return "", err
	}
	id := ""
	err = waitForUser(ctx, session, func() (bool, error) {
		filter := nango.Filter{IntegrationIDs: []string{key}, Tags: tags}
		for connection, err := range client.ListConnections(ctx, filter) {
			if err != nil {
				return false, err
			}
			id = connection.ConnectionID
			return true, nil
		}
		return false, nil
	})
	return id, err
}

// connectAgain leaves the connection its id, its tags and its metadata.
func connectAgain(ctx context.Context, client *nango.Client, key, id string) error {
	session, err := client.CreateReconnectSession(ctx, nango.CreateReconnectSessionParams{
		IntegrationID: key, ConnectionID: id,
	})
	if err != nil {
		return err
	}
	return waitForUser(ctx, session, func() (bool, error) {
		_, err := client.GetToken(ctx, key, id)
		var failure *nango.Error
		if errors.As(err, &failure) && failure.SuggestsReconnect() {
			return false, nil
		}
		return err == nil, err
	})
}

func importKey(
	ctx context.Context, client *nango.Client, key, user, apiKey string,
) (string, error) {
	connection, err := client.CreateConnection(ctx, nango.CreateConnectionParams{
		ProviderConfigKey: key,
		Credentials:       map[string]string{"type": "API_KEY", "apiKey": apiKey},
		Tags:              map[string]string{"user": user},
	})
	if err != nil {
		return "", err
	}
	return connection.ConnectionID, nil
}

// waitForUser shows the user the link, and checks until the user has been there.
func waitForUser(
	ctx context.Context, session *nango.ConnectSession, done func() (bool, error),
) error {
	fmt.Println("open:", session.ConnectLink.Reveal())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("the user did not come")
		case <-time.After(pause):
		}
	}
}
