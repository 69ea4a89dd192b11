//! Runs CPU-heavy work, such as checking 60 MiB of JSON. On the library's only thread it would
//! delay every other call, so it gets a temporary thread.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use super::fork::PerProcess;
use super::signals;
use crate::sync::{Mutex, lock};

/// The maximum number of such threads in a process.
const MAX_THREADS: usize = 2;

/// Runs the work on a separate thread. If the caller gives up while waiting for a thread, the work
/// never starts. If the caller gives up later, the work completes and its result is discarded.
pub(super) async fn offload<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    static THREADS: PerProcess<Arc<Semaphore>> = PerProcess::new();
    let threads = Arc::clone(THREADS.get_or_init(|| Arc::new(Semaphore::new(MAX_THREADS))));
    // The semaphore is never closed.
    let permit = threads.acquire_owned().await.ok();
    // Whichever side takes the work out runs it: the new thread, or this one if no thread can
    // start.
    let work = Arc::new(Mutex::new(Some(work)));
    let take = |work: &Mutex<Option<_>>| lock(work).take();
    let (sender, receiver) = oneshot::channel();
    let started = signals::all_blocked(|| {
        let work = Arc::clone(&work);
        thread::Builder::new().name("nango-decode".to_owned()).stack_size(256 * 1024).spawn(
            move || {
                let _permit = permit;
                if let Some(work) = take(&work) {
                    // This fails if the caller gave up waiting.
                    let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
                }
            },
        )
    });
    if started.is_err()
        && let Some(work) = take(&work)
    {
        return work();
    }
    match receiver.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => panic!("a thread exited without a result"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_is_done_on_a_thread_without_signals_and_a_panic_comes_back() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let here = thread::current().id();
        let (there, blocked) = runtime.block_on(offload(|| {
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:\t")).unwrap();
            (thread::current().id(), u64::from_str_radix(mask, 16).unwrap())
        }));
        assert_ne!(here, there);
        // All signals except SIGKILL, SIGSTOP and the two that libc reserves.
        assert_eq!(blocked.count_ones(), 60, "{blocked:x}");
        let panics = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(offload(|| std::panic::panic_any("on purpose")))
        }));
        assert_eq!(panics.unwrap_err().downcast_ref(), Some(&"on purpose"));
    }

    #[test]
    fn there_are_few_of_them_at_once_and_what_was_given_up_is_not_begun() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST_SEEN: AtomicUsize = AtomicUsize::new(0);
        static BEGUN: AtomicUsize = AtomicUsize::new(0);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut tasks: Vec<_> = (0..8)
                .map(|_| {
                    tokio::spawn(offload(|| {
                        BEGUN.fetch_add(1, Ordering::SeqCst);
                        let running = RUNNING.fetch_add(1, Ordering::SeqCst) + 1;
                        MOST_SEEN.fetch_max(running, Ordering::SeqCst);
                        thread::sleep(Duration::from_millis(50));
                        RUNNING.fetch_sub(1, Ordering::SeqCst);
                    }))
                })
                .collect();
            for given_up in tasks.drain(4..) {
                tokio::task::yield_now().await;
                given_up.abort();
            }
            for task in tasks {
                task.await.unwrap();
            }
        });
        thread::sleep(Duration::from_millis(200));
        assert_eq!(BEGUN.load(Ordering::SeqCst), 4);
        assert!((1..=MAX_THREADS).contains(&MOST_SEEN.load(Ordering::SeqCst)));
    }
}
