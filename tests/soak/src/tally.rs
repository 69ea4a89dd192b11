//! Counts the calls and their results.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often each result occurred, for one kind of call.
type Results = BTreeMap<String, u64>;

#[derive(Default)]
pub struct Tally {
    kinds: Mutex<BTreeMap<String, Results>>,
    overshoots: Mutex<Vec<Duration>>,
    cancels: Mutex<Vec<Duration>>,
    wrong: Mutex<Vec<String>>,
    pub lost: AtomicU64,
    pub hung: AtomicU64,
}

impl Tally {
    pub fn count(&self, kind: &str, result: &str) {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        *kinds.entry(kind.to_owned()).or_default().entry(result.to_owned()).or_default() += 1;
    }

    /// Records how much later than its deadline a call returned.
    pub fn record_lateness(&self, took: Duration, allowed: Duration) {
        self.overshoots
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(took.saturating_sub(allowed));
    }

    /// Records how long a cancelled call took to return.
    pub fn cancelled(&self, after: Duration) {
        self.cancels.lock().unwrap_or_else(PoisonError::into_inner).push(after);
    }

    pub fn wrong(&self, what: String) {
        eprintln!("wrong: {what}");
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    pub fn calls(&self) -> u64 {
        self.kinds
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .flat_map(BTreeMap::values)
            .sum()
    }

    /// Returns the table, and whether everything in it is right.
    pub fn table(&self) -> (String, bool) {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = String::new();
        for (kind, results) in kinds.iter() {
            let total: u64 = results.values().sum();
            let parts: Vec<String> =
                results.iter().map(|(result, count)| format!("{result} {count}")).collect();
            let _ = writeln!(table, "{kind:<28} {total:>8}   {}", parts.join(", "));
        }
        drop(kinds);
        let (lost, hung) = (self.lost.load(Ordering::SeqCst), self.hung.load(Ordering::SeqCst));
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner).len();
        let _ = writeln!(
            table,
            "{:<28} {:>8}   lost {lost}, hung {hung}, wrong {wrong}",
            "all calls",
            self.calls()
        );
        for (name, figures) in
            [("late after a deadline", &self.overshoots), ("late after a cancel", &self.cancels)]
        {
            let mut figures = figures.lock().unwrap_or_else(PoisonError::into_inner).clone();
            figures.sort_unstable();
            let at = |share: usize| {
                figures
                    .get((figures.len() * share / 100).min(figures.len().saturating_sub(1)))
                    .copied()
                    .unwrap_or_default()
            };
            let (median, most, max) = (at(50), at(99), figures.last().copied().unwrap_or_default());
            let ms = |time: Duration| time.as_secs_f64() * 1000.0;
            let _ = writeln!(
                table,
                "{name:<28} {:>8}   ms: p50 {:.1}, p99 {:.1}, max {:.1}",
                figures.len(),
                ms(median),
                ms(most),
                ms(max)
            );
        }
        (table, lost == 0 && hung == 0 && wrong == 0)
    }
}

fn is_pipe(descriptor: &Path) -> bool {
    std::fs::read_link(descriptor).is_ok_and(|target| target.to_string_lossy().starts_with("pipe:"))
}

/// The resources that the process holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub descriptors: usize,
    pub threads: u64,
    pub rss_kib: u64,
    pub objects: i64,
}

impl Held {
    pub fn now() -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        Held {
            // Excludes the folder itself, which is open while it is read, and pipes. The library
            // has none; ThreadSanitizer has one to the program that resolves symbols for it.
            descriptors: std::fs::read_dir("/proc/self/fd").map_or(0, |fds| {
                fds.flatten().filter(|fd| !is_pipe(&fd.path())).count().saturating_sub(1)
            }),
            threads: number("Threads:"),
            rss_kib: number("VmRSS:"),
            objects: nango::ffi::version::nango_live_objects(),
        }
    }

    /// Memory may grow by what the allocator keeps. Everything else must return to its start value.
    pub fn is_back_to(&self, start: &Held) -> bool {
        self.descriptors <= start.descriptors
            && self.threads <= start.threads
            && self.objects <= start.objects
    }

    pub fn row(&self, when: &str) -> String {
        format!(
            "{when:<28}            fds {}, threads {}, objects {}, RSS {} KiB\n",
            self.descriptors, self.threads, self.objects, self.rss_kib
        )
    }
}
