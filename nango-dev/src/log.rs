//! A log of the requests that the server received, for tests to read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, Request, header};
use serde_json::{Map, Value, json};

use crate::faults;

/// When the log is full, the oldest entries are dropped.
const CAPACITY: usize = 10_000;

#[derive(Debug)]
struct Entry {
    n: u64,
    method: String,
    target: String,
    headers: Map<String, Value>,
    status: Option<u16>,
    time: String,
}

impl Entry {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Entries {
    kept: VecDeque<Entry>,
    last: u64,
}

#[derive(Debug, Default)]
pub struct Log {
    entries: Mutex<Entries>,
    in_flight: AtomicUsize,
}

/// A request in progress. It is dropped when it has been answered or abandoned.
pub struct Pending<'a> {
    log: &'a Log,
    n: u64,
}

impl Log {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin<B>(&self, request: &Request<B>, time: String) -> Pending<'_> {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        let mut entries = self.entries();
        entries.last += 1;
        let n = entries.last;
        if entries.kept.len() == CAPACITY {
            entries.kept.pop_front();
        }
        let target = request.uri().path_and_query();
        entries.kept.push_back(Entry {
            n,
            method: request.method().to_string(),
            target: target.map(ToString::to_string).unwrap_or_default(),
            headers: shown_headers(request.headers()),
            status: None,
            time,
        });
        Pending { log: self, n }
    }

    /// The logged requests of one connection or of all. The status is null if the client left
    /// before the answer, or if the server broke the connection.
    pub fn to_json(&self, connection: Option<&str>) -> Value {
        let entries = self.entries();
        let requests: Vec<Value> = entries
            .kept
            .iter()
            .filter(|entry| {
                connection.is_none() || faults::connection(entry.path()).as_deref() == connection
            })
            .map(|entry| {
                json!({
                    "n": entry.n,
                    "method": entry.method,
                    "target": entry.target,
                    "headers": entry.headers,
                    "status": entry.status,
                    "time": entry.time,
                })
            })
            .collect();
        json!({"requests": requests})
    }

    pub fn clear(&self) {
        self.entries().kept.clear();
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }
}

impl Pending<'_> {
    pub fn answered(&self, status: u16) {
        let mut entries = self.log.entries();
        if let Some(entry) = entries.kept.iter_mut().rev().find(|entry| entry.n == self.n) {
            entry.status = Some(status);
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.log.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

fn shown_headers(headers: &HeaderMap) -> Map<String, Value> {
    headers
        .keys()
        .map(|name| {
            let values: Vec<String> = headers
                .get_all(name)
                .iter()
                .map(|value| {
                    let text = String::from_utf8_lossy(value.as_bytes());
                    if name == header::AUTHORIZATION { mask(&text) } else { text.into_owned() }
                })
                .collect();
            (name.to_string(), Value::from(values.join(", ")))
        })
        .collect()
}

/// Shows the scheme and four characters: enough to distinguish keys, too few to use one.
fn mask(value: &str) -> String {
    let (scheme, secret) = match value.split_once(' ') {
        Some((scheme, secret)) => (format!("{scheme} "), secret),
        None => (String::new(), value),
    };
    let start: String = secret.chars().take(4).collect();
    format!("{scheme}{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_hides_keys() {
        let log = Log::default();
        for n in 0..CAPACITY + 5 {
            let request = Request::builder()
                .uri(format!("/x%2Fy?n={n}"))
                .header("Authorization", "Bearer 12345678");
            let pending = log.begin(&request.body(()).unwrap(), String::new());
            pending.answered(200);
        }
        let shown = log.to_json(None);
        let requests = shown["requests"].as_array().unwrap();
        assert_eq!(requests.len(), CAPACITY);
        assert_eq!(requests[0]["n"], 6);
        assert_eq!(requests[0]["target"], "/x%2Fy?n=5");
        assert_eq!(requests[0]["status"], 200);
        assert_eq!(requests[0]["headers"]["authorization"], "Bearer 1234…");
        assert_eq!(log.in_flight(), 0);
    }
}
