//! A call that one thread begins and another continues.
//!
//! A runtime runs its own tasks on its thread from their first step on, and has to be woken for
//! that. Here the calling thread takes the first step, and the runtime's thread runs only when an
//! event occurs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};

use tokio::runtime::Handle;

use crate::sync::{AtomicU8, Mutex, Ordering, lock};

/// The executor of the later steps.
pub(super) trait Thread: Send + Sync + Sized + 'static {
    fn step(&self, task: Arc<Task<Self>>);
}

impl Thread for Handle {
    fn step(&self, task: Arc<Task<Handle>>) {
        self.spawn(async move { task.step() });
    }
}

pub(super) struct Task<T> {
    state: AtomicU8,
    /// `None` once it has completed. Only the thread that set the state to [`RUNNING`] takes the
    /// lock, so it is always free.
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    thread: T,
}

/// Nothing runs it: a wake makes the thread run it.
const WAITING: u8 = 0;
/// Its next step is already scheduled.
const DUE: u8 = 1;
const RUNNING: u8 = 2;
/// It was woken while it ran, so it runs once more.
const WOKEN: u8 = 3;

impl<T: Thread> Task<T> {
    /// Takes the first step on the calling thread. A panic ends the future, as it would on a
    /// runtime's thread.
    pub(super) fn begin(thread: T, future: impl Future<Output = ()> + Send + 'static) {
        Arc::new(Task {
            state: AtomicU8::new(DUE),
            future: Mutex::new(Some(Box::pin(future))),
            thread,
        })
        .step();
    }

    fn step(self: Arc<Self>) {
        // Acquire: this step sees everything that was done before the wakes it stands for.
        self.state.swap(RUNNING, Ordering::AcqRel);
        {
            let mut future = lock(&self.future);
            let waker = Arc::clone(&self).into();
            let step = || {
                future.as_mut().map_or(Poll::Ready(()), |future| {
                    future.as_mut().poll(&mut Context::from_waker(&waker))
                })
            };
            if !matches!(catch_unwind(AssertUnwindSafe(step)), Ok(Poll::Pending)) {
                // The state stays RUNNING, so no wake runs it again.
                *future = None;
                return;
            }
        }
        if self
            .state
            .compare_exchange(RUNNING, WAITING, Ordering::AcqRel, Ordering::Acquire)
            .is_err()
        {
            self.state.store(DUE, Ordering::Release);
            self.due();
        }
    }

    fn due(self: Arc<Self>) {
        self.thread.step(Arc::clone(&self));
    }
}

impl<T: Thread> Wake for Task<T> {
    fn wake(self: Arc<Self>) {
        let woken = |state| Some(if state == WAITING || state == DUE { DUE } else { WOKEN });
        if self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, woken) == Ok(WAITING) {
            self.due();
        }
    }
}

/// Checks every order in which a wake can occur: `RUSTFLAGS="--cfg nango_loom" cargo test --release
/// --lib orders`.
#[cfg(all(test, nango_loom))]
mod orders {
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::task::Waker;

    use loom::sync::atomic::{AtomicBool, AtomicUsize};
    use loom::thread::{self, JoinHandle};

    use super::*;

    /// Starts a thread for each step.
    #[derive(Clone)]
    struct Threads(Arc<Mutex<Vec<JoinHandle<()>>>>);

    impl Thread for Threads {
        fn step(&self, task: Arc<Task<Threads>>) {
            self.0.lock().unwrap().push(thread::spawn(move || task.step()));
        }
    }

    #[test]
    fn no_wake_is_lost_and_none_comes_after_the_end() {
        loom::model(|| {
            let (happened, ended) =
                (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            let listens = Arc::new(Mutex::new(None::<Waker>));
            let threads = Threads(Arc::default());
            let happens = thread::spawn({
                let (happened, listens) = (Arc::clone(&happened), Arc::clone(&listens));
                move || {
                    happened.store(true, Ordering::Release);
                    let waker = listens.lock().unwrap().take();
                    waker.into_iter().for_each(Waker::wake);
                }
            });
            let waits = poll_fn({
                let (happened, listens) = (Arc::clone(&happened), Arc::clone(&listens));
                move |context| {
                    *listens.lock().unwrap() = Some(context.waker().clone());
                    if happened.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
                }
            });
            Task::begin(threads.clone(), {
                let ended = Arc::clone(&ended);
                async move {
                    waits.await;
                    ended.fetch_add(1, Ordering::Relaxed);
                }
            });
            happens.join().unwrap();
            loop {
                let Some(step) = threads.0.lock().unwrap().pop() else { break };
                step.join().unwrap();
            }
            assert_eq!(ended.load(Ordering::Relaxed), 1);
            listens.lock().unwrap().take();
        });
    }
}
