//! One error, its code, its facts.
//!
//! An error is built where the failure is seen and carries everything a caller may ask for. What it
//! shows is safe to print: [`redact`] says what of a server's words is.

pub(crate) mod redact;

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

/// A code of the library's, one of the `NANGO_OK` and `NANGO_ERROR_…` constants.
///
/// Numbers stand in groups with gaps: 1 to 19 the caller, 20 to 39 the way to the server, 40 to 59
/// the server's answer, 60 to 79 an answer that makes no sense, 90 and up the library. A retired
/// number is never used again.
#[allow(non_camel_case_types)]
pub type nango_code = i32;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $constant:ident, $name:literal;)*) => {
        /// What kind of failure an [`Error`] is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant = $constant,)* }

        impl Code {
            /// Every code, in the order of its number.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code's name without the prefix, such as `RATE_LIMITED`, with a NUL at its end
            /// for C.
            pub(crate) fn name_with_nul(self) -> &'static str {
                match self { $(Code::$variant => concat!($name, "\0"),)* }
            }
        }
    };
}

/// No error.
pub const NANGO_OK: nango_code = 0;
/// An argument is missing, malformed or not allowed; nothing was sent. The message names it.
pub const NANGO_ERROR_INVALID_ARGUMENT: nango_code = 1;
/// A text is not UTF-8; nothing was sent.
pub const NANGO_ERROR_INVALID_UTF8: nango_code = 2;
/// The catalogue has no operation of that name.
pub const NANGO_ERROR_UNKNOWN_OPERATION: nango_code = 3;
/// The queue holds as many tickets as it can: take what is done first.
pub const NANGO_ERROR_QUEUE_FULL: nango_code = 4;
/// The queue is closed.
pub const NANGO_ERROR_CLOSED: nango_code = 5;
/// The queue belongs to the process that this one was forked from.
pub const NANGO_ERROR_WRONG_PROCESS: nango_code = 6;
/// The address refuses, or cannot be reached.
pub const NANGO_ERROR_CONNECT: nango_code = 20;
/// The TLS handshake failed, or the server's certificate is not trusted.
pub const NANGO_ERROR_TLS: nango_code = 21;
/// The call, or one attempt of it, took longer than it may.
pub const NANGO_ERROR_TIMEOUT: nango_code = 22;
/// The call was cancelled.
pub const NANGO_ERROR_CANCELLED: nango_code = 23;
/// The connection broke before the answer was complete.
pub const NANGO_ERROR_IO: nango_code = 24;
/// The host name could not be looked up.
pub const NANGO_ERROR_DNS: nango_code = 25;
/// The proxy could not be reached, or refused.
pub const NANGO_ERROR_PROXY: nango_code = 26;
/// Nango refuses the request as it is (any 4xx that has no code of its own).
pub const NANGO_ERROR_BAD_REQUEST: nango_code = 40;
/// Nango does not know the secret key (401).
pub const NANGO_ERROR_UNAUTHORIZED: nango_code = 41;
/// The key lacks the scope (403).
pub const NANGO_ERROR_FORBIDDEN: nango_code = 42;
/// No such connection or integration in the key's environment, under any of the statuses that Nango
/// uses for it.
pub const NANGO_ERROR_NOT_FOUND: nango_code = 43;
/// Too many requests (429). nango_error_retry_after_ms() says how long to wait.
pub const NANGO_ERROR_RATE_LIMITED: nango_code = 44;
/// Nango failed (5xx), or its database is out.
pub const NANGO_ERROR_SERVER: nango_code = 45;
/// The provider refused to refresh the token, or could not be reached. If it persists, the user
/// must authorise again.
pub const NANGO_ERROR_REFRESH_FAILED: nango_code = 46;
/// Nango has given up refreshing this connection: the user must authorise again.
pub const NANGO_ERROR_RECONNECT_REQUIRED: nango_code = 47;
/// A refresh failed a moment ago and Nango does not try again for 30 seconds.
pub const NANGO_ERROR_REFRESH_BACKOFF: nango_code = 48;
/// The answer holds no credentials: the key lacks the scope
/// `environment:connections:read_credentials`, or the connection has none.
pub const NANGO_ERROR_NO_CREDENTIALS: nango_code = 49;
/// These credentials are not one token: ask for all of them with nango_get_credentials_json().
pub const NANGO_ERROR_NO_SINGLE_TOKEN: nango_code = 50;
/// The request conflicts with what there is (409).
pub const NANGO_ERROR_CONFLICT: nango_code = 51;
/// Nango still has the token that the provider refused: it does not refresh this type of
/// credentials, or forced refreshes brought no other token. See nango_replace_token().
pub const NANGO_ERROR_TOKEN_NOT_REPLACED: nango_code = 52;
/// The answer is not what Nango answers: a page, a redirect, broken JSON. The base URL is the first
/// suspect.
pub const NANGO_ERROR_INVALID_RESPONSE: nango_code = 60;
/// The answer is longer than the client allows.
pub const NANGO_ERROR_RESPONSE_TOO_LARGE: nango_code = 61;
/// A failure inside the library, such as no file descriptor left.
pub const NANGO_ERROR_INTERNAL: nango_code = 90;
/// The library met a bug of its own and contained it; the client still works. Please report it.
pub const NANGO_ERROR_PANIC: nango_code = 91;

codes! {
    /// [`NANGO_ERROR_INVALID_ARGUMENT`]
    InvalidArgument = NANGO_ERROR_INVALID_ARGUMENT, "INVALID_ARGUMENT";
    /// [`NANGO_ERROR_INVALID_UTF8`]
    InvalidUtf8 = NANGO_ERROR_INVALID_UTF8, "INVALID_UTF8";
    /// [`NANGO_ERROR_UNKNOWN_OPERATION`]
    UnknownOperation = NANGO_ERROR_UNKNOWN_OPERATION, "UNKNOWN_OPERATION";
    /// [`NANGO_ERROR_QUEUE_FULL`]
    QueueFull = NANGO_ERROR_QUEUE_FULL, "QUEUE_FULL";
    /// [`NANGO_ERROR_CLOSED`]
    Closed = NANGO_ERROR_CLOSED, "CLOSED";
    /// [`NANGO_ERROR_WRONG_PROCESS`]
    WrongProcess = NANGO_ERROR_WRONG_PROCESS, "WRONG_PROCESS";
    /// [`NANGO_ERROR_CONNECT`]
    Connect = NANGO_ERROR_CONNECT, "CONNECT";
    /// [`NANGO_ERROR_TLS`]
    Tls = NANGO_ERROR_TLS, "TLS";
    /// [`NANGO_ERROR_TIMEOUT`]
    Timeout = NANGO_ERROR_TIMEOUT, "TIMEOUT";
    /// [`NANGO_ERROR_CANCELLED`]
    Cancelled = NANGO_ERROR_CANCELLED, "CANCELLED";
    /// [`NANGO_ERROR_IO`]
    Io = NANGO_ERROR_IO, "IO";
    /// [`NANGO_ERROR_DNS`]
    Dns = NANGO_ERROR_DNS, "DNS";
    /// [`NANGO_ERROR_PROXY`]
    Proxy = NANGO_ERROR_PROXY, "PROXY";
    /// [`NANGO_ERROR_BAD_REQUEST`]
    BadRequest = NANGO_ERROR_BAD_REQUEST, "BAD_REQUEST";
    /// [`NANGO_ERROR_UNAUTHORIZED`]
    Unauthorized = NANGO_ERROR_UNAUTHORIZED, "UNAUTHORIZED";
    /// [`NANGO_ERROR_FORBIDDEN`]
    Forbidden = NANGO_ERROR_FORBIDDEN, "FORBIDDEN";
    /// [`NANGO_ERROR_NOT_FOUND`]
    NotFound = NANGO_ERROR_NOT_FOUND, "NOT_FOUND";
    /// [`NANGO_ERROR_RATE_LIMITED`]
    RateLimited = NANGO_ERROR_RATE_LIMITED, "RATE_LIMITED";
    /// [`NANGO_ERROR_SERVER`]
    Server = NANGO_ERROR_SERVER, "SERVER";
    /// [`NANGO_ERROR_REFRESH_FAILED`]
    RefreshFailed = NANGO_ERROR_REFRESH_FAILED, "REFRESH_FAILED";
    /// [`NANGO_ERROR_RECONNECT_REQUIRED`]
    ReconnectRequired = NANGO_ERROR_RECONNECT_REQUIRED, "RECONNECT_REQUIRED";
    /// [`NANGO_ERROR_REFRESH_BACKOFF`]
    RefreshBackoff = NANGO_ERROR_REFRESH_BACKOFF, "REFRESH_BACKOFF";
    /// [`NANGO_ERROR_NO_CREDENTIALS`]
    NoCredentials = NANGO_ERROR_NO_CREDENTIALS, "NO_CREDENTIALS";
    /// [`NANGO_ERROR_NO_SINGLE_TOKEN`]
    NoSingleToken = NANGO_ERROR_NO_SINGLE_TOKEN, "NO_SINGLE_TOKEN";
    /// [`NANGO_ERROR_CONFLICT`]
    Conflict = NANGO_ERROR_CONFLICT, "CONFLICT";
    /// [`NANGO_ERROR_TOKEN_NOT_REPLACED`]
    TokenNotReplaced = NANGO_ERROR_TOKEN_NOT_REPLACED, "TOKEN_NOT_REPLACED";
    /// [`NANGO_ERROR_INVALID_RESPONSE`]
    InvalidResponse = NANGO_ERROR_INVALID_RESPONSE, "INVALID_RESPONSE";
    /// [`NANGO_ERROR_RESPONSE_TOO_LARGE`]
    ResponseTooLarge = NANGO_ERROR_RESPONSE_TOO_LARGE, "RESPONSE_TOO_LARGE";
    /// [`NANGO_ERROR_INTERNAL`]
    Internal = NANGO_ERROR_INTERNAL, "INTERNAL";
    /// [`NANGO_ERROR_PANIC`]
    Panic = NANGO_ERROR_PANIC, "PANIC";
}

impl Code {
    /// The code's name without the prefix, such as `RATE_LIMITED`.
    pub fn name(self) -> &'static str {
        self.name_with_nul().trim_end_matches('\0')
    }

    /// The code with this number.
    pub fn from_number(number: nango_code) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| *code as nango_code == number)
    }
}

/// Why a call failed. Printing it, in any way, shows no secret.
#[derive(Clone, Debug)]
pub struct Error(Box<Facts>);

#[derive(Clone)]
struct Facts {
    code: Code,
    message: String,
    http_status: Option<u16>,
    api_code: Option<String>,
    body: Option<String>,
    whole_body: Option<Zeroizing<String>>,
    retry_after: Option<Duration>,
    retryable: bool,
    attempts: u32,
    headers: Vec<(&'static str, String)>,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("code", &self.code)
            .field("message", &self.message)
            .field("http_status", &self.http_status)
            .field("api_code", &self.api_code)
            .field("retry_after", &self.retry_after)
            .field("retryable", &self.retryable)
            .field("attempts", &self.attempts)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl Error {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        Error(Box::new(Facts {
            code,
            message: message.into().replace('\0', "\u{fffd}"),
            http_status: None,
            api_code: None,
            body: None,
            whole_body: None,
            retry_after: None,
            retryable: false,
            attempts: 0,
            headers: Vec::new(),
        }))
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Error {
        Error::new(Code::InvalidArgument, message)
    }

    pub(crate) fn with_status(mut self, status: u16) -> Error {
        self.0.http_status = Some(status);
        self
    }

    pub(crate) fn with_api_code(mut self, api_code: Option<String>) -> Error {
        self.0.api_code = api_code.filter(|code| !code.contains('\0'));
        self
    }

    pub(crate) fn with_body(mut self, body: Option<String>) -> Error {
        self.0.body = body;
        self
    }

    pub(crate) fn with_whole_body(mut self, body: Option<Zeroizing<String>>) -> Error {
        self.0.whole_body = body;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Error {
        self.0.retry_after = wait;
        self
    }

    pub(crate) fn with_retryable(mut self, retryable: bool) -> Error {
        self.0.retryable = retryable;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Error {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_headers(mut self, headers: Vec<(&'static str, String)>) -> Error {
        self.0.headers = headers;
        self
    }

    /// Says in front of the message what was being done.
    pub(crate) fn during(mut self, what: &str) -> Error {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// What kind of failure this is.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// For a person: what failed, where, and what to do about it.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The status of Nango's answer, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Nango's own code, such as `unknown_provider_config`.
    pub fn api_code(&self) -> Option<&str> {
        self.0.api_code.as_deref()
    }

    /// What of the server's JSON body is known to be safe: the members of Nango's envelopes
    /// (`code`, `message`, `errors`, `payload`, …), with `[REDACTED]` in the place of a value that
    /// may be a secret, and a member `...` where others are left out.
    pub fn body_json(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The whole body, as far as it was read: the first MiB of an answer that was not a success, of
    /// whatever kind. It may hold secrets, so nothing prints it, and it is wiped when dropped. What
    /// is not UTF-8 in it, and a NUL character, is U+FFFD. `None`: there was no such answer, or its
    /// body was empty.
    pub fn reveal_body(&self) -> Option<&str> {
        self.0.whole_body.as_deref().map(String::as_str)
    }

    /// How long to wait before the same call has a chance: what the server said, or for a failed
    /// refresh the 30 seconds during which Nango does not try again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later with nothing else changed.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// How often the request was sent, or tried to be.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// A header of the answer that is a fact about the failure: `retry-after`, `x-ratelimit-limit`,
    /// `x-ratelimit-remaining`, `x-ratelimit-reset`. The name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.headers.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.message, self.0.code.name())
    }
}

impl std::error::Error for Error {}

/// At most so many characters of a text that somebody else wrote.
pub(crate) fn shortened(mut text: String, most: usize) -> String {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_ascending_and_named() {
        for pair in Code::ALL.windows(2) {
            assert!((pair[0] as i32) < (pair[1] as i32));
        }
        for code in Code::ALL {
            assert_eq!(Code::from_number(*code as i32), Some(*code));
            assert!(
                code.name()
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte == b'8')
            );
        }
        assert_eq!(Code::from_number(NANGO_OK), None);
    }

    #[test]
    fn a_message_never_holds_a_nul() {
        assert_eq!(Error::new(Code::Server, "a\0b").message(), "a\u{fffd}b");
    }
}
