// Code generated from api/ by nango-gen. DO NOT EDIT.

package nango

// #include <nango.h>
import "C"

// The codes. The numbers never change; more may come.
const (
	// CodeOK: no error.
	CodeOK Code = C.NANGO_OK
	// CodeInvalidArgument: An argument is missing, malformed or not allowed. Nothing was sent. The
	// message names the argument.
	CodeInvalidArgument Code = C.NANGO_ERROR_INVALID_ARGUMENT
	// CodeInvalidUTF8: A text is not valid UTF-8. Nothing was sent.
	CodeInvalidUTF8 Code = C.NANGO_ERROR_INVALID_UTF8
	// CodeUnknownOperation: The loaded library has no operation of that name.
	CodeUnknownOperation Code = C.NANGO_ERROR_UNKNOWN_OPERATION
	// CodeQueueFull: The queue holds as many calls as it can, in flight and completed together.
	CodeQueueFull Code = C.NANGO_ERROR_QUEUE_FULL
	// CodeClosed: The queue or the client is closed.
	CodeClosed Code = C.NANGO_ERROR_CLOSED
	// CodeWrongProcess: The queue belongs to the process that this process was forked from.
	CodeWrongProcess Code = C.NANGO_ERROR_WRONG_PROCESS
	// CodeConnect: The server refused the connection or cannot be reached.
	CodeConnect Code = C.NANGO_ERROR_CONNECT
	// CodeTLS: The TLS handshake failed, or the server's certificate is not trusted.
	CodeTLS Code = C.NANGO_ERROR_TLS
	// CodeTimeout: The call, or one attempt of it, took longer than its timeout.
	CodeTimeout Code = C.NANGO_ERROR_TIMEOUT
	// CodeCancelled: The call was cancelled.
	CodeCancelled Code = C.NANGO_ERROR_CANCELLED
	// CodeIO: The connection broke before the answer was complete.
	CodeIO Code = C.NANGO_ERROR_IO
	// CodeDNS: The host name could not be resolved.
	CodeDNS Code = C.NANGO_ERROR_DNS
	// CodeProxy: The proxy could not be reached, or refused the connection.
	CodeProxy Code = C.NANGO_ERROR_PROXY
	// CodeBadRequest: Nango rejected the request (any 4xx that has no code of its own).
	CodeBadRequest Code = C.NANGO_ERROR_BAD_REQUEST
	// CodeUnauthorized: Nango does not accept the secret key (401).
	CodeUnauthorized Code = C.NANGO_ERROR_UNAUTHORIZED
	// CodeForbidden: The secret key lacks a scope (403).
	CodeForbidden Code = C.NANGO_ERROR_FORBIDDEN
	// CodeNotFound: Nango has no such connection or other thing, whatever HTTP status it sent.
	// [ErrIntegrationNotFound] is a code of its own.
	CodeNotFound Code = C.NANGO_ERROR_NOT_FOUND
	// CodeRateLimited: Too many requests (429). [Error.RetryAfter] says how long to wait.
	CodeRateLimited Code = C.NANGO_ERROR_RATE_LIMITED
	// CodeServer: Nango failed (5xx), or its database is unavailable.
	CodeServer Code = C.NANGO_ERROR_SERVER
	// CodeRefreshFailed: The provider refused to refresh the token, or could not be reached. If this
	// persists, the user must authorise again.
	CodeRefreshFailed Code = C.NANGO_ERROR_REFRESH_FAILED
	// CodeReconnectRequired: Nango has given up refreshing this connection: the user must authorise
	// again.
	CodeReconnectRequired Code = C.NANGO_ERROR_RECONNECT_REQUIRED
	// CodeRefreshBackoff: A refresh failed less than 30 seconds ago. Nango does not try again until
	// that time has passed.
	CodeRefreshBackoff Code = C.NANGO_ERROR_REFRESH_BACKOFF
	// CodeNoCredentials: The answer holds no credentials: the key lacks the scope
	// environment:connections:read_credentials, or the connection has none.
	CodeNoCredentials Code = C.NANGO_ERROR_NO_CREDENTIALS
	// CodeNoSingleToken: These credentials have no single token, such as BASIC or OAUTH1.
	CodeNoSingleToken Code = C.NANGO_ERROR_NO_SINGLE_TOKEN
	// CodeConflict: The request conflicts with what exists (409).
	CodeConflict Code = C.NANGO_ERROR_CONFLICT
	// CodeTokenNotReplaced: [Client.ReplaceToken] found no token other than the refused one: its type
	// is never refreshed, or Nango kept the token after three forced refreshes.
	CodeTokenNotReplaced Code = C.NANGO_ERROR_TOKEN_NOT_REPLACED
	// CodeIntegrationNotFound: The key's environment has no integration with this provider_config_key.
	// This is a fault of the program or its configuration, not of the user.
	CodeIntegrationNotFound Code = C.NANGO_ERROR_INTEGRATION_NOT_FOUND
	// CodeInvalidResponse: The answer is not one of Nango's: a page, an error of a gateway, a
	// redirect, broken JSON, no HTTP at all, or the answer to another request.
	CodeInvalidResponse Code = C.NANGO_ERROR_INVALID_RESPONSE
	// CodeResponseTooLarge: The answer is longer than max_response_bytes.
	CodeResponseTooLarge Code = C.NANGO_ERROR_RESPONSE_TOO_LARGE
	// CodeInternal: The library or the system failed, for example because no file descriptor is left.
	CodeInternal Code = C.NANGO_ERROR_INTERNAL
	// CodePanic: An internal error in the library, which contained it. The client still works.
	CodePanic Code = C.NANGO_ERROR_PANIC
)

// The errors that [errors.Is] compares an error of this package with: one for each code.
var (
	ErrInvalidArgument     error = sentinel(CodeInvalidArgument)
	ErrInvalidUTF8         error = sentinel(CodeInvalidUTF8)
	ErrUnknownOperation    error = sentinel(CodeUnknownOperation)
	ErrQueueFull           error = sentinel(CodeQueueFull)
	ErrClosed              error = sentinel(CodeClosed)
	ErrWrongProcess        error = sentinel(CodeWrongProcess)
	ErrConnect             error = sentinel(CodeConnect)
	ErrTLS                 error = sentinel(CodeTLS)
	ErrTimeout             error = sentinel(CodeTimeout)
	ErrCancelled           error = sentinel(CodeCancelled)
	ErrIO                  error = sentinel(CodeIO)
	ErrDNS                 error = sentinel(CodeDNS)
	ErrProxy               error = sentinel(CodeProxy)
	ErrBadRequest          error = sentinel(CodeBadRequest)
	ErrUnauthorized        error = sentinel(CodeUnauthorized)
	ErrForbidden           error = sentinel(CodeForbidden)
	ErrNotFound            error = sentinel(CodeNotFound)
	ErrRateLimited         error = sentinel(CodeRateLimited)
	ErrServer              error = sentinel(CodeServer)
	ErrRefreshFailed       error = sentinel(CodeRefreshFailed)
	ErrReconnectRequired   error = sentinel(CodeReconnectRequired)
	ErrRefreshBackoff      error = sentinel(CodeRefreshBackoff)
	ErrNoCredentials       error = sentinel(CodeNoCredentials)
	ErrNoSingleToken       error = sentinel(CodeNoSingleToken)
	ErrConflict            error = sentinel(CodeConflict)
	ErrTokenNotReplaced    error = sentinel(CodeTokenNotReplaced)
	ErrIntegrationNotFound error = sentinel(CodeIntegrationNotFound)
	ErrInvalidResponse     error = sentinel(CodeInvalidResponse)
	ErrResponseTooLarge    error = sentinel(CodeResponseTooLarge)
	ErrInternal            error = sentinel(CodeInternal)
	ErrPanic               error = sentinel(CodePanic)
)
