//! Connections that lie idle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout_at;

use super::connection::Connection;

/// How long a connection that only a crowd of calls needed is kept.
const CROWD_IDLE: Duration = Duration::from_secs(2);

/// Servers close connections that lay idle for seconds.
const SURELY_OPEN: Duration = Duration::from_secs(1);

/// Connections to be used again, each by one call at a time.
pub(super) struct Pool {
    keep: Keep,
    idle: Mutex<Idle>,
    /// Wakes the sweeper before it is due.
    earlier: Arc<Notify>,
}

#[derive(Clone, Copy)]
enum Keep {
    /// One, for as long as its owner likes.
    One,
    /// So many for so long, and for a moment what a crowd needed beside them. A task, the sweeper, closes what has been idle for longer.
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
    due: Option<Instant>,
}

impl Pool {
    pub(super) fn of_one() -> Pool {
        Pool::new(Keep::One)
    }

    pub(super) fn swept(kept: usize, idle_timeout: Duration) -> Pool {
        Pool::new(Keep::Swept { kept, idle_timeout })
    }

    fn new(keep: Keep) -> Pool {
        Pool { keep, idle: Mutex::default(), earlier: Arc::default() }
    }

    /// The connection that was used last, and is open as far as one can see.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        std::iter::from_fn(|| idle.connections.pop()).find(|connection| !connection.is_closed())
    }

    /// Whether what would be taken has lain idle long enough for the server to close it.
    pub(super) fn is_rested(&self) -> bool {
        self.idle().connections.last().is_some_and(|connection| connection.last_used.elapsed() >= SURELY_OPEN)
    }

    pub(super) fn give_back(self: &Arc<Self>, mut connection: Connection) {
        let now = Instant::now();
        connection.last_used = now;
        let mut idle = self.idle();
        match self.keep {
            Keep::One => {}
            Keep::Swept { kept: 0, .. } => return,
            Keep::Swept { kept, .. } => {
                let crowded = idle.connections.len() >= kept;
                match &idle.sweeper {
                    None => {
                        idle.sweeper = Some(Sweeper { task: tokio::spawn(sweep(Arc::downgrade(self), Arc::clone(&self.earlier))).abort_handle(), due: None })
                    }
                    Some(Sweeper { due: Some(due), .. }) if crowded && *due > now + CROWD_IDLE => self.earlier.notify_one(),
                    Some(_) => {}
                }
            }
        }
        idle.connections.push(connection);
    }

    /// Closes what has been idle for too long, and says when to look again; `None`: nothing is left, and nobody looks any more.
    fn close_old(&self) -> Option<Instant> {
        let Keep::Swept { kept, idle_timeout } = self.keep else {
            return None;
        };
        let now = Instant::now();
        let mut idle = self.idle();
        idle.connections.retain(|connection| !connection.is_closed());
        let crowd = idle.connections.len().saturating_sub(kept);
        let ends = |(place, connection): (usize, &Connection)| connection.last_used + if place < crowd { CROWD_IDLE.min(idle_timeout) } else { idle_timeout };
        // In the order of last use, the crowd's first: what is too old is in front.
        let old = idle.connections.iter().enumerate().take_while(|entry| ends(*entry) <= now).count();
        let next = idle.connections.get(old).map(|first| ends((old, first)));
        idle.connections.drain(..old);
        match (&mut idle.sweeper, next) {
            (sweeper, None) => *sweeper = None,
            (Some(sweeper), next) => sweeper.due = next,
            (None, _) => {}
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

async fn sweep(pool: Weak<Pool>, earlier: Arc<Notify>) {
    while let Some(next) = pool.upgrade().and_then(|pool| pool.close_old()) {
        let _ = timeout_at(next.into(), earlier.notified()).await;
    }
}
