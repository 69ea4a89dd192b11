//! All I/O happens here. The engine knows nothing about Nango.
//!
//! A [`Line`] sends a request and reads the answer, up to a limit. [`inline`] and [`background`]
//! decide which thread runs the code.

pub(crate) mod background;
mod connection;
mod deadline;
pub(crate) mod descriptors;
mod failure;
pub(crate) mod fork;
pub(crate) mod inline;
mod line;
mod message;
mod offload;
mod open;
mod pool;
pub(crate) mod proxy;
mod resolve;
mod settings;
mod signals;
mod task;
pub(crate) mod tls;

use std::sync::Arc;

use tokio::runtime::Handle;

pub(crate) use failure::{Failure, Progress, TlsFault, lacks_descriptors};
pub(crate) use inline::{Finished, Reuse};
pub(crate) use line::Line;
pub(crate) use message::{Answer, Request};
pub(crate) use resolve::is_localhost;
pub(crate) use settings::Settings;

use crate::sync::{Mutex, lock};
use fork::PerProcess;
use inline::Slot;
use open::Opener;

/// Whether this thread's thread-local storage is destroyed, which every runtime needs. That is the
/// case in a destructor or an exit handler.
fn thread_is_ending() -> bool {
    Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed())
}

/// A client's connections, separately for each process that uses the client.
pub(crate) struct Engine {
    settings: Settings,
    state: PerProcess<ProcessState>,
}

/// The connections of one process in one era of its descriptors.
#[derive(Default)]
struct ProcessState {
    /// Created when the first connection is needed.
    opener: Mutex<Option<Arc<Opener>>>,
    /// For blocking calls. The most recently used is last.
    idle: Mutex<Vec<Slot>>,
    /// For the queue.
    shared: Mutex<Option<Arc<Line>>>,
}

impl Engine {
    pub(crate) fn new(settings: Settings) -> Engine {
        Engine { settings, state: PerProcess::of(descriptors::era) }
    }

    fn state(&self) -> &ProcessState {
        self.state.get_or_init(ProcessState::default)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The connections that are closed now have been idle.
        descriptors::check_now();
    }
}

impl ProcessState {
    fn opener(&self, settings: &Settings) -> Result<Arc<Opener>, Failure> {
        let mut opener = lock(&self.opener);
        if let Some(opener) = &*opener {
            return Ok(Arc::clone(opener));
        }
        let tls = match &settings.tls {
            Some(options) => options.config()?,
            None => tls::unused(),
        };
        Ok(Arc::clone(opener.insert(Arc::new(Opener::new(settings, tls)?))))
    }
}
