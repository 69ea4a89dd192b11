//! The client.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use super::error::{c_text, guard, nango_error};
use super::guard::{borrow, free, give, give_text, optional_text, quiet, text};
use super::options::nango_options;
use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// A client for one Nango environment. Create one for each secret key and keep it: it keeps
/// connections open for reuse, and never keeps a token. Any number of threads may use it at once.
/// Create it with nango_client_new() or nango_client_new_with_options(), and free it with
/// nango_client_free().
pub struct nango_client {
    client: Client,
    warning: Option<CString>,
}

impl nango_client {
    /// Takes a reference for one call: freeing the client from here on does not affect the call.
    ///
    /// # Safety
    /// The pointer is NULL, or a client that is not being freed right now.
    pub(super) unsafe fn reference(pointer: *const nango_client) -> Result<Client, Error> {
        // SAFETY: as promised by the caller.
        unsafe { borrow(pointer, "client") }.map(|client| client.client.clone())
    }

    fn into_raw(client: Client) -> *mut nango_client {
        let warning = client.warning().map(c_text);
        give(nango_client { client, warning })
    }
}

/// Creates a client with this server and this secret key, and with the defaults for everything
/// else. Sends nothing yet.
///
/// @code
/// nango_error *error = NULL;
/// nango_client *client = nango_client_new(NULL, getenv("NANGO_SECRET_KEY"), &error);
/// if (!client)
///     fprintf(stderr, "%s\n", nango_error_message(error));
/// nango_error_free(error);
/// @endcode
///
/// @param base_url The URL of the server; NULL for "https://api.nango.dev".
/// @param secret_key The secret key of a Nango environment.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The client, which nango_client_free() frees. NULL on error: INVALID_ARGUMENT or
/// INVALID_UTF8, as for nango_options_set_base_url() and nango_options_set_secret_key().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_new(
    base_url: *const c_char,
    secret_key: *const c_char,
    error_out: *mut *mut nango_error,
) -> *mut nango_client {
    let make = || {
        let mut options = Options::default();
        // SAFETY: the header requires this of the caller.
        unsafe {
            if let Some(url) = optional_text(base_url, "base_url")? {
                options.set_base_url(url)?;
            }
            options.set_secret_key(text(secret_key, "secret_key")?)?;
        }
        Client::with_options(&options).map(nango_client::into_raw)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), make) }
}

/// Creates a client with these options, which it copies. Sends nothing yet.
///
/// @code
/// nango_error *error = NULL;
/// nango_options *options = nango_options_new();
/// nango_options_set_secret_key(options, getenv("NANGO_SECRET_KEY"));
/// nango_options_set_timeout_ms(options, 10000);
/// nango_client *client = nango_client_new_with_options(options, &error);
/// nango_options_free(options);
/// nango_error_free(error);
/// @endcode
///
/// @param options The options; the caller may free them after this call.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The client, which nango_client_free() frees. NULL on error: the error of the first
/// setter that failed, or INVALID_ARGUMENT if there is no secret key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_new_with_options(
    options: *const nango_options,
    error_out: *mut *mut nango_error,
) -> *mut nango_client {
    let make = || {
        // SAFETY: the header requires this of the caller.
        let options = unsafe { borrow(options, "options") }?;
        Client::with_options(options.checked()?).map(nango_client::into_raw)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), make) }
}

/// Frees a client. Calls in progress complete normally. Do not call it while another thread may be
/// starting a call on this client. In a child process after fork(), it frees the inherited client
/// and leaves the parent's connections alone.
///
/// @param client The client, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_free(client: *mut nango_client) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(client) };
}

/// Returns what is unsafe about the configuration of a client, such as a base URL with plain HTTP.
/// Log it when the program starts. The same text is an event; see nango_options_set_events(). Any
/// thread.
///
/// @param client The client, or NULL.
/// @return A sentence; borrowed, valid until the client is freed. NULL if nothing is known to be
/// unsafe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_warning(client: *const nango_client) -> *const c_char {
    quiet(ptr::null(), || {
        // SAFETY: the header requires this of the caller.
        let client = unsafe { borrow(client, "client") }.ok();
        let warning = client.and_then(|client| client.warning.as_deref());
        warning.map_or(ptr::null(), CStr::as_ptr)
    })
}

/// Opens a connection in advance, so that the first call can reuse it. It requests /health from the
/// server, without the secret key. Blocks the calling thread, within the client's timeouts.
///
/// @param client The client.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return true, or false and an error if the server cannot be reached.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_warm_up(
    client: *const nango_client,
    error_out: *mut *mut nango_error,
) -> bool {
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, false, || nango_client::reference(client)?.warm_up().map(|()| true)) }
}

/// Takes the oldest event that has not been taken yet. See nango_options_set_events().
///
/// Each attempt of a call is an event {"event": "attempt", "operation", "attempt" (1 is the first),
/// "duration_ms", "error" (null, or {"code", "http_status", "api_code", "message"}), "retry_in_ms"
/// (null if there is no further attempt)}. A warning is an event {"event": "warning", "message"}.
/// Both have "time_ms" (Unix time) and "dropped" (how many events before it were dropped). Events
/// contain no secrets. Later versions may add members and kinds of events.
///
/// @param client The client.
/// @return The event as a JSON object, which nango_free_string() wipes and frees. NULL if there is
/// none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_next_event_json(client: *const nango_client) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        let event = unsafe { nango_client::reference(client) }
            .ok()
            .and_then(|client| client.next_event_json());
        event.and_then(|event| give_text(&event).ok()).unwrap_or(ptr::null_mut())
    })
}
