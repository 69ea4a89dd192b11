//! What is sent and what is received: a request, an answer, and an answer that is still arriving.

use std::sync::Arc;

use hyper::body::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};

use super::Failure;
use crate::wiped::Wiped;

/// A request that can be sent any number of times.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// The headers common to all requests of a client.
    pub(crate) common: Arc<HeaderMap>,
    /// The headers of this request alone.
    pub(crate) added: Vec<(HeaderName, HeaderValue)>,
    /// It may hold secrets: its owner wipes it. Boxed, because few requests have one.
    pub(crate) body: Option<Box<Bytes>>,
    /// Whether it may be retried when the server may already have processed it.
    pub(crate) repeatable: bool,
    /// Whether it may be sent on a reused connection that was not polled first. Its answer names
    /// the connection that it belongs to, and if that is another, the request can be retried.
    pub(crate) may_skip_poll: bool,
}

impl Request {
    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::clone(&self.common);
        headers.extend(self.added.iter().cloned());
        headers
    }
}

/// An answer, read completely or up to the useful limit.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Wiped,
    /// Whether the body continues beyond what was read.
    pub(crate) cut: bool,
}

/// The maximum number of bytes read from the body of an unsuccessful answer.
const LONGEST_ERROR_BODY: u64 = 1024 * 1024;

/// An answer that is still being received.
pub(super) struct Arriving {
    pub(super) answer: Answer,
    limit: u64,
    /// Whether a longer answer is cut at the limit. Otherwise it is an error.
    cuts: bool,
}

impl Arriving {
    pub(super) fn new(
        status: StatusCode,
        headers: HeaderMap,
        announced: Option<u64>,
        limit: u64,
        spare_bytes: usize,
    ) -> Result<Arriving, Failure> {
        let mut announced = announced.unwrap_or_default();
        let (limit, cuts) = match status.is_success() {
            true => (limit, false),
            false => (limit.min(LONGEST_ERROR_BODY), true),
        };
        if announced > limit && !cuts {
            return Err(Failure::TooLarge { status, limit });
        }
        announced = announced.min(limit);
        let mut body = Wiped::default();
        // The announced length may be false, or the memory may not be available. The body then
        // grows as it arrives.
        let _ = body.try_reserve_exact(announced as usize + spare_bytes);
        Ok(Arriving { answer: Answer { status, headers, body, cut: false }, limit, cuts })
    }

    pub(super) fn add(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        let Answer { status, body, cut, .. } = &mut self.answer;
        let room = self.limit.saturating_sub(body.len() as u64);
        *cut = chunk.len() as u64 > room;
        if *cut && !self.cuts {
            return Err(Failure::TooLarge { status: *status, limit: self.limit });
        }
        append(body, if *cut { &chunk[..room as usize] } else { chunk });
        Ok(())
    }

    /// Whether the rest can be ignored.
    pub(super) fn is_cut(&self) -> bool {
        self.answer.cut
    }
}

/// Like `extend_from_slice`, but wipes the old buffer when the body grows.
fn append(body: &mut Wiped, chunk: &[u8]) {
    let needed = body.len() + chunk.len();
    if needed > body.capacity() {
        let mut larger = Wiped::from(Vec::with_capacity(needed.max(2 * body.capacity())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}
