//! The options of a client and of a call. Each is checked when it is set.

use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use tokio::sync::Semaphore;

use crate::base_url::BaseUrl;
use crate::cancel::Cancel;
use crate::engine::descriptors::soft_limit;
use crate::engine::proxy::Proxy;
use crate::engine::tls::{Identity, Roots, TlsOptions};
use crate::error::Error;
use crate::request;
use crate::secret::SecretKey;

/// Nango's cloud: the default base URL.
pub const DEFAULT_BASE_URL: &str = "https://api.nango.dev";

/// The options of a client. [`Options::default`] has no secret key; every other option has a
/// default that suits a backend.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) base_url: BaseUrl,
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) max_retry_wait: Duration,
    pub(crate) connect_retry: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_response_bytes: u64,
    pub(crate) user_agent: HeaderValue,
    pub(crate) proxy: Proxy,
    pub(crate) tls: TlsOptions,
    pub(crate) plural_routes: bool,
    pub(crate) events: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            base_url: BaseUrl::parse(DEFAULT_BASE_URL).expect("the default base URL is valid"),
            secret_key: None,
            connect_timeout: Duration::from_secs(10),
            // The server may wait 12 s for a refresh that another request started.
            attempt_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            max_retries: 2,
            max_retry_wait: Duration::from_secs(5),
            connect_retry: Duration::from_secs(5),
            // The server closes idle connections after 61 s: close them first.
            idle_timeout: Duration::from_secs(50),
            idle_connections: 8,
            max_connections: 256.min(soft_limit() / 2).max(1) as usize,
            max_response_bytes: 64 * 1024 * 1024,
            user_agent: user_agent("").expect("the default user agent is a valid header value"),
            proxy: Proxy::Environment,
            tls: TlsOptions::default(),
            plural_routes: false,
            events: 0,
        }
    }
}

impl Options {
    /// Takes the key and the base URL from the environment: the first of `NANGO_API_KEY` and
    /// `NANGO_SECRET_KEY`, and the first of `NANGO_BASE_URL`, `NANGO_HOST`, `NANGO_SERVER_URL` and
    /// `NANGO_HOSTPORT` that is set. Fails if there is no key, or if the variable is empty: the key
    /// must not go to another server because a variable was not filled in.
    pub fn from_env() -> Result<Options, Error> {
        const KEYS: [&str; 2] = ["NANGO_API_KEY", "NANGO_SECRET_KEY"];
        const HOSTS: [&str; 4] =
            ["NANGO_BASE_URL", "NANGO_HOST", "NANGO_SERVER_URL", "NANGO_HOSTPORT"];
        let mut options = Options::default();
        let Some((name, key)) = first_set(&KEYS)? else {
            return Err(Error::invalid_argument(
                "neither NANGO_API_KEY nor NANGO_SECRET_KEY is set; find the key in Nango's \
                 dashboard under Environment Settings, API Keys",
            ));
        };
        options.set_secret_key(&key).map_err(|error| error.during(name))?;
        if let Some((name, host)) = first_set(&HOSTS)? {
            options.set_base_url(&host).map_err(|error| error.during(name))?;
        }
        Ok(options)
    }

    /// Sets the server: `https://…` or `http://…`, with or without a path, and without credentials,
    /// query or fragment. Default: [`DEFAULT_BASE_URL`].
    pub fn set_base_url(&mut self, url: &str) -> Result<(), Error> {
        self.base_url = BaseUrl::parse(url)?;
        Ok(())
    }

    /// Sets the secret key of a Nango environment.
    pub fn set_secret_key(&mut self, key: &str) -> Result<(), Error> {
        self.secret_key = Some(SecretKey::new(key)?);
        Ok(())
    }

    /// Sets how long resolving the host name, connecting and the TLS handshake may take together.
    /// Default: 10 s.
    pub fn set_connect_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.connect_timeout = not_zero(timeout, "connect_timeout")?;
        Ok(())
    }

    /// Sets how long one attempt may take, from the first byte sent to the last byte received,
    /// including connecting. Default: 30 s.
    pub fn set_attempt_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.attempt_timeout = not_zero(timeout, "attempt_timeout")?;
        Ok(())
    }

    /// Sets how long a call may take, including all its attempts and the waits between them.
    /// Default: 60 s.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.timeout = not_zero(timeout, "timeout")?;
        Ok(())
    }

    /// Sets how often a failed call is retried; 0: never. Default: 2.
    pub fn set_max_retries(&mut self, retries: u32) {
        self.max_retries = retries;
    }

    /// Sets how long a call may wait for a retry. If the server asks for a longer wait, the call
    /// fails at once, and [`Error::retry_after`] says how long to wait. Default: 5 s.
    pub fn set_max_retry_wait(&mut self, wait: Duration) {
        self.max_retry_wait = wait;
    }

    /// Sets how long a call tries again while the server refuses or resets connections or cannot be
    /// reached. These attempts do not count as retries. They apply only once the server has
    /// answered this client, so that a wrong port is reported at once. 0: never. Default: 5 s.
    pub fn set_connect_retry(&mut self, time: Duration) {
        self.connect_retry = time;
    }

    /// Sets how long a connection may be idle before it is closed. Default: 50 s; Nango closes it
    /// after 61 s.
    pub fn set_idle_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.idle_timeout = not_zero(timeout, "idle_timeout")?;
        Ok(())
    }

    /// Sets how many idle connections a client keeps; 0: each call opens its own. Default: 8.
    pub fn set_idle_connections(&mut self, connections: usize) {
        self.idle_connections = connections;
    }

    /// Sets how many connections the calls of a queue may have open at once. Further calls wait,
    /// within their timeouts. Default: 256, or half of the process's limit on open descriptors if
    /// that is less.
    pub fn set_max_connections(&mut self, connections: usize) -> Result<(), Error> {
        if connections == 0 {
            return Err(Error::invalid_argument(
                "max_connections must be greater than 0; with 0, no call could be made",
            ));
        }
        self.max_connections = connections.min(Semaphore::MAX_PERMITS);
        Ok(())
    }

    /// Sets the maximum length of an answer. Default: 64 MiB.
    pub fn set_max_response_bytes(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes == 0 {
            return Err(Error::invalid_argument(
                "max_response_bytes must be greater than 0; with 0, no answer would fit",
            ));
        }
        self.max_response_bytes = bytes;
        Ok(())
    }

    /// Appends the name of the program that uses the library to the `User-Agent`, such as
    /// `libnango-ruby/0.1.0`. Empty: nothing is appended.
    pub fn set_user_agent_suffix(&mut self, suffix: &str) -> Result<(), Error> {
        self.user_agent = user_agent(suffix)?;
        Ok(())
    }

    /// Sets the proxy. `None`: from the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
    /// `NO_PROXY`, which are read once per process and never apply to loopback). Empty: no proxy.
    /// Otherwise: the URL of the proxy, which may contain a username and password.
    pub fn set_proxy(&mut self, url: Option<&str>) -> Result<(), Error> {
        self.proxy = match url {
            None => Proxy::Environment,
            Some(url) => {
                request::bounded(url.len(), "the proxy URL")?;
                Proxy::parse(url).map_err(|why| Error::invalid_argument(why))?
            }
        };
        Ok(())
    }

    /// Sets which certificate authorities are trusted. Default: [`Roots::Platform`].
    pub fn set_tls_roots(&mut self, roots: Roots) {
        self.tls.roots = roots;
    }

    /// Also trusts the authorities in this PEM text; with [`Roots::CustomOnly`], trusts only them.
    /// May be called several times.
    pub fn add_ca_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.tls.add_ca_pem(pem).map_err(|why| Error::invalid_argument(why))
    }

    /// Sets the certificate chain and the private key, in one PEM text, that the client presents if
    /// the server requests a certificate.
    pub fn set_client_identity_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.tls.identity =
            Some(Identity::from_pem(pem).map_err(|why| Error::invalid_argument(why))?);
        Ok(())
    }

    /// Uses `/connections…` instead of `/connection…`, for a server that no longer has the old
    /// routes. Default: false, which every version of the server supports.
    pub fn set_plural_routes(&mut self, plural: bool) {
        self.plural_routes = plural;
    }

    /// Sets how many events are kept until
    /// [`Client::next_event_json`](crate::Client::next_event_json) takes them. When there are more,
    /// the oldest are dropped. Default: 0, none.
    pub fn set_events(&mut self, capacity: usize) {
        self.events = capacity;
    }
}

fn first_set<'n>(names: &[&'n str]) -> Result<Option<(&'n str, String)>, Error> {
    for name in names {
        let Some(value) = std::env::var_os(name) else { continue };
        let value = value
            .into_string()
            .map_err(|_| Error::invalid_argument(format!("{name} is not UTF-8")))?;
        if value.is_empty() {
            return Err(Error::invalid_argument(format!(
                "{name} is set but empty; set it to a value, or unset it"
            )));
        }
        return Ok(Some((name, value)));
    }
    Ok(None)
}

fn not_zero(timeout: Duration, name: &str) -> Result<Duration, Error> {
    if timeout.is_zero() {
        return Err(Error::invalid_argument(format!(
            "{name} must be greater than 0; every call has a time limit"
        )));
    }
    Ok(timeout)
}

fn user_agent(suffix: &str) -> Result<HeaderValue, Error> {
    request::bounded(suffix.len(), "the user agent suffix")?;
    // The server mistakes `nango-cli/…` for its own command line tool and answers it differently.
    if suffix.contains("nango-cli/")
        || !suffix.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"()\\".contains(&byte))
    {
        return Err(Error::invalid_argument(
            "the user agent suffix must be printable ASCII without parentheses or backslashes, \
             and must not contain nango-cli/",
        ));
    }
    let comment = [std::env::consts::OS, std::env::consts::ARCH, suffix]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    let agent = format!("libnango/{} ({})", env!("CARGO_PKG_VERSION"), comment.join("; "));
    HeaderValue::from_str(&agent)
        .map_err(|_| Error::invalid_argument("the user agent suffix is not valid in a header"))
}

/// The options of one call.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(crate) force_refresh: bool,
    pub(crate) include_refresh_token: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl CallOptions {
    /// Forces a refresh even if the token is still valid. The provider may revoke the previous
    /// token. A real server answers with the old token if the call coincides with a plain read of
    /// the connection. To replace a token that was refused, use
    /// [`Client::replace_token`](crate::Client::replace_token).
    pub fn set_force_refresh(&mut self, force: bool) {
        self.force_refresh = force;
    }

    /// Also requests the refresh token. A backend rarely needs it.
    pub fn set_include_refresh_token(&mut self, include: bool) {
        self.include_refresh_token = include;
    }

    /// Sets how long this call may take, instead of the client's timeout.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.timeout = Some(not_zero(timeout, "timeout")?);
        Ok(())
    }

    /// Sets the handle that cancels this call.
    pub fn set_cancel(&mut self, cancel: Option<&Cancel>) {
        self.cancel = cancel.cloned();
    }

    /// Adds a header to the request, such as `traceparent`. A second header of the same name
    /// replaces the first.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let (name, mut value) = request::header(name, value)?;
        // Keeps it out of debug output: it may be a secret.
        value.set_sensitive(true);
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        Ok(())
    }
}
