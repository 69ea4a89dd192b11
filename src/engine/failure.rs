//! Why an exchange has no answer.

use std::error::Error as StdError;
use std::io;

use reqwest::StatusCode;

use super::resolve::LookupFailure;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Lookup(LookupFailure),
    ProxyLookup(LookupFailure),
    Connect(String),
    ConnectTimeout,
    Tls(String),
    Proxy(String),
    /// The proxy requires a username and password, or rejected the ones given.
    ProxyCredentials,
    Io(String),
    /// The connection broke before any part of the request was sent.
    Unsent(String),
    TooLarge {
        status: StatusCode,
        limit: u64,
    },
    Internal(String),
}

impl Failure {
    /// Classifies an error of the HTTP library by its innermost cause that is recognised.
    pub(super) fn of(error: &(dyn StdError + 'static)) -> Failure {
        let mut tls = None;
        let mut cause = Some(error);
        while let Some(current) = cause {
            if let Some(error) = current.downcast_ref::<rustls::Error>() {
                tls = Some(error.to_string());
            }
            // The `source` of an io::Error skips the error that it wraps; `get_ref` returns it.
            cause = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => current.source(),
            };
        }
        tls.map_or_else(|| Failure::Io(root_cause(error)), Failure::Tls)
    }

    pub(super) fn unsent(self) -> Failure {
        match self {
            Failure::Io(why) => Failure::Unsent(why),
            failure => failure,
        }
    }

    /// Whether the server cannot have received any part of the request.
    pub(crate) fn nothing_sent(&self) -> bool {
        !matches!(self, Failure::Io(_) | Failure::TooLarge { .. })
    }
}

/// The innermost cause, as the system or the protocol describes it.
pub(super) fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
