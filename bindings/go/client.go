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

// Client is a client of one Nango environment. Make one for each secret key and keep it: it reuses
// connections, and never stores a token. Any number of goroutines may use it at once.
type Client struct {
	handle  *handle
	timeout time.Duration
	events  bool
}

// lifetime returns the client's handle. It is nil for a nil client and for the zero Client, and all
// of its methods then fail or do nothing.
func (c *Client) lifetime() *handle {
	if c == nil {
		return nil
	}
	return c.handle
}

// handle counts the calls that use the library's client and the queue, so that each is freed
// exactly once, and never while a call needs it.
type handle struct {
	// ended is closed when the client is closed.
	ended chan struct{}
	// eventsPending holds one signal: a call has completed and may have left events.
	eventsPending chan struct{}

	mutex  sync.Mutex
	client *C.nango_client
	// hub is nil until the first call acquires it.
	hub    *hub
	calls  int
	closed bool
}

// acquire returns the library's client and keeps it from being freed until leave.
func (h *handle) acquire() (*C.nango_client, error) {
	if h == nil {
		return nil, notCreatedError()
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		return nil, closedError()
	}
	h.calls++
	return h.client, nil
}

// enter keeps the client and the queue from being freed until leave. Each call needs both.
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
	if h == nil {
		return
	}
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

// New creates a client for a secret key. It sends nothing.
func New(secretKey string, options ...Option) (*Client, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	s := &settings{options: C.nango_options_new()}
	s.text("the secret key", secretKey, func(text *C.char) {
		C.nango_options_set_secret_key(s.options, text)
	})
	return s.newClient(options)
}

// NewFromEnv creates a client with the key and the base URL from the environment. It takes the key
// from NANGO_API_KEY or NANGO_SECRET_KEY, and the base URL from NANGO_HOST, NANGO_SERVER_URL or
// NANGO_HOSTPORT: the first variable, in this order, that is set and not empty. The options are
// applied after that.
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
	for i, option := range options {
		if option == nil {
			s.fail(nilOptionError(i))
			continue
		}
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
		handle: &handle{
			client:        made,
			ended:         make(chan struct{}),
			eventsPending: make(chan struct{}, 1),
		},
		timeout: s.timeout,
		events:  s.events,
	}
	// Safety net for callers that forget to call Close.
	runtime.AddCleanup(c, (*handle).close, c.handle)
	return c, nil
}

// Close closes the client. Waiting calls return at once; they and all later calls fail with
// [ErrClosed]. Close may be called more than once, and always returns nil.
func (c *Client) Close() error {
	c.lifetime().close()
	runtime.KeepAlive(c)
	return nil
}

// secretOf uses text without copying it, because a copy would leave the secret in memory once more.
// Nothing else may refer to text.
func secretOf(text []byte, err error) (Secret, error) {
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(unsafe.String(unsafe.SliceData(text), len(text))), nil
}

// ListConnectionsJSON fetches the environment's connections in one request, byte for byte as Nango
// wrote them: {"connections": […]}. The list holds no credentials, and Nango refreshes nothing.
//
// filterJSON is empty to list all connections, or a JSON object with any of "connection_id",
// "search", "end_user_id", "end_user_organization_id" (strings), "integration_id" (a string or a
// list of strings), "tags" (an object of strings), "limit" and "page" (numbers). Without a limit
// Nango returns its first 10 000; [Client.ListConnections] walks through all of them.
func (c *Client) ListConnectionsJSON(
	ctx context.Context,
	filterJSON string,
	options ...CallOption,
) (json.RawMessage, error) {
	return c.call(ctx, request{operation: "list_connections\x00", params: filterJSON}, options)
}

// CallJSON calls any operation of Nango's API, by the names in docs/OPERATIONS.md. It returns the
// result byte for byte as Nango wrote it. For "get_token" and "replace_token", that is the token
// itself.
//
// params is nil, or anything that encoding/json writes as an object, such as a map or a
// [json.RawMessage]. A [Secret] does not print, so pass what its Reveal method returns. A parameter
// that is unknown, missing or of the wrong type is an error before anything is sent.
//
// A newer server may have parameters that this version does not know: every operation takes
// "extra", an object with any of "query", "headers" and "body". The operation "request" sends any
// request.
func (c *Client) CallJSON(
	ctx context.Context,
	operation string,
	params any,
	options ...CallOption,
) (json.RawMessage, error) {
	text, err := paramsText(params)
	if err != nil {
		return nil, err
	}
	if err := rejectNUL("the operation", operation); err != nil {
		return nil, err
	}
	return c.call(ctx, request{operation + "\x00", text}, options)
}

// OperationsJSON describes all operations: a JSON array of objects with "name", "method", "path",
// "parameters" (objects with "name", "in", "type" and "required"), "result", "paged" and "scopes".
func OperationsJSON() json.RawMessage {
	return json.RawMessage(C.GoString(C.nango_operations_json()))
}

// paramsText returns parameters as JSON, or an empty text if there are none.
func paramsText(params any) (string, error) {
	if params == nil {
		return "", nil
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(params); err != nil {
		return "", newError(CodeInvalidArgument,
			"the parameters cannot be written as JSON: "+err.Error())
	}
	if strings.Contains(text.String(), `"`+redacted+`"`) {
		return "", newError(CodeInvalidArgument,
			"the parameters hold a Secret, which does not print; pass what its Reveal method returns")
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}

// WarmUp opens a connection before the first call, which can then reuse it. WarmUp does not send
// the key.
func (c *Client) WarmUp(ctx context.Context) error {
	_, err := c.call(ctx, request{operation: "warm_up\x00"}, nil)
	return err
}

// Warning returns what is unsafe about the client's configuration, such as a base URL with plain
// HTTP. It returns an empty string if nothing is known to be. Log it when the program starts.
func (c *Client) Warning() string {
	defer runtime.KeepAlive(c)
	handle := c.lifetime()
	client, err := handle.acquire()
	if err != nil {
		return ""
	}
	defer handle.leave()
	return C.GoString(C.nango_client_warning(client))
}

// NextEventJSON takes the oldest event that is left, and returns it as a JSON object without
// secrets. It returns nil if there is none. See [WithEvents].
//
// Each attempt of a call is an event: {"event": "attempt", "operation", "attempt" (1 is the first),
// "duration_ms", "error" (null, or {"code", "http_status", "api_code", "message"}), "retry_in_ms"
// (null if there is no retry)}. A warning is {"event": "warning", "message"}. Both have "time_ms"
// (Unix time) and "dropped" (how many events before this one were dropped). Later versions may add
// members and kinds of events.
func (c *Client) NextEventJSON() json.RawMessage {
	defer runtime.KeepAlive(c)
	return c.lifetime().nextEvent()
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

// String returns only the name of the type, because a client holds a key, which must not be
// printed.
func (c *Client) String() string { return "nango.Client" }

// GoString returns the same as String.
func (c *Client) GoString() string { return c.String() }

// Format prints String, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText returns the same as String, so that an encoder writes nothing else of a client.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue returns the same as String.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }

// callForOne runs an operation on one connection. more follows the ids in its parameters.
func (c *Client) callForOne(
	ctx context.Context, operation, providerConfigKey, connectionID string, options []CallOption,
	more ...string,
) ([]byte, error) {
	if err := rejectNUL("the provider config key", providerConfigKey); err != nil {
		return nil, err
	}
	if err := rejectNUL("the connection id", connectionID); err != nil {
		return nil, err
	}
	params := `{"provider_config_key":` + quote(providerConfigKey) +
		`,"connection_id":` + quote(connectionID) + strings.Join(more, "") + "}"
	return c.call(ctx, request{operation, params}, options)
}

// limit is a call's deadline, and whether the context sets it.
type limit struct {
	deadline  time.Time
	ofContext bool
}

func (s callSettings) limit(ctx context.Context, timeout time.Duration) limit {
	if s.timeout != nil {
		timeout = *s.timeout
	}
	l := limit{deadline: time.Now().Add(timeout)}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(l.deadline) {
		l.deadline, l.ofContext = deadline, true
	}
	return l
}

// remaining returns at least a millisecond, because the library rejects 0.
func (l limit) remaining() time.Duration {
	return max(time.Until(l.deadline), time.Millisecond)
}

// classify records the context's error in a timeout if the context ended the call.
func (l limit) classify(ctx context.Context, err *Error) error {
	if err.Code != CodeTimeout {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		return err.endedBy(ctx, ended)
	}
	if l.ofContext && !time.Now().Before(l.deadline) {
		// The library noticed the context's deadline before the context did.
		return err.endedBy(ctx, context.DeadlineExceeded)
	}
	return err
}
