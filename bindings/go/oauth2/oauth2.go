// Package oauth2 gives the tokens of Nango's connections to whatever takes a
// [golang.org/x/oauth2.TokenSource], such as the API clients of many providers. It is a module of
// its own, so that the package nango needs no other.
//
// Where an [net/http.Client] is taken instead, nango's own Transport does more: it refreshes a
// token that the provider refuses.
package oauth2

import (
	"context"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
	"golang.org/x/oauth2"
)

// The package x/oauth2 takes a token for expired ten seconds before it is: this leaves one second.
const validFor = 11 * time.Second

// TokenSource returns a source that asks Nango for the connection's token each time. The context
// ends what is under way and what is asked later, as x/oauth2 has none for each token.
//
// Use it as it is, such as in an [oauth2.Transport]. Do not put it into [oauth2.ReuseTokenSource],
// which caches, and not into [oauth2.NewClient], which does that too: a token may be revoked or
// replaced long before it expires, and only Nango knows. Since libraries do so all the same, the
// tokens say that they expire in a moment, whenever they really do: a second later Nango is asked
// again.
func TokenSource(ctx context.Context, client *nango.Client, providerConfigKey, connectionID string, options ...nango.CallOption) oauth2.TokenSource {
	return source(func() (nango.Secret, error) { return client.GetToken(ctx, providerConfigKey, connectionID, options...) })
}

type source func() (nango.Secret, error)

// Token implements [oauth2.TokenSource].
func (s source) Token() (*oauth2.Token, error) {
	token, err := s()
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: token.Reveal(), TokenType: "Bearer", Expiry: time.Now().Add(validFor)}, nil
}
