//! How an engine connects.

use std::time::Duration;

use reqwest::Url;

use super::proxy::ProxyRoute;
use super::{signals, tls};

/// An engine's connection settings.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) server: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_response_bytes: u64,
    /// Spare capacity to reserve after the body of an answer, in bytes.
    pub(crate) spare_bytes: usize,
    pub(crate) proxy: Option<ProxyRoute>,
    /// `None` if neither the server nor the proxy uses TLS.
    pub(crate) tls: Option<tls::TlsOptions>,
}

impl Settings {
    /// Runs work that writes to sockets on a thread of the host program, which must not receive
    /// SIGPIPE. Without TLS the work raises none: the standard library sends with `MSG_NOSIGNAL`,
    /// except when it writes several buffers at once, as TLS does.
    pub(super) fn on_host_thread<R>(&self, work: impl FnOnce() -> R) -> R {
        match self.tls {
            None => work(),
            Some(_) => signals::without_sigpipe(work),
        }
    }
}
