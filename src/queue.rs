//! Completion queues: start calls now, take their results later.
//!
//! A queue is a table of the tickets in flight and a list of the completed ones. A ticket leaves
//! the table exactly once, when it completes: with its answer, by a cancel, or because the queue is
//! closed, whichever is first. Later events find no ticket.

use std::collections::{HashMap, VecDeque};
use std::os::fd::RawFd;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::catalogue::Operation;
use crate::client::{Client, cancelled};
use crate::engine::descriptors::{self, Flag};
use crate::engine::fork::{Owned, generation};
use crate::engine::{self, background};
use crate::error::{Code, Error};
use crate::options::CallOptions;
use crate::pager::Walk;
use crate::request::Parameters;
use crate::secret::Secret;
use crate::sync::{Arc, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, lock, yield_now};

/// How many tickets a queue holds unless its creator says otherwise. Each call in flight takes 2 to
/// 3 KiB.
const DEFAULT_LIMIT: usize = 100_000;

/// How long a waiting thread sleeps before it checks whether the queue is still usable.
const CHECK_EVERY: Duration = Duration::from_secs(5);

/// A completed ticket.
#[derive(Debug)]
pub struct Completion {
    /// The ticket that [`Queue::submit`] returned.
    pub ticket: u64,
    /// The value that the caller passed to [`Queue::submit`].
    pub user_data: u64,
    /// The result. `None`: a walk through pages is at its end.
    pub result: Result<Option<Secret>, Error>,
}

/// Calls in flight and their results. Any number of threads may use it at once. Clones are cheap.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Owned<Shared>>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    taken: Condvar,
    flag: Owned<Flag>,
    /// The number of tickets that it holds, in flight or waiting to be taken. A caller that never
    /// takes completions reaches this limit instead of running out of memory.
    limit: usize,
    /// The number of threads that have set `raised` but not raised the flag yet.
    raising: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    /// Whether the program closed the file descriptors of this library.
    lost: bool,
    in_flight: HashMap<u64, InFlight>,
    done: VecDeque<Completion>,
    /// The number of threads that wait for a completion.
    waiting: usize,
    /// Whether the file descriptor was ever requested. Until then nobody sees the flag, and it
    /// stays down.
    watched: bool,
    /// Whether the flag is up, or a thread is about to raise it. Once `watched`, it is true if and
    /// only if a completion waits or the queue is closed.
    raised: bool,
}

#[derive(Debug)]
struct InFlight {
    user_data: u64,
    cancel: CancellationToken,
}

/// Completes a ticket. If it is dropped before that, it reports that a bug lost the call.
struct Ticket {
    queue: Queue,
    number: u64,
    answered: bool,
}

impl Queue {
    /// Creates a queue that holds up to 100 000 tickets. All queues of a process share one
    /// background thread.
    pub fn new() -> Result<Queue, Error> {
        Queue::with_limit(DEFAULT_LIMIT)
    }

    /// Creates a queue that holds up to this many tickets, in flight and completed together.
    pub fn with_limit(limit: usize) -> Result<Queue, Error> {
        if limit == 0 {
            return Err(Error::invalid_argument(
                "the limit of a queue must be greater than 0; with 0, it would accept no call",
            ));
        }
        descriptors::check_now();
        background::thread().map_err(|error| no_resources(&error))?;
        Queue::without_thread(limit)
    }

    fn without_thread(limit: usize) -> Result<Queue, Error> {
        descriptors::era_with_witness();
        let flag = Flag::new().map_err(|error| no_resources(&error))?;
        let shared = Shared {
            state: Mutex::new(State::default()),
            taken: Condvar::new(),
            flag: Owned::new(descriptors::era, flag),
            limit,
            raising: AtomicUsize::new(0),
        };
        Ok(Queue(Arc::new(Owned::new(generation, shared))))
    }

    /// Starts a call. Its ticket completes exactly once. On an error nothing was started, and no
    /// completion follows.
    pub fn submit(
        &self,
        client: &Client,
        operation: &'static Operation,
        parameters: Parameters,
        options: &CallOptions,
        user_data: u64,
    ) -> Result<u64, Error> {
        // Comes first, since it wipes the secrets in the parameters.
        let planned = client.plan(operation, parameters, options)?;
        let shared = self.check_process()?;
        let thread = background::thread().map_err(|error| no_resources(&error))?;
        let (ticket, cancel) = self.accept(shared, user_data, planned.cancel.as_ref())?;
        let number = ticket.number;
        planned.begin(&thread, cancel, |result| ticket.complete(result.map(Some)));
        Ok(number)
    }

    /// Starts fetching the next page of a walk. Do not use the walk again before this page
    /// completes: it continues from there.
    pub fn submit_page(&self, walk: &Walk, user_data: u64) -> Result<u64, Error> {
        let shared = self.check_process()?;
        let thread = background::thread().map_err(|error| no_resources(&error))?;
        let (ticket, cancel) = self.accept(shared, user_data, walk.cancel().as_ref())?;
        let number = ticket.number;
        let walk = walk.clone();
        thread.spawn(async move { ticket.complete(walk.next_in_background(&cancel).await) });
        Ok(number)
    }

    /// Completes a ticket in flight as cancelled, immediately.
    pub fn cancel(&self, ticket: u64) {
        let Ok(shared) = self.check_process() else { return };
        if let Some(flight) = shared.finish(ticket, Err(cancelled())) {
            flight.cancel.cancel();
        }
    }

    /// Takes up to `most` completions, the oldest first. Waits for the first one: not at all, for
    /// the given time, or with `None` until there is one or the queue is closed.
    pub fn next(&self, most: usize, wait: Option<Duration>) -> Vec<Completion> {
        let Ok(shared) = self.check_process() else { return Vec::new() };
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
                .wait_timeout(state, left.map_or(CHECK_EVERY, |left| left.min(CHECK_EVERY)))
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
        shared.update_flag(state);
        completions
    }

    /// Rejects new calls, completes all calls in flight as cancelled, and wakes all waiting
    /// threads. Existing completions can still be taken.
    pub fn close(&self) {
        let Ok(shared) = self.check_process() else { return };
        shared
            .end(|state| state.closed = true, cancelled)
            .for_each(|flight| flight.cancel.cancel());
    }

    /// The file descriptor that is readable if and only if a completion waits or the queue is
    /// closed. `None` in a forked child.
    pub fn fd(&self) -> Option<RawFd> {
        let shared = self.check_process().ok()?;
        let flag = shared.flag.get()?;
        let mut state = shared.state();
        state.watched = true;
        shared.update_flag(state);
        Some(flag.fd())
    }

    /// The state, in the process that created the queue.
    fn check_process(&self) -> Result<&Shared, Error> {
        let shared = self.0.get().ok_or_else(|| {
            Error::new(
                Code::WrongProcess,
                "this queue belongs to the parent process, before fork; create a new queue",
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
            return Err(Error::new(Code::Closed, "the queue is closed; create a new queue"));
        }
        if state.lost {
            return Err(lost());
        }
        if state.in_flight.len() + state.done.len() >= shared.limit {
            return Err(Error::new(
                Code::QueueFull,
                format!(
                    "the queue is full ({} tickets); take completions first, or create it with a \
                     higher limit",
                    shared.limit
                ),
            ));
        }
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let cancel = cancel.map(CancellationToken::child_token).unwrap_or_default();
        state.in_flight.insert(number, InFlight { user_data, cancel: cancel.clone() });
        Ok((Ticket { queue: self.clone(), number, answered: false }, cancel))
    }
}

impl Shared {
    /// Completes a ticket in flight, and returns its entry.
    fn finish(&self, ticket: u64, result: Result<Option<Secret>, Error>) -> Option<InFlight> {
        let mut state = self.state();
        let flight = state.in_flight.remove(&ticket)?;
        state.done.push_back(Completion { ticket, user_data: flight.user_data, result });
        let somebody_waits = state.waiting > 0;
        self.update_flag(state);
        if somebody_waits {
            self.taken.notify_one();
        }
        Some(flight)
    }

    /// Completes all tickets in flight, and wakes all waiting threads. Returns their entries.
    fn end(
        &self,
        mark: impl FnOnce(&mut State),
        why: fn() -> Error,
    ) -> impl Iterator<Item = InFlight> {
        let in_flight = {
            let mut state = self.state();
            mark(&mut state);
            let in_flight = std::mem::take(&mut state.in_flight);
            for (ticket, flight) in &in_flight {
                let user_data = flight.user_data;
                state.done.push_back(Completion { ticket: *ticket, user_data, result: Err(why()) });
            }
            self.update_flag(state);
            in_flight
        };
        self.taken.notify_all();
        in_flight.into_values()
    }

    /// Checks whether the program has closed the file descriptors of this library. Then no call in
    /// flight can complete, and no thread can wait for the flag any more.
    fn check(&self) {
        descriptors::check();
        if self.flag.get().is_none() && !self.state().lost {
            // Their calls are not cancelled: the thread that runs them cannot be woken.
            drop(self.end(|state| state.lost = true, lost));
        }
    }

    /// Brings the flag in line with the state. Raises it without the lock, so that a thread that it
    /// wakes does not find the lock taken.
    fn update_flag(&self, mut state: MutexGuard<'_, State>) {
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
        // A thread that set `raised` may not have raised the flag yet. Once it has, the flag is up,
        // unless the program lowered it by reading the descriptor, which is only meant to be
        // polled.
        while !flag.lower() {
            if self.raising.load(Ordering::Acquire) == 0 {
                flag.lower();
                return;
            }
            yield_now();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
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

    /// The completing thread runs in the process that owns the queue.
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
                "internal error in libnango: this call was lost. Please report this",
            )));
        }
    }
}

fn lost() -> Error {
    Error::new(
        Code::Internal,
        "the program closed file descriptors that this queue uses. Create a new queue, and close \
         descriptors only before creating it",
    )
}

fn no_resources(error: &std::io::Error) -> Error {
    Error::new(Code::Internal, format!("cannot create a queue: {error}"))
        .with_retryable(engine::lacks_descriptors(error))
}

/// Tries every interleaving of the threads: `RUSTFLAGS="--cfg nango_loom" cargo test --release
/// --lib orders`.
#[cfg(all(test, nango_loom))]
mod orders {
    use loom::thread;

    use super::*;

    fn shared(queue: &Queue) -> &Shared {
        queue.check_process().unwrap()
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
            let queue = Queue::without_thread(DEFAULT_LIMIT).unwrap();
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
            let queue = Queue::without_thread(DEFAULT_LIMIT).unwrap();
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
            let queue = Queue::without_thread(DEFAULT_LIMIT).unwrap();
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
            let queue = Queue::without_thread(DEFAULT_LIMIT).unwrap();
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
            // No completion waits, and the flag is down.
            assert!(!shared(&queue).flag.get().unwrap().lower());
        });
    }

    #[test]
    fn a_ticket_that_is_dropped_completes_all_the_same() {
        loom::model(|| {
            let queue = Queue::without_thread(DEFAULT_LIMIT).unwrap();
            let (ticket, _) = accepted(&queue, 0);
            let loses = thread::spawn(move || drop(ticket));
            let taken = queue.next(1, None).pop().unwrap();
            loses.join().unwrap();
            assert_eq!(taken.result.unwrap_err().code(), Code::Panic);
        });
    }
}
