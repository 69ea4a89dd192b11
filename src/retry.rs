//! Retries: what is retried, when, and for how long.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::engine::{Answer, Failure, Finished, Line, Request, Reuse};
use crate::error::{Code, Error};
use crate::secret::Secret;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The server rounds `Retry-After` down, even to 0.
const SHORTEST_REQUESTED_WAIT: Duration = Duration::from_millis(250);

/// Limits on the attempts of a call.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) max_retries: u32,
    pub(crate) attempt_timeout: Duration,
}

/// One attempt, as reported to [`Call::watch`].
pub(crate) struct Attempt<'a> {
    pub(crate) number: u32,
    pub(crate) took: Duration,
    pub(crate) error: Option<&'a Error>,
    /// The wait before the next attempt, if there is one.
    pub(crate) next_in: Option<Duration>,
}

/// Decodes the answers of a call, explains its failures, and observes its attempts.
pub(crate) trait Call {
    fn decode(&self, answer: Answer) -> Decoded;
    /// The same as `decode`, for another thread.
    fn decoder(&self) -> impl FnOnce(Answer) -> Decoded + Send + 'static;
    fn explain(&self, failure: &Failure) -> Error;
    fn watch(&self, attempt: Attempt<'_>);
}

/// A decoded answer.
pub(crate) enum Decoded {
    Done(Result<Secret, Error>),
    /// The answer to another request. Later answers on its connection are off by one request too.
    Mismatch(Error),
}

/// Makes attempts until one succeeds, no retry is allowed, or the deadline has passed.
pub(crate) async fn attempts(
    line: &Line,
    request: &Request,
    policy: &Policy,
    deadline: Instant,
    call: &impl Call,
) -> Finished<Result<Secret, Error>> {
    for number in 1.. {
        // The wait for a free connection counts against the timeout of the call, not of an attempt.
        let Some(permit) = line.until(deadline, line.permit()).await else {
            let error = timed_out(
                "timed out waiting for a free connection (max_connections calls were already in \
                 progress)",
            );
            let result = Err(error.with_attempts(number - 1));
            return Finished { result, line: Reuse::Keep };
        };
        let began = Instant::now();
        let attempt_ends = deadline.min(began + policy.attempt_timeout);
        let mut fresh = false;
        let (result, nothing_sent, reuse) = loop {
            // Pin the future here: passing it by value would copy it into every enclosing future,
            // and thousands may be in flight.
            let outcome = {
                let exchange = pin!(line.exchange(request, fresh));
                line.until(attempt_ends, exchange).await
            };
            let whole_call = attempt_ends == deadline;
            break match outcome {
                Some(Ok((answer, lease))) => {
                    let decoded = if line.decodes_here(&answer) {
                        Some(call.decode(answer))
                    } else {
                        // Boxed because it is rare: unboxed, it would enlarge the future of every
                        // call in flight.
                        let decode = call.decoder();
                        Box::pin(line.offload(attempt_ends, move || decode(answer))).await
                    };
                    match decoded {
                        Some(Decoded::Done(result)) => {
                            lease.give_back();
                            (result, false, Reuse::Keep)
                        }
                        Some(Decoded::Mismatch(_)) if lease.reused && request.repeatable => {
                            fresh = true;
                            continue;
                        }
                        Some(Decoded::Mismatch(error)) => (Err(error), false, Reuse::Keep),
                        None => (Err(too_late(whole_call)), false, Reuse::Keep),
                    }
                }
                Some(Err(failure)) => {
                    (Err(call.explain(&failure)), failure.nothing_sent(), Reuse::Drop)
                }
                None => (Err(too_late(whole_call)), false, Reuse::Drop),
            };
        };
        drop(permit);
        let next_in = match &result {
            Err(error)
                if number <= policy.max_retries
                    && may_repeat(error, request.repeatable, nothing_sent) =>
            {
                Some(wait(number, error)).filter(|wait| Instant::now() + *wait < deadline)
            }
            _ => None,
        };
        call.watch(Attempt {
            number,
            took: began.elapsed(),
            error: result.as_ref().err(),
            next_in,
        });
        match next_in {
            Some(wait) => sleep(wait).await,
            None => {
                let result = result.map_err(|error| error.with_attempts(number));
                return Finished { result, line: reuse };
            }
        }
    }
    unreachable!("the loop ends by returning")
}

fn too_late(whole_call: bool) -> Error {
    timed_out(if whole_call {
        "the call took longer than its timeout allows; try again later or increase timeout"
    } else {
        "an attempt took longer than attempt_timeout allows; try again later"
    })
}

pub(crate) fn timed_out(message: &str) -> Error {
    Error::new(Code::Timeout, message).with_retryable(true)
}

/// Whether the call may be retried. An idempotent call may. Another call may only if nothing was
/// sent or the server rejected the request without processing it.
fn may_repeat(error: &Error, repeatable: bool, nothing_sent: bool) -> bool {
    match error.code() {
        // Nango does not retry for 30 seconds, and gives up after failures on each of four days.
        Code::RefreshFailed | Code::RefreshBackoff => false,
        // Nango's limiter runs before everything else: if the answer has its envelope, nothing was
        // done.
        Code::RateLimited => repeatable || error.api_code().is_some(),
        _ => error.retryable() && (repeatable || nothing_sent),
    }
}

/// The wait that the server asked for, or else exponential back-off with full jitter.
fn wait(attempt: u32, error: &Error) -> Duration {
    match error.retry_after() {
        Some(requested) => requested.max(SHORTEST_REQUESTED_WAIT),
        None => {
            let most = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_WAIT);
            most.mul_f64(fastrand::f64())
        }
    }
}
