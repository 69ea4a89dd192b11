//! Completions: what was asked for and not waited for.
//!
//! A queue is a table of the tickets that fly and a line of those that are done. A ticket leaves
//! the table once, and with that it is completed: by its answer, by being cancelled, or by the
//! queue being closed, whichever comes first; what comes after finds it gone.

use std::collections::{HashMap, VecDeque};
use std::os::fd::RawFd;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::client::{Client, cancelled};
use crate::engine::background;
use crate::engine::descriptors::{self, Flag};
use crate::engine::fork::{Owned, generation};
use crate::error::{Code, Error};
use crate::operation::Operation;
use crate::options::CallOptions;
use crate::pager::Walk;
use crate::request::Parameters;
use crate::secret::Secret;
use crate::sync::{Arc, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, yield_now};

/// How many tickets a queue holds, in flight and waiting to be taken: a caller that never takes
/// runs into this and not out of memory.
const CAPACITY: usize = 1 << 20;

/// How long somebody waits until they look whether there is still something to wait for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A ticket that is done.
#[derive(Debug)]
pub struct Completion {
    /// What [`Queue::submit`] returned.
    pub ticket: u64,
    /// What the caller gave with it.
    pub user_data: u64,
    /// The result. `None`: a walk through pages has come to its end.
    pub result: Result<Option<Secret>, Error>,
}

/// Calls in flight, and their results to be taken. Any number of threads may use it at once; cheap
/// to clone.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Owned<Shared>>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    taken: Condvar,
    flag: Owned<Flag>,
    /// How many have set `raised` and not raised the flag yet.
    raising: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// Whether the host closed the library's descriptors.
    lost: bool,
    flying: HashMap<u64, Flight>,
    done: VecDeque<Completion>,
    /// How many takers wait for a completion.
    waiting: usize,
    /// Whether the descriptor was ever asked for: until then nobody sees the flag, and it stays
    /// down.
    watched: bool,
    /// Whether the flag is up, or whoever made it so is about to raise it: where it is watched it
    /// is, if and only if something is done or the queue is closed.
    raised: bool,
}

#[derive(Debug)]
struct Flight {
    user_data: u64,
    cancel: CancellationToken,
}

/// What completes a ticket. Dropped before that, it says that the call was lost to a bug.
struct Ticket {
    queue: Queue,
    number: u64,
    answered: bool,
}

impl Queue {
    /// A queue of its own; all queues of a process share the library's one thread.
    pub fn new() -> Result<Queue, Error> {
        descriptors::check_now();
        background::thread().map_err(|error| no_means(&error))?;
        Queue::without_thread()
    }

    fn without_thread() -> Result<Queue, Error> {
        descriptors::era_with_witness();
        let flag = Flag::new().map_err(|error| no_means(&error))?;
        let shared = Shared {
            state: Mutex::new(State::default()),
            taken: Condvar::new(),
            flag: Owned::new(descriptors::era, flag),
            raising: AtomicUsize::new(0),
        };
        Ok(Queue(Arc::new(Owned::new(generation, shared))))
    }

    /// Begins a call. The ticket completes exactly once; an error: nothing was begun and nothing
    /// will follow.
    pub fn submit(
        &self,
        client: &Client,
        operation: &'static Operation,
        parameters: Parameters,
        options: &CallOptions,
        user_data: u64,
    ) -> Result<u64, Error> {
        // First: it wipes what is secret in the parameters.
        let planned = client.plan(operation, parameters, options)?;
        let shared = self.own()?;
        let thread = background::thread().map_err(|error| no_means(&error))?;
        let (ticket, cancel) = self.accept(shared, user_data, planned.cancel.as_ref())?;
        let number = ticket.number;
        planned.begin(&thread, cancel, |result| ticket.complete(result.map(Some)));
        Ok(number)
    }

    /// Begins to fetch the next page of a walk. The walk goes on from what the page's completion
    /// brought; until then it must not be asked again.
    pub fn submit_page(&self, walk: &Walk, user_data: u64) -> Result<u64, Error> {
        let shared = self.own()?;
        let thread = background::thread().map_err(|error| no_means(&error))?;
        let (ticket, cancel) = self.accept(shared, user_data, walk.cancel().as_ref())?;
        let number = ticket.number;
        let walk = walk.clone();
        thread.spawn(async move { ticket.complete(walk.next_in_background(&cancel).await) });
        Ok(number)
    }

    /// Completes a ticket that flies as cancelled, at once.
    pub fn cancel(&self, ticket: u64) {
        let Ok(shared) = self.own() else { return };
        if let Some(flight) = shared.finish(ticket, Err(cancelled())) {
            flight.cancel.cancel();
        }
    }

    /// Takes up to `most` completions, the oldest first. Waits for the first of them: not at all,
    /// for a time, or (`None`) until there is one or the queue is closed.
    pub fn next(&self, most: usize, wait: Option<Duration>) -> Vec<Completion> {
        let Ok(shared) = self.own() else { return Vec::new() };
        if most == 0 {
            return Vec::new();
        }
        let until = wait.map(|wait| Instant::now() + wait);
        let mut state = shared.state();
        while state.done.is_empty() && !state.closed && !state.lost {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            state.waiting += 1;
            state = shared
                .taken
                .wait_timeout(state, left.map_or(PATIENCE, |left| left.min(PATIENCE)))
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .0;
            state.waiting -= 1;
            if state.done.is_empty() {
                drop(state);
                shared.check();
                state = shared.state();
            }
        }
        let count = most.min(state.done.len());
        let completions = state.done.drain(..count).collect();
        shared.show(state);
        completions
    }

    /// Refuses new work, completes what flies as cancelled, and wakes whoever waits. What is done
    /// can still be taken.
    pub fn close(&self) {
        let Ok(shared) = self.own() else { return };
        shared
            .end(|state| state.closed = true, cancelled)
            .for_each(|flight| flight.cancel.cancel());
    }

    /// The descriptor that is readable if and only if a completion waits or the queue is closed. In
    /// a forked child: none.
    pub fn fd(&self) -> Option<RawFd> {
        let shared = self.own().ok()?;
        let flag = shared.flag.get()?;
        let mut state = shared.state();
        state.watched = true;
        shared.show(state);
        Some(flag.fd())
    }

    /// What it is made of, in the process that made it.
    fn own(&self) -> Result<&Shared, Error> {
        let shared = self.0.get().ok_or_else(|| {
            Error::new(
                Code::WrongProcess,
                "this queue belongs to the process that this one was forked from: make a new one",
            )
        })?;
        shared.check();
        Ok(shared)
    }

    fn accept(
        &self,
        shared: &Shared,
        user_data: u64,
        cancel: Option<&CancellationToken>,
    ) -> Result<(Ticket, CancellationToken), Error> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut state = shared.state();
        if state.closed {
            return Err(Error::new(Code::Closed, "the queue is closed"));
        }
        if state.lost {
            return Err(lost());
        }
        if state.flying.len() + state.done.len() >= CAPACITY {
            return Err(Error::new(
                Code::QueueFull,
                format!("the queue holds {CAPACITY} tickets: take what is done first"),
            ));
        }
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let cancel = cancel.map(CancellationToken::child_token).unwrap_or_default();
        state.flying.insert(number, Flight { user_data, cancel: cancel.clone() });
        Ok((Ticket { queue: self.clone(), number, answered: false }, cancel))
    }
}

impl Shared {
    /// Completes a ticket that flies, and returns what flew.
    fn finish(&self, ticket: u64, result: Result<Option<Secret>, Error>) -> Option<Flight> {
        let mut state = self.state();
        let flight = state.flying.remove(&ticket)?;
        state.done.push_back(Completion { ticket, user_data: flight.user_data, result });
        let somebody_waits = state.waiting > 0;
        self.show(state);
        if somebody_waits {
            self.taken.notify_one();
        }
        Some(flight)
    }

    /// Completes all that flies, and wakes whoever waits. Returns what flew.
    fn end(
        &self,
        mark: impl FnOnce(&mut State),
        why: fn() -> Error,
    ) -> impl Iterator<Item = Flight> {
        let flying = {
            let mut state = self.state();
            mark(&mut state);
            let flying = std::mem::take(&mut state.flying);
            for (ticket, flight) in &flying {
                let user_data = flight.user_data;
                state.done.push_back(Completion { ticket: *ticket, user_data, result: Err(why()) });
            }
            self.show(state);
            flying
        };
        self.taken.notify_all();
        flying.into_values()
    }

    /// Sees whether the host has closed the library's descriptors. Then nothing that flies can
    /// come to its end, and nobody can wait for the flag any more.
    fn check(&self) {
        descriptors::check();
        if self.flag.get().is_none() && !self.state().lost {
            // Their thread is not to be woken: it cannot be.
            drop(self.end(|state| state.lost = true, lost));
        }
    }

    /// Makes the flag say what is so. It is raised without the lock: whoever it wakes must not find
    /// that taken.
    fn show(&self, mut state: MutexGuard<'_, State>) {
        let Some(flag) = self.flag.get() else { return };
        let up = state.watched && (state.closed || !state.done.is_empty());
        if up == state.raised {
            return;
        }
        state.raised = up;
        if up {
            self.raising.fetch_add(1, Ordering::Relaxed);
            drop(state);
            flag.raise();
            self.raising.fetch_sub(1, Ordering::Release);
            return;
        }
        // Who raises it may not have come to that yet. When they have, it is up, or was lowered by
        // a host that reads what is only to be waited for.
        while !flag.lower() {
            if self.raising.load(Ordering::Acquire) == 0 {
                flag.lower();
                return;
            }
            yield_now();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The flag is about to be closed.
        descriptors::check_now();
    }
}

impl Ticket {
    fn complete(mut self, result: Result<Option<Secret>, Error>) {
        self.answered = true;
        self.finish(result);
    }

    /// The thread that completes it is the queue's own process.
    fn finish(&self, result: Result<Option<Secret>, Error>) {
        if let Some(shared) = self.queue.0.get() {
            shared.finish(self.number, result);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.answered {
            self.finish(Err(Error::new(
                Code::Panic,
                "libnango lost this call to a bug of its own; please report it",
            )));
        }
    }
}

fn lost() -> Error {
    Error::new(
        Code::Internal,
        "the program closed file descriptors of libnango's, and with them this queue: make a new \
         one, and let what closes descriptors run before it is made",
    )
}

fn no_means(error: &std::io::Error) -> Error {
    Error::new(Code::Internal, format!("the system gives no means for a queue: {error}"))
}

/// Every order in which threads can meet: `RUSTFLAGS="--cfg nango_loom" cargo test --release --lib
/// orders`.
#[cfg(all(test, nango_loom))]
mod orders {
    use loom::thread;

    use super::*;

    fn shared(queue: &Queue) -> &Shared {
        queue.own().unwrap()
    }

    fn accepted(queue: &Queue, user_data: u64) -> (Ticket, CancellationToken) {
        queue.accept(shared(queue), user_data, None).unwrap()
    }

    fn flag_is_true(queue: &Queue) {
        let state = shared(queue).state();
        assert_eq!(state.raised, state.watched && (state.closed || !state.done.is_empty()));
        assert_eq!(state.waiting, 0);
    }

    #[test]
    fn an_answer_and_a_cancel_complete_a_ticket_once() {
        loom::model(|| {
            let queue = Queue::without_thread().unwrap();
            queue.fd();
            let (ticket, _) = accepted(&queue, 7);
            let number = ticket.number;
            let answers = thread::spawn(move || ticket.complete(Ok(None)));
            let cancels = thread::spawn({
                let queue = queue.clone();
                move || queue.cancel(number)
            });
            let first = queue.next(8, None);
            answers.join().unwrap();
            cancels.join().unwrap();
            assert_eq!(first.len(), 1);
            assert_eq!((first[0].ticket, first[0].user_data), (number, 7));
            assert!(queue.next(8, Some(Duration::ZERO)).is_empty());
            flag_is_true(&queue);
        });
    }

    #[test]
    fn a_close_and_an_answer_complete_a_ticket_once_and_wake_the_taker() {
        loom::model(|| {
            let queue = Queue::without_thread().unwrap();
            let (ticket, cancel) = accepted(&queue, 0);
            let answers = thread::spawn(move || ticket.complete(Ok(None)));
            let closes = thread::spawn({
                let queue = queue.clone();
                move || {
                    queue.fd();
                    queue.close();
                }
            });
            let mut taken = queue.next(8, None).len();
            answers.join().unwrap();
            closes.join().unwrap();
            taken += queue.next(8, None).len();
            assert_eq!(taken, 1);
            assert!(queue.accept(shared(&queue), 0, None).is_err());
            flag_is_true(&queue);
            drop(cancel);
        });
    }

    #[test]
    fn two_takers_share_two_completions() {
        loom::model(|| {
            let queue = Queue::without_thread().unwrap();
            let (one, _) = accepted(&queue, 1);
            let (two, _) = accepted(&queue, 2);
            let taker = thread::spawn({
                let queue = queue.clone();
                move || queue.next(1, None).len()
            });
            let answers = thread::spawn(move || {
                one.complete(Ok(None));
                two.complete(Ok(None));
            });
            let taken = queue.next(1, None).len();
            answers.join().unwrap();
            assert_eq!((taken, taker.join().unwrap()), (1, 1));
            flag_is_true(&queue);
        });
    }

    #[test]
    fn a_host_that_reads_the_descriptor_keeps_no_taker() {
        loom::model(|| {
            let queue = Queue::without_thread().unwrap();
            queue.fd();
            let (one, _) = accepted(&queue, 1);
            let (two, _) = accepted(&queue, 2);
            let answers = thread::spawn(move || {
                one.complete(Ok(None));
                two.complete(Ok(None));
            });
            let reads = thread::spawn({
                let queue = queue.clone();
                move || shared(&queue).flag.get().unwrap().lower()
            });
            let mut taken = queue.next(1, None).len();
            taken += queue.next(1, None).len();
            answers.join().unwrap();
            reads.join().unwrap();
            assert_eq!(taken, 2);
            flag_is_true(&queue);
            // Nothing is done, and the flag is down.
            assert!(!shared(&queue).flag.get().unwrap().lower());
        });
    }

    #[test]
    fn a_ticket_that_is_dropped_completes_all_the_same() {
        loom::model(|| {
            let queue = Queue::without_thread().unwrap();
            let (ticket, _) = accepted(&queue, 0);
            let loses = thread::spawn(move || drop(ticket));
            let taken = queue.next(1, None).pop().unwrap();
            loses.join().unwrap();
            assert_eq!(taken.result.unwrap_err().code(), Code::Panic);
        });
    }
}
