package nango

// #include <nango.h>
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// Code says what kind of failure an error is.
type Code int32

// The codes. The numbers never change; more may come.
const (
	// CodeOK: no error.
	CodeOK Code = C.NANGO_OK
	// CodeInvalidArgument: an argument is missing, malformed or not allowed; nothing was sent. The
	// message names it.
	CodeInvalidArgument Code = C.NANGO_ERROR_INVALID_ARGUMENT
	// CodeInvalidUTF8: a text is not UTF-8; nothing was sent.
	CodeInvalidUTF8 Code = C.NANGO_ERROR_INVALID_UTF8
	// CodeUnknownOperation: the library has no operation of that name: it is older than this package.
	CodeUnknownOperation Code = C.NANGO_ERROR_UNKNOWN_OPERATION
	// CodeQueueFull: a million calls are in flight.
	CodeQueueFull Code = C.NANGO_ERROR_QUEUE_FULL
	// CodeClosed: the client is closed, or was closed while the call waited.
	CodeClosed Code = C.NANGO_ERROR_CLOSED
	// CodeWrongProcess: the process was forked from one that used the library, which no Go program can
	// do by itself.
	CodeWrongProcess Code = C.NANGO_ERROR_WRONG_PROCESS
	// CodeConnect: the address refuses, or cannot be reached.
	CodeConnect Code = C.NANGO_ERROR_CONNECT
	// CodeTLS: the TLS handshake failed, or the server's certificate is not trusted.
	CodeTLS Code = C.NANGO_ERROR_TLS
	// CodeTimeout: the call, or one attempt of it, took longer than it may.
	CodeTimeout Code = C.NANGO_ERROR_TIMEOUT
	// CodeCancelled: the call was cancelled.
	CodeCancelled Code = C.NANGO_ERROR_CANCELLED
	// CodeIO: the connection broke before the answer was complete.
	CodeIO Code = C.NANGO_ERROR_IO
	// CodeDNS: the host name could not be looked up.
	CodeDNS Code = C.NANGO_ERROR_DNS
	// CodeProxy: the proxy could not be reached, or refused.
	CodeProxy Code = C.NANGO_ERROR_PROXY
	// CodeBadRequest: Nango refuses the request as it is (any 4xx that has no code of its own).
	CodeBadRequest Code = C.NANGO_ERROR_BAD_REQUEST
	// CodeUnauthorized: Nango does not know the secret key (401).
	CodeUnauthorized Code = C.NANGO_ERROR_UNAUTHORIZED
	// CodeForbidden: the key lacks the scope (403).
	CodeForbidden Code = C.NANGO_ERROR_FORBIDDEN
	// CodeNotFound: no such connection or integration in the key's environment.
	CodeNotFound Code = C.NANGO_ERROR_NOT_FOUND
	// CodeRateLimited: too many requests (429); see [Error.RetryAfter].
	CodeRateLimited Code = C.NANGO_ERROR_RATE_LIMITED
	// CodeServer: Nango failed (5xx), or its database is out.
	CodeServer Code = C.NANGO_ERROR_SERVER
	// CodeRefreshFailed: the provider refused to refresh the token, or could not be reached. If it
	// persists, the user must authorise again.
	CodeRefreshFailed Code = C.NANGO_ERROR_REFRESH_FAILED
	// CodeReconnectRequired: Nango has given up refreshing this connection: the user must authorise
	// again.
	CodeReconnectRequired Code = C.NANGO_ERROR_RECONNECT_REQUIRED
	// CodeRefreshBackoff: a refresh failed a moment ago and Nango does not try again for 30 seconds.
	CodeRefreshBackoff Code = C.NANGO_ERROR_REFRESH_BACKOFF
	// CodeNoCredentials: the answer holds no credentials: the key lacks the scope
	// environment:connections:read_credentials, or the connection has none.
	CodeNoCredentials Code = C.NANGO_ERROR_NO_CREDENTIALS
	// CodeNoSingleToken: these credentials are not one token: ask for all of them with
	// [Client.GetCredentials].
	CodeNoSingleToken Code = C.NANGO_ERROR_NO_SINGLE_TOKEN
	// CodeConflict: the request conflicts with what there is (409).
	CodeConflict Code = C.NANGO_ERROR_CONFLICT
	// CodeTokenNotReplaced: Nango still has the token that the provider refused: it does not
	// refresh this type of credentials, or forced refreshes brought no other token. See
	// [Client.ReplaceToken].
	CodeTokenNotReplaced Code = C.NANGO_ERROR_TOKEN_NOT_REPLACED
	// CodeInvalidResponse: the answer is not what Nango answers: a page, a redirect, broken JSON. The
	// base URL is the first suspect.
	CodeInvalidResponse Code = C.NANGO_ERROR_INVALID_RESPONSE
	// CodeResponseTooLarge: the answer is longer than the client allows.
	CodeResponseTooLarge Code = C.NANGO_ERROR_RESPONSE_TOO_LARGE
	// CodeInternal: a failure inside the library, such as no file descriptor left.
	CodeInternal Code = C.NANGO_ERROR_INTERNAL
	// CodePanic: the library met a bug of its own and contained it; the client still works. Please
	// report it.
	CodePanic Code = C.NANGO_ERROR_PANIC
)

// String returns the code's name, such as "RATE_LIMITED"; "UNKNOWN" for a number that is no code of
// the loaded library.
func (c Code) String() string {
	return C.GoString(C.nango_code_name(C.nango_code(c)))
}

// What errors.Is compares an error of this package with: one for each code.
var (
	ErrInvalidArgument   error = sentinel(CodeInvalidArgument)
	ErrInvalidUTF8       error = sentinel(CodeInvalidUTF8)
	ErrUnknownOperation  error = sentinel(CodeUnknownOperation)
	ErrQueueFull         error = sentinel(CodeQueueFull)
	ErrClosed            error = sentinel(CodeClosed)
	ErrWrongProcess      error = sentinel(CodeWrongProcess)
	ErrConnect           error = sentinel(CodeConnect)
	ErrTLS               error = sentinel(CodeTLS)
	ErrTimeout           error = sentinel(CodeTimeout)
	ErrCancelled         error = sentinel(CodeCancelled)
	ErrIO                error = sentinel(CodeIO)
	ErrDNS               error = sentinel(CodeDNS)
	ErrProxy             error = sentinel(CodeProxy)
	ErrBadRequest        error = sentinel(CodeBadRequest)
	ErrUnauthorized      error = sentinel(CodeUnauthorized)
	ErrForbidden         error = sentinel(CodeForbidden)
	ErrNotFound          error = sentinel(CodeNotFound)
	ErrRateLimited       error = sentinel(CodeRateLimited)
	ErrServer            error = sentinel(CodeServer)
	ErrRefreshFailed     error = sentinel(CodeRefreshFailed)
	ErrReconnectRequired error = sentinel(CodeReconnectRequired)
	ErrRefreshBackoff    error = sentinel(CodeRefreshBackoff)
	ErrNoCredentials     error = sentinel(CodeNoCredentials)
	ErrNoSingleToken     error = sentinel(CodeNoSingleToken)
	ErrConflict          error = sentinel(CodeConflict)
	ErrTokenNotReplaced  error = sentinel(CodeTokenNotReplaced)
	ErrInvalidResponse   error = sentinel(CodeInvalidResponse)
	ErrResponseTooLarge  error = sentinel(CodeResponseTooLarge)
	ErrInternal          error = sentinel(CodeInternal)
	ErrPanic             error = sentinel(CodePanic)
)

type sentinel Code

func (s sentinel) Error() string {
	return "nango: " + Code(s).String()
}

// Error is why a call failed. What it shows holds no secret.
type Error struct {
	// Code is what kind of failure it is.
	Code Code
	// HTTPStatus is the HTTP status of Nango's answer; 0: there was no answer.
	HTTPStatus int
	// APICode is Nango's own code, such as "unknown_provider_config"; empty: there is none.
	APICode string
	// Message is for a person: what failed, where, and what to do about it.
	Message string
	// BodyJSON is what of the JSON body of Nango's answer is known to be safe: the members of Nango's
	// error envelopes, with "[REDACTED]" in the place of a value that may be a secret, and a member
	// "..." where others are left out. Nil: the body has not that form.
	BodyJSON json.RawMessage
	// Retryable says whether the same call may succeed later with nothing else changed. The library's
	// own retries are over by then.
	Retryable bool
	// Attempts is how often the request was sent, or tried to be; 0: it was refused before that.
	Attempts int

	retryAfter time.Duration
	headers    map[string]string
	body       Secret
	cause      error
}

// Error returns the message and the code's name.
func (e *Error) Error() string {
	return "nango: " + e.Message + " (" + e.Code.String() + ")"
}

// Is reports whether target is the Err… variable of this error's code.
func (e *Error) Is(target error) bool {
	s, ok := target.(sentinel)
	return ok && Code(s) == e.Code
}

// Unwrap returns the context's error if the context ended the call, else nil.
func (e *Error) Unwrap() error {
	return e.cause
}

// RetryAfter returns how long to wait before the same call has a chance, and whether that is known.
func (e *Error) RetryAfter() (time.Duration, bool) {
	return max(e.retryAfter, 0), e.retryAfter >= 0
}

// Header returns a header of Nango's answer that is a fact about the failure: "Retry-After",
// "X-RateLimit-Limit", "X-RateLimit-Remaining" (requests) or "X-RateLimit-Reset" (Unix seconds),
// the name in any case. Empty: the answer had no such header, or it is none of these.
func (e *Error) Header(name string) string {
	return e.headers[strings.ToLower(name)]
}

// RevealBody returns the whole body of an answer that was not a success, as far as it was read: its
// first MiB. It may hold secrets, so nothing prints it. Empty: there was no such answer, or its
// body was empty.
func (e *Error) RevealBody() string {
	return e.body.Reveal()
}

// Each ends with a NUL, for C.
var factHeaders = []string{"retry-after\x00", "x-ratelimit-limit\x00", "x-ratelimit-remaining\x00", "x-ratelimit-reset\x00"}

// newError is an error that the library has no part in.
func newError(code Code, message string) *Error {
	return &Error{Code: code, Message: message, retryAfter: -1}
}

// takeError copies an error of the library's, and frees it.
func takeError(from *C.nango_error) *Error {
	if from == nil {
		return newError(CodeInternal, "the library gave neither a result nor an error")
	}
	defer C.nango_error_free(from)
	return copyError(from)
}

func copyError(from *C.nango_error) *Error {
	e := newError(Code(C.nango_error_code(from)), C.GoString(C.nango_error_message(from)))
	e.HTTPStatus = int(C.nango_error_http_status(from))
	e.APICode = C.GoString(C.nango_error_api_code(from))
	if body := C.nango_error_body_json(from); body != nil {
		e.BodyJSON = json.RawMessage(C.GoString(body))
	}
	if body := C.nango_error_body_reveal(from); body != nil {
		e.body = NewSecret(C.GoString(body))
		C.nango_free_string(body)
	}
	e.Retryable = bool(C.nango_error_retryable(from))
	e.Attempts = int(C.nango_error_attempts(from))
	if ms := int64(C.nango_error_retry_after_ms(from)); ms >= 0 {
		e.retryAfter = time.Duration(min(ms, int64(1<<63-1)/int64(time.Millisecond))) * time.Millisecond
	}
	for _, name := range factHeaders {
		if value := C.nango_error_header(from, constantForC(name)); value != nil {
			if e.headers == nil {
				e.headers = map[string]string{}
			}
			e.headers[strings.TrimSuffix(name, "\x00")] = C.GoString(value)
		}
	}
	return e
}

// endedBy says that a context ended the call. Its deadline is a timeout, whatever the library was
// told.
func (e *Error) endedBy(ctx context.Context, err error) *Error {
	e.cause = err
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, err) {
		e.cause = errors.Join(err, cause)
	}
	if e.Code == CodeCancelled && errors.Is(err, context.DeadlineExceeded) {
		e.Code, e.Retryable, e.Message = CodeTimeout, true, "the context's deadline passed before the call ended"
	}
	return e
}

// contextError is the error of a call that a context ended outside of the library.
func contextError(ctx context.Context) *Error {
	return newError(CodeCancelled, "the context was cancelled before the call ended").endedBy(ctx, ctx.Err())
}

func closedError() *Error {
	return newError(CodeClosed, "the client is closed")
}
