//! On the library's thread: what the completion queue uses.
//!
//! One thread for a process, with every signal blocked, started with the first queue. A client has
//! as many connections there as `max_connections` allows; calls beyond that wait inside, without a
//! socket.

use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

use super::fork::PerProcess;
use super::task::Task;
use super::{Engine, Failure, Line, descriptors, signals, thread_is_ending};
use crate::hush;

static THREAD: PerProcess<Mutex<Option<Handle>>> = PerProcess::of(descriptors::era);

/// This era's thread, started if need be. It never ends.
pub(crate) fn thread() -> io::Result<Handle> {
    let mut running =
        THREAD.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*running {
        return Ok(handle.clone());
    }
    // By turns what is under way and what begins: with tokio's own 31 to 1, calls that find no
    // connection wait behind a burst of others that do. Timers and sockets are looked at after 8
    // steps, not 61: a step that reads what a server floods it with takes a millisecond.
    let era = descriptors::era_with_witness();
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .global_queue_interval(2)
        .event_interval(8)
        .on_thread_unpark(move || rest_if_over(era))
        .build()?;
    let handle = runtime.handle().clone();
    signals::all_blocked(|| {
        thread::Builder::new().name("nango-queue".to_owned()).spawn(move || run(runtime, era))
    })?;
    Ok(running.insert(handle).clone())
}

fn run(runtime: Runtime, era: u64) {
    hush::this_thread();
    // Whatever ends it, its descriptors may mean other files by then.
    let runtime = ManuallyDrop::new(runtime);
    let forever = || runtime.block_on(std::future::pending::<()>());
    // The runtime panics when it can no longer wait, such as for a descriptor that was closed.
    let _ = catch_unwind(AssertUnwindSafe(forever));
    descriptors::lose(era);
}

/// What the thread of an era that is over would do next, it would do to files of the host's; and if
/// it ended, it would close them.
fn rest_if_over(era: u64) {
    descriptors::check();
    while descriptors::era() != era {
        thread::park();
    }
}

impl Engine {
    /// Runs a call on the library's thread. If the request can be sent at once, the first step is
    /// taken here and now: it sends the request, and the thread goes on with the answer.
    pub(crate) fn begin(
        &self,
        thread: &Handle,
        needs_no_look: bool,
        call: impl Future<Output = ()> + Send + 'static,
    ) {
        let ready = || self.shared_line().is_ok_and(|line| line.is_ready(needs_no_look));
        if !thread_is_ending() && ready() {
            let _inside = thread.enter();
            self.settings.on_a_hosts_thread(|| Task::begin(thread.clone(), call));
        } else {
            thread.spawn(call);
        }
    }

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
