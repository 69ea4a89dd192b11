//! Nango's rate limit: a number of requests in a window of 60 s that starts with the first request.

use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;

use crate::clock::plus_seconds;
use crate::reply::Reply;

const WINDOW_SECONDS: i64 = 60;

#[derive(Debug)]
struct Window {
    ends: Timestamp,
    used: u64,
}

#[derive(Debug)]
pub struct Limiter {
    per_minute: Option<u64>,
    window: Mutex<Option<Window>>,
}

pub type Headers = Vec<(HeaderName, HeaderValue)>;

impl Limiter {
    pub fn new(per_minute: Option<u64>) -> Self {
        Limiter { per_minute, window: Mutex::new(None) }
    }

    /// Counts a request. Without a limit it adds no headers, like a server with the limit turned
    /// off.
    pub fn take(&self, now: Timestamp, method: &str, path: &str) -> Result<Headers, Reply> {
        let Some(limit) = self.per_minute else { return Ok(Vec::new()) };
        let mut slot = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = || Window { ends: plus_seconds(now, WINDOW_SECONDS), used: 0 };
        let window = match slot.as_mut() {
            Some(window)
                if now < window.ends && plus_seconds(now, WINDOW_SECONDS) >= window.ends =>
            {
                window
            }
            _ => slot.insert(begins()),
        };
        window.used += 1;
        let mut headers = vec![
            (HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(limit)),
            (
                HeaderName::from_static("x-ratelimit-remaining"),
                HeaderValue::from(limit.saturating_sub(window.used)),
            ),
            (
                HeaderName::from_static("x-ratelimit-reset"),
                HeaderValue::from(window.ends.as_second()),
            ),
        ];
        if window.used <= limit {
            return Ok(headers);
        }
        let wait = (window.ends.as_millisecond() - now.as_millisecond()) / 1000;
        headers.push((header::RETRY_AFTER, HeaderValue::from(wait)));
        let body = json!({"error": {"code": "too_many_request", "method": method, "path": path}});
        let mut reply = Reply::json(StatusCode::TOO_MANY_REQUESTS, &body);
        reply.headers.extend(headers);
        Err(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_begins_with_the_first_request_and_starts_anew_after_it() {
        let limiter = Limiter::new(Some(2));
        let start: Timestamp = "2026-01-01T00:00:00.5Z".parse().unwrap();
        assert!(limiter.take(start, "GET", "/connections").is_ok());
        assert!(limiter.take(plus_seconds(start, 10), "GET", "/connections").is_ok());
        let refused = limiter.take(plus_seconds(start, 20), "GET", "/connections/x").unwrap_err();
        let header = |name: &str| {
            let found = refused.headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.to_str().unwrap())
        };
        assert_eq!(header("retry-after"), Some("40"));
        assert_eq!(header("x-ratelimit-remaining"), Some("0"));
        assert!(limiter.take(plus_seconds(start, 61), "GET", "/connections").is_ok());
    }
}
