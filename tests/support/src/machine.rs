//! How late this machine is. Tests that measure time allow for it, so that they do not fail because
//! other programs use the processor.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(5);
const KEPT: Duration = Duration::from_secs(60);

/// When a thread that only sleeps went to sleep, and how late it woke up.
struct Sleeps {
    kept: Mutex<VecDeque<(Instant, Duration)>>,
    started: Instant,
}

/// Starts the thread. It must run before a test measures anything.
pub fn watch() {
    sleeps();
}

fn sleeps() -> &'static Sleeps {
    static SLEEPS: OnceLock<&'static Sleeps> = OnceLock::new();
    SLEEPS.get_or_init(|| {
        let sleeps: &'static Sleeps =
            Box::leak(Box::new(Sleeps { kept: Mutex::default(), started: Instant::now() }));
        thread::spawn(move || {
            loop {
                let began = Instant::now();
                thread::sleep(STEP);
                let late = began.elapsed().saturating_sub(STEP);
                let mut kept = sleeps.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back((began, late));
                while kept.front().is_some_and(|(began, _)| began.elapsed() > KEPT) {
                    kept.pop_front();
                }
            }
        });
        sleeps
    })
}

/// How late a thread that only sleeps has woken up since then: on average, and at most.
fn lateness(since: Instant) -> (Duration, Duration) {
    let sleeps = sleeps();
    let kept = sleeps.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let during = kept.iter().rev().take_while(|(began, _)| *began + STEP >= since);
    let (mut count, mut sum, mut most) = (1, Duration::ZERO, Duration::ZERO);
    for (_, late) in during {
        (count, sum, most) = (count + 1, sum + *late, most.max(*late));
    }
    // The sleep that has not ended yet.
    let last = kept.back().map_or(sleeps.started, |(began, late)| *began + STEP + *late);
    let overdue = last.max(since).elapsed().saturating_sub(STEP);
    ((sum + overdue) / count, most.max(overdue))
}

/// How late a call may be that began then: `flat` on an idle machine, and more on a busy one. A call
/// that ends passes through up to four threads, each of which may be as late as one that sleeps.
/// What it computes takes longer too, by about as much as the average sleep.
pub fn allowed(flat: Duration, began: Instant) -> Duration {
    let (average, most) = lateness(began);
    flat.mul_f64(1.0 + average.as_secs_f64() / 0.002) + 4 * most
}

/// A time limit that leaves as much room on a busy machine as `time` does on an idle one.
pub fn scaled(time: Duration) -> Duration {
    let now = Instant::now();
    allowed(time, now.checked_sub(Duration::from_secs(2)).unwrap_or(now))
}
