//! All I/O happens here. The engine knows nothing about Nango.
//!
//! This file implements one exchange: it sends a request over a [`Line`] and reads the answer up to
//! a limit. [`inline`] and [`background`] decide which thread runs the code.

mod aside;
pub(crate) mod background;
mod connection;
pub(crate) mod descriptors;
pub(crate) mod fork;
pub(crate) mod inline;
mod open;
mod pool;
pub(crate) mod proxy;
mod resolve;
mod signals;
mod task;
pub(crate) mod tls;

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::yield_now;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::request::Request;
use crate::secret::{ROOM, Wiped};
use connection::Connection;
use fork::PerProcess;
use inline::Slot;
use open::Opener;
use pool::Pool;
use proxy::Chosen;
use resolve::LookupFailure;

/// An engine's connection settings.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) server: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_response_bytes: u64,
    pub(crate) proxy: Option<Chosen>,
    /// `None` if neither the server nor the proxy uses TLS.
    pub(crate) tls: Option<tls::TlsOptions>,
}

impl Settings {
    /// Runs work that writes to sockets on a thread of the host program, which must not receive
    /// SIGPIPE. Without TLS the work raises none: the standard library sends with `MSG_NOSIGNAL`,
    /// except when it writes several buffers at once, as TLS does.
    fn on_a_hosts_thread<R>(&self, work: impl FnOnce() -> R) -> R {
        match self.tls {
            None => work(),
            Some(_) => signals::without_sigpipe(work),
        }
    }
}

/// An answer, read completely or up to the useful limit.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Wiped,
    /// Whether the body continues beyond what was read.
    pub(crate) cut: bool,
}

/// The maximum number of bytes read from the body of an unsuccessful answer.
const LONGEST_ERROR: u64 = 1024 * 1024;

/// A longer body is not decoded on a thread that other calls share.
const LONG: usize = 256 * 1024;

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

/// Whether this thread's thread-local storage is destroyed, which every runtime needs. That is the
/// case in a destructor or an exit handler.
fn thread_is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// A client's connections, separately for each process that uses the client.
pub(crate) struct Engine {
    settings: Settings,
    own: PerProcess<Own>,
}

/// The connections of one process in one era of its descriptors.
#[derive(Default)]
struct Own {
    /// Created when the first connection is needed.
    opener: Mutex<Option<Arc<Opener>>>,
    /// For blocking calls. The most recently used is last.
    idle: Mutex<Vec<Slot>>,
    /// For the queue.
    shared: Mutex<Option<Arc<Line>>>,
}

impl Engine {
    pub(crate) fn new(settings: Settings) -> Engine {
        Engine { settings, own: PerProcess::of(descriptors::era) }
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(Own::default)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The connections that are closed now have been idle.
        descriptors::check_now();
    }
}

impl Own {
    fn opener(&self, settings: &Settings) -> Result<Arc<Opener>, Failure> {
        let mut opener = self.opener.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opener) = &*opener {
            return Ok(Arc::clone(opener));
        }
        let tls = match &settings.tls {
            Some(options) => options.config().map_err(Failure::Tls)?,
            None => tls::unused(),
        };
        Ok(Arc::clone(opener.insert(Arc::new(Opener::new(settings, tls)?))))
    }
}

/// A path to the server, for one call at a time or for many.
pub(crate) struct Line {
    opener: Arc<Opener>,
    pool: Arc<Pool>,
    max_response_bytes: u64,
    /// One permit for each connection that a shared line may have.
    places: Option<Semaphore>,
    alarm: Alarm,
}

impl Line {
    /// Creates a line for one call at a time.
    fn single(settings: &Settings, opener: Arc<Opener>) -> Line {
        Line::new(settings, opener, Pool::of_one(), None)
    }

    /// Creates a line for as many concurrent calls as there may be connections, driven by one
    /// thread.
    fn shared(settings: &Settings, opener: Arc<Opener>) -> Line {
        let pool = Pool::swept(settings.idle_connections, settings.idle_timeout);
        Line::new(settings, opener, pool, Some(Semaphore::new(settings.max_connections)))
    }

    fn new(
        settings: &Settings,
        opener: Arc<Opener>,
        pool: Pool,
        places: Option<Semaphore>,
    ) -> Line {
        Line {
            opener,
            pool: Arc::new(pool),
            max_response_bytes: settings.max_response_bytes,
            places,
            alarm: Alarm::default(),
        }
    }

    /// Runs the future until it completes. Returns `None` if the deadline passes first.
    pub(crate) async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        match self.places {
            None => self.alarm.until(deadline, future).await,
            Some(_) => timeout_at(deadline, by_the_clock(deadline, future)).await.ok().flatten(),
        }
    }

    /// Waits until one more connection is allowed. Dropping the returned permit frees the place.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.places.as_ref()?.acquire().await.ok()
    }

    /// Performs one exchange. Returns the answer and its connection. `fresh` forces a new
    /// connection.
    ///
    /// If a reused connection yields no answer, the server had closed it or had sent extra bytes
    /// after the previous answer. If it yields a 408, the server had stopped waiting for a request.
    /// In either case the request is sent once more on a new connection, if it may be repeated.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        fresh: bool,
    ) -> Result<(Answer, Lease), Failure> {
        if let Some(mut used) = if fresh { None } else { self.used(request).await } {
            match used.exchange(request, self.max_response_bytes).await {
                // RFC 9110, 15.5.9: the server was no longer waiting for this request.
                Ok(answer)
                    if answer.status == StatusCode::REQUEST_TIMEOUT && request.repeatable => {}
                Ok(answer) => {
                    let lease = self.lease(used, true, &answer);
                    return Ok((answer, lease));
                }
                Err(broken) if broken.sent && (broken.answered || !request.repeatable) => {
                    return Err(broken.failure);
                }
                Err(_) => {}
            }
        }
        let mut opened = self.opener.open().await?;
        match opened.exchange(request, self.max_response_bytes).await {
            Ok(answer) => {
                let lease = self.lease(opened, false, &answer);
                Ok((answer, lease))
            }
            Err(broken) => Err(broken.failure),
        }
    }

    /// Returns an idle connection that has no unread bytes. The runtime first runs once, to notice
    /// what arrived while nothing polled the connection: a close, or bytes that answer no request.
    async fn used(&self, request: &Request) -> Option<Connection> {
        if !self.is_ready(request.needs_no_look) && !self.pool.is_empty() {
            yield_now().await;
        }
        self.pool.take()
    }

    /// Whether the submitting thread can send a request at once: there is a connection that was
    /// used a moment ago and that the library's thread has polled since.
    fn is_ready(&self, needs_no_look: bool) -> bool {
        needs_no_look && self.places.is_some() && self.pool.is_rested() == Some(false)
    }

    fn lease(&self, connection: Connection, reused: bool, answer: &Answer) -> Lease {
        Lease { connection, pool: Arc::clone(&self.pool), reused, cut: answer.cut }
    }

    /// Whether to decode an answer on this thread. A long one would delay other calls on a shared
    /// line. Errors are never long.
    pub(crate) fn decodes_here(&self, answer: &Answer) -> bool {
        self.places.is_none() || answer.body.len() <= LONG || !answer.status.is_success()
    }

    /// Runs long work on another thread. Returns `None` if the deadline passes first.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.until(deadline, aside::aside(work)).await
    }
}

/// The connection that an answer arrived over. Dropping the lease closes the connection.
pub(crate) struct Lease {
    connection: Connection,
    pool: Arc<Pool>,
    /// Whether the connection also carried an earlier answer.
    pub(crate) reused: bool,
    /// Whether part of the answer is unread. The next call would read it as its own.
    cut: bool,
}

impl Lease {
    /// Makes the connection available to later calls.
    pub(crate) fn give_back(self) {
        if !self.cut && !self.connection.is_closed() {
            self.pool.give_back(self.connection);
        }
    }
}

/// An answer that is still being received.
struct Arriving {
    answer: Answer,
    limit: u64,
    /// Whether a longer answer is cut at the limit. Otherwise it is an error.
    cuts: bool,
}

impl Arriving {
    fn new(
        status: StatusCode,
        headers: HeaderMap,
        announced: Option<u64>,
        limit: u64,
    ) -> Result<Arriving, Failure> {
        let mut announced = announced.unwrap_or_default();
        let (limit, cuts) = match status.is_success() {
            true => (limit, false),
            false => (limit.min(LONGEST_ERROR), true),
        };
        if announced > limit && !cuts {
            return Err(Failure::TooLarge { status, limit });
        }
        announced = announced.min(limit);
        let mut body = Wiped::default();
        // The announced length may be false, or the memory may not be available. The body then
        // grows as it arrives.
        let _ = body.try_reserve_exact(announced as usize + ROOM);
        Ok(Arriving { answer: Answer { status, headers, body, cut: false }, limit, cuts })
    }

    fn add(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        let Answer { status, body, cut, .. } = &mut self.answer;
        let room = self.limit.saturating_sub(body.len() as u64);
        *cut = chunk.len() as u64 > room;
        if *cut && !self.cuts {
            return Err(Failure::TooLarge { status: *status, limit: self.limit });
        }
        append(body, if *cut { &chunk[..room as usize] } else { chunk });
        Ok(())
    }

    /// Whether the rest can be ignored.
    fn is_cut(&self) -> bool {
        self.answer.cut
    }
}

/// The timer of a line for one call at a time. Setting a timer that is due before all others costs
/// tokio a system call, and most calls complete long before their deadline. A timer that was set
/// for an earlier call is therefore kept, and postponed when it fires.
#[derive(Default)]
struct Alarm(Mutex<Option<Pin<Box<Sleep>>>>);

impl Alarm {
    async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(by_the_clock(deadline, future));
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(output),
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

/// Runs the future until it completes, or until it is pending after the deadline. The runtime's own
/// timer fires late while sockets always have data to read, because they use up the task's budget.
async fn by_the_clock<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(None),
        step => step.map(Some),
    })
    .await
}

/// Like `extend_from_slice`, but wipes the old buffer when the body grows.
fn append(body: &mut Wiped, chunk: &[u8]) {
    let needed = body.len() + chunk.len();
    if needed > body.capacity() {
        let mut larger = Wiped::from(Vec::with_capacity(needed.max(2 * body.capacity())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

impl Failure {
    /// Classifies an error of the HTTP library by its innermost cause that is recognised.
    fn of(error: &(dyn StdError + 'static)) -> Failure {
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
        tls.map_or_else(|| Failure::Io(words(error)), Failure::Tls)
    }

    fn unsent(self) -> Failure {
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

/// The innermost cause: the words of the system or the protocol.
fn words(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
