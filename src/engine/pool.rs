//! Idle connections.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::connection::Connection;
use crate::sync::{Mutex, MutexGuard, lock};

/// How long to keep a connection that only a burst of calls needed.
const BURST_IDLE: Duration = Duration::from_secs(2);

/// Servers close connections that have been idle for seconds. A connection that was used more
/// recently than this is not polled.
const POLL_AFTER: Duration = Duration::from_secs(1);

/// Connections for reuse, each by one call at a time.
pub(super) struct Pool {
    keep: Keep,
    idle: Mutex<Idle>,
}

#[derive(Clone, Copy)]
enum Keep {
    /// A single connection, kept for as long as the pool's owner wants.
    One,
    /// Keeps `kept` connections for `idle_timeout`, and those of a burst beyond that for a moment.
    /// A task, the sweeper, closes connections that have been idle for longer and those that the
    /// server has closed.
    Swept { kept: usize, idle_timeout: Duration },
}

#[derive(Default)]
struct Idle {
    /// The most recently used is last.
    connections: Vec<Connection>,
    sweeper: Option<Sweeper>,
}

struct Sweeper {
    task: AbortHandle,
    /// When the sweeper runs next. `None` until its first run; it needs no wake before that.
    due: Option<(Instant, Waker)>,
}

impl Pool {
    pub(super) fn of_one() -> Pool {
        Pool { keep: Keep::One, idle: Mutex::default() }
    }

    pub(super) fn swept(kept: usize, idle_timeout: Duration) -> Pool {
        Pool { keep: Keep::Swept { kept, idle_timeout }, idle: Mutex::default() }
    }

    /// Takes the most recently used connection that is open as far as is known.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut nobody = Context::from_waker(Waker::noop());
        let mut idle = self.idle();
        std::iter::from_fn(|| idle.connections.pop()).find_map(|mut connection| {
            connection.poll_closed(&mut nobody).is_pending().then_some(connection)
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.idle().connections.is_empty()
    }

    /// Whether the connection that `take` would return has been idle long enough for the server to
    /// close it. `None` if there is none.
    pub(super) fn newest_needs_poll(&self) -> Option<bool> {
        self.idle()
            .connections
            .last()
            .map(|connection| connection.last_used.elapsed() >= POLL_AFTER)
    }

    pub(super) fn give_back(self: &Arc<Self>, mut connection: Connection) {
        let now = Instant::now();
        connection.last_used = now;
        let mut idle = self.idle();
        match (self.keep, &idle.sweeper) {
            (Keep::One, _) => {}
            (Keep::Swept { kept: 0, .. }, _) => return,
            (Keep::Swept { .. }, None) => {
                idle.sweeper = Some(Sweeper {
                    task: tokio::spawn(sweep(Arc::downgrade(self))).abort_handle(),
                    due: None,
                })
            }
            (Keep::Swept { .. }, Some(Sweeper { due: Some((due, waker)), .. }))
                if *due > now + POLL_AFTER =>
            {
                waker.wake_by_ref()
            }
            (Keep::Swept { .. }, Some(_)) => {}
        }
        idle.connections.push(connection);
    }

    /// Closes connections that have been idle for too long or that the server has closed. Returns
    /// when to run again, or `None` if no connection is left and the sweeper can stop.
    fn close_old(&self, context: &mut Context<'_>) -> Option<Instant> {
        let Keep::Swept { kept, idle_timeout } = self.keep else {
            return None;
        };
        let now = Instant::now();
        let mut idle = self.idle();
        // A connection used within the last POLL_AFTER is not polled; its close is noticed later.
        idle.connections.retain_mut(|connection| {
            now < connection.last_used + POLL_AFTER || connection.poll_closed(context).is_pending()
        });
        let burst = idle.connections.len().saturating_sub(kept);
        let ends = |(index, connection): (usize, &Connection)| {
            connection.last_used
                + if index < burst { BURST_IDLE.min(idle_timeout) } else { idle_timeout }
        };
        // Ordered by last use, those of a burst first, so the expired ones are at the front.
        let old =
            idle.connections.iter().enumerate().take_while(|entry| ends(*entry) <= now).count();
        let first_ends = idle.connections.get(old).map(|first| ends((old, first)));
        let next_poll = idle
            .connections
            .iter()
            .map(|connection| connection.last_used + POLL_AFTER)
            .find(|due| *due > now);
        let next = first_ends.map(|ends| next_poll.map_or(ends, |due| ends.min(due)));
        idle.connections.drain(..old);
        match (&mut idle.sweeper, next) {
            (Some(sweeper), Some(next)) => sweeper.due = Some((next, context.waker().clone())),
            (sweeper, _) => *sweeper = None,
        }
        next
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        lock(&self.idle)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(sweeper) = self.idle().sweeper.take() {
            sweeper.task.abort();
        }
    }
}

/// Runs when a connection is due to expire or when the server closes one.
async fn sweep(pool: Weak<Pool>) {
    let mut until = pin!(sleep(Duration::ZERO));
    poll_fn(|context| {
        loop {
            let Some(next) = pool.upgrade().and_then(|pool| pool.close_old(context)) else {
                return Poll::Ready(());
            };
            until.as_mut().reset(next.into());
            ready!(until.as_mut().poll(context));
        }
    })
    .await;
}
