package nango

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Transport returns a transport for an [http.Client] that calls the provider's API on behalf of a
// connection. Each request gets a fresh token from Nango, as "Authorization: Bearer …" in place of
// what it has; none is ever kept.
//
// If the provider answers 401, the token is refreshed by force, and the request is sent once more
// with the new one, if it has no body or has GetBody, as [http.NewRequest] sets it. However many
// requests are refused at once, there is one refresh: a connection has one at a time, and only the
// newest token is refreshed. If that fails, the request fails with its error, so that
// errors.Is(err, [ErrReconnectRequired]) says when the user must authorise again; a request that
// cannot be sent once more gets the 401 in any case.
//
// A redirect to another host is followed without a token. base is what requests go through, nil:
// [http.DefaultTransport].
func (c *Client) Transport(providerConfigKey, connectionID string, base http.RoundTripper) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{c, connectionKey{providerConfigKey, connectionID}, base}
}

type transport struct {
	client     *Client
	connection connectionKey
	base       http.RoundTripper
}

type connectionKey struct {
	providerConfigKey, connectionID string
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if leavesHost(request) {
		return t.base.RoundTrip(request)
	}
	token, err := t.token(request.Context())
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
	newer, err := t.client.newerToken(request.Context(), t.connection, token)
	switch {
	case !canRepeat(request) || err == nil && newer.Equal(token):
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

func (t *transport) token(ctx context.Context) (Secret, error) {
	return t.client.GetToken(ctx, t.connection.providerConfigKey, t.connection.connectionID)
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

// refreshes are the forced refreshes that are under way.
type refreshes struct {
	mutex   sync.Mutex
	running map[connectionKey]*refresh
}

// refresh replaces a token that was refused.
type refresh struct {
	refused Secret
	// done is closed when token and err say what came of it.
	done  chan struct{}
	token Secret
	err   error
}

// newerToken returns what is to be used instead of a token that was refused: what Nango has by now,
// if that is another, else what a forced refresh gives. One at a time for each connection: who
// comes meanwhile waits for that, and shares it if the same token was refused.
func (c *Client) newerToken(ctx context.Context, connection connectionKey, refused Secret) (Secret, error) {
	for {
		r, own := c.refreshes.join(connection, refused)
		if own {
			r.token, r.err = c.replace(ctx, connection, refused)
			c.refreshes.finish(connection, r)
			return r.token, r.err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return Secret{}, contextError(ctx)
		}
		// What ended because its own caller gave up says nothing to the others.
		gaveUp := errors.Is(r.err, context.Canceled) || errors.Is(r.err, context.DeadlineExceeded)
		if r.refused.Equal(refused) && !gaveUp {
			return r.token, r.err
		}
	}
}

// join returns the refresh that is under way, or one that the caller is to carry out.
func (r *refreshes) join(connection connectionKey, refused Secret) (_ *refresh, own bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if running := r.running[connection]; running != nil {
		return running, false
	}
	if r.running == nil {
		r.running = map[connectionKey]*refresh{}
	}
	begun := &refresh{refused: refused, done: make(chan struct{})}
	r.running[connection] = begun
	return begun, true
}

func (r *refreshes) finish(connection connectionKey, done *refresh) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.running, connection)
	close(done.done)
}

func (c *Client) replace(ctx context.Context, connection connectionKey, refused Secret) (Secret, error) {
	token, err := c.GetToken(ctx, connection.providerConfigKey, connection.connectionID)
	if err != nil || !token.Equal(refused) {
		return token, err
	}
	return c.GetToken(ctx, connection.providerConfigKey, connection.connectionID, ForceRefresh())
}
