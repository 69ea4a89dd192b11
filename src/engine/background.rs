//! The library's thread, which runs the calls of completion queues.
//!
//! Each process has one such thread. It starts with the first queue and blocks every signal. A
//! client opens up to `max_connections` connections there; further calls wait inside the library
//! without a socket.

use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

use super::fork::PerProcess;
use super::task::Task;
use super::{Engine, Failure, Line, descriptors, signals, thread_is_ending};
use crate::panics;
use crate::sync::{Mutex, lock};

static THREAD: PerProcess<Mutex<Option<Handle>>> = PerProcess::of(descriptors::era);

/// Returns this era's thread, and starts it if necessary. The thread never exits.
pub(crate) fn thread() -> io::Result<Handle> {
    let mut running = lock(THREAD.get_or_init(Mutex::default));
    if let Some(handle) = &*running {
        return Ok(handle.clone());
    }
    // Alternate between woken and newly spawned tasks. tokio's default (31:1) starves calls that
    // need a new connection behind a burst of calls that already have one. Poll timers and sockets
    // every 8 steps instead of 61: one step that reads from a flooding server takes a millisecond.
    let era = descriptors::era_with_witness();
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .global_queue_interval(2)
        .event_interval(8)
        .on_thread_unpark(move || park_if_over(era))
        .build()?;
    let handle = runtime.handle().clone();
    signals::all_blocked(|| {
        thread::Builder::new().name("nango-queue".to_owned()).spawn(move || run(runtime, era))
    })?;
    Ok(running.insert(handle).clone())
}

fn run(runtime: Runtime, era: u64) {
    panics::silence_this_thread();
    // Never drop the runtime: when it stops, its descriptors may already refer to other files.
    let runtime = ManuallyDrop::new(runtime);
    let forever = || runtime.block_on(std::future::pending::<()>());
    // The runtime panics when it can no longer wait, for example because a descriptor was closed.
    let _ = catch_unwind(AssertUnwindSafe(forever));
    descriptors::lose(era);
}

/// Parks the thread if its era is over. Its next step would affect files of the host program, and
/// exiting would close them.
fn park_if_over(era: u64) {
    descriptors::check();
    while descriptors::era() != era {
        thread::park();
    }
}

impl Engine {
    /// Runs a call on the library's thread. If the request can be sent at once, the calling thread
    /// takes the first step, which sends the request, and the library's thread handles the answer.
    pub(crate) fn begin(
        &self,
        thread: &Handle,
        may_skip_poll: bool,
        call: impl Future<Output = ()> + Send + 'static,
    ) {
        let ready = || self.shared_line().is_ok_and(|line| line.is_ready(may_skip_poll));
        if !thread_is_ending() && ready() {
            let _inside = thread.enter();
            self.settings.on_host_thread(|| Task::begin(thread.clone(), call));
        } else {
            thread.spawn(call);
        }
    }

    /// Returns the line that the queue's calls share.
    pub(crate) fn shared_line(&self) -> Result<Arc<Line>, Failure> {
        let state = self.state();
        let mut shared = lock(&state.shared);
        if let Some(line) = &*shared {
            return Ok(Arc::clone(line));
        }
        let made = Line::shared(&self.settings, state.opener(&self.settings)?);
        Ok(Arc::clone(shared.insert(Arc::new(made))))
    }
}
