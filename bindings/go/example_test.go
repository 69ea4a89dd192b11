package nango_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
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
	fmt.Println(connection.Provider, connection.EndUser.ID, connection.Credentials.Type, connection.Credentials.AccessToken)
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

	for connection, err := range client.ListConnections(context.Background(), nango.Filter{ConnectionID: "carol"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(connection.ConnectionID, connection.ProviderConfigKey)
	}
	// Output: carol stripe-key
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
