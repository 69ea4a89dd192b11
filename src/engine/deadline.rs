//! Futures with a deadline.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use crate::sync::{Mutex, lock};

/// The timer of a line for one call at a time. Setting a timer that is due before all others costs
/// tokio a system call, and most calls complete long before their deadline. A timer that was set
/// for an earlier call is therefore kept, and postponed when it fires.
#[derive(Default)]
pub(super) struct Timer(Mutex<Option<Pin<Box<Sleep>>>>);

impl Timer {
    pub(super) async fn until<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(checking_the_clock(deadline, future));
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => self.poll_due(deadline, context).map(|()| None),
        })
        .await
    }

    fn poll_due(&self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let mut sleep = lock(&self.0);
        let sleep = sleep.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}

/// Runs the future until it completes, or until it is pending after the deadline. The runtime's own
/// timer fires late while sockets always have data to read, because they use up the task's budget.
pub(super) async fn checking_the_clock<F: Future>(
    deadline: Instant,
    future: F,
) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Pending if Instant::now() >= deadline => Poll::Ready(None),
        step => step.map(Some),
    })
    .await
}
