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

// String returns the code's name, such as "RATE_LIMITED"; "UNKNOWN" for a number that is no code of
// the loaded library.
func (c Code) String() string {
	return C.GoString(C.nango_code_name(C.nango_code(c)))
}

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
