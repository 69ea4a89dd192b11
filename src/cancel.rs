//! Cancels calls from another thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

use crate::engine::descriptors;
use crate::engine::fork::PerProcess;

/// Cancels calls from another thread. Once triggered, it stays triggered: a call that is given it
/// later returns immediately. A forked child has its own copy, triggered if the parent's was.
#[derive(Clone)]
pub struct Cancel(Arc<Trigger>);

struct Trigger {
    pulled: AtomicBool,
    /// The waiters are guarded by a lock, which a fork may find taken, and woken through a file
    /// descriptor. So each era has its own token.
    waiting: PerProcess<CancellationToken>,
}

impl Cancel {
    /// Creates a handle that is not triggered.
    pub fn new() -> Cancel {
        let trigger =
            Trigger { pulled: AtomicBool::new(false), waiting: PerProcess::of(descriptors::era) };
        Cancel(Arc::new(trigger))
    }

    /// Makes every call with this handle return [`Code::Cancelled`](crate::Code::Cancelled).
    pub fn trigger(&self) {
        // Set before the token is looked up: a thread that still reads false gets the same token
        // and waits for it.
        self.0.pulled.store(true, Ordering::SeqCst);
        descriptors::check();
        self.waiting().cancel();
    }

    /// The token of this process.
    pub(crate) fn token(&self) -> &CancellationToken {
        let token = self.waiting();
        if self.0.pulled.load(Ordering::SeqCst) {
            token.cancel();
        }
        token
    }

    fn waiting(&self) -> &CancellationToken {
        self.0.waiting.get_or_init(CancellationToken::new)
    }
}

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel::new()
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("triggered", &self.0.pulled.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}
