package nango

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// Transport returns a transport for an [http.Client] that calls the provider's API on behalf of a
// connection. Each request gets a fresh token from Nango, as "Authorization: Bearer …" in place of
// what it has; none is ever kept.
//
// If the provider answers 401, the token is replaced, as [Client.ReplaceToken] does: however many
// requests are refused at once, there is one refresh. The request is sent once more with the new
// token, if it has no body or has GetBody, as [http.NewRequest] sets it. If Nango has no other
// token, or the request cannot be sent once more, it gets the 401. If anything else fails, the
// request fails with its error, so that errors.Is(err, [ErrReconnectRequired]) says when the user
// must authorise again.
//
// A redirect to another host is followed without a token. base is what requests go through, nil:
// [http.DefaultTransport].
func (c *Client) Transport(providerConfigKey, connectionID string, base http.RoundTripper) http.RoundTripper {
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

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// send sends a copy, since a transport must not change the caller's request. The caller's own is
// what the response names: the copy holds the token.
func (t *transport) send(request *http.Request, body io.ReadCloser, token Secret) (*http.Response, error) {
	sent := request.Clone(request.Context())
	sent.Body = body
	sent.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := t.base.RoundTrip(sent)
	if response != nil {
		response.Request = request
	}
	return response, err
}

// leavesHost reports whether a redirect leads to where the token does not belong: to another host,
// or from https to http.
func leavesHost(request *http.Request) bool {
	for response := request.Response; response != nil && response.Request != nil; response = response.Request.Response {
		from := response.Request.URL
		if !strings.EqualFold(from.Host, request.URL.Host) || from.Scheme == "https" && request.URL.Scheme != "https" {
			return true
		}
	}
	return false
}

func canRepeat(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// discard reads what little is left, so that the connection can be used again.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	_ = response.Body.Close()
}
