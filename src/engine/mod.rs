//! The only place that does I/O. It knows nothing of Nango.
//!
//! Here is one exchange: a request is sent over a [`Line`], the answer is read up to a limit. Where the code runs is the business of [`inline`] and
//! [`background`].

pub(crate) mod background;
pub(crate) mod descriptors;
pub(crate) mod fork;
pub(crate) mod inline;
pub(crate) mod proxy;
mod resolve;
mod signals;
pub(crate) mod tls;

use std::cell::Cell;
use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{ClientBuilder, Response, StatusCode};
use rustls::ClientConfig;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tower_layer::Layer;
use tower_service::Service;
use zeroize::Zeroizing;

use crate::request::Request;
use crate::secret::ROOM;
use background::Shared;
use fork::PerProcess;
use inline::Slot;
use resolve::LookupFailure;

/// What an engine is told about connections.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_response_bytes: u64,
    pub(crate) proxy: Option<reqwest::Proxy>,
    /// Absent where neither the server nor the proxy speaks TLS.
    pub(crate) tls: Option<tls::TlsOptions>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Lookup(LookupFailure),
    ProxyLookup(LookupFailure),
    Connect(String),
    ConnectTimeout,
    Tls(String),
    Proxy(String),
    /// The proxy wants a user and a password, or others.
    ProxyCredentials,
    Io(String),
    TooLarge {
        status: StatusCode,
        limit: u64,
    },
    Internal(String),
}

/// A client's connections, in each process that uses it.
pub(crate) struct Engine {
    settings: Settings,
    own: PerProcess<Own>,
}

/// What belongs to one process.
#[derive(Default)]
struct Own {
    /// Made with the first connection that needs it, and shared by all for the sake of its session cache.
    tls: Mutex<Option<ClientConfig>>,
    /// For blocking calls; the warmest is last.
    idle: Mutex<Vec<Slot>>,
    /// For the queue.
    shared: Mutex<Option<Shared>>,
}

impl Engine {
    pub(crate) fn new(settings: Settings) -> Engine {
        Engine { settings, own: PerProcess::new() }
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(Own::default)
    }
}

impl Own {
    fn tls(&self, settings: &Settings) -> Result<ClientConfig, Failure> {
        let Some(options) = &settings.tls else {
            return Ok(tls::unused());
        };
        let mut config = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        match &*config {
            Some(config) => Ok(config.clone()),
            None => Ok(config.insert(options.config().map_err(Failure::Tls)?).clone()),
        }
    }
}

/// An HTTP client: with one connection for one call at a time, or shared by many.
pub(crate) struct Line {
    client: reqwest::Client,
    max_response_bytes: u64,
    proxied: bool,
    /// One for each connection that a shared line may have.
    places: Option<Semaphore>,
    alarm: Alarm,
}

impl Line {
    /// For one call at a time.
    fn single(settings: &Settings, tls: ClientConfig) -> Result<Line, Failure> {
        // How long its connection may lie idle is the pool's business.
        Line::new(settings, tls, |builder| builder.pool_idle_timeout(None).pool_max_idle_per_host(1), None)
    }

    /// For as many calls at once as there are places, on a thread that drives it.
    fn shared(settings: &Settings, tls: ClientConfig, places: usize, kept: usize, idle_timeout: Duration) -> Result<Line, Failure> {
        let keep = |builder: ClientBuilder| builder.pool_idle_timeout(idle_timeout).pool_max_idle_per_host(kept);
        Line::new(settings, tls, keep, Some(Semaphore::new(places)))
    }

    fn new(settings: &Settings, tls: ClientConfig, keep: impl FnOnce(ClientBuilder) -> ClientBuilder, places: Option<Semaphore>) -> Result<Line, Failure> {
        let mut builder = keep(reqwest::Client::builder())
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(settings.connect_timeout)
            .dns_resolver(Arc::new(resolve::Resolver))
            .connector_layer(NoteOpening)
            .tls_backend_preconfigured(tls);
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(proxy.clone());
        }
        let client = builder.build().map_err(|error| Failure::Internal(words(&error)))?;
        Ok(Line { client, max_response_bytes: settings.max_response_bytes, proxied: settings.proxy.is_some(), places, alarm: Alarm::default() })
    }

    /// Runs the future until it is done; `None`: the deadline came first.
    pub(crate) async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        match self.places {
            None => self.alarm.until(deadline, future).await,
            Some(_) => timeout_at(deadline, future).await.ok(),
        }
    }

    /// Waits until there may be one more connection. The place is given back with what this returns.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.places.as_ref()?.acquire().await.ok()
    }

    fn is_full(&self) -> bool {
        self.places.as_ref().is_some_and(|places| places.available_permits() == 0)
    }

    /// One exchange. A request that failed on a connection which lay idle, before a byte of the answer, met the server closing it: it is sent once more if
    /// it may be.
    pub(crate) async fn exchange(&self, request: &Request) -> Result<Answer, Failure> {
        let (mut sent, opened) = OPENED.scope(Cell::new(false), async { (self.client.execute(request.to_reqwest()).await, OPENED.with(Cell::get)) }).await;
        let broke = sent.as_ref().is_err_and(|error| !error.is_connect());
        if broke && !opened && request.repeatable {
            sent = self.client.execute(request.to_reqwest()).await;
        }
        let response = sent.map_err(|error| Failure::of(error, self.proxied))?;
        self.read(response).await
    }

    async fn read(&self, mut response: Response) -> Result<Answer, Failure> {
        let limit = self.max_response_bytes;
        let status = response.status();
        let announced = response.content_length().unwrap_or(0);
        if announced > limit {
            return Err(Failure::TooLarge { status, limit });
        }
        let headers = std::mem::take(response.headers_mut());
        let mut body = Zeroizing::new(Vec::new());
        // What a server announces may not come, and the system may not have it: then the body grows as it comes.
        let _ = body.try_reserve_exact(announced as usize + ROOM);
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::of(error, self.proxied))? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(Failure::TooLarge { status, limit });
            }
            append(&mut body, &chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

/// The timer of a line for one call at a time. To set a timer that is due before all others costs tokio a system call, and most calls end long before their
/// deadline: so one that was set for an earlier call stays, and is put off when it comes.
#[derive(Default)]
struct Alarm(Mutex<Option<Pin<Box<Sleep>>>>);

impl Alarm {
    async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.rings(deadline, context).map(|()| None),
        })
        .await
    }

    fn rings(&self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let mut sleep = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sleep = sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// Like `extend_from_slice`, but what growing leaves behind is wiped.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let needed = body.len() + chunk.len();
    if needed > body.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * body.capacity())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

impl Failure {
    /// What a failure of reqwest's is about: the innermost cause that says so.
    fn of(error: reqwest::Error, proxied: bool) -> Failure {
        let error = error.without_url();
        let mut tls = None;
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
        while let Some(current) = cause {
            if let Some(lookup) = current.downcast_ref::<LookupFailure>() {
                let lookup = lookup.clone();
                return if proxied { Failure::ProxyLookup(lookup) } else { Failure::Lookup(lookup) };
            }
            if let Some(error) = current.downcast_ref::<rustls::Error>() {
                tls = Some(error.to_string());
            }
            // An io::Error shows what it wraps only to those who ask it.
            cause = match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => current.source(),
            };
        }
        match (tls, error.is_connect()) {
            (Some(tls), _) => Failure::Tls(tls),
            (None, true) if error.is_timeout() => Failure::ConnectTimeout,
            (None, true) if proxied => match words(&error) {
                // The error's type is hyper-util's own secret.
                words if words.contains("proxy authorization required") => Failure::ProxyCredentials,
                words => Failure::Proxy(words),
            },
            (None, true) => Failure::Connect(words(&error)),
            (None, false) => Failure::Io(words(&error)),
        }
    }

    /// Whether the server can have seen nothing of the request.
    pub(crate) fn nothing_sent(&self) -> bool {
        !matches!(self, Failure::Io(_) | Failure::TooLarge { .. })
    }
}

/// The innermost cause: what the system or the protocol said.
fn words(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

tokio::task_local! {
    /// Whether the exchange that runs has opened the connection that it uses. One that goes on to be opened behind its back, while the exchange has got a used
    /// one, is opened by a task of its own, which has no such value.
    static OPENED: Cell<bool>;
}

/// Tells the exchange that runs that it has opened a connection.
#[derive(Clone)]
struct NoteOpening;

impl<S> Layer<S> for NoteOpening {
    type Service = NotedOpening<S>;

    fn layer(&self, connector: S) -> NotedOpening<S> {
        NotedOpening(connector)
    }
}

#[derive(Clone)]
struct NotedOpening<S>(S);

impl<S: Service<R, Future: Send + 'static>, R> Service<R> for NotedOpening<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let opening = self.0.call(target);
        Box::pin(async move {
            let opened = opening.await?;
            let _ = OPENED.try_with(|noted| noted.set(true));
            Ok(opened)
        })
    }
}
