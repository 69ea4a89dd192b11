//! The codes.
//!
//! Generated from api/ by nango-gen: do not edit, run `make generate`.

use super::nango_code;

/// No error.
pub const NANGO_OK: nango_code = 0;
/// An argument is missing, malformed or not allowed. Nothing was sent. The message names the
/// argument.
pub const NANGO_ERROR_INVALID_ARGUMENT: nango_code = 1;
/// A text is not valid UTF-8. Nothing was sent.
pub const NANGO_ERROR_INVALID_UTF8: nango_code = 2;
/// The loaded library has no operation of that name.
pub const NANGO_ERROR_UNKNOWN_OPERATION: nango_code = 3;
/// The queue holds as many calls as it can, in flight and completed together.
pub const NANGO_ERROR_QUEUE_FULL: nango_code = 4;
/// The queue or the client is closed.
pub const NANGO_ERROR_CLOSED: nango_code = 5;
/// The queue belongs to the process that this process was forked from.
pub const NANGO_ERROR_WRONG_PROCESS: nango_code = 6;
/// The server refused the connection or cannot be reached.
pub const NANGO_ERROR_CONNECT: nango_code = 20;
/// The TLS handshake failed, or the server's certificate is not trusted.
pub const NANGO_ERROR_TLS: nango_code = 21;
/// The call, or one attempt of it, took longer than its timeout.
pub const NANGO_ERROR_TIMEOUT: nango_code = 22;
/// The call was cancelled.
pub const NANGO_ERROR_CANCELLED: nango_code = 23;
/// The connection broke before the answer was complete.
pub const NANGO_ERROR_IO: nango_code = 24;
/// The host name could not be resolved.
pub const NANGO_ERROR_DNS: nango_code = 25;
/// The proxy could not be reached, or refused the connection.
pub const NANGO_ERROR_PROXY: nango_code = 26;
/// Nango rejected the request (any 4xx that has no code of its own).
pub const NANGO_ERROR_BAD_REQUEST: nango_code = 40;
/// Nango does not accept the secret key (401).
pub const NANGO_ERROR_UNAUTHORIZED: nango_code = 41;
/// The secret key lacks a scope (403).
pub const NANGO_ERROR_FORBIDDEN: nango_code = 42;
/// Nango has no such connection or other thing, whatever HTTP status it sent. INTEGRATION_NOT_FOUND
/// is a code of its own.
pub const NANGO_ERROR_NOT_FOUND: nango_code = 43;
/// Too many requests (429). nango_error_retry_after_ms() says how long to wait.
pub const NANGO_ERROR_RATE_LIMITED: nango_code = 44;
/// Nango failed (5xx), or its database is unavailable.
pub const NANGO_ERROR_SERVER: nango_code = 45;
/// The provider refused to refresh the token, or could not be reached. If this persists, the user
/// must authorise again.
pub const NANGO_ERROR_REFRESH_FAILED: nango_code = 46;
/// Nango has given up refreshing this connection: the user must authorise again.
pub const NANGO_ERROR_RECONNECT_REQUIRED: nango_code = 47;
/// A refresh failed less than 30 seconds ago. Nango does not try again until that time has passed.
pub const NANGO_ERROR_REFRESH_BACKOFF: nango_code = 48;
/// The answer holds no credentials: the key lacks the scope
/// environment:connections:read_credentials, or the connection has none.
pub const NANGO_ERROR_NO_CREDENTIALS: nango_code = 49;
/// These credentials have no single token, such as BASIC or OAUTH1.
pub const NANGO_ERROR_NO_SINGLE_TOKEN: nango_code = 50;
/// The request conflicts with what exists (409).
pub const NANGO_ERROR_CONFLICT: nango_code = 51;
/// nango_replace_token() found no token other than the refused one: its type is never refreshed, or
/// Nango kept the token after three forced refreshes.
pub const NANGO_ERROR_TOKEN_NOT_REPLACED: nango_code = 52;
/// The key's environment has no integration with this provider_config_key. This is a fault of the
/// program or its configuration, not of the user.
pub const NANGO_ERROR_INTEGRATION_NOT_FOUND: nango_code = 53;
/// The answer is not one of Nango's: a page, an error of a gateway, a redirect, broken JSON, no
/// HTTP at all, or the answer to another request.
pub const NANGO_ERROR_INVALID_RESPONSE: nango_code = 60;
/// The answer is longer than max_response_bytes.
pub const NANGO_ERROR_RESPONSE_TOO_LARGE: nango_code = 61;
/// The library or the system failed, for example because no file descriptor is left.
pub const NANGO_ERROR_INTERNAL: nango_code = 90;
/// An internal error in the library, which contained it. The client still works.
pub const NANGO_ERROR_PANIC: nango_code = 91;

/// What kind of failure an [`Error`](super::Error) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Code {
    /// [`NANGO_ERROR_INVALID_ARGUMENT`]
    InvalidArgument = NANGO_ERROR_INVALID_ARGUMENT,
    /// [`NANGO_ERROR_INVALID_UTF8`]
    InvalidUtf8 = NANGO_ERROR_INVALID_UTF8,
    /// [`NANGO_ERROR_UNKNOWN_OPERATION`]
    UnknownOperation = NANGO_ERROR_UNKNOWN_OPERATION,
    /// [`NANGO_ERROR_QUEUE_FULL`]
    QueueFull = NANGO_ERROR_QUEUE_FULL,
    /// [`NANGO_ERROR_CLOSED`]
    Closed = NANGO_ERROR_CLOSED,
    /// [`NANGO_ERROR_WRONG_PROCESS`]
    WrongProcess = NANGO_ERROR_WRONG_PROCESS,
    /// [`NANGO_ERROR_CONNECT`]
    Connect = NANGO_ERROR_CONNECT,
    /// [`NANGO_ERROR_TLS`]
    Tls = NANGO_ERROR_TLS,
    /// [`NANGO_ERROR_TIMEOUT`]
    Timeout = NANGO_ERROR_TIMEOUT,
    /// [`NANGO_ERROR_CANCELLED`]
    Cancelled = NANGO_ERROR_CANCELLED,
    /// [`NANGO_ERROR_IO`]
    Io = NANGO_ERROR_IO,
    /// [`NANGO_ERROR_DNS`]
    Dns = NANGO_ERROR_DNS,
    /// [`NANGO_ERROR_PROXY`]
    Proxy = NANGO_ERROR_PROXY,
    /// [`NANGO_ERROR_BAD_REQUEST`]
    BadRequest = NANGO_ERROR_BAD_REQUEST,
    /// [`NANGO_ERROR_UNAUTHORIZED`]
    Unauthorized = NANGO_ERROR_UNAUTHORIZED,
    /// [`NANGO_ERROR_FORBIDDEN`]
    Forbidden = NANGO_ERROR_FORBIDDEN,
    /// [`NANGO_ERROR_NOT_FOUND`]
    NotFound = NANGO_ERROR_NOT_FOUND,
    /// [`NANGO_ERROR_RATE_LIMITED`]
    RateLimited = NANGO_ERROR_RATE_LIMITED,
    /// [`NANGO_ERROR_SERVER`]
    Server = NANGO_ERROR_SERVER,
    /// [`NANGO_ERROR_REFRESH_FAILED`]
    RefreshFailed = NANGO_ERROR_REFRESH_FAILED,
    /// [`NANGO_ERROR_RECONNECT_REQUIRED`]
    ReconnectRequired = NANGO_ERROR_RECONNECT_REQUIRED,
    /// [`NANGO_ERROR_REFRESH_BACKOFF`]
    RefreshBackoff = NANGO_ERROR_REFRESH_BACKOFF,
    /// [`NANGO_ERROR_NO_CREDENTIALS`]
    NoCredentials = NANGO_ERROR_NO_CREDENTIALS,
    /// [`NANGO_ERROR_NO_SINGLE_TOKEN`]
    NoSingleToken = NANGO_ERROR_NO_SINGLE_TOKEN,
    /// [`NANGO_ERROR_CONFLICT`]
    Conflict = NANGO_ERROR_CONFLICT,
    /// [`NANGO_ERROR_TOKEN_NOT_REPLACED`]
    TokenNotReplaced = NANGO_ERROR_TOKEN_NOT_REPLACED,
    /// [`NANGO_ERROR_INTEGRATION_NOT_FOUND`]
    IntegrationNotFound = NANGO_ERROR_INTEGRATION_NOT_FOUND,
    /// [`NANGO_ERROR_INVALID_RESPONSE`]
    InvalidResponse = NANGO_ERROR_INVALID_RESPONSE,
    /// [`NANGO_ERROR_RESPONSE_TOO_LARGE`]
    ResponseTooLarge = NANGO_ERROR_RESPONSE_TOO_LARGE,
    /// [`NANGO_ERROR_INTERNAL`]
    Internal = NANGO_ERROR_INTERNAL,
    /// [`NANGO_ERROR_PANIC`]
    Panic = NANGO_ERROR_PANIC,
}

impl Code {
    /// Every code, in the order of its number.
    pub const ALL: &'static [Code] = &[
        Code::InvalidArgument,
        Code::InvalidUtf8,
        Code::UnknownOperation,
        Code::QueueFull,
        Code::Closed,
        Code::WrongProcess,
        Code::Connect,
        Code::Tls,
        Code::Timeout,
        Code::Cancelled,
        Code::Io,
        Code::Dns,
        Code::Proxy,
        Code::BadRequest,
        Code::Unauthorized,
        Code::Forbidden,
        Code::NotFound,
        Code::RateLimited,
        Code::Server,
        Code::RefreshFailed,
        Code::ReconnectRequired,
        Code::RefreshBackoff,
        Code::NoCredentials,
        Code::NoSingleToken,
        Code::Conflict,
        Code::TokenNotReplaced,
        Code::IntegrationNotFound,
        Code::InvalidResponse,
        Code::ResponseTooLarge,
        Code::Internal,
        Code::Panic,
    ];

    /// The code's name without the prefix, such as `RATE_LIMITED`, with a NUL at its end for C.
    pub(crate) fn name_with_nul(self) -> &'static str {
        match self {
            Code::InvalidArgument => "INVALID_ARGUMENT\0",
            Code::InvalidUtf8 => "INVALID_UTF8\0",
            Code::UnknownOperation => "UNKNOWN_OPERATION\0",
            Code::QueueFull => "QUEUE_FULL\0",
            Code::Closed => "CLOSED\0",
            Code::WrongProcess => "WRONG_PROCESS\0",
            Code::Connect => "CONNECT\0",
            Code::Tls => "TLS\0",
            Code::Timeout => "TIMEOUT\0",
            Code::Cancelled => "CANCELLED\0",
            Code::Io => "IO\0",
            Code::Dns => "DNS\0",
            Code::Proxy => "PROXY\0",
            Code::BadRequest => "BAD_REQUEST\0",
            Code::Unauthorized => "UNAUTHORIZED\0",
            Code::Forbidden => "FORBIDDEN\0",
            Code::NotFound => "NOT_FOUND\0",
            Code::RateLimited => "RATE_LIMITED\0",
            Code::Server => "SERVER\0",
            Code::RefreshFailed => "REFRESH_FAILED\0",
            Code::ReconnectRequired => "RECONNECT_REQUIRED\0",
            Code::RefreshBackoff => "REFRESH_BACKOFF\0",
            Code::NoCredentials => "NO_CREDENTIALS\0",
            Code::NoSingleToken => "NO_SINGLE_TOKEN\0",
            Code::Conflict => "CONFLICT\0",
            Code::TokenNotReplaced => "TOKEN_NOT_REPLACED\0",
            Code::IntegrationNotFound => "INTEGRATION_NOT_FOUND\0",
            Code::InvalidResponse => "INVALID_RESPONSE\0",
            Code::ResponseTooLarge => "RESPONSE_TOO_LARGE\0",
            Code::Internal => "INTERNAL\0",
            Code::Panic => "PANIC\0",
        }
    }

    /// What to do about it, with a NUL at its end for C.
    pub(crate) fn advice_with_nul(self) -> &'static str {
        match self {
            Code::InvalidArgument => {
                "Fix the argument. This is a bug in the calling program, or input that it did \
                      not check.\0"
            }
            Code::InvalidUtf8 => "Convert the text to UTF-8.\0",
            Code::UnknownOperation => {
                "Check the name. If it is right, the loaded library is older than the program: \
                      update it.\0"
            }
            Code::QueueFull => "Take completions first, and submit fewer calls at once.\0",
            Code::Closed => "Make a new one, or do not use it after it is closed.\0",
            Code::WrongProcess => "Make a new queue in the child.\0",
            Code::Connect => {
                "Check that the server runs and that the base URL is its address; retry later.\0"
            }
            Code::Tls => {
                "Check the base URL. Add the server's certificate authority if it is a private \
                      one.\0"
            }
            Code::Timeout => "Retry later, or allow more time.\0",
            Code::Cancelled => "Nothing: the program cancelled it.\0",
            Code::Io => {
                "Retry. If the message says so, the server may or may not have processed the \
                      request.\0"
            }
            Code::Dns => "Check the host in the base URL, and the machine's name server.\0",
            Code::Proxy => "Check the proxy's URL, and its username and password.\0",
            Code::BadRequest => "Read Nango's own code and message in the error.\0",
            Code::Unauthorized => {
                "Check the key, and that the base URL is the server that issued it.\0"
            }
            Code::Forbidden => "Add the scope to the key in Nango's dashboard.\0",
            Code::NotFound => {
                "Check the ids, and which environment the key belongs to. The user may not have \
                      connected yet.\0"
            }
            Code::RateLimited => "Wait, then retry.\0",
            Code::Server => "Retry later.\0",
            Code::RefreshFailed => {
                "Retry after 30 seconds. If this persists, offer the user both to try again and \
                      to reconnect.\0"
            }
            Code::ReconnectRequired => "Send the user through a reconnect session.\0",
            Code::RefreshBackoff => {
                "Retry after 30 seconds. If this persists, the user must authorise again.\0"
            }
            Code::NoCredentials => {
                "Add the scope to the key. A connection of the type NONE has no credentials.\0"
            }
            Code::NoSingleToken => "Ask for all of them with get_credentials.\0",
            Code::Conflict => "Read Nango's own code and message in the error.\0",
            Code::TokenNotReplaced => {
                "Treat the provider's refusal as final; offer the user to reconnect.\0"
            }
            Code::IntegrationNotFound => {
                "Check provider_config_key, and which environment the key belongs to. Report it \
                      as an error of the service, not as a user who has not connected.\0"
            }
            Code::InvalidResponse => {
                "Check the base URL, and any proxy or gateway between the program and Nango.\0"
            }
            Code::ResponseTooLarge => "Ask for less, such as a smaller page, or raise the limit.\0",
            Code::Internal => "Read the message; it names what is exhausted.\0",
            Code::Panic => "Please report it, with the message.\0",
        }
    }

    /// Whether authorising again may help. This is a hint: Nango reports a revoked grant and an
    /// outage of the provider in the same way until it gives up after several days.
    pub fn suggests_reconnect(self) -> bool {
        matches!(self, Code::RefreshFailed | Code::ReconnectRequired | Code::RefreshBackoff)
    }
}
