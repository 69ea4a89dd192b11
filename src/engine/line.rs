//! A path to the server: sends a request over a connection and reads the answer.

use std::sync::Arc;

use reqwest::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::deadline::{Timer, checking_the_clock};
use super::open::Opener;
use super::pool::Pool;
use super::{Answer, Failure, Request, Settings, offload};

/// A longer body is not decoded on a thread that other calls share.
const LONG_BODY: usize = 256 * 1024;

/// A path to the server, for one call at a time or for many.
pub(crate) struct Line {
    opener: Arc<Opener>,
    pool: Arc<Pool>,
    max_response_bytes: u64,
    spare_bytes: usize,
    /// One permit for each connection that a shared line may have.
    permits: Option<Semaphore>,
    timer: Timer,
}

impl Line {
    /// Creates a line for one call at a time.
    pub(super) fn single(settings: &Settings, opener: Arc<Opener>) -> Line {
        Line::new(settings, opener, Pool::of_one(), None)
    }

    /// Creates a line for as many concurrent calls as there may be connections, driven by one
    /// thread.
    pub(super) fn shared(settings: &Settings, opener: Arc<Opener>) -> Line {
        let pool = Pool::swept(settings.idle_connections, settings.idle_timeout);
        Line::new(settings, opener, pool, Some(Semaphore::new(settings.max_connections)))
    }

    fn new(
        settings: &Settings,
        opener: Arc<Opener>,
        pool: Pool,
        permits: Option<Semaphore>,
    ) -> Line {
        Line {
            opener,
            pool: Arc::new(pool),
            max_response_bytes: settings.max_response_bytes,
            spare_bytes: settings.spare_bytes,
            permits,
            timer: Timer::default(),
        }
    }

    /// Runs the future until it completes. Returns `None` if the deadline passes first.
    pub(crate) async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        match self.permits {
            None => self.timer.until(deadline, future).await,
            Some(_) => {
                timeout_at(deadline, checking_the_clock(deadline, future)).await.ok().flatten()
            }
        }
    }

    /// Waits until one more connection is allowed. Dropping the permit allows
    /// another.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.permits.as_ref()?.acquire().await.ok()
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
            match used.exchange(request, self.max_response_bytes, self.spare_bytes).await {
                // RFC 9110, 15.5.9: the server was no longer waiting for this request.
                Ok(answer)
                    if answer.status == StatusCode::REQUEST_TIMEOUT && request.repeatable => {}
                Ok(answer) => {
                    let lease = self.lease(used, true, &answer);
                    return Ok((answer, lease));
                }
                Err(broken) if broken.sent && (broken.answered || !request.repeatable) => {
                    return Err(broken.failure.on_used());
                }
                Err(_) => {}
            }
        }
        let mut opened = self.opener.open().await?;
        match opened.exchange(request, self.max_response_bytes, self.spare_bytes).await {
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
        if !self.is_ready(request.may_skip_poll) && !self.pool.is_empty() {
            yield_now().await;
        }
        self.pool.take()
    }

    /// Whether the submitting thread can send a request at once: there is a connection that was
    /// used a moment ago and that the library's thread has polled since.
    pub(super) fn is_ready(&self, may_skip_poll: bool) -> bool {
        may_skip_poll && self.permits.is_some() && self.pool.newest_needs_poll() == Some(false)
    }

    fn lease(&self, connection: Connection, reused: bool, answer: &Answer) -> Lease {
        Lease { connection, pool: Arc::clone(&self.pool), reused, cut: answer.cut }
    }

    /// Whether to decode an answer on this thread. A long one would delay other calls on a shared
    /// line. Errors are never long.
    pub(crate) fn decodes_here(&self, answer: &Answer) -> bool {
        self.permits.is_none() || answer.body.len() <= LONG_BODY || !answer.status.is_success()
    }

    /// Runs long work on another thread. Returns `None` if the deadline passes first.
    pub(crate) async fn offload<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.until(deadline, offload::offload(work)).await
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
