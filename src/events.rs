//! A ring of events as JSON objects, for a program that collects them. They contain no secrets.
//! They also omit connection ids, which are secrets where keys may not list connections.

use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::retry::Attempt;
use crate::sync::{Mutex, MutexGuard, lock};

pub(crate) struct Events {
    capacity: usize,
    ring: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Value>,
    /// The number of events dropped since one was last taken.
    dropped: u64,
}

impl Events {
    pub(crate) fn new(capacity: usize) -> Events {
        Events { capacity, ring: Mutex::default() }
    }

    pub(crate) fn warning(&self, message: &str) {
        self.push(|| json!({"event": "warning", "message": message}));
    }

    pub(crate) fn attempt(&self, operation: &str, attempt: &Attempt<'_>) {
        self.push(|| {
            json!({
                "event": "attempt",
                "operation": operation,
                "attempt": attempt.number,
                "duration_ms": milliseconds(attempt.took),
                "error": attempt.error.map(|error| json!({
                    "code": error.code().name(),
                    "http_status": error.http_status(),
                    "api_code": error.api_code(),
                    "message": error.message(),
                })),
                "retry_in_ms": attempt.next_in.map(milliseconds),
            })
        });
    }

    /// The oldest event, as JSON. It includes how many events before it were dropped.
    pub(crate) fn next(&self) -> Option<String> {
        let mut ring = self.ring();
        let mut event = ring.events.pop_front()?;
        event["dropped"] = std::mem::take(&mut ring.dropped).into();
        Some(event.to_string())
    }

    fn push(&self, event: impl FnOnce() -> Value) {
        if self.capacity == 0 {
            return;
        }
        let mut event = event();
        event["time_ms"] = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map(milliseconds)
            .unwrap_or_default()
            .into();
        let mut ring = self.ring();
        if ring.events.len() == self.capacity {
            ring.events.pop_front();
            ring.dropped += 1;
        }
        ring.events.push_back(event);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        lock(&self.ring)
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
