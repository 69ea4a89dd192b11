//! What ends a call from another thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

use crate::engine::descriptors;
use crate::engine::fork::PerProcess;

/// Ends calls from another thread. Once triggered it stays so: a call that is given it later
/// returns at once. A child of fork has a handle of its own, triggered if the parent's was.
#[derive(Clone)]
pub struct Cancel(Arc<Trigger>);

struct Trigger {
    pulled: AtomicBool,
    /// Who waits is known behind a lock, which a fork may find taken, and is woken through a
    /// descriptor: so each era has its own.
    waiting: PerProcess<CancellationToken>,
}

impl Cancel {
    /// A handle that is not triggered.
    pub fn new() -> Cancel {
        let trigger =
            Trigger { pulled: AtomicBool::new(false), waiting: PerProcess::of(descriptors::era) };
        Cancel(Arc::new(trigger))
    }

    /// Makes every call that has this handle return [`Code::Cancelled`](crate::Code::Cancelled).
    pub fn trigger(&self) {
        // Before the token is looked for: who finds this false finds the same token, and waits for
        // it.
        self.0.pulled.store(true, Ordering::SeqCst);
        descriptors::check();
        self.waiting().cancel();
    }

    /// This process's token.
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
