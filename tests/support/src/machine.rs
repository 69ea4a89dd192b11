//! How late this machine is. Tests that measure time allow for it, so that they do not fail because
//! other programs use the processor.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(5);
const KEPT: Duration = Duration::from_secs(60);

/// One sleep of a thread that only sleeps.
struct Sleep {
    began: Instant,
    /// How late it ended.
    late: Duration,
    /// How many threads of the whole machine wanted each of its processors then.
    wanted: f64,
}

impl Sleep {
    fn ended(&self) -> Instant {
        self.began + STEP + self.late
    }
}

struct Sleeps {
    kept: Mutex<VecDeque<Sleep>>,
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
        let processors = thread::available_parallelism().map_or(1, |count| count.get());
        thread::spawn(move || {
            loop {
                let began = Instant::now();
                thread::sleep(STEP);
                let late = began.elapsed().saturating_sub(STEP);
                let wanted = runnable() / processors as f64;
                let mut kept = sleeps.kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_back(Sleep { began, late, wanted });
                while kept.front().is_some_and(|sleep| sleep.began.elapsed() > KEPT) {
                    kept.pop_front();
                }
            }
        });
        sleeps
    })
}

/// How many threads of the whole machine run or could run now.
fn runnable() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let count = text.split(' ').nth(3).and_then(|field| field.split('/').next()?.parse().ok());
    count.unwrap_or(1.0)
}

/// How late a call may be that began then: `flat` on an idle machine, and more on a busy one. A
/// call that ends passes through up to four threads, each of which may be as late as one that sleeps.
/// What it computes takes as many times longer as there are threads for each processor.
pub fn allowed(flat: Duration, began: Instant) -> Duration {
    let sleeps = sleeps();
    let kept = sleeps.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut count, mut wanted, mut late) = (0.0, 0.0, Duration::ZERO);
    for sleep in kept.iter().rev().take_while(|sleep| sleep.ended() >= began) {
        (count, wanted, late) = (count + 1.0, wanted + sleep.wanted, late.max(sleep.late));
    }
    // The sleep that has not ended yet.
    let last = kept.back().map_or(sleeps.started, Sleep::ended);
    let overdue = last.max(began).elapsed().saturating_sub(STEP);
    let slower = if count > 0.0 { (wanted / count).max(1.0) } else { 1.0 };
    flat.mul_f64(slower) + 4 * late.max(overdue)
}

/// A time limit that leaves as much room on a busy machine as `time` does on an idle one.
pub fn scaled(time: Duration) -> Duration {
    let now = Instant::now();
    allowed(time, now.checked_sub(Duration::from_secs(2)).unwrap_or(now))
}
