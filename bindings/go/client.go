package nango

// #include <stdlib.h>
// #include <nango.h>
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Client is a client of one Nango environment. Make one for each secret key and keep it: it keeps connections warm, and never a
// token. Any number of goroutines may use it at once.
type Client struct {
	handle  *handle
	timeout time.Duration
	// slots has room for as many calls as may hold a thread at once.
	slots chan struct{}
}

// handle counts who uses the library's client, so that it is freed once, and never while a call is being entered.
type handle struct {
	mutex  sync.Mutex
	client *C.nango_client
	calls  int
	closed bool
}

func (h *handle) acquire() (*C.nango_client, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.closed {
		err := newError(CodeInvalidArgument, "the client is closed")
		err.cause = ErrClosed
		return nil, err
	}
	h.calls++
	return h.client, nil
}

func (h *handle) release() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.calls--
	h.freeIfUnused()
}

func (h *handle) close() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.closed = true
	h.freeIfUnused()
}

func (h *handle) freeIfUnused() {
	if h.closed && h.calls == 0 && h.client != nil {
		C.nango_client_free(h.client)
		h.client = nil
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

// NewFromEnv makes a client with the key and the base URL of the environment: NANGO_API_KEY, then NANGO_SECRET_KEY; NANGO_HOST,
// then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is set and not empty counts. The options come after that.
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
	s.slots = defaultSlots
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
	c := &Client{&handle{client: made}, s.timeout, make(chan struct{}, s.slots)}
	// The net under who forgets Close. Calls hold the handle, not the client, so that neither can end the other too early.
	runtime.AddCleanup(c, (*handle).close, c.handle)
	return c, nil
}

// Close ends the client. Calls that are running go on to their end; later ones fail with [ErrClosed]. It may be called again, and
// always returns nil.
func (c *Client) Close() error {
	c.handle.close()
	runtime.KeepAlive(c)
	return nil
}

// GetConnection fetches a connection, whose token Nango refreshes first if need be. Call it just before the token is used, and do
// not keep the result. A key without the scope environment:connections:read_credentials gets no credentials.
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
	result, err := c.callOne(ctx, providerConfigKey, connectionID, options, func(a oneArguments) *C.char {
		return C.nango_get_connection_json(a.client, a.key, a.id, a.options, a.err)
	})
	if err != nil {
		return nil, err
	}
	return takeBytes(result), nil
}

// GetToken fetches the one text that goes behind "Bearer", or the API key, of a connection. Credentials that are not one token are
// [ErrNoSingleToken], such as BASIC and OAUTH1: ask for them with [Client.GetCredentials]. None at all are [ErrNoCredentials].
func (c *Client) GetToken(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (Secret, error) {
	result, err := c.callOne(ctx, providerConfigKey, connectionID, options, func(a oneArguments) *C.char {
		return C.nango_get_token(a.client, a.key, a.id, a.options, a.err)
	})
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(takeString(result)), nil
}

// GetCredentials fetches the credentials of a connection, of whatever type. None at all are [ErrNoCredentials].
func (c *Client) GetCredentials(ctx context.Context, providerConfigKey, connectionID string, options ...CallOption) (*Credentials, error) {
	result, err := c.callOne(ctx, providerConfigKey, connectionID, options, func(a oneArguments) *C.char {
		return C.nango_get_credentials_json(a.client, a.key, a.id, a.options, a.err)
	})
	if err != nil {
		return nil, err
	}
	credentials := new(Credentials)
	if err := credentials.decode(takeBytes(result)); err != nil {
		return nil, err
	}
	return credentials, nil
}

// ListConnectionsJSON fetches the environment's connections in one request, byte for byte as Nango wrote them:
// {"connections": […]}, without credentials, and nothing is refreshed.
//
// filterJSON is empty for all of them, or a JSON object with any of "connection_id", "search", "end_user_id",
// "end_user_organization_id" (texts), "integration_id" (a text or a list of texts), "tags" (an object of texts), "limit" and "page"
// (numbers). Without a limit Nango sends its first 10 000; [Client.ListConnections] walks through all of them.
func (c *Client) ListConnectionsJSON(ctx context.Context, filterJSON string, options ...CallOption) (json.RawMessage, error) {
	filter, err := newFilterText(filterJSON)
	if err != nil {
		return nil, err
	}
	defer filter.free()
	result, err := c.call(ctx, options, func(a arguments) *C.char {
		return C.nango_list_connections_json(a.client, filter.pointer, a.options, a.err)
	})
	if err != nil {
		return nil, err
	}
	return takeBytes(result), nil
}

// WarmUp opens a connection before the first call, so that it finds one. It sends no key.
func (c *Client) WarmUp(ctx context.Context) error {
	if err := c.enter(ctx, callSettings{}.limit(ctx, c.timeout)); err != nil {
		return err
	}
	client, err := c.handle.acquire()
	if err != nil {
		c.leave()
		return err
	}
	// The library takes no cancel handle here: if the context ends, the rest happens behind the caller's back.
	done := make(chan error, 1)
	go func() {
		defer c.leave()
		defer c.handle.release()
		var cErr *C.nango_error
		if !C.nango_client_warm_up(client, &cErr) {
			done <- takeError(cErr)
			return
		}
		done <- nil
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return contextError(ctx)
	}
}

// NextEventJSON returns the oldest event that nobody took yet, as a JSON object without secrets; nil: there is none. See [WithEvents].
//
// {"event": "attempt", "operation", "attempt" (1 is the first), "duration_ms", "error" (null, or {"code", "http_status", "api_code",
// "message"}), "retry_in_ms" (null: no more)} for each attempt of a call, or {"event": "warning", "message"}. Both have "time_ms"
// (Unix time) and "dropped" (how many before it were dropped). More members and more kinds of events may come.
func (c *Client) NextEventJSON() json.RawMessage {
	client, err := c.handle.acquire()
	if err != nil {
		return nil
	}
	defer c.handle.release()
	event := C.nango_client_next_event_json(client)
	if event == nil {
		return nil
	}
	return takeBytes(event)
}

// String names the type: there is nothing in a client for a person to read, and a key in it that nobody should.
func (c *Client) String() string { return "nango.Client" }

// arguments are what every call of the library takes.
type arguments struct {
	client  *C.nango_client
	options *C.nango_call_options
	err     **C.nango_error
}

// oneArguments are those of the calls for one connection.
type oneArguments struct {
	arguments
	key, id *C.char
}

func (c *Client) callOne(ctx context.Context, providerConfigKey, connectionID string, options []CallOption, f func(oneArguments) *C.char) (*C.char, error) {
	key, err := newText("the provider config key", providerConfigKey)
	if err != nil {
		return nil, err
	}
	defer key.free()
	id, err := newText("the connection id", connectionID)
	if err != nil {
		return nil, err
	}
	defer id.free()
	return c.call(ctx, options, func(a arguments) *C.char { return f(oneArguments{a, key.pointer, id.pointer}) })
}

// call makes one blocking call of the library, when it is its turn, and ends it when the context ends.
func (c *Client) call(ctx context.Context, options []CallOption, f func(arguments) *C.char) (*C.char, error) {
	s := newCallSettings(options)
	limit := s.limit(ctx, c.timeout)
	if err := c.enter(ctx, limit); err != nil {
		return nil, err
	}
	defer c.leave()
	client, err := c.handle.acquire()
	if err != nil {
		return nil, err
	}
	defer c.handle.release()

	watch := newWatch(ctx, limit.ofContext)
	defer watch.free()
	cOptions, err := s.make(limit.left(), watch.cancel)
	if err != nil {
		return nil, err
	}
	defer C.nango_call_options_free(cOptions)

	var cErr *C.nango_error
	watch.start()
	result := f(arguments{client, cOptions, &cErr})
	watch.stop()
	if result == nil {
		return nil, limit.judge(ctx, takeError(cErr))
	}
	return result, nil
}

// enter waits for a call's turn.
func (c *Client) enter(ctx context.Context, l limit) error {
	if ctx.Err() != nil {
		return contextError(ctx)
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	var tooLate <-chan time.Time
	if !l.ofContext {
		timer := time.NewTimer(time.Until(l.deadline))
		defer timer.Stop()
		tooLate = timer.C
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	case <-tooLate:
		err := newError(CodeTimeout, fmt.Sprintf("%d calls were running, as many as may at once, and none of them ended in time; "+
			"see WithConcurrentCalls", cap(c.slots)))
		err.Retryable = true
		return err
	}
}

func (c *Client) leave() {
	<-c.slots
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

// left is at least a millisecond, for a call that has got this far, so that the library does not take it for a mistake.
func (l limit) left() time.Duration {
	if l.refused {
		return 0
	}
	return max(time.Until(l.deadline), time.Millisecond)
}

// judge says of an error whether it was the context's end that the library met.
func (l limit) judge(ctx context.Context, err *Error) error {
	if err.Code != CodeCancelled && err.Code != CodeTimeout {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		return err.endedBy(ctx, ended)
	}
	if err.Code == CodeTimeout && l.ofContext && !time.Now().Before(l.deadline) {
		// The library's clock was faster than the context's.
		return err.endedBy(ctx, context.DeadlineExceeded)
	}
	return err
}

// watch cancels a call when its context ends.
type watch struct {
	ctx    context.Context
	cancel *C.nango_cancel
	// timed: the call ends by itself at the context's deadline, with a message that says what it was doing.
	timed bool
	// stop waits for a trigger that is under way.
	stop func()
}

// newWatch makes the handle that the call's options get, if the context can end at all.
func newWatch(ctx context.Context, timed bool) *watch {
	w := &watch{ctx: ctx, timed: timed, stop: func() {}}
	if ctx.Done() != nil {
		w.cancel = C.nango_cancel_new()
	}
	return w
}

func (w *watch) start() {
	if w.cancel == nil {
		return
	}
	done := make(chan struct{})
	stop := context.AfterFunc(w.ctx, func() {
		defer close(done)
		if !w.timed || !errors.Is(w.ctx.Err(), context.DeadlineExceeded) {
			C.nango_cancel_trigger(w.cancel)
		}
	})
	w.stop = func() {
		if !stop() {
			<-done
		}
	}
}

func (w *watch) free() {
	C.nango_cancel_free(w.cancel)
}
