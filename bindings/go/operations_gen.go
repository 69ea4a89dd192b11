// Code generated from api/ by nango-gen. DO NOT EDIT.
// To change it, edit api/nango.openapi.yaml or api/library.toml and run `make generate`.

//go:build cgo

package nango

import (
	"context"
	"encoding/json"
)

// GetConnection fetches a connection with its credentials. Nango first refreshes the token if it
// expires soon. Call it just before you use the token, and do not store the result. A key without
// the scope environment:connections:read_credentials gets no credentials.
func (c *Client) GetConnection(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (*Connection, error) {
	text, err := c.GetConnectionJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	result := new(Connection)
	if err := result.decode(text); err != nil {
		return nil, err
	}
	return result, nil
}

// GetConnectionJSON is like [Client.GetConnection], but returns the JSON byte for byte as Nango
// wrote it, including secrets.
func (c *Client) GetConnectionJSON(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_connection\x00", providerConfigKey, connectionID, options)
}

// GetToken fetches the one token of a connection: the text that goes after "Bearer", or the API
// key. Nango first refreshes the token if it expires soon. Call it just before each use, and do not
// store the result.
//
// It fails with [ErrNoCredentials] if there are no credentials, or the key may not read them.
// It fails with [ErrNoSingleToken] for credentials that have no single token, such as BASIC and
// OAUTH1; use [Client.GetCredentials] for these.
func (c *Client) GetToken(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (Secret, error) {
	return secretOf(c.callForOne(
		ctx, "get_token\x00", providerConfigKey, connectionID, options,
	))
}

// GetCredentials fetches the credentials of a connection, of any type. Nango first refreshes the
// token if it expires soon.
//
// It fails with [ErrNoCredentials] if there are none, or the key may not read them.
func (c *Client) GetCredentials(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (*Credentials, error) {
	text, err := c.GetCredentialsJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	result := new(Credentials)
	if err := result.decode(text); err != nil {
		return nil, err
	}
	return result, nil
}

// GetCredentialsJSON is like [Client.GetCredentials], but returns the JSON byte for byte as Nango
// wrote it, including secrets.
func (c *Client) GetCredentialsJSON(
	ctx context.Context,
	providerConfigKey, connectionID string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_credentials\x00", providerConfigKey, connectionID, options)
}

// ReplaceToken fetches a token to replace one that the provider refused, with 401 for example. It
// reads the connection, and makes Nango refresh the token if it is still the refused one.
// Concurrent calls of one client that replace the same token of a connection share one refresh, and
// each keeps its own timeout. No token is kept after that. Nango answers a forced refresh with the
// old token if the refresh coincides with another read of the connection, so the call forces up to
// three refreshes, 0.5 s and 1 s apart, within its timeout.
//
// It fails with [ErrInvalidArgument] if a call option forces a refresh or asks for the refresh
// token.
// It fails with [ErrTokenNotReplaced] if none of the refreshes returned another token, or if Nango
// does not refresh this type of credentials (API_KEY and others, and OAUTH2 without a refresh
// token), so that no refresh was forced.
func (c *Client) ReplaceToken(
	ctx context.Context,
	providerConfigKey, connectionID string,
	refusedToken Secret,
	options ...CallOption,
) (Secret, error) {
	if err := rejectNUL("refused_token", refusedToken.Reveal()); err != nil {
		return Secret{}, err
	}
	return secretOf(c.callForOne(
		ctx, "replace_token\x00", providerConfigKey, connectionID, options,
		`,"refused_token":`, quote(refusedToken.Reveal()),
	))
}
