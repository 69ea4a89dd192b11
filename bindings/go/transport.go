//go:build cgo

package nango

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// Transport returns a transport for an [http.Client] that calls the provider's API on behalf of a
// connection. It fetches a fresh token from Nango for each request, and sends it as "Authorization:
// Bearer …", replacing any such header of the request. It never stores a token.
//
// If the provider answers 401, the transport replaces the token as [Client.ReplaceToken] does: all
// requests that are refused at once share one refresh. It then sends the request once more with the
// new token, if the request has no body or has GetBody, as [http.NewRequest] sets it. If Nango has
// no other token, or the request cannot be sent again, the caller gets the 401. On any other
// failure, the request fails with that error, so that errors.Is(err, [ErrReconnectRequired]) tells
// you when the user must authorise again.
//
// A redirect to another host is followed without a token. Requests are sent through base, or
// through [http.DefaultTransport] if base is nil.
func (c *Client) Transport(
	providerConfigKey, connectionID string,
	base http.RoundTripper,
) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{c, providerConfigKey, connectionID, base}
}

type transport struct {
	client                          *Client
	providerConfigKey, connectionID string
	base                            http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if leavesHost(request) {
		return t.base.RoundTrip(request)
	}
	ctx := request.Context()
	token, err := t.client.GetToken(ctx, t.providerConfigKey, t.connectionID)
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	response, err := t.send(request, request.Body, token)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	newer, err := t.client.ReplaceToken(ctx, t.providerConfigKey, t.connectionID, token)
	switch {
	case !canRepeat(request) || errors.Is(err, ErrTokenNotReplaced):
		return response, nil
	case err != nil:
		discard(response)
		return nil, err
	}
	body := request.Body
	if request.GetBody != nil {
		if body, err = request.GetBody(); err != nil {
			return response, nil
		}
	}
	discard(response)
	return t.send(request, body, newer)
}

// CloseIdleConnections closes base's idle connections. [http.Client.CloseIdleConnections] calls it.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// send sends a copy, because a transport must not change the caller's request. The response refers
// to the caller's request, because the copy holds the token.
func (t *transport) send(
	request *http.Request,
	body io.ReadCloser,
	token Secret,
) (*http.Response, error) {
	sent := request.Clone(request.Context())
	sent.Body = body
	sent.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := t.base.RoundTrip(sent)
	if response != nil {
		response.Request = request
	}
	return response, err
}

// leavesHost reports whether a redirect leads somewhere that must not get the token: to another
// host, or from https to http.
func leavesHost(request *http.Request) bool {
	response := request.Response
	for ; response != nil && response.Request != nil; response = response.Request.Response {
		from := response.Request.URL
		if !strings.EqualFold(from.Host, request.URL.Host) ||
			from.Scheme == "https" && request.URL.Scheme != "https" {
			return true
		}
	}
	return false
}

func canRepeat(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// discard reads the rest of a short body, so that the connection can be reused.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	_ = response.Body.Close()
}
