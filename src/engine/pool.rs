//! Connections that lie idle.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::connection::Connection;

/// How long a connection that only a crowd of calls needed is kept.
const CROWD_IDLE: Duration = Duration::from_secs(2);

/// Servers close connections that lay idle for seconds; one that was in use a moment ago is not
/// looked at.
const RESTED: Duration = Duration::from_secs(1);

/// Connections to be used again, each by one call at a time.
pub(super) struct Pool {
    keep: Keep,
    idle: Mutex<Idle>,
}

#[derive(Clone, Copy)]
enum Keep {
    /// One, for as long as its owner likes.
    One,
    /// So many for so long, and for a moment what a crowd needed beside them. A task, the sweeper,
    /// closes what has been idle for longer, and what the server has closed.
    Swept { kept: usize, idle_timeout: Duration },
}

#[derive(Default)]
struct Idle {
    /// The latest used is last.
    connections: Vec<Connection>,
    sweeper: Option<Sweeper>,
}

struct Sweeper {
    task: AbortHandle,
    /// When it looks again; before it has looked, nobody needs to wake it.
    due: Option<(Instant, Waker)>,
}

impl Pool {
    pub(super) fn of_one() -> Pool {
        Pool { keep: Keep::One, idle: Mutex::default() }
    }

    pub(super) fn swept(kept: usize, idle_timeout: Duration) -> Pool {
        Pool { keep: Keep::Swept { kept, idle_timeout }, idle: Mutex::default() }
    }

    /// The connection that was used last, and is open as far as one can see.
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

    /// Whether what would be taken has lain idle long enough for the server to close it. `None`:
    /// there is nothing.
    pub(super) fn is_rested(&self) -> Option<bool> {
        self.idle().connections.last().map(|connection| connection.last_used.elapsed() >= RESTED)
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
                if *due > now + RESTED =>
            {
                waker.wake_by_ref()
            }
            (Keep::Swept { .. }, Some(_)) => {}
        }
        idle.connections.push(connection);
    }

    /// Closes what has been idle for too long or was closed by the server, and says when to look
    /// again; `None`: nothing is left, and nobody looks any more.
    fn close_old(&self, context: &mut Context<'_>) -> Option<Instant> {
        let Keep::Swept { kept, idle_timeout } = self.keep else {
            return None;
        };
        let now = Instant::now();
        let mut idle = self.idle();
        // Whose close is heard from now on is not looked at before its time is up.
        idle.connections.retain_mut(|connection| {
            now < connection.last_used + RESTED || connection.poll_closed(context).is_pending()
        });
        let crowd = idle.connections.len().saturating_sub(kept);
        let ends = |(place, connection): (usize, &Connection)| {
            connection.last_used
                + if place < crowd { CROWD_IDLE.min(idle_timeout) } else { idle_timeout }
        };
        // In the order of last use, the crowd's first: what is too old is in front.
        let old =
            idle.connections.iter().enumerate().take_while(|entry| ends(*entry) <= now).count();
        let first_ends = idle.connections.get(old).map(|first| ends((old, first)));
        let first_rests = idle
            .connections
            .iter()
            .map(|connection| connection.last_used + RESTED)
            .find(|rests| *rests > now);
        let next = first_ends.map(|ends| first_rests.map_or(ends, |rests| ends.min(rests)));
        idle.connections.drain(..old);
        match (&mut idle.sweeper, next) {
            (Some(sweeper), Some(next)) => sweeper.due = Some((next, context.waker().clone())),
            (sweeper, _) => *sweeper = None,
        }
        next
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(sweeper) = self.idle().sweeper.take() {
            sweeper.task.abort();
        }
    }
}

/// Looks when it is time, and when a connection is closed.
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
