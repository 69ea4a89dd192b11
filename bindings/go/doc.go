// Package nango is a client of Nango, which keeps OAuth connections and provides fresh access
// tokens.
//
// Make one [Client] for each secret key and keep it. Get a token just before you use it, and do not
// store it: Nango refreshes the token when necessary, and neither this package nor the library
// below it ever caches one.
//
//	client, err := nango.New(secretKey)
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//
//	token, err := client.GetToken(ctx, "github", "alice")
//	switch {
//	case errors.Is(err, nango.ErrReconnectRequired):
//		// The user must authorise again: start a reconnect session.
//	case err != nil:
//		return err
//	}
//	request.Header.Set("Authorization", "Bearer "+token.Reveal())
//
// To call the provider's API, use [Client.Transport]. Each request gets a fresh token, and is sent
// once more with a new token if the provider refuses the first one.
//
//	provider := http.Client{Transport: client.Transport("github", "alice", nil)}
//	response, err := provider.Get("https://api.github.com/user")
//
// # Errors
//
// Every error is an [*Error], which errors.As finds, and matches one of the Err… variables with
// errors.Is. If the context ended the call, errors.Is also matches [context.Canceled] or
// [context.DeadlineExceeded]. After [Client.Close], all calls fail with [ErrClosed], including
// those that were waiting.
//
// # Secrets
//
// The types that may hold a secret ([Secret], [SecretJSON], [Credentials], [Connection]) print as
// [REDACTED] with every verb of fmt, and in JSON, XML, templates and slog. Encoders that write an
// object in order to read it back, such as gob, return an error. A secret is stored in a closure,
// so that code that inspects values by reflection, such as spew, cannot read it either; only code
// that reads memory through unsafe can. Reveal and Raw return the secret itself, and are easy to
// find in a review. Metadata is your own data and is not treated as a secret.
//
// # JSON
//
// JSON is returned as Nango wrote it, byte for byte, except that half of a surrogate pair (\ud800)
// becomes \ufffd. An answer that is not JSON, or is nested more than 512 levels deep, is
// [ErrInvalidResponse].
//
// # Goroutines
//
// Any number of goroutines may use a Client at once. A waiting call holds no operating system
// thread, so thousands of calls wait as cheaply as goroutines do. A call returns as soon as its
// context ends, whatever it is doing. [WithMaxConnections] limits how many connections a client has
// open; further calls wait inside the library.
//
// # Linking
//
// The package is a thin layer over libnango, which cgo finds with pkg-config under the name nango.
// The build tag nango_static links the library into the program, which then needs no libnango.so at
// run time.
package nango
