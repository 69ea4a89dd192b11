//! On the caller's own thread: what the blocking calls use.
//!
//! A [`Slot`] is a runtime without threads together with its warm connection. A call takes one out
//! of the client's pool, drives it on its own thread and puts it back; nothing runs between calls.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::open::Opener;
use super::{Engine, Failure, Line, Own, Settings};

pub(super) struct Slot {
    line: Line,
    runtime: Option<Runtime>,
    last_used: Instant,
}

/// What became of the work that a call brought.
pub(crate) enum Outcome<T> {
    Done(T),
    Cancelled,
    /// The runtime could not be made, or the configuration does not hold.
    Failed(Failure),
}

impl Engine {
    /// Runs the work, on this thread, until it is done or cancelled. The work says, besides its
    /// result, whether its exchanges came to their end: a line on which one did not is never used
    /// again.
    pub(crate) fn run<T>(
        &self,
        cancel: Option<&CancellationToken>,
        work: impl AsyncFnOnce(&Line) -> (T, bool),
    ) -> Outcome<T> {
        if Handle::try_current().is_ok() {
            return Outcome::Failed(Failure::Internal(
                "a blocking call was made from inside of an asynchronous runtime, which it would block; make it from a thread of its own \
                 (tokio::task::spawn_blocking)"
                    .to_owned(),
            ));
        }
        self.settings.on_a_hosts_thread(|| {
            let pool = self.own();
            let slot = match pool.take(&self.settings) {
                Ok(slot) => slot,
                Err(failure) => return Outcome::Failed(failure),
            };
            let work = work(&slot.line);
            let done = match cancel {
                None => Some(slot.block_on(work)),
                Some(cancel) => slot.block_on(cancel.run_until_cancelled(work)),
            };
            match done {
                None => Outcome::Cancelled,
                Some((result, true)) => {
                    pool.give_back(slot, &self.settings);
                    Outcome::Done(result)
                }
                Some((result, false)) => Outcome::Done(result),
            }
        })
    }
}

impl Own {
    fn take(&self, settings: &Settings) -> Result<Slot, Failure> {
        let (slot, too_old) = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let too_old = stale(&mut idle, settings.idle_timeout);
            (idle.pop(), too_old)
        };
        // Closing takes system calls: not under the lock.
        drop(too_old);
        match slot {
            Some(slot) => Ok(slot),
            None => Slot::new(settings, self.opener(settings)?),
        }
    }

    fn give_back(&self, mut slot: Slot, settings: &Settings) {
        slot.last_used = Instant::now();
        let surplus = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < settings.idle_connections {
                idle.push(slot);
                None
            } else {
                Some(slot)
            }
        };
        drop(surplus);
    }
}

/// Takes out what has been idle for too long: the pool is in the order of last use.
fn stale(idle: &mut Vec<Slot>, idle_timeout: Duration) -> Vec<Slot> {
    let now = Instant::now();
    let old =
        idle.iter().take_while(|slot| now.duration_since(slot.last_used) >= idle_timeout).count();
    idle.drain(..old).collect()
}

impl Slot {
    fn new(settings: &Settings, opener: Arc<Opener>) -> Result<Slot, Failure> {
        let runtime =
            Builder::new_current_thread().enable_io().enable_time().build().map_err(|error| {
                Failure::Internal(format!(
                    "the system gives no means to wait for a socket: {error}"
                ))
            })?;
        Ok(Slot {
            line: Line::single(settings, opener),
            runtime: Some(runtime),
            last_used: Instant::now(),
        })
    }

    fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.runtime.as_ref().expect("a slot has its runtime until it is dropped").block_on(work)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // Closes its sockets now, and waits for nothing.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
