package nango

// #include <nango.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// Client is a client of one Nango environment. Make one for each secret key and keep it: it keeps
// connections warm, and never a token. Any number of goroutines may use it at once.
type Client struct {
	handle  *handle
	timeout time.Duration
	events  bool
}

// handle counts who uses the library's client and the queue, so that each is freed once, and never
// while a call needs it.
type handle struct {
	// ended is closed when the client is.
	ended chan struct{}
	// stirred has room for one: a call has ended, and left events perhaps.
	stirred chan struct{}

	mutex  sync.Mutex
	client *C.nango_client
	// hub is acquired by the first call.
	hub    *hub
	calls  int
	closed bool
}

// acquire is for who needs only the library's client, until leave.
func (h *handle) acquire() (*C.nango_client, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		return nil, closedError()
	}
	h.calls++
	return h.client, nil
}

// enter is for a call, which needs the queue too, until leave.
func (h *handle) enter() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		return closedError()
	}
	if h.hub == nil {
		hub, err := acquireHub()
		if err != nil {
			return err
		}
		h.hub = hub
	}
	h.calls++
	return nil
}

func (h *handle) leave() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.calls--
	h.freeIfUnused()
}

func (h *handle) close() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	close(h.ended)
	h.freeIfUnused()
}

func (h *handle) freeIfUnused() {
	if !h.closed || h.calls > 0 {
		return
	}
	C.nango_client_free(h.client)
	h.client = nil
	if h.hub != nil {
		h.hub.release()
		h.hub = nil
	}
}

// New makes a client with a secret key. Nothing is sent yet.
func New(secretKey string, options ...Option) (*Client, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	s := &settings{options: C.nango_options_new()}
	s.text("the secret key", secretKey, func(text *C.char) { C.nango_options_set_secret_key(s.options, text) })
	return s.newClient(options)
}

// NewFromEnv makes a client with the key and the base URL of the environment: NANGO_API_KEY, then
// NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is set
// and not empty counts. The options come after that.
func NewFromEnv(options ...Option) (*Client, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	var cErr *C.nango_error
	fromEnv := C.nango_options_new_from_env(&cErr)
	if fromEnv == nil {
		return nil, takeError(cErr)
	}
	return (&settings{options: fromEnv}).newClient(options)
}

func (s *settings) newClient(options []Option) (*Client, error) {
	defer C.nango_options_free(s.options)
	WithTimeout(defaultTimeout)(s)
	WithUserAgentSuffix("libnango-go/" + Version)(s)
	for _, option := range options {
		option(s)
	}
	if s.err != nil {
		return nil, s.err
	}
	var cErr *C.nango_error
	made := C.nango_client_new_with_options(s.options, &cErr)
	if made == nil {
		return nil, takeError(cErr)
	}
	c := &Client{
		handle: &handle{client: made, ended: make(chan struct{}), stirred: make(chan struct{}, 1)}, timeout: s.timeout, events: s.events,
	}
	// The net under who forgets Close.
	runtime.AddCleanup(c, (*handle).close, c.handle)
	return c, nil
}

// Close ends the client: calls that wait return at once, and they and all later ones fail with
// [ErrClosed]. It may be called again, and always returns nil.
func (c *Client) Close() error {
	c.handle.close()
	runtime.KeepAlive(c)
	return nil
}

// GetConnection fetches a connection, whose token Nango refreshes first if need be. Call it just
// before the token is used, and do not keep the result. A key without the scope
// environment:connections:read_credentials gets no credentials.
func (c *Client) GetConnection(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (*Connection, error) {
	text, err := c.GetConnectionJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	connection := new(Connection)
	if err := connection.decode(text); err != nil {
		return nil, err
	}
	return connection, nil
}

// GetConnectionJSON is [Client.GetConnection] with Nango's answer, byte for byte, secrets and all.
func (c *Client) GetConnectionJSON(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_connection\x00", providerConfigKey, connectionID, options)
}

// GetToken fetches the one text that goes behind "Bearer", or the API key, of a connection.
// Credentials that are not one token are [ErrNoSingleToken], such as BASIC and OAUTH1: ask for them
// with [Client.GetCredentials]. None at all are [ErrNoCredentials].
func (c *Client) GetToken(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (Secret, error) {
	return secretOf(c.callForOne(ctx, "get_token\x00", providerConfigKey, connectionID, options))
}

// secretOf is for bytes that nobody else has: a copy would be one more place in memory.
func secretOf(text []byte, err error) (Secret, error) {
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(unsafe.String(unsafe.SliceData(text), len(text))), nil
}

// ReplaceToken fetches a token in place of one that the provider refused, with 401 for example. It
// reads the connection, and makes Nango refresh the token if that is still the refused one. Calls
// of this client that replace the same token of a connection at the same time share one refresh,
// each with its own context; no token is kept beyond that.
//
// Nango answers a forced refresh with the old token when it coincides with another read of the
// connection, so up to three are forced, 0.5 s and 1 s apart, within the call's time.
// [ErrTokenNotReplaced]: none of them brought another token, or Nango does not refresh this type of
// credentials (API_KEY and others, and OAUTH2 without a refresh token), which is never forced. The
// options [ForceRefresh] and [IncludeRefreshToken] are [ErrInvalidArgument] here.
func (c *Client) ReplaceToken(
	ctx context.Context, providerConfigKey, connectionID string, refused Secret,
	options ...CallOption,
) (Secret, error) {
	if err := refuseNUL("the refused token", refused.Reveal()); err != nil {
		return Secret{}, err
	}
	return secretOf(c.callForOne(ctx, "replace_token\x00", providerConfigKey, connectionID, options,
		`,"refused_token":`, quote(refused.Reveal())))
}

// GetCredentials fetches the credentials of a connection, of whatever type. None at all are
// [ErrNoCredentials].
func (c *Client) GetCredentials(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (*Credentials, error) {
	text, err := c.GetCredentialsJSON(ctx, providerConfigKey, connectionID, options...)
	if err != nil {
		return nil, err
	}
	credentials := new(Credentials)
	if err := credentials.decode(text); err != nil {
		return nil, err
	}
	return credentials, nil
}

// GetCredentialsJSON is [Client.GetCredentials] as they stand in Nango's answer, byte for byte,
// secrets and all.
func (c *Client) GetCredentialsJSON(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (json.RawMessage, error) {
	return c.callForOne(ctx, "get_credentials\x00", providerConfigKey, connectionID, options)
}

// ListConnectionsJSON fetches the environment's connections in one request, byte for byte as Nango
// wrote them: {"connections": […]}, without credentials, and nothing is refreshed.
//
// filterJSON is empty for all of them, or a JSON object with any of "connection_id", "search",
// "end_user_id", "end_user_organization_id" (texts), "integration_id" (a text or a list of texts),
// "tags" (an object of texts), "limit" and "page" (numbers). Without a limit Nango sends its first
// 10 000; [Client.ListConnections] walks through all of them.
func (c *Client) ListConnectionsJSON(ctx context.Context, filterJSON string, options ...CallOption) (json.RawMessage, error) {
	return c.call(ctx, request{"list_connections\x00", filterJSON, newCallSettings(options)})
}

// WarmUp opens a connection before the first call, so that it finds one. It sends no key.
func (c *Client) WarmUp(ctx context.Context) error {
	_, err := c.call(ctx, request{operation: "warm_up\x00"})
	return err
}

// NextEventJSON returns the oldest event that nobody took yet, as a JSON object without secrets;
// nil: there is none. See [WithEvents].
//
// {"event": "attempt", "operation", "attempt" (1 is the first), "duration_ms", "error" (null, or
// {"code", "http_status", "api_code", "message"}), "retry_in_ms" (null: no more)} for each attempt
// of a call, or {"event": "warning", "message"}. Both have "time_ms" (Unix time) and "dropped" (how
// many before it were dropped). More members and more kinds of events may come.
func (c *Client) NextEventJSON() json.RawMessage {
	defer runtime.KeepAlive(c)
	return c.handle.nextEvent()
}

func (h *handle) nextEvent() json.RawMessage {
	client, err := h.acquire()
	if err != nil {
		return nil
	}
	defer h.leave()
	event := C.nango_client_next_event_json(client)
	if event == nil {
		return nil
	}
	defer C.nango_free_string(event)
	return json.RawMessage(C.GoString(event))
}

// String names the type: there is nothing in a client for a person to read, and a key in it that
// nobody should.
func (c *Client) String() string { return "nango.Client" }

// GoString is String.
func (c *Client) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText returns what String does, so that what encodes a client says no more.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue is String.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// callForOne makes a call about one connection; more is what follows the ids in its parameters.
func (c *Client) callForOne(
	ctx context.Context, operation, providerConfigKey, connectionID string, options []CallOption,
	more ...string,
) ([]byte, error) {
	if err := refuseNUL("the provider config key", providerConfigKey); err != nil {
		return nil, err
	}
	if err := refuseNUL("the connection id", connectionID); err != nil {
		return nil, err
	}
	params := `{"provider_config_key":` + quote(providerConfigKey) +
		`,"connection_id":` + quote(connectionID) + strings.Join(more, "") + "}"
	return c.call(ctx, request{operation, params, newCallSettings(options)})
}

// limit is until when a call may take, and whether it is the context that says so.
type limit struct {
	deadline  time.Time
	ofContext bool
	// refused is a timeout that is none, for the library to refuse.
	refused bool
}

func (s callSettings) limit(ctx context.Context, timeout time.Duration) limit {
	if s.timeout != nil {
		timeout = *s.timeout
	}
	l := limit{deadline: time.Now().Add(timeout), refused: timeout <= 0}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(l.deadline) {
		l.deadline, l.ofContext = deadline, true
	}
	return l
}

// left is at least a millisecond, for a call that has got this far, so that the library does not
// take it for a mistake.
func (l limit) left() time.Duration {
	if l.refused {
		return 0
	}
	return max(time.Until(l.deadline), time.Millisecond)
}

// judge says of an error whether it was the context's end that the library met.
func (l limit) judge(ctx context.Context, err *Error) error {
	if err.Code != CodeTimeout {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		return err.endedBy(ctx, ended)
	}
	if l.ofContext && !time.Now().Before(l.deadline) {
		// The library's clock was faster than the context's.
		return err.endedBy(ctx, context.DeadlineExceeded)
	}
	return err
}
