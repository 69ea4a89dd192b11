//! The base URL of the server.

use reqwest::Url;

use crate::engine::is_localhost;
use crate::error::Error;
use crate::request::bounded;
use crate::unfilled::unfilled;

/// The part of the server's address that is the same for every request.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    prefix: String,
}

impl BaseUrl {
    pub(crate) fn parse(text: &str) -> Result<BaseUrl, Error> {
        const EXAMPLE: &str =
            "expected something like https://api.nango.dev or http://localhost:3003";
        let refuse = |why: &str| Error::invalid_argument(format!("the base URL {why}; {EXAMPLE}"));
        if text.is_empty() {
            return Err(refuse("is empty"));
        }
        bounded(text.len(), "the base URL")?;
        if let Some(why) = unfilled(text) {
            return Err(refuse(why));
        }
        // The parser would silently drop these.
        if text.contains(|character: char| character.is_control() || character.is_whitespace()) {
            return Err(refuse("contains a space or a control character"));
        }
        // The parser would accept http:host, http:///host and http:\\host.
        let after = |scheme: &str| {
            text.get(..scheme.len())
                .filter(|start| start.eq_ignore_ascii_case(scheme))
                .map(|_| &text[scheme.len()..])
        };
        match after("https://").or_else(|| after("http://")) {
            Some(rest) if !rest.starts_with(['/', '\\']) => {}
            _ => return Err(refuse("must start with https:// or http:// followed by a host")),
        }
        let url = Url::parse(text).map_err(|error| refuse(&format!("is not a URL ({error})")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse(
                "must not contain a username or password (set the secret key separately)",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("must not contain a query or a fragment"));
        }
        let prefix = url.as_str().trim_end_matches('/').to_owned();
        Ok(BaseUrl { url, prefix })
    }

    /// Scheme, host, port and path, without a slash at the end.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The path, without a slash at the end.
    pub(crate) fn path(&self) -> &str {
        self.url.path().trim_end_matches('/')
    }

    /// Scheme, host and port, for messages.
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The length of scheme, host and port.
    pub(crate) fn origin_length(&self) -> usize {
        self.url.as_str().len() - self.url.path().len()
    }

    /// Host, and port unless it is the scheme's default.
    pub(crate) fn host(&self) -> &str {
        self.url.authority()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub(crate) fn is_loopback(&self) -> bool {
        let host =
            self.url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<std::net::IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => is_localhost(host),
        }
    }
}
