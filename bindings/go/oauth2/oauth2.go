// Package oauth2 provides the tokens of Nango's connections to code that takes a
// [golang.org/x/oauth2.TokenSource], such as the API clients of many providers. It is a separate
// module, so that the package nango depends on no other module.
//
// For code that takes an [net/http.Client], use nango's own Transport instead: it also refreshes a
// token that the provider refuses.
package oauth2

import (
	"context"
	"time"

	nango "github.com/libnango/libnango/bindings/go"
	"golang.org/x/oauth2"
)

// x/oauth2 treats a token as expired ten seconds before its expiry, which leaves one second.
const validFor = 11 * time.Second

// TokenSource returns a source that fetches the connection's token from Nango each time. The
// context applies to all of these calls, in progress and later, because x/oauth2 passes no context
// for a single token.
//
// Use the source directly, such as in an [oauth2.Transport]. Do not wrap it in
// [oauth2.ReuseTokenSource], which caches tokens, or in [oauth2.NewClient], which caches them too:
// a token may be revoked or replaced long before it expires, and only Nango knows. Some libraries
// cache tokens anyway. Therefore each token's expiry is set to a moment from now, whatever the real
// one is, and such a library calls Nango again a second later.
func TokenSource(
	ctx context.Context,
	client *nango.Client,
	providerConfigKey, connectionID string,
	options ...nango.CallOption,
) oauth2.TokenSource {
	return source(func() (nango.Secret, error) {
		return client.GetToken(ctx, providerConfigKey, connectionID, options...)
	})
}

type source func() (nango.Secret, error)

// Token implements [oauth2.TokenSource].
func (s source) Token() (*oauth2.Token, error) {
	token, err := s()
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{
		AccessToken: token.Reveal(),
		TokenType:   "Bearer",
		Expiry:      time.Now().Add(validFor),
	}, nil
}
