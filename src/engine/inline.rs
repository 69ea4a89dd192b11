//! Blocking calls, which run on the caller's thread.
//!
//! A [`Slot`] is a threadless runtime together with its warm connection. A call takes a slot out of
//! the client's pool, drives it on the calling thread and puts it back. Nothing runs between calls.

use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::open::Opener;
use super::{Engine, Failure, Line, ProcessState, Settings, descriptors, thread_is_ending};
use crate::sync::lock;

pub(super) struct Slot {
    /// Always present, except while it is being dropped.
    parts: Option<(Line, Runtime)>,
    wakeup: Wakeup,
    last_used: Instant,
    era: u64,
}

/// Wakes a runtime for the work that it drives. A runtime that panicked can no longer be woken, but
/// its work still tries to wake it when it is dropped, so the waker can be detached from it.
struct Wakeup {
    shared: Arc<DetachableWaker>,
    waker: Waker,
}

struct DetachableWaker {
    runtime: Waker,
    detached: AtomicBool,
}

impl Wakeup {
    fn of(runtime: &Runtime) -> Wakeup {
        let waker = runtime.block_on(poll_fn(|context| Poll::Ready(context.waker().clone())));
        let shared = Arc::new(DetachableWaker { runtime: waker, detached: AtomicBool::new(false) });
        Wakeup { waker: Arc::clone(&shared).into(), shared }
    }

    fn poll_with<F: Future>(&self, mut work: Pin<&mut F>) -> impl Future<Output = F::Output> {
        poll_fn(move |_| work.as_mut().poll(&mut Context::from_waker(&self.waker)))
    }

    fn detach(&self) {
        self.shared.detached.store(true, Ordering::Relaxed);
    }
}

impl Wake for DetachableWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.detached.load(Ordering::Relaxed) {
            self.runtime.wake_by_ref();
        }
    }
}

/// What the work of a call leaves behind.
pub(crate) struct Finished<T> {
    pub(crate) result: T,
    pub(crate) line: Reuse,
}

/// Whether later calls may use the line of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    Keep,
    /// The last exchange did not complete.
    Drop,
}

/// The outcome of the work that a call passed in.
pub(crate) enum Outcome<T> {
    Done(T),
    Cancelled,
    /// The runtime could not be created, or the configuration is not valid.
    Failed(Failure),
}

impl Engine {
    /// Runs the work on this thread until it completes or is cancelled.
    pub(crate) fn run<T>(
        &self,
        cancel: Option<&CancellationToken>,
        work: impl AsyncFnOnce(&Line) -> Finished<T>,
    ) -> Outcome<T> {
        if thread_is_ending() {
            return Outcome::Failed(Failure::Internal(
                "a blocking call cannot wait while its thread or the process is exiting (it was \
                 made from a destructor or an exit handler); make the call earlier"
                    .to_owned(),
            ));
        }
        if Handle::try_current().is_ok() {
            return Outcome::Failed(Failure::Internal(
                "a blocking call was made inside an asynchronous runtime, which it would block; \
                 make it on a separate thread (tokio::task::spawn_blocking)"
                    .to_owned(),
            ));
        }
        descriptors::check();
        self.settings.on_host_thread(|| {
            let state = self.state();
            let slot = match state.take(&self.settings) {
                Ok(slot) => slot,
                Err(failure) => return Outcome::Failed(failure),
            };
            let done = match slot.drive(cancel, work) {
                Ok(done) => done,
                Err(failure) => return Outcome::Failed(failure),
            };
            match done {
                None => Outcome::Cancelled,
                Some(Finished { result, line }) => {
                    if line == Reuse::Keep {
                        state.give_back(slot, &self.settings);
                    }
                    Outcome::Done(result)
                }
            }
        })
    }
}

impl ProcessState {
    fn take(&self, settings: &Settings) -> Result<Slot, Failure> {
        let (slot, expired) = {
            let mut idle = lock(&self.idle);
            let expired = take_expired(&mut idle, settings.idle_timeout);
            (idle.pop(), expired)
        };
        // Closing takes system calls, so do it after releasing the lock.
        drop(expired);
        match slot {
            Some(slot) => Ok(slot),
            None => Slot::new(settings, self.opener(settings)?),
        }
    }

    fn give_back(&self, mut slot: Slot, settings: &Settings) {
        slot.last_used = Instant::now();
        descriptors::used(slot.last_used);
        let surplus = {
            let mut idle = lock(&self.idle);
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

/// Removes slots that have been idle for too long. The pool is ordered by last use.
fn take_expired(idle: &mut Vec<Slot>, idle_timeout: Duration) -> Vec<Slot> {
    let now = Instant::now();
    let old =
        idle.iter().take_while(|slot| now.duration_since(slot.last_used) >= idle_timeout).count();
    idle.drain(..old).collect()
}

impl Slot {
    fn new(settings: &Settings, opener: Arc<Opener>) -> Result<Slot, Failure> {
        let era = descriptors::era_with_witness();
        let runtime =
            Builder::new_current_thread().enable_io().enable_time().build().map_err(|error| {
                let internal = || Failure::Internal(format!("cannot wait for sockets: {error}"));
                Failure::no_descriptors(&error).unwrap_or_else(internal)
            })?;
        let wakeup = Wakeup::of(&runtime);
        let line = Line::single(settings, opener);
        Ok(Slot { parts: Some((line, runtime)), wakeup, last_used: Instant::now(), era })
    }

    /// Drives the work until it completes. Returns `None` if it was cancelled.
    fn drive<T>(
        &self,
        cancel: Option<&CancellationToken>,
        work: impl AsyncFnOnce(&Line) -> T,
    ) -> Result<Option<T>, Failure> {
        let (line, runtime) = self.parts.as_ref().expect("present until the slot is dropped");
        let mut work = pin!(work(line));
        let driven = catch_unwind(AssertUnwindSafe(|| match cancel {
            None => Some(runtime.block_on(self.wakeup.poll_with(work.as_mut()))),
            Some(cancel) => {
                let work = pin!(cancel.run_until_cancelled(work.as_mut()));
                runtime.block_on(self.wakeup.poll_with(work))
            }
        }));
        driven.or_else(|panic| {
            self.wakeup.detach();
            if descriptors::is_over(self.era) {
                Err(Failure::Internal(descriptors::CLOSED.to_owned()))
            } else {
                resume_unwind(panic)
            }
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some((line, runtime)) = self.parts.take() else { return };
        if descriptors::is_over(self.era) {
            mem::forget((line, runtime));
        } else {
            // Closes its sockets now and waits for nothing.
            runtime.shutdown_background();
        }
    }
}
