//! Calls that nobody waits for.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::time::Duration;

use super::call::parameters;
use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{borrow, free, give, give_secret, quiet, text};
use super::list::nango_pager;
use super::options::nango_call_options;
use crate::error::{Code, Error, shortened};
use crate::operation;
use crate::queue::{Completion, Queue};
use crate::request::LONGEST_NAME;

/// Calls in flight, and their results to be taken. Any number of threads may use it at once. Made
/// with nango_queue_new(), freed with nango_queue_free(). All queues of a process share the
/// library's one thread, which is started with the first.
pub struct nango_queue(Queue);

impl Drop for nango_queue {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A ticket that is done. What json and error point to is the taker's: json is freed with
/// nango_free_string(), error with nango_error_free().
#[repr(C)]
pub struct nango_completion {
    /// What the submit function returned.
    pub ticket: u64,
    /// What was given with it.
    pub user_data: u64,
    /// The result, as the blocking call of the same name returns it; NULL: it failed, or a walk
    /// through pages has come to its end.
    pub json: *mut c_char,
    /// Why it failed; NULL: it did not.
    pub error: *mut nango_error,
    /// NULL; for what comes later.
    pub reserved: [*mut c_void; 4],
}

/// An empty queue. Cheap: one descriptor. NULL and an error: INTERNAL, when the system has no
/// descriptor or thread left. Freed with nango_queue_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_new(error_out: *mut *mut nango_error) -> *mut nango_queue {
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), || Ok(give(nango_queue(Queue::new()?)))) }
}

/// The descriptor to wait on with poll, epoll or an event loop: readable if and only if a
/// completion waits or the queue is closed. Level-triggered, and for waiting only: never read from
/// it, write to it or close it. With an edge-triggered poller call nango_queue_next() until it
/// returns 0. It lives as long as the queue. -1 in a child of fork, after the program closed the
/// library's descriptors, and for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_fd(queue: *const nango_queue) -> i32 {
    // SAFETY: the header asks it of the caller.
    quiet(-1, || {
        unsafe { borrow(queue, "queue") }.ok().and_then(|queue| queue.0.fd()).unwrap_or(-1)
    })
}

/// Begins a call and returns at once. operation: "get_connection", "get_token", "get_credentials",
/// "replace_token", "list_connections" or "warm_up". params_json: its parameters, a JSON object,
/// such as {"provider_config_key": "github", "connection_id": "alice"}, for "replace_token" with
/// "refused_token"; NULL: none. options may be NULL, and may be freed when this has returned, as
/// the client may. user_data comes back with the completion. The result of "warm_up" is null,
/// whatever the server answered.
///
/// Returns the call's ticket, never used again. It completes exactly once: answered, failed, timed
/// out, cancelled, or by the queue being closed. 0 and an error: nothing was begun, and nothing
/// will follow: INVALID_ARGUMENT, INVALID_UTF8, UNKNOWN_OPERATION, QUEUE_FULL, CLOSED,
/// WRONG_PROCESS, or INTERNAL when the program closed the library's descriptors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_submit(
    queue: *const nango_queue,
    client: *const nango_client,
    operation: *const c_char,
    params_json: *const c_char,
    options: *const nango_call_options,
    user_data: u64,
    error_out: *mut *mut nango_error,
) -> u64 {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let (queue, client, name, options) = unsafe {
            (
                borrow(queue, "queue")?,
                nango_client::reference(client)?,
                text(operation, "operation")?,
                nango_call_options::checked(options)?,
            )
        };
        let operation = operation::find(name).ok_or_else(|| unknown(name))?;
        // Last, since one of them may be a secret, which whoever takes them wipes.
        // SAFETY: the header asks it of the caller.
        let parameters = unsafe { parameters(params_json, "params_json")? };
        queue.0.submit(&client, operation, parameters, &options, user_data)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, 0, body) }
}

fn unknown(name: &str) -> Error {
    let known: Vec<_> = operation::ALL.iter().map(|operation| operation.name).collect();
    Error::new(
        Code::UnknownOperation,
        format!(
            "there is no operation {:?}; there are: {}",
            shortened(name.to_owned(), LONGEST_NAME),
            known.join(", ")
        ),
    )
}

/// Begins to fetch the next page of a walk, as nango_pager_next_json() does, and returns at once.
/// The completion has the page; neither json nor error: there are no more pages. The next page is
/// asked for when this one's completion was taken; the pager may be freed before that. Otherwise as
/// nango_queue_submit().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_submit_page(
    queue: *const nango_queue,
    pager: *const nango_pager,
    user_data: u64,
    error_out: *mut *mut nango_error,
) -> u64 {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let (queue, pager) = unsafe { (borrow(queue, "queue")?, borrow(pager, "pager")?) };
        queue.0.submit_page(pager.walk(), user_data)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, 0, body) }
}

/// Cancels a call: its ticket completes with CANCELLED at once, and its connection is closed. A
/// ticket that is done already, or none of this queue's, is left as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_cancel(queue: *const nango_queue, ticket: u64) {
    quiet((), || {
        // SAFETY: the header asks it of the caller.
        if let Ok(queue) = unsafe { borrow(queue, "queue") } {
            queue.0.cancel(ticket);
        }
    });
}

/// Takes up to max completions, the oldest first, into out, and returns how many. timeout_ms: how
/// long to wait for the first, in milliseconds; 0: not at all; -1: until there is one or the queue
/// is closed. Several threads may take; each completion goes to one of them. 0 in a child of fork.
/// pthread_cancel() does not end the wait: nango_queue_close() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_next(
    queue: *const nango_queue,
    out: *mut nango_completion,
    max: usize,
    timeout_ms: i32,
) -> usize {
    quiet(0, || {
        // SAFETY: the header asks it of the caller.
        let Ok(queue) = (unsafe { borrow(queue, "queue") }) else {
            return 0;
        };
        if out.is_null() {
            return 0;
        }
        let wait = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let completions = queue.0.next(max, wait);
        let count = completions.len();
        for (place, completion) in completions.into_iter().enumerate() {
            // SAFETY: the caller promises that `max` can be written there, and there are no more
            // than that.
            unsafe { out.add(place).write(nango_completion::given(completion)) };
        }
        count
    })
}

impl nango_completion {
    fn given(completion: Completion) -> nango_completion {
        let given = completion.result.and_then(|result| result.map(give_secret).transpose());
        let (json, error) = match given {
            Ok(json) => (json.unwrap_or(ptr::null_mut()), ptr::null_mut()),
            Err(error) => (ptr::null_mut(), nango_error::into_raw(error)),
        };
        nango_completion {
            ticket: completion.ticket,
            user_data: completion.user_data,
            json,
            error,
            reserved: [ptr::null_mut(); 4],
        }
    }
}

/// Refuses new work, completes what flies with CANCELLED, makes the descriptor readable for good
/// and wakes every taker. What is done can still be taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_close(queue: *const nango_queue) {
    quiet((), || {
        // SAFETY: the header asks it of the caller.
        if let Ok(queue) = unsafe { borrow(queue, "queue") } {
            queue.0.close();
        }
    });
}

/// Closes a queue and ends it; what was not taken is dropped. It must not race with another use of
/// the queue: close it, let the takers return, then free it. NULL is allowed. In a child of fork an
/// inherited queue may be freed: no descriptor of the parent's is touched.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_free(queue: *mut nango_queue) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(queue) };
}
