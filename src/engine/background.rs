//! On the library's thread: what the completion queue uses.
//!
//! One thread for a process, with every signal blocked, started with the first queue. A client has as many connections there as
//! `max_connections` allows; calls beyond that wait inside, without a socket.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::runtime::{Builder, Handle};

use super::fork::PerProcess;
use super::{Engine, Failure, Line, Settings, signals};

static THREAD: PerProcess<Mutex<Option<Handle>>> = PerProcess::new();

/// This process's thread, started if need be. It never ends.
pub(crate) fn thread() -> io::Result<Handle> {
    let mut running = THREAD.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*running {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    signals::all_blocked(|| thread::Builder::new().name("nango-queue".to_owned()).spawn(move || runtime.block_on(std::future::pending::<()>())))?;
    Ok(running.insert(handle).clone())
}

/// How long a connection that only a crowd needed is kept.
const CROWD_IDLE: Duration = Duration::from_secs(2);

/// The connections of the queue's calls: those that are kept warm, and those that a crowd of calls opens beside them. hyper closes what comes back beyond the number that
/// it may keep, so with one pool for both, each call of a crowd would open a connection of its own.
pub(super) struct Shared {
    warm: Arc<Line>,
    crowd: Option<Arc<Line>>,
}

impl Shared {
    fn new(settings: &Settings, tls: ClientConfig) -> Result<Shared, Failure> {
        let warm = settings.idle_connections.clamp(1, settings.max_connections);
        let kept = settings.idle_connections.min(warm);
        let beside = settings.max_connections - warm;
        Ok(Shared {
            warm: Arc::new(Line::shared(settings, tls.clone(), warm, kept, settings.idle_timeout)?),
            crowd: match beside {
                0 => None,
                places => Some(Arc::new(Line::shared(settings, tls, places, places, CROWD_IDLE.min(settings.idle_timeout))?)),
            },
        })
    }

    fn line(&self) -> Arc<Line> {
        match &self.crowd {
            Some(crowd) if self.warm.is_full() => Arc::clone(crowd),
            _ => Arc::clone(&self.warm),
        }
    }
}

impl Engine {
    /// A line for one call of the queue.
    pub(crate) fn shared_line(&self) -> Result<Arc<Line>, Failure> {
        let own = self.own();
        let mut shared = own.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = &*shared {
            return Ok(shared.line());
        }
        let made = Shared::new(&self.settings, own.tls(&self.settings)?)?;
        Ok(shared.insert(made).line())
    }
}
