package nango

// #include <nango.h>
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code is the kind of a failure.
type Code int32

// String returns the code's name, such as "RATE_LIMITED", or "UNKNOWN" for a number that the loaded
// library does not know.
func (c Code) String() string {
	return C.GoString(C.nango_code_name(C.nango_code(c)))
}

type sentinel Code

func (s sentinel) Error() string {
	return "nango: " + Code(s).String()
}

// Error describes why a call failed. It shows no secrets.
type Error struct {
	// Code is the kind of failure.
	Code Code
	// HTTPStatus is the HTTP status of Nango's answer, or 0 if there was no answer.
	HTTPStatus int
	// APICode is Nango's own code, such as "unknown_provider_config", or empty if there is none.
	APICode string
	// Message is human-readable: what failed, where, and what to do about it.
	Message string
	// BodyJSON is the part of the JSON body of Nango's answer that is known to be safe: the members of
	// Nango's error envelopes. "[REDACTED]" replaces a value that may be a secret, and a member "..."
	// replaces the members that are left out. It is nil if the body does not have that form.
	BodyJSON json.RawMessage
	// Retryable reports whether the same call may succeed later with nothing else changed. The library
	// has already made its own retries.
	Retryable bool
	// Attempts is how often the library sent the request or tried to. It is 0 if the call was rejected
	// before that.
	Attempts int

	retryAfter        time.Duration
	suggestsReconnect bool
	headers           map[string]string
	body              Secret
	cause             error
}

// Error returns the message and the code's name.
func (e *Error) Error() string {
	return "nango: " + e.Message + " (" + e.Code.String() + ")"
}

// Is reports whether target is the Err… variable for this error's code.
func (e *Error) Is(target error) bool {
	s, ok := target.(sentinel)
	return ok && Code(s) == e.Code
}

// Unwrap returns the context's error if the context ended the call, and nil otherwise.
func (e *Error) Unwrap() error {
	return e.cause
}

// RetryAfter returns how long to wait before the same call may succeed, and whether that is known.
func (e *Error) RetryAfter() (time.Duration, bool) {
	return max(e.retryAfter, 0), e.retryAfter >= 0
}

// Timeout reports whether the call took too long, as [net.Error] defines it. [os.IsTimeout] and
// [net/url.Error] use it.
func (e *Error) Timeout() bool {
	return e.Code == CodeTimeout
}

// SuggestsReconnect reports whether it may help if the user authorises again. It does for the codes
// [CodeReconnectRequired], [CodeRefreshFailed] and [CodeRefreshBackoff]. This is a hint: until
// Nango gives up after several days, it reports a revoked grant and an outage of the provider in
// the same way. Let the user choose between reconnecting and trying again, and disable nothing
// because of a hint.
func (e *Error) SuggestsReconnect() bool {
	return e.suggestsReconnect
}

// Advice says what to do about the error's code, in a sentence or two. Message is more specific.
func (e *Error) Advice() string {
	return C.GoString(C.nango_code_advice(C.nango_code(e.Code)))
}

// Header returns a header of Nango's answer that describes the failure: "Retry-After",
// "X-RateLimit-Limit", "X-RateLimit-Remaining" (requests) or "X-RateLimit-Reset" (Unix seconds).
// The case of the name does not matter. It returns an empty string for any other header, and for
// one that the answer does not have.
func (e *Error) Header(name string) string {
	return e.headers[strings.ToLower(name)]
}

// RevealBody returns the body of an answer that was not a success, up to the first MiB, which is
// all that the library reads. The body may hold secrets, so nothing prints it. RevealBody returns
// an empty string if there was no such answer, or if its body was empty.
func (e *Error) RevealBody() string {
	return e.body.Reveal()
}

// factHeaders are the names that Header knows. Each ends with a NUL, for C.
var factHeaders = []string{
	"retry-after\x00",
	"x-ratelimit-limit\x00",
	"x-ratelimit-remaining\x00",
	"x-ratelimit-reset\x00",
}

// newError makes an error that does not come from the library.
func newError(code Code, message string) *Error {
	return &Error{Code: code, Message: message, retryAfter: -1}
}

// takeError copies an error of the library, and frees the original.
func takeError(from *C.nango_error) *Error {
	if from == nil {
		return newError(CodeInternal,
			"the library returned neither a result nor an error; please report this")
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
	e.suggestsReconnect = bool(C.nango_error_suggests_reconnect(from))
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

// endedBy records that a context ended the call. An expired deadline is a timeout, even if the
// library reports a cancelled call.
func (e *Error) endedBy(ctx context.Context, err error) *Error {
	e.cause = err
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, err) {
		e.cause = errors.Join(err, cause)
	}
	if e.Code == CodeCancelled && errors.Is(err, context.DeadlineExceeded) {
		e.Code, e.Retryable = CodeTimeout, true
		e.Message = "the context's deadline expired before the call completed; allow more time"
	}
	return e
}

// contextError is the error of a call that a context ended outside the library.
func contextError(ctx context.Context) *Error {
	e := newError(CodeCancelled, "the context was cancelled before the call completed")
	return e.endedBy(ctx, ctx.Err())
}

func notCreatedError() *Error {
	return newError(CodeInvalidArgument,
		"the client was not created with New or NewFromEnv; a nil or zero Client makes no calls")
}

// nilOptionError names the option by its position, from 1.
func nilOptionError(index int) *Error {
	return newError(CodeInvalidArgument,
		fmt.Sprintf("option %d is nil; leave it out, or pass a value of this package", index+1))
}

// checkContext rejects a nil context, which would panic later.
func checkContext(ctx context.Context) error {
	if ctx == nil {
		return newError(CodeInvalidArgument,
			"the context is nil; pass context.Background() for a call without a deadline")
	}
	return nil
}

func closedError() *Error {
	return newError(CodeClosed, "the client is closed; create a new one to make more calls")
}
