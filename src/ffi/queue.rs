//! Calls that do not block: queues and completions.

use std::ffi::{c_char, c_void};
use std::ptr;
use std::time::Duration;

use super::call::{named, parameters};
use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{borrow, free, give, give_secret, quiet, text};
use super::list::nango_pager;
use super::options::nango_call_options;
use crate::catalogue::{self, Operation};
use crate::client::one_connection;
use crate::error::Error;
use crate::queue::{Completion, Queue};

/// Calls in flight, and their results. Any number of threads may use it at once. Create it with
/// nango_queue_new(), and free it with nango_queue_free(). All queues of a process share one thread
/// of the library, which starts with the first queue.
pub struct nango_queue(Queue);

impl Drop for nango_queue {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The result of a ticket. The caller that takes it owns json and error: free json with
/// nango_free_string(), and error with nango_error_free().
#[repr(C)]
pub struct nango_completion {
    /// The ticket that the submit function returned.
    pub ticket: u64,
    /// The user_data that was passed to the submit function.
    pub user_data: u64,
    /// The result, as the blocking call of the same name returns it. NULL if the call failed, or if
    /// the pager has no more pages.
    pub json: *mut c_char,
    /// Why the call failed; NULL if it did not.
    pub error: *mut nango_error,
    /// NULL; reserved for later versions.
    pub reserved: [*mut c_void; 4],
}

/// Creates an empty queue that holds up to 100 000 tickets, in flight and completed together; see
/// nango_queue_new_with_limit(). A queue is cheap: it uses one file descriptor.
///
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The queue, which nango_queue_free() frees. NULL on error: INTERNAL if the system has no
/// descriptor or thread left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_new(error_out: *mut *mut nango_error) -> *mut nango_queue {
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), || Ok(give(nango_queue(Queue::new()?)))) }
}

/// Creates an empty queue with a limit. A program that submits calls faster than it takes
/// completions then gets QUEUE_FULL instead of running out of memory: each call in flight takes 2
/// to 3 KiB, and each completion the length of its answer.
///
/// @param limit How many tickets the queue holds, in flight and completed together; not 0.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The queue, which nango_queue_free() frees. NULL on error: INVALID_ARGUMENT if limit is
/// 0, or INTERNAL if the system has no descriptor or thread left.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_new_with_limit(
    limit: u32,
    error_out: *mut *mut nango_error,
) -> *mut nango_queue {
    let make = || Ok(give(nango_queue(Queue::with_limit(limit as usize)?)));
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), make) }
}

/// Returns the file descriptor to wait on with poll, epoll or an event loop. It is readable if and
/// only if a completion is ready or the queue is closed. It is level-triggered, and for waiting
/// only: never read from it, write to it or close it. With an edge-triggered poller, call
/// nango_queue_next() until it returns 0. The descriptor is valid until the queue is freed.
///
/// @param queue The queue.
/// @return The descriptor. -1 in a child process after fork(), after the program closed the
/// library's descriptors, and if queue is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_fd(queue: *const nango_queue) -> i32 {
    // SAFETY: the header requires this of the caller.
    quiet(-1, || {
        unsafe { borrow(queue, "queue") }.ok().and_then(|queue| queue.0.fd()).unwrap_or(-1)
    })
}

/// Starts a call and returns immediately.
///
/// @code
/// const char *params = "{\"provider_config_key\": \"github\", \"connection_id\": \"alice\"}";
/// nango_error *error = NULL;
/// if (!nango_queue_submit(queue, client, "get_token", params, NULL, 7, &error))
///     fprintf(stderr, "%s\n", nango_error_message(error));
/// nango_error_free(error);
/// @endcode
///
/// @param queue The queue.
/// @param client The client; the caller may free it after this call.
/// @param operation The name of any operation, as for nango_call_json(), or "warm_up", whose result
/// is null, whatever the server answers.
/// @param params_json The parameters of the operation, as for nango_call_json(); NULL for none.
/// @param options The options of this call, which the caller may free after it; NULL for the
/// defaults.
/// @param user_data Any number; the completion contains it.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The call's ticket, which is never used again. It completes exactly once: with an answer
/// or a failure, when it times out or is cancelled, or when the queue is closed. 0 on error, and
/// then nothing was started and no completion follows: INVALID_ARGUMENT, INVALID_UTF8,
/// UNKNOWN_OPERATION, QUEUE_FULL, CLOSED, WRONG_PROCESS, or INTERNAL if the program closed the
/// library's descriptors.
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
        // SAFETY: the header requires this of the caller.
        let (queue, client, name, options) = unsafe {
            (
                borrow(queue, "queue")?,
                nango_client::reference(client)?,
                text(operation, "operation")?,
                nango_call_options::checked(options)?,
            )
        };
        let operation = named(name)?;
        // Parsed last: one of them may be a secret, and only `submit` wipes it.
        // SAFETY: the header requires this of the caller.
        let parameters = unsafe { parameters(params_json, "params_json")? };
        queue.0.submit(&client, operation, parameters, &options, user_data)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, 0, body) }
}

/// Starts nango_get_token(), and returns at once. For other operations and parameters, see
/// nango_queue_submit().
///
/// @code
/// uint64_t ticket =
///     nango_queue_submit_get_token(queue, client, "github", "alice", NULL, 7, &error);
/// @endcode
///
/// @param queue The queue.
/// @param client The client; the caller may free it after this call.
/// @param provider_config_key The integration's unique key.
/// @param connection_id The id of the connection.
/// @param options The options of this call, which the caller may free after it; NULL for the
/// defaults.
/// @param user_data Any number; the completion contains it.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return As for nango_queue_submit(). The completion's json is the token itself, as
/// nango_get_token() returns it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_submit_get_token(
    queue: *const nango_queue,
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    user_data: u64,
    error_out: *mut *mut nango_error,
) -> u64 {
    let ids = (provider_config_key, connection_id);
    // SAFETY: the header requires this of the caller.
    unsafe {
        guard(error_out, 0, || {
            submit_for_connection(queue, client, &catalogue::GET_TOKEN, ids, options, user_data)
        })
    }
}

/// Starts nango_get_connection_json(), and returns at once.
///
/// @param queue The queue.
/// @param client The client; the caller may free it after this call.
/// @param provider_config_key The integration's unique key.
/// @param connection_id The id of the connection.
/// @param options The options of this call, which the caller may free after it; NULL for the
/// defaults.
/// @param user_data Any number; the completion contains it.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return As for nango_queue_submit(). The completion's json is the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_submit_get_connection(
    queue: *const nango_queue,
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    user_data: u64,
    error_out: *mut *mut nango_error,
) -> u64 {
    let ids = (provider_config_key, connection_id);
    // SAFETY: the header requires this of the caller.
    unsafe {
        guard(error_out, 0, || {
            submit_for_connection(
                queue,
                client,
                &catalogue::GET_CONNECTION,
                ids,
                options,
                user_data,
            )
        })
    }
}

/// Submits an operation on one connection, given by `provider_config_key` and `connection_id`.
///
/// # Safety
/// What the header requires of callers of the exported functions.
unsafe fn submit_for_connection(
    queue: *const nango_queue,
    client: *const nango_client,
    operation: &'static Operation,
    ids: (*const c_char, *const c_char),
    options: *const nango_call_options,
    user_data: u64,
) -> Result<u64, Error> {
    // SAFETY: as promised by the caller.
    let (queue, client, key, id, options) = unsafe {
        (
            borrow(queue, "queue")?,
            nango_client::reference(client)?,
            text(ids.0, "provider_config_key")?,
            text(ids.1, "connection_id")?,
            nango_call_options::checked(options)?,
        )
    };
    queue.0.submit(&client, operation, one_connection(key, id), &options, user_data)
}

/// Starts to fetch the next page of a pager, as nango_pager_next_json() does, and returns
/// immediately. The completion has the page; if it has neither json nor error, there are no more
/// pages. Submit the next page after taking this one's completion. Otherwise it works like
/// nango_queue_submit().
///
/// @param queue The queue.
/// @param pager The pager; the caller may free it before the completion.
/// @param user_data Any number; the completion contains it.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The call's ticket; 0 on error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_submit_page(
    queue: *const nango_queue,
    pager: *const nango_pager,
    user_data: u64,
    error_out: *mut *mut nango_error,
) -> u64 {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let (queue, pager) = unsafe { (borrow(queue, "queue")?, borrow(pager, "pager")?) };
        queue.0.submit_page(pager.walk(), user_data)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, 0, body) }
}

/// Cancels a call: its ticket completes with CANCELLED immediately, and its connection is closed.
/// It has no effect on a ticket that is already complete or does not belong to this queue.
///
/// @param queue The queue.
/// @param ticket The ticket that nango_queue_submit() or nango_queue_submit_page() returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_cancel(queue: *const nango_queue, ticket: u64) {
    quiet((), || {
        // SAFETY: the header requires this of the caller.
        if let Ok(queue) = unsafe { borrow(queue, "queue") } {
            queue.0.cancel(ticket);
        }
    });
}

/// Takes completions, the oldest first. Several threads may call it; each completion goes to one of
/// them. pthread_cancel() does not end the wait; nango_queue_close() does.
///
/// @code
/// nango_completion done;
/// while (nango_queue_next(queue, &done, 1, -1) == 1) {
///     puts(done.json ? done.json : "failed");
///     nango_free_string(done.json);
///     nango_error_free(done.error);
/// }
/// @endcode
///
/// @param queue The queue.
/// @param out Where to write the completions.
/// @param max How many completions fit there.
/// @param timeout_ms How long to wait for the first completion, in milliseconds; 0 does not wait,
/// and -1 waits until there is one or the queue is closed.
/// @return How many completions were written; 0 in a child process after fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_next(
    queue: *const nango_queue,
    out: *mut nango_completion,
    max: usize,
    timeout_ms: i32,
) -> usize {
    quiet(0, || {
        // SAFETY: the header requires this of the caller.
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
            // SAFETY: the caller promises room for `max`, and there are no more than `max`.
            unsafe { out.add(place).write(nango_completion::of(completion)) };
        }
        count
    })
}

impl nango_completion {
    fn of(completion: Completion) -> nango_completion {
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

/// Closes a queue. It refuses new calls, completes those in flight with CANCELLED, makes the
/// descriptor readable permanently and wakes every thread that waits in nango_queue_next().
/// Completions can still be taken.
///
/// @param queue The queue, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_close(queue: *const nango_queue) {
    quiet((), || {
        // SAFETY: the header requires this of the caller.
        if let Ok(queue) = unsafe { borrow(queue, "queue") } {
            queue.0.close();
        }
    });
}

/// Closes a queue and frees it, with the completions that were not taken. No other thread may use
/// the queue meanwhile: close it, wait until the other threads have returned, then free it. In a
/// child process after fork(), an inherited queue may be freed; that does not touch the parent's
/// descriptors.
///
/// @param queue The queue, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_queue_free(queue: *mut nango_queue) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(queue) };
}
