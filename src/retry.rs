//! Retries: what is retried, when, and for how long.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::engine::{Answer, Failure, Finished, Line, Progress, Request, Reuse};
use crate::error::{Code, Error};
use crate::secret::Secret;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// While the server cannot be reached: each attempt is cheap, and a restart is usually short.
const LONGEST_CONNECT_WAIT: Duration = Duration::from_millis(500);
/// After a 429 that says nothing about the wait.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(1);
/// Spreads the retries of calls that the server told to wait for the same moment.
const LONGEST_JITTER: Duration = Duration::from_secs(1);

/// Limits on the attempts of a call.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) max_retries: u32,
    pub(crate) attempt_timeout: Duration,
    pub(crate) max_retry_wait: Duration,
    pub(crate) connect_retry: Duration,
    /// Whether the server has ever answered. Until then it may not exist at all.
    pub(crate) answered: AtomicBool,
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
    let mut retries = Retries { policy, made: 0, unreachable: None };
    // The error of the previous attempt.
    let mut previous = None;
    for number in 1.. {
        // The wait for a free connection counts against the timeout of the call, not of an attempt.
        let Some(permit) = line.until(deadline, line.permit()).await else {
            let error = previous.map_or_else(
                || {
                    timed_out(
                        "timed out waiting for a free connection (max_connections calls were \
                         already in progress)",
                    )
                },
                |error: Error| error.noting(NO_TIME),
            );
            return Finished { result: Err(error.with_attempts(number - 1)), line: Reuse::Keep };
        };
        let began = Instant::now();
        let attempt_ends = deadline.min(began + policy.attempt_timeout);
        let mut fresh = false;
        let (result, progress, reuse) = loop {
            // Pin the future here: passing it by value would copy it into every enclosing future,
            // and thousands may be in flight.
            let outcome = {
                let exchange = pin!(line.exchange(request, fresh));
                line.until(attempt_ends, exchange).await
            };
            let mut late = || match previous.take() {
                _ if attempt_ends < deadline => attempt_timed_out(request.repeatable),
                // What failed before says more than that this attempt was cut short.
                Some(error) if request.repeatable => Error::noting(error, NO_TIME),
                _ => call_timed_out(request.repeatable),
            };
            break match outcome {
                Some(Ok((answer, lease))) => {
                    policy.answered.store(true, Ordering::Relaxed);
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
                            (result, Progress::Sent, Reuse::Keep)
                        }
                        Some(Decoded::Mismatch(_)) if lease.reused && request.repeatable => {
                            fresh = true;
                            continue;
                        }
                        Some(Decoded::Mismatch(error)) => (Err(error), Progress::Sent, Reuse::Keep),
                        None => (Err(late()), Progress::Sent, Reuse::Keep),
                    }
                }
                Some(Err(failure)) => {
                    (Err(call.explain(&failure)), failure.progress(), Reuse::Drop)
                }
                None => (Err(late()), Progress::Sent, Reuse::Drop),
            };
        };
        drop(permit);
        let mut next_in = None;
        let result = result.map_err(|error| {
            let Some(wait) = retries.wait(&error, request.repeatable, progress, began) else {
                return error;
            };
            if Instant::now() + wait >= deadline {
                return error.noting(NO_TIME);
            }
            next_in = Some(wait);
            error
        });
        call.watch(Attempt {
            number,
            took: began.elapsed(),
            error: result.as_ref().err(),
            next_in,
        });
        let Some(wait) = next_in else {
            let result = result.map_err(|error| error.with_attempts(number));
            return Finished { result, line: reuse };
        };
        previous = result.err();
        sleep(wait).await;
    }
    unreachable!("the loop ends by returning")
}

/// Added to the error of the last attempt that says what is wrong.
const NO_TIME: &str = "no time is left for another attempt; increase timeout to wait longer";

fn attempt_timed_out(repeatable: bool) -> Error {
    timed_out_after_sending(
        "an attempt took longer than attempt_timeout allows; try again later",
        repeatable,
    )
}

fn call_timed_out(repeatable: bool) -> Error {
    timed_out_after_sending(
        "the call took longer than its timeout allows; try again later or increase timeout",
        repeatable,
    )
}

fn timed_out_after_sending(message: &str, repeatable: bool) -> Error {
    let error = timed_out(message);
    if repeatable { error } else { error.noting(OUTCOME_UNKNOWN) }
}

/// Added to an error of a call that must not be retried, if the request was sent.
pub(crate) const OUTCOME_UNKNOWN: &str = "the server may or may not have processed the request";

pub(crate) fn timed_out(message: &str) -> Error {
    Error::new(Code::Timeout, message).with_retryable(true)
}

/// Decides on the retries of one call.
struct Retries<'a> {
    policy: &'a Policy,
    /// How many of [`Policy::max_retries`] were made.
    made: u32,
    /// Since when the server has been unreachable, and the number of attempts since.
    unreachable: Option<(Instant, u32)>,
}

impl Retries<'_> {
    /// How long to wait before a retry. `None`: no retry.
    fn wait(
        &mut self,
        error: &Error,
        repeatable: bool,
        progress: Progress,
        began: Instant,
    ) -> Option<Duration> {
        if progress != Progress::Unreachable {
            self.unreachable = None;
        } else if self.policy.answered.load(Ordering::Relaxed) {
            let (since, count) = self.unreachable.get_or_insert((began, 0));
            if since.elapsed() < self.policy.connect_retry {
                *count += 1;
                let most = back_off(*count).min(LONGEST_CONNECT_WAIT);
                return Some(most.mul_f64(0.5 + fastrand::f64() / 2.0));
            }
        }
        if self.made >= self.policy.max_retries || !may_repeat(error, repeatable, progress) {
            return None;
        }
        let wait = match error.retry_after() {
            Some(requested) if requested > self.policy.max_retry_wait => return None,
            Some(requested) => requested + LONGEST_JITTER.mul_f64(fastrand::f64()),
            None if error.code() == Code::RateLimited => {
                RATE_LIMIT_WAIT + LONGEST_JITTER.mul_f64(fastrand::f64())
            }
            // Full jitter.
            None => back_off(self.made + 1).mul_f64(fastrand::f64()),
        };
        self.made += 1;
        Some(wait)
    }
}

/// Whether the call may be retried. An idempotent call may. Another call may only if nothing was
/// sent or the server rejected the request without processing it.
fn may_repeat(error: &Error, repeatable: bool, progress: Progress) -> bool {
    match error.code() {
        // Nango does not retry for 30 seconds, and gives up after failures on each of four days.
        Code::RefreshFailed | Code::RefreshBackoff => false,
        // Nango's limiter runs before everything else: if the answer has its envelope, nothing was
        // done.
        Code::RateLimited => repeatable || error.api_code().is_some(),
        _ => error.retryable() && (repeatable || progress != Progress::Sent),
    }
}

/// The longest wait before this retry.
fn back_off(retry: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << (retry - 1).min(16)).min(LONGEST_WAIT)
}
