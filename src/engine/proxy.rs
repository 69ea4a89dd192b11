//! Selects the proxy for a request.

use std::{env, fmt};

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use once_cell::race::OnceBox;
use reqwest::Url;
use reqwest::header::HeaderValue;

/// A client's proxy setting.
#[derive(Clone)]
pub(crate) enum Proxy {
    /// From the process's environment, as it was at the first lookup.
    Environment,
    None,
    Url(Box<ProxyRoute>),
}

/// The proxy selected for a request.
#[derive(Clone)]
pub(crate) struct ProxyRoute(Intercept);

impl ProxyRoute {
    pub(crate) fn is_https(&self) -> bool {
        self.0.uri().scheme_str() == Some("https")
    }

    pub(super) fn host(&self) -> Option<&str> {
        self.0.uri().host()
    }

    /// The value of `Proxy-Authorization`, if the proxy's URL names a user.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }

    pub(super) fn to_reqwest(&self) -> reqwest::Result<reqwest::Proxy> {
        let proxy = reqwest::Proxy::all(self.0.uri().to_string())?;
        Ok(match self.authorization() {
            Some(authorization) => proxy.custom_http_auth(authorization.clone()),
            None => proxy,
        })
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.write_str(match self {
            Proxy::Environment => "Environment",
            Proxy::None => "None",
            Proxy::Url(_) => "Url",
        })
    }
}

impl Proxy {
    /// Returns the reason if the URL cannot be used.
    pub(crate) fn parse(url: &str) -> Result<Proxy, String> {
        if url.is_empty() {
            return Ok(Proxy::None);
        }
        let refuse = |why: &str| {
            format!("the proxy {why}; expected something like http://proxy.example:3128")
        };
        // Error messages omit the URL, which may hold a password.
        let parsed = Url::parse(url).map_err(|error| refuse(&format!("is not a URL ({error})")))?;
        if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
            return Err(refuse("must begin with http:// or https:// and name a host"));
        }
        let everything = Matcher::builder().all(parsed.as_str()).build();
        let route = everything
            .intercept(&Uri::from_static("https://nango.invalid"))
            .ok_or_else(|| refuse("cannot be used"))?;
        Ok(Proxy::Url(Box::new(ProxyRoute(route))))
    }

    /// Returns the proxy for this server, if any. A proxy from the environment never applies to
    /// loopback.
    pub(crate) fn for_server(&self, url: &Url, loopback: bool) -> Option<ProxyRoute> {
        match self {
            Proxy::None => None,
            Proxy::Url(route) => Some((**route).clone()),
            Proxy::Environment if loopback => None,
            Proxy::Environment => {
                environment().as_ref()?.intercept(&url.as_str().parse().ok()?).map(ProxyRoute)
            }
        }
    }
}

/// Reads the environment once. A program may change its environment while other threads run, and
/// reading it at the same time is a race in libc. `None`: no server uses a proxy.
fn environment() -> &'static Option<Matcher> {
    static ENVIRONMENT: OnceBox<Option<Matcher>> = OnceBox::new();
    ENVIRONMENT.get_or_init(|| {
        // The matcher applies a star to all host names, but not to IP addresses.
        let exempt = env::var("NO_PROXY").or_else(|_| env::var("no_proxy")).unwrap_or_default();
        let everything = exempt.split(',').any(|entry| entry.trim() == "*");
        Box::new((!everything).then(Matcher::from_env))
    })
}
