//! The error type: a code, a message, and facts.
//!
//! An error is created where the failure is detected, and carries everything that a caller may
//! need. Everything that it prints is safe: [`redact`] decides which parts of an answer are.

mod codes;
pub(crate) mod redact;

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

pub use codes::*;

/// An error code: one of the `NANGO_OK` and `NANGO_ERROR_…` constants.
///
/// Codes are grouped, with gaps: 1 to 19 the caller, 20 to 39 the connection to the server, 40 to
/// 59 the answer of the server, 60 to 79 an invalid answer, 90 and up the library. A retired number
/// is never reused.
#[allow(non_camel_case_types)]
pub type nango_code = i32;

impl Code {
    /// The code's name without the prefix, such as `RATE_LIMITED`.
    pub fn name(self) -> &'static str {
        self.name_with_nul().trim_end_matches('\0')
    }

    /// What to do about it, in a sentence or two.
    pub fn advice(self) -> &'static str {
        self.advice_with_nul().trim_end_matches('\0')
    }

    /// The code with this number.
    pub fn from_number(number: nango_code) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| *code as nango_code == number)
    }
}

/// Why a call failed. Printing it, in any form, shows no secret.
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
    #[cfg_attr(debug_assertions, track_caller)]
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Error {
        #[cfg(debug_assertions)]
        origins::record(std::panic::Location::caller());
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

    #[cfg_attr(debug_assertions, track_caller)]
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

    /// Appends a sentence to the message.
    pub(crate) fn noting(mut self, note: &str) -> Error {
        self.0.message = format!("{}; {note}", self.0.message);
        self
    }

    /// Prefixes the message with the operation that failed.
    pub(crate) fn during(mut self, what: &str) -> Error {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }

    /// The kind of failure.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// A human-readable message: what failed, where, and what to do.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer, if there was one.
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// Nango's error code, such as `unknown_provider_config`.
    pub fn api_code(&self) -> Option<&str> {
        self.0.api_code.as_deref()
    }

    /// The part of the JSON body that is known to be safe: the members of Nango's envelopes
    /// (`code`, `message`, `errors`, `payload`, …). A value that may be a secret is replaced by
    /// `[REDACTED]`. A member `...` means that other members were left out.
    pub fn body_json(&self) -> Option<&str> {
        self.0.body.as_deref()
    }

    /// The whole body, as far as it was read: the first MiB of an answer that was not a success, of
    /// any content type. It may hold secrets, so nothing prints it, and it is wiped when dropped.
    /// Invalid UTF-8 and NUL characters are replaced by U+FFFD. `None`: there was no such answer,
    /// or its body was empty.
    pub fn reveal_body(&self) -> Option<&str> {
        self.0.whole_body.as_deref().map(String::as_str)
    }

    /// How long to wait before the same call can succeed: the wait that the server gave, or 30
    /// seconds after a failed refresh, during which Nango does not retry.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later, unchanged.
    pub fn retryable(&self) -> bool {
        self.0.retryable
    }

    /// How many attempts were made to send the request.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// A header of the answer that describes the failure: `retry-after`, `x-ratelimit-limit`,
    /// `x-ratelimit-remaining` or `x-ratelimit-reset`. The name is not case-sensitive.
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

/// Where errors were made, for the test that finds out which places no vector reaches. Debug builds
/// only.
#[cfg(debug_assertions)]
#[doc(hidden)]
pub mod origins {
    use std::collections::BTreeSet;
    use std::panic::Location;
    use std::sync::Mutex;

    static ORIGINS: Mutex<BTreeSet<(&str, u32)>> = Mutex::new(BTreeSet::new());

    pub(super) fn record(place: &'static Location<'static>) {
        // In a forked child another thread may hold the lock for ever.
        if let Ok(mut origins) = ORIGINS.try_lock() {
            origins.insert((place.file(), place.line()));
        }
    }

    /// The files and lines where this process has made an error so far.
    pub fn seen() -> Vec<(&'static str, u32)> {
        ORIGINS.lock().map(|origins| origins.iter().copied().collect()).unwrap_or_default()
    }
}

/// Shortens a text to at most `most` characters.
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
