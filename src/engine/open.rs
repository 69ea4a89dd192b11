//! Opens connections to the server: names, proxies, TLS.
//!
//! reqwest does this work. A layer around its connector passes each new stream to the engine before
//! reqwest sends anything. The request that makes reqwest connect is never sent, and reqwest's pool
//! stays empty.

use std::cell::Cell;
use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, Url};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_layer::Layer;
use tower_service::Service;

use super::connection::{Connection, Form, Stream};
use super::proxy::Chosen;
use super::{Failure, Settings, resolve, words};

/// Opens a client's connections. It keeps none of them and belongs to no runtime.
pub(super) struct Opener {
    client: reqwest::Client,
    server: Url,
    /// The host name to look up. `None` if the host is an IP address.
    name: Option<String>,
    proxied: bool,
    form: Form,
    connect_timeout: Duration,
}

impl Opener {
    pub(super) fn new(settings: &Settings, tls: ClientConfig) -> Result<Opener, Failure> {
        let server = settings.server.clone();
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_proxy()
            .dns_resolver(Arc::new(LookedUp))
            .connector_layer(HandOver)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = &settings.proxy {
            builder = builder
                .proxy(proxy.to_reqwest().map_err(|error| Failure::Internal(words(&error)))?);
        }
        let client = builder.build().map_err(|error| Failure::Internal(words(&error)))?;
        let form = match &settings.proxy {
            // A forwarding proxy needs the server's origin in the request. Through a tunnel, a
            // request looks the same as without a proxy.
            Some(proxy) if server.scheme() == "http" => {
                Form::absolute(&server, proxy.authorization())
            }
            _ => Form::Origin,
        };
        let host = settings
            .proxy
            .as_ref()
            .map_or_else(|| server.host_str(), Chosen::host)
            .unwrap_or_default();
        let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
        let name = (!is_address).then(|| host.to_owned());
        Ok(Opener {
            client,
            server,
            name,
            proxied: settings.proxy.is_some(),
            form,
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Opens one connection. Nothing has been sent over it yet.
    pub(super) async fn open(&self) -> Result<Connection, Failure> {
        timeout(self.connect_timeout, self.opened()).await.unwrap_or(Err(Failure::ConnectTimeout))
    }

    async fn opened(&self) -> Result<Connection, Failure> {
        // Look up the name before reqwest starts, so that a burst of calls waiting for a name holds
        // no resources for connecting.
        let addresses = match &self.name {
            None => Vec::new(),
            Some(name) => resolve::addresses(name).await.map_err(|lookup| {
                if self.proxied { Failure::ProxyLookup(lookup) } else { Failure::Lookup(lookup) }
            })?,
        };
        let opening = Opening { addresses, opened: Cell::new(None) };
        let request = reqwest::Request::new(Method::GET, self.server.clone());
        let connect = async {
            (
                self.client.execute(request).await.err(),
                OPENING.with(|opening| opening.opened.take()),
            )
        };
        match OPENING.scope(opening, connect).await {
            (_, Some(stream)) => Connection::new(stream, self.form.clone()).await,
            (Some(error), None) => Err(self.failure(&error.without_url())),
            (None, None) => Err(Failure::Internal(
                "connecting returned neither a stream nor an error".to_owned(),
            )),
        }
    }

    /// Why there is no connection.
    fn failure(&self, error: &reqwest::Error) -> Failure {
        match Failure::of(error) {
            // The error's type is private to hyper-util, so only its text can identify it.
            Failure::Io(why) if self.proxied && why.contains("proxy authorization required") => {
                Failure::ProxyCredentials
            }
            Failure::Io(why) if self.proxied => Failure::Proxy(why),
            Failure::Io(why) => Failure::Connect(why),
            failure => failure,
        }
    }
}

tokio::task_local! {
    /// The connection that the current task is opening.
    static OPENING: Opening;
}

struct Opening {
    addresses: Vec<IpAddr>,
    opened: Cell<Option<Box<dyn Stream>>>,
}

/// Gives reqwest the addresses that were looked up beforehand.
struct LookedUp;

impl Resolve for LookedUp {
    fn resolve(&self, _name: Name) -> Resolving {
        // The URL supplies the port.
        let addresses = OPENING.try_with(|opening| {
            opening.addresses.iter().map(|address| SocketAddr::new(*address, 0)).collect::<Vec<_>>()
        });
        Box::pin(async { Ok(Box::new(addresses?.into_iter()) as Addrs) })
    }
}

/// Puts the stream that a connector opens into [`OPENING`].
#[derive(Clone)]
struct HandOver;

impl<S> Layer<S> for HandOver {
    type Service = HandingOver<S>;

    fn layer(&self, connector: S) -> HandingOver<S> {
        HandingOver(connector)
    }
}

#[derive(Clone)]
struct HandingOver<S>(S);

impl<S, R> Service<R> for HandingOver<S>
where
    S: Service<R, Error = Box<dyn StdError + Send + Sync>>,
    S::Response: Read + Write + Send + Unpin + 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let opening = self.0.call(target);
        Box::pin(async move {
            let opened: Box<dyn Stream> = Box::new(TokioIo::new(opening.await?));
            OPENING.try_with(|opening| opening.opened.set(Some(opened)))?;
            Err("handed over".into())
        })
    }
}
