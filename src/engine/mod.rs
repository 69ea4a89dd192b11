//! The only place that does I/O. It knows nothing of Nango.
//!
//! Here is one exchange: a request is sent over a [`Line`], the answer is read up to a limit. Where
//! the code runs is the business of [`inline`] and [`background`].

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

/// What an engine is told about connections.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) server: Url,
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) max_connections: usize,
    pub(crate) max_response_bytes: u64,
    pub(crate) proxy: Option<Chosen>,
    /// Absent where neither the server nor the proxy speaks TLS.
    pub(crate) tls: Option<tls::TlsOptions>,
}

impl Settings {
    /// Runs what writes to sockets on a thread of the host's, whom no SIGPIPE may reach. Without
    /// TLS none is raised: the standard library sends with `MSG_NOSIGNAL`, but for several buffers
    /// at once, as TLS does.
    fn on_a_hosts_thread<R>(&self, work: impl FnOnce() -> R) -> R {
        match self.tls {
            None => work(),
            Some(_) => signals::without_sigpipe(work),
        }
    }
}

/// An answer, read to its end, or as far as is worth it.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Wiped,
    /// Whether more of the body was to come.
    pub(crate) cut: bool,
}

/// How much is read of the body of an answer that is not a success.
const LONGEST_ERROR: u64 = 1024 * 1024;

/// A body that is longer is not decoded on a thread that other calls wait for.
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
    /// The proxy wants a user and a password, or others.
    ProxyCredentials,
    Io(String),
    /// The connection broke before anything of the request was sent.
    Unsent(String),
    TooLarge {
        status: StatusCode,
        limit: u64,
    },
    Internal(String),
}

/// Whether the thread-local storage of this thread is gone, without which no runtime works: what
/// runs now was called from a destructor or an exit handler.
fn thread_is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// A client's connections, in each process that uses it.
pub(crate) struct Engine {
    settings: Settings,
    own: PerProcess<Own>,
}

/// What belongs to one process, in one era of its descriptors.
#[derive(Default)]
struct Own {
    /// Made with the first connection that is needed.
    opener: Mutex<Option<Arc<Opener>>>,
    /// For blocking calls; the warmest is last.
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
        // What is closed now has lain idle.
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

/// A way to the server: for one call at a time, or for many.
pub(crate) struct Line {
    opener: Arc<Opener>,
    pool: Arc<Pool>,
    max_response_bytes: u64,
    /// One for each connection that a line of many may have.
    places: Option<Semaphore>,
    alarm: Alarm,
}

impl Line {
    /// For one call at a time.
    fn single(settings: &Settings, opener: Arc<Opener>) -> Line {
        Line::new(settings, opener, Pool::of_one(), None)
    }

    /// For as many calls at once as there may be connections, on a thread that drives it.
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

    /// Runs the future until it is done; `None`: the deadline came first.
    pub(crate) async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        match self.places {
            None => self.alarm.until(deadline, future).await,
            Some(_) => timeout_at(deadline, by_the_clock(deadline, future)).await.ok().flatten(),
        }
    }

    /// Waits until there may be one more connection. The place is given back with what this
    /// returns.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.places.as_ref()?.acquire().await.ok()
    }

    /// One exchange: the answer, and the connection that it came over. With `fresh` that is a new
    /// one. A used connection on which no answer begins met the server closing it, or bytes that
    /// were too many behind the answer before; one whose answer is 408 met a server that waits no
    /// longer. Then the request is sent once more, on a new connection, if it may be.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        fresh: bool,
    ) -> Result<(Answer, Lease), Failure> {
        if let Some(mut used) = if fresh { None } else { self.used(request).await } {
            match used.exchange(request, self.max_response_bytes).await {
                // RFC 9110, 15.5.9: the server was not going to wait for this request.
                Ok(answer) if answer.status == StatusCode::REQUEST_TIMEOUT => {}
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

    /// A connection that was used before, with nothing unread on it. The runtime takes a turn
    /// first, to hear what came while nobody listened: a close, or bytes that answer no request.
    async fn used(&self, request: &Request) -> Option<Connection> {
        if !self.is_ready(request.needs_no_look) && !self.pool.is_empty() {
            yield_now().await;
        }
        self.pool.take()
    }

    /// Whether a request can be sent at once, by the thread that submits it: there is a connection
    /// that was in use a moment ago, to which the library's thread has listened since.
    fn is_ready(&self, needs_no_look: bool) -> bool {
        needs_no_look && self.places.is_some() && self.pool.is_rested() == Some(false)
    }

    fn lease(&self, connection: Connection, reused: bool, answer: &Answer) -> Lease {
        Lease { connection, pool: Arc::clone(&self.pool), reused, cut: answer.cut }
    }

    /// Whether an answer is decoded here. Other calls would wait for this thread if it is long; an
    /// error is not.
    pub(crate) fn decodes_here(&self, answer: &Answer) -> bool {
        self.places.is_none() || answer.body.len() <= LONG || !answer.status.is_success()
    }

    /// Does a long work on another thread. `None`: the deadline came first.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.until(deadline, aside::aside(work)).await
    }
}

/// The connection that an answer came over. Dropping it closes the connection.
pub(crate) struct Lease {
    connection: Connection,
    pool: Arc<Pool>,
    /// Whether the connection carried an earlier answer too.
    pub(crate) reused: bool,
    /// Whether there is more of the answer, which would be the next call's.
    cut: bool,
}

impl Lease {
    /// Lets later calls use the connection.
    pub(crate) fn give_back(self) {
        if !self.cut && !self.connection.is_closed() {
            self.pool.give_back(self.connection);
        }
    }
}

/// An answer while it comes.
struct Arriving {
    answer: Answer,
    limit: u64,
    /// Whether one that is longer is cut there. Otherwise it is too long.
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
        // What a server announces may not come, and the system may not have it: then the body grows
        // as it comes.
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

    /// Whether the rest is of no interest.
    fn is_cut(&self) -> bool {
        self.answer.cut
    }
}

/// The timer of a line for one call at a time. To set a timer that is due before all others costs
/// tokio a system call, and most calls end long before their deadline: so one that was set for an
/// earlier call stays, and is put off when it comes.
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

/// Runs the future until it is done, or until it waits after the deadline. A runtime's timer comes
/// late when sockets have always something to read: they use up what a task may do in its turn.
async fn by_the_clock<F: Future>(deadline: Instant, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(None),
        step => step.map(Some),
    })
    .await
}

/// Like `extend_from_slice`, but what growing leaves behind is wiped.
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
    /// What a failure of the HTTP library's is about: the innermost cause that says so.
    fn of(error: &(dyn StdError + 'static)) -> Failure {
        let mut tls = None;
        let mut cause = Some(error);
        while let Some(current) = cause {
            if let Some(error) = current.downcast_ref::<rustls::Error>() {
                tls = Some(error.to_string());
            }
            // An io::Error shows what it wraps only to those who ask it.
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
