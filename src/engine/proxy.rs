//! Selects the proxy for a request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::{env, fmt};

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use once_cell::race::OnceBox;
use reqwest::Url;
use reqwest::header::HeaderValue;

use super::resolve::is_localhost;
use crate::unfilled::unfilled;

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

    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.host().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.map_or_else(|_| is_localhost(host), |address| address.is_loopback())
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
        if let Some(why) = unfilled(url) {
            return Err(refuse(why));
        }
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
    /// loopback. Returns the reason if the environment names a proxy that cannot be used.
    pub(crate) fn for_server(
        &self,
        url: &Url,
        loopback: bool,
    ) -> Result<Option<ProxyRoute>, String> {
        match self {
            Proxy::None => Ok(None),
            Proxy::Url(route) => Ok(Some((**route).clone())),
            Proxy::Environment if loopback => Ok(None),
            Proxy::Environment => environment().for_server(url),
        }
    }
}

/// The proxy variables of the process.
struct Environment {
    https: Option<Variable>,
    http: Option<Variable>,
    all: Option<Variable>,
    no_proxy: Option<Variable>,
}

struct Variable {
    name: &'static str,
    value: String,
}

/// Reads the environment once. A program may change its environment while other threads run, and
/// reading it at the same time is a race in libc.
fn environment() -> &'static Environment {
    static ENVIRONMENT: OnceBox<Environment> = OnceBox::new();
    ENVIRONMENT.get_or_init(|| {
        // A CGI server passes the request header `Proxy` in HTTP_PROXY.
        let http: &[_] = match env::var_os("REQUEST_METHOD") {
            Some(_) => &["http_proxy"],
            None => &["HTTP_PROXY", "http_proxy"],
        };
        Box::new(Environment {
            https: first_set(&["HTTPS_PROXY", "https_proxy"]),
            http: first_set(http),
            all: first_set(&["ALL_PROXY", "all_proxy"]),
            no_proxy: first_set(&["NO_PROXY", "no_proxy"]),
        })
    })
}

/// The first of these variables that is not empty.
fn first_set(names: &[&'static str]) -> Option<Variable> {
    names.iter().find_map(|name| {
        let value = env::var_os(name)?.to_string_lossy().trim().to_owned();
        (!value.is_empty()).then_some(Variable { name, value })
    })
}

impl Environment {
    fn for_server(&self, url: &Url) -> Result<Option<ProxyRoute>, String> {
        let variable = if url.scheme() == "https" { &self.https } else { &self.http };
        let Some(Variable { name, value }) = variable.as_ref().or(self.all.as_ref()) else {
            return Ok(None);
        };
        if self.exempts(url) {
            return Ok(None);
        }
        let url = match value.contains("://") || unfilled(value).is_some() {
            true => Cow::from(value),
            false => format!("http://{value}").into(),
        };
        match Proxy::parse(&url) {
            Ok(Proxy::Url(route)) => Ok(Some(*route)),
            Ok(Proxy::Environment | Proxy::None) => Ok(None),
            Err(why) => Err(format!("{name}: {why}")),
        }
    }

    /// Whether NO_PROXY names the server.
    fn exempts(&self, url: &Url) -> bool {
        let Some(Variable { value, .. }) = &self.no_proxy else { return false };
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let entries: Vec<&str> = value
            .split(|character: char| character == ',' || character.is_whitespace())
            .filter_map(|entry| for_port(entry, url.port_or_known_default()))
            .collect();
        if entries.contains(&"*") {
            return true;
        }
        let matcher = Matcher::builder().all("http://proxy.invalid").no(entries.join(",")).build();
        let Ok(server) = format!("{}://{host}", url.scheme()).parse() else { return false };
        matcher.intercept(&server).is_none()
    }
}

/// An entry of NO_PROXY in the form that hyper-util understands. `None` if it is for another port.
fn for_port(entry: &str, port: Option<u16>) -> Option<&str> {
    let (host, only) = match entry.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']')?;
            (address, after.strip_prefix(':'))
        }
        // Several colons: an IPv6 address.
        None => match entry.split_once(':') {
            Some((host, only)) if !only.contains(':') => (host, Some(only)),
            _ => (entry, None),
        },
    };
    if only.is_some_and(|only| only.parse().ok() != port) {
        return None;
    }
    let host = host.trim_end_matches('.');
    Some(host.strip_prefix('*').filter(|domain| domain.starts_with('.')).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(https: &str, no_proxy: &str) -> Environment {
        let variable = |name, value: &str| Some(Variable { name, value: value.to_owned() });
        Environment {
            https: variable("HTTPS_PROXY", https),
            http: None,
            all: None,
            no_proxy: variable("NO_PROXY", no_proxy).filter(|_| !no_proxy.is_empty()),
        }
    }

    #[test]
    fn no_proxy_in_every_form() {
        for (no_proxy, server, exempt) in [
            ("", "https://api.example.com", false),
            ("*", "https://api.example.com", true),
            ("a.test, *", "https://api.example.com", true),
            ("example.com", "https://api.example.com", true),
            ("example.com", "https://example.com", true),
            ("example.com", "https://badexample.com", false),
            (".example.com", "https://api.example.com", true),
            ("*.example.com", "https://api.example.com", true),
            ("*.example.com", "https://other.test", false),
            ("api.example.com:443", "https://api.example.com", true),
            ("api.example.com:8443", "https://api.example.com", false),
            ("api.example.com:8443", "https://api.example.com:8443", true),
            ("a.test  api.example.com", "https://api.example.com", true),
            ("a.test ,\tapi.example.com ", "https://api.example.com", true),
            ("api.example.com", "https://api.example.com.", true),
            ("api.example.com.", "https://api.example.com", true),
            ("10.1.2.3", "https://10.1.2.3", true),
            ("10.1.2.3:443", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("fd00::1", "https://[fd00::1]", true),
            ("[fd00::1]:443", "https://[fd00::1]", true),
            ("[fd00::1]:444", "https://[fd00::1]", false),
            ("fd00::/8", "https://[fd00::1]", true),
            (",, ,", "https://api.example.com", false),
        ] {
            let environment = environment("http://proxy.test:3128", no_proxy);
            let route = environment.for_server(&Url::parse(server).unwrap()).unwrap();
            assert_eq!(route.is_none(), exempt, "{no_proxy:?} {server}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused() {
        let server = Url::parse("https://api.example.com").unwrap();
        for proxy in [
            "socks5://proxy.test:1080",
            "socks5h://proxy.test:1080",
            "ftp://proxy.test",
            "\"http://proxy.test:3128\"",
            "'proxy.test'",
            "http://",
            "http://:3128",
            "://proxy.test",
        ] {
            let refused = environment(proxy, "").for_server(&server);
            let why = refused.err().unwrap_or_else(|| panic!("{proxy} is used"));
            assert!(why.starts_with("HTTPS_PROXY: the proxy "), "{why}");
            // A server that needs no proxy does not mind.
            assert!(environment(proxy, "example.com").for_server(&server).unwrap().is_none());
        }
        for proxy in ["proxy.test:3128", "http://proxy.test", "https://u:p@proxy.test:3128"] {
            assert!(environment(proxy, "").for_server(&server).unwrap().is_some(), "{proxy}");
        }
    }
}
