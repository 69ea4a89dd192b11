//! Opens connections to the server: names, proxies, TLS.
//!
//! All of that is reqwest's work. What it opens is handed to us before it would send anything, by a layer around its connector: the request that makes it
//! connect is never sent, and its pool keeps nothing.

use std::cell::Cell;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use reqwest::Url;
use rustls::ClientConfig;
use tower_layer::Layer;
use tower_service::Service;

use super::connection::{Connection, Form, Stream};
use super::{Failure, Settings, resolve, words};

/// What opens a client's connections. It keeps none, and belongs to no runtime.
pub(super) struct Opener {
    client: reqwest::Client,
    server: Url,
    form: Form,
    proxied: bool,
}

impl Opener {
    pub(super) fn new(settings: &Settings, tls: ClientConfig) -> Result<Opener, Failure> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .pool_max_idle_per_host(0)
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .dns_resolver(Arc::new(resolve::Resolver))
            .connector_layer(HandOver)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(proxy.to_reqwest().map_err(|error| Failure::Internal(words(&error)))?);
        }
        let client = builder.build().map_err(|error| Failure::Internal(words(&error)))?;
        let form = match &settings.proxy {
            // What a proxy forwards says where it is to go; through a tunnel it is as if there were no proxy.
            Some(proxy) if settings.server.scheme() == "http" => Form::absolute(&settings.server, proxy.authorization()),
            _ => Form::Origin,
        };
        Ok(Opener { client, server: settings.server.clone(), form, proxied: settings.proxy.is_some() })
    }

    /// One connection, which has sent nothing yet.
    pub(super) async fn open(&self) -> Result<Connection, Failure> {
        let (failed, opened) =
            OPENED.scope(Cell::new(None), async { (self.client.get(self.server.clone()).send().await.err(), OPENED.with(Cell::take)) }).await;
        match (opened, failed) {
            (Some(stream), _) => Connection::new(stream, self.form.clone()).await,
            (None, Some(error)) => Err(self.failure(&error.without_url())),
            (None, None) => Err(Failure::Internal("a connection went astray".to_owned())),
        }
    }

    /// Why there is no connection.
    fn failure(&self, error: &reqwest::Error) -> Failure {
        match Failure::of(error) {
            Failure::Lookup(lookup) if self.proxied => Failure::ProxyLookup(lookup),
            Failure::Io(_) if error.is_timeout() => Failure::ConnectTimeout,
            // The error's type is hyper-util's own secret.
            Failure::Io(why) if self.proxied && why.contains("proxy authorization required") => Failure::ProxyCredentials,
            Failure::Io(why) if self.proxied => Failure::Proxy(why),
            Failure::Io(why) => Failure::Connect(why),
            failure => failure,
        }
    }
}

tokio::task_local! {
    /// What was opened for the task that runs.
    static OPENED: Cell<Option<Box<dyn Stream>>>;
}

/// Puts what a connector opens into [`OPENED`].
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
            OPENED.try_with(|place| place.set(Some(opened)))?;
            Err("handed over".into())
        })
    }
}
