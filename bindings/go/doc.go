// Package nango is a client of Nango, which keeps OAuth connections and hands out fresh access
// tokens.
//
// Make one [Client] for each secret key and keep it. Ask it for a token just before the token is
// used, and do not keep the answer: Nango refreshes the token when it has to, and neither this
// package nor the library below it ever caches one.
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
//		// The user must authorise again: begin a reconnect session.
//	case err != nil:
//		return err
//	}
//	request.Header.Set("Authorization", "Bearer "+token.Reveal())
//
// To call the provider's API, let [Client.Transport] do that: each request gets a fresh token, and
// one more chance if the provider refuses it.
//
//	provider := http.Client{Transport: client.Transport("github", "alice", nil)}
//	response, err := provider.Get("https://api.github.com/user")
//
// # Errors
//
// Every error is an [*Error], which errors.As finds, and matches one of the Err… variables, which
// errors.Is tells. When a call ended because its context did, errors.Is finds [context.Canceled] or
// [context.DeadlineExceeded] too. After [Client.Close], it finds [ErrClosed], in calls that were
// waiting as well.
//
// # Secrets
//
// Whatever may hold a secret ([Secret], [SecretJSON], [Credentials], [Connection]) prints as
// [REDACTED]: with any verb of fmt, in JSON, XML, templates and slog. What would write an object to
// read it again, such as gob, refuses. A secret is kept in a closure, so that what walks through
// values by reflection, such as spew, does not get to it either; only a program that reads memory
// through unsafe does. Reveal and Raw are the ways to the secret itself, and easy to find in a
// review. Metadata is your own and is not taken for a secret.
//
// # JSON
//
// JSON comes as Nango wrote it, byte for byte, but for half of a surrogate pair (\ud800), which
// becomes \ufffd. What is not JSON, or is nested more than 512 levels deep, is
// [ErrInvalidResponse].
//
// # Goroutines
//
// A Client may be used by any number of goroutines at once. A call that waits holds no operating
// system thread: thousands wait as cheaply as goroutines do. A call returns as soon as its context
// ends, whatever it is doing. [WithMaxConnections] bounds how many connections a client has open;
// the calls beyond that wait inside the library.
//
// # Linking
//
// The package is a thin layer over libnango (cgo, found by pkg-config under the name nango). With
// the build tag nango_static the library becomes part of the program, which then needs no
// libnango.so where it runs.
package nango
