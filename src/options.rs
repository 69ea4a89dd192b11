//! What a client and a call can be told, checked when it is said.

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

/// Nango's cloud, where no base URL is given.
pub const DEFAULT_BASE_URL: &str = "https://api.nango.dev";

/// What a client is made of. [`Options::default`] has no secret key; everything else has a value
/// that suits a backend.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) base_url: BaseUrl,
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) max_retries: u32,
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
            base_url: BaseUrl::parse(DEFAULT_BASE_URL).expect("the default base URL is one"),
            secret_key: None,
            connect_timeout: Duration::from_secs(10),
            // The server itself may wait 12 s for a refresh that another request is making.
            attempt_timeout: Duration::from_secs(30),
            timeout: Duration::from_secs(60),
            max_retries: 2,
            // The server closes an idle connection after 61 s: leave before it does.
            idle_timeout: Duration::from_secs(50),
            idle_connections: 8,
            max_connections: 256.min(soft_limit() / 2).max(1) as usize,
            max_response_bytes: 64 * 1024 * 1024,
            user_agent: user_agent("").expect("the user agent is a header's value"),
            proxy: Proxy::Environment,
            tls: TlsOptions::default(),
            plural_routes: false,
            events: 0,
        }
    }
}

impl Options {
    /// Options with the key and the base URL of the environment: `NANGO_API_KEY`, then
    /// `NANGO_SECRET_KEY`; `NANGO_HOST`, then `NANGO_SERVER_URL`, then `NANGO_HOSTPORT`. The first
    /// that is set and not empty counts. Fails without a key.
    pub fn from_env() -> Result<Options, Error> {
        const KEYS: [&str; 2] = ["NANGO_API_KEY", "NANGO_SECRET_KEY"];
        const HOSTS: [&str; 3] = ["NANGO_HOST", "NANGO_SERVER_URL", "NANGO_HOSTPORT"];
        let mut options = Options::default();
        let Some((name, key)) = first_set(&KEYS)? else {
            return Err(Error::invalid_argument(
                "neither NANGO_API_KEY nor NANGO_SECRET_KEY is set; the key is in Nango's dashboard under Environment Settings, API Keys",
            ));
        };
        options.set_secret_key(&key).map_err(|error| error.during(name))?;
        if let Some((name, host)) = first_set(&HOSTS)? {
            options.set_base_url(&host).map_err(|error| error.during(name))?;
        }
        Ok(options)
    }

    /// The server: `https://…` or `http://…`, with or without a path; no user, query or fragment.
    /// Default: [`DEFAULT_BASE_URL`].
    pub fn set_base_url(&mut self, url: &str) -> Result<(), Error> {
        self.base_url = BaseUrl::parse(url)?;
        Ok(())
    }

    /// The key of a Nango environment.
    pub fn set_secret_key(&mut self, key: &str) -> Result<(), Error> {
        self.secret_key = Some(SecretKey::new(key)?);
        Ok(())
    }

    /// How long looking up the name, connecting and the TLS handshake may take together. Default:
    /// 10 s.
    pub fn set_connect_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.connect_timeout = not_zero(timeout, "connect_timeout")?;
        Ok(())
    }

    /// How long one attempt may take, from the first byte sent to the last received, connecting
    /// included. Default: 30 s.
    pub fn set_attempt_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.attempt_timeout = not_zero(timeout, "attempt_timeout")?;
        Ok(())
    }

    /// How long a call may take, with all its attempts and the waits between them. Default: 60 s.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.timeout = not_zero(timeout, "timeout")?;
        Ok(())
    }

    /// How often a call that failed is tried again; 0: never. Default: 2.
    pub fn set_max_retries(&mut self, retries: u32) {
        self.max_retries = retries;
    }

    /// How long a connection may lie idle before it is closed. Default: 50 s; Nango closes it after
    /// 61 s.
    pub fn set_idle_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.idle_timeout = not_zero(timeout, "idle_timeout")?;
        Ok(())
    }

    /// How many idle connections a client keeps; 0: every call opens its own. Default: 8.
    pub fn set_idle_connections(&mut self, connections: usize) {
        self.idle_connections = connections;
    }

    /// How many connections the calls of a queue may have open at once; those beyond wait inside,
    /// within their timeouts. Default: 256, or half of what the process may open if that is less.
    pub fn set_max_connections(&mut self, connections: usize) -> Result<(), Error> {
        if connections == 0 {
            return Err(Error::invalid_argument(
                "max_connections must not be 0: no call could be made",
            ));
        }
        self.max_connections = connections.min(Semaphore::MAX_PERMITS);
        Ok(())
    }

    /// The longest answer that is read. Default: 64 MiB.
    pub fn set_max_response_bytes(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes == 0 {
            return Err(Error::invalid_argument(
                "max_response_bytes must not be 0: no answer would fit",
            ));
        }
        self.max_response_bytes = bytes;
        Ok(())
    }

    /// Says in the `User-Agent` who uses the library, such as `libnango-ruby/0.1.0`. Empty: nobody.
    pub fn set_user_agent_suffix(&mut self, suffix: &str) -> Result<(), Error> {
        self.user_agent = user_agent(suffix)?;
        Ok(())
    }

    /// The proxy: `None`: as the environment says (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
    /// `NO_PROXY`, read once in a process and never applied to loopback); empty: none; else its
    /// URL, which may hold a user and a password.
    pub fn set_proxy(&mut self, url: Option<&str>) -> Result<(), Error> {
        self.proxy = match url {
            None => Proxy::Environment,
            Some(url) => {
                request::bounded(url.len(), "the proxy's URL")?;
                Proxy::parse(url)?
            }
        };
        Ok(())
    }

    /// Which certificate authorities are trusted. Default: [`Roots::Platform`].
    pub fn set_tls_roots(&mut self, roots: Roots) {
        self.tls.roots = roots;
    }

    /// Trusts the authorities in this PEM text too; with [`Roots::CustomOnly`], only them. May be
    /// called again.
    pub fn add_ca_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.tls.add_ca_pem(pem)
    }

    /// The certificate chain and the private key, in one PEM text, that the client shows to a
    /// server which asks.
    pub fn set_client_identity_pem(&mut self, pem: &[u8]) -> Result<(), Error> {
        self.tls.identity = Some(Identity::from_pem(pem)?);
        Ok(())
    }

    /// Uses `/connections…` instead of `/connection…`, for a server that no longer has the old
    /// routes. Default: false, which every version of the server understands.
    pub fn set_plural_routes(&mut self, plural: bool) {
        self.plural_routes = plural;
    }

    /// How many events are kept until [`Client::next_event_json`](crate::Client::next_event_json)
    /// takes them; the oldest are dropped. Default: 0, none.
    pub fn set_events(&mut self, capacity: usize) {
        self.events = capacity;
    }
}

fn first_set<'n>(names: &[&'n str]) -> Result<Option<(&'n str, String)>, Error> {
    for name in names {
        match std::env::var_os(name) {
            Some(value) if !value.is_empty() => {
                let value = value
                    .into_string()
                    .map_err(|_| Error::invalid_argument(format!("{name} is not UTF-8")))?;
                return Ok(Some((name, value)));
            }
            _ => {}
        }
    }
    Ok(None)
}

fn not_zero(timeout: Duration, name: &str) -> Result<Duration, Error> {
    if timeout.is_zero() {
        return Err(Error::invalid_argument(format!(
            "{name} must not be 0: a call always has an end"
        )));
    }
    Ok(timeout)
}

fn user_agent(suffix: &str) -> Result<HeaderValue, Error> {
    request::bounded(suffix.len(), "the user agent's suffix")?;
    // The server takes `nango-cli/…` for its own command line and answers it differently.
    if suffix.contains("nango-cli/")
        || !suffix.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"()\\".contains(&byte))
    {
        return Err(Error::invalid_argument(
            "the user agent's suffix may hold printable ASCII without parentheses and backslashes, and not the text nango-cli/",
        ));
    }
    let comment = [std::env::consts::OS, std::env::consts::ARCH, suffix]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>();
    let agent = format!("libnango/{} ({})", env!("CARGO_PKG_VERSION"), comment.join("; "));
    HeaderValue::from_str(&agent)
        .map_err(|_| Error::invalid_argument("the user agent's suffix cannot be in a header"))
}

/// What one call is told.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(crate) force_refresh: bool,
    pub(crate) include_refresh_token: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<Cancel>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl CallOptions {
    /// Makes Nango refresh the token although it is still good. The provider may revoke the one
    /// before. A real server answers with the old token when the call coincides with a plain read
    /// of the connection: to replace a token that was refused, use
    /// [`Client::replace_token`](crate::Client::replace_token).
    pub fn set_force_refresh(&mut self, force: bool) {
        self.force_refresh = force;
    }

    /// Asks for the refresh token too. A backend rarely needs it.
    pub fn set_include_refresh_token(&mut self, include: bool) {
        self.include_refresh_token = include;
    }

    /// How long this call may take, instead of what the client was told.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        self.timeout = Some(not_zero(timeout, "timeout")?);
        Ok(())
    }

    /// The handle that cancels this call.
    pub fn set_cancel(&mut self, cancel: Option<&Cancel>) {
        self.cancel = cancel.cloned();
    }

    /// A header to send along, such as `traceparent`; a second one of the same name replaces the
    /// first.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let (name, mut value) = request::header(name, value)?;
        // It does not print: it may be a secret.
        value.set_sensitive(true);
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        Ok(())
    }
}
