//! On the library's thread: what the completion queue uses.
//!
//! One thread for a process, with every signal blocked, started with the first queue. A client has as many connections there as
//! `max_connections` allows; calls beyond that wait inside, without a socket.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::runtime::{Builder, Handle};

use super::fork::PerProcess;
use super::{Engine, Failure, Line, signals};

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

/// Runs a call on the library's thread. Of one that can send its request at once the first step is taken here and now, so that the server has the request while
/// the thread wakes up.
pub(crate) fn begin(thread: &Handle, at_once: bool, call: impl Future<Output = ()> + Send + 'static) {
    let mut call = Box::pin(call);
    if at_once {
        let _inside = thread.enter();
        let step = || call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        // A panic ends the call, as it would there.
        match signals::without_sigpipe(|| catch_unwind(AssertUnwindSafe(step))) {
            Ok(Poll::Pending) => {}
            Ok(Poll::Ready(())) | Err(_) => return,
        }
    }
    thread.spawn(call);
}

impl Engine {
    /// The line of the queue's calls.
    pub(crate) fn shared_line(&self) -> Result<Arc<Line>, Failure> {
        let own = self.own();
        let mut shared = own.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = &*shared {
            return Ok(Arc::clone(line));
        }
        let made = Line::shared(&self.settings, own.opener(&self.settings)?);
        Ok(Arc::clone(shared.insert(Arc::new(made))))
    }
}
