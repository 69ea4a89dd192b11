//! What is tried again, when, and for how long.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::engine::{Answer, Failure, Line};
use crate::error::{Code, Error};
use crate::request::Request;
use crate::secret::Secret;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// The server rounds `Retry-After` down, to 0 even.
const SHORTEST_TOLD_WAIT: Duration = Duration::from_millis(250);

/// How a call may spend its time.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) max_retries: u32,
    pub(crate) attempt_timeout: Duration,
}

/// One attempt, for who watches.
pub(crate) struct Attempt<'a> {
    pub(crate) number: u32,
    pub(crate) took: Duration,
    pub(crate) error: Option<&'a Error>,
    /// How long until the next one, if there is one.
    pub(crate) next_in: Option<Duration>,
}

/// What a call makes of an answer or of none, and who is told of its attempts.
pub(crate) trait Call {
    fn decode(&self, answer: Answer) -> Decoded;
    /// The same, for another thread.
    fn decoder(&self) -> impl FnOnce(Answer) -> Decoded + Send + 'static;
    fn explain(&self, failure: &Failure) -> Error;
    fn watch(&self, attempt: Attempt<'_>);
}

/// What an answer turned out to be.
pub(crate) enum Decoded {
    Own(Result<Secret, Error>),
    /// The answer to another request: what comes after it on its connection is one request late
    /// too.
    Foreign(Error),
}

/// Makes attempts until one answers well, none may follow, or the time is up. Says too whether the
/// last exchange came to its end.
pub(crate) async fn attempts(
    line: &Line,
    request: &Request,
    policy: &Policy,
    deadline: Instant,
    call: &impl Call,
) -> (Result<Secret, Error>, bool) {
    for number in 1.. {
        // Waiting for a connection's place is the call's time, and no attempt's.
        let Some(place) = line.until(deadline, line.place()).await else {
            let error =
                timed_out("the call's time was up while max_connections others were under way");
            return (Err(error.with_attempts(number - 1)), true);
        };
        let began = Instant::now();
        let attempt_ends = deadline.min(began + policy.attempt_timeout);
        let mut fresh = false;
        let (result, nothing_sent, ended) = loop {
            // What is handed on by value is stored again at each hand, and a burst of calls in
            // flight is made of these.
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
                        // Boxed: it is seldom, and a burst of calls in flight is made of these.
                        let decode = call.decoder();
                        Box::pin(line.aside(attempt_ends, move || decode(answer))).await
                    };
                    match decoded {
                        Some(Decoded::Own(result)) => {
                            lease.give_back();
                            (result, false, true)
                        }
                        Some(Decoded::Foreign(_)) if lease.reused && request.repeatable => {
                            fresh = true;
                            continue;
                        }
                        Some(Decoded::Foreign(error)) => (Err(error), false, true),
                        None => (Err(too_late(whole_call)), false, true),
                    }
                }
                Some(Err(failure)) => (Err(call.explain(&failure)), failure.nothing_sent(), false),
                None => (Err(too_late(whole_call)), false, false),
            };
        };
        drop(place);
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
            None => return (result.map_err(|error| error.with_attempts(number)), ended),
        }
    }
    unreachable!("the loop ends by returning")
}

fn too_late(whole_call: bool) -> Error {
    timed_out(if whole_call {
        "the call took longer than its timeout allows"
    } else {
        "an attempt took longer than attempt_timeout allows"
    })
}

pub(crate) fn timed_out(message: &str) -> Error {
    Error::new(Code::Timeout, message).with_retryable(true)
}

/// A call that can be repeated safely is; another one only if the server saw nothing of it, or
/// refused to look at it.
fn may_repeat(error: &Error, repeatable: bool, nothing_sent: bool) -> bool {
    match error.code() {
        // Nango itself refuses to try again for 30 seconds, and a failure on each of four days
        // makes it give up.
        Code::RefreshFailed | Code::RefreshBackoff => false,
        // Nango's own limiter stands in front of everything: with its envelope, nothing was done.
        Code::RateLimited => repeatable || error.api_code().is_some(),
        _ => error.retryable() && (repeatable || nothing_sent),
    }
}

/// What the server asked for, or else exponential back-off with full jitter.
fn wait(attempt: u32, error: &Error) -> Duration {
    match error.retry_after() {
        Some(told) => told.max(SHORTEST_TOLD_WAIT),
        None => {
            let most = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_WAIT);
            most.mul_f64(fastrand::f64())
        }
    }
}
