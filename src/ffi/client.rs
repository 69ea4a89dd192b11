//! The client.

use std::ffi::c_char;
use std::ptr;

use super::error::{guard, nango_error};
use super::guard::{borrow, free, give, give_text, optional_text, quiet, text};
use super::options::nango_options;
use crate::client::Client;
use crate::error::Error;
use crate::options::Options;

/// A client of one Nango environment. Make one for each secret key and keep it: it keeps
/// connections warm, and never a token. Any number of threads may use it at once. Made with
/// nango_client_new() or nango_client_new_with_options(), freed with nango_client_free().
pub struct nango_client(Client);

impl nango_client {
    /// The call's own reference: from here on a free does it no harm.
    ///
    /// # Safety
    /// The pointer is NULL, or a client that is not being freed right now.
    pub(super) unsafe fn reference(pointer: *const nango_client) -> Result<Client, Error> {
        // SAFETY: as promised by the caller.
        unsafe { borrow(pointer, "client") }.map(|client| client.0.clone())
    }

    fn into_raw(client: Client) -> *mut nango_client {
        give(nango_client(client))
    }
}

/// A client of the server at base_url (NULL: "https://api.nango.dev") with this secret key, and
/// everything else at its default. Nothing is sent yet. Freed with nango_client_free().
///
/// NULL and an error: INVALID_ARGUMENT or INVALID_UTF8, as nango_options_set_base_url() and
/// nango_options_set_secret_key() say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_new(
    base_url: *const c_char,
    secret_key: *const c_char,
    error_out: *mut *mut nango_error,
) -> *mut nango_client {
    let make = || {
        let mut options = Options::default();
        // SAFETY: the header asks it of the caller.
        unsafe {
            if let Some(url) = optional_text(base_url, "base_url")? {
                options.set_base_url(url)?;
            }
            options.set_secret_key(text(secret_key, "secret_key")?)?;
        }
        Client::with_options(&options).map(nango_client::into_raw)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), make) }
}

/// A client as the options say, which are copied. Nothing is sent yet. Freed with
/// nango_client_free().
///
/// NULL and an error: what the first setter that failed found, or INVALID_ARGUMENT when there is no
/// secret key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_new_with_options(
    options: *const nango_options,
    error_out: *mut *mut nango_error,
) -> *mut nango_client {
    let make = || {
        // SAFETY: the header asks it of the caller.
        let options = unsafe { borrow(options, "options") }?;
        Client::with_options(options.checked()?).map(nango_client::into_raw)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), make) }
}

/// Ends a client. Calls that are running are not harmed: they go on to their end. It must not race
/// with a call that another thread is just making. NULL is allowed. In a child of fork the
/// inherited client may be freed too: the parent's connections are left alone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_free(client: *mut nango_client) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(client) };
}

/// Opens a connection before the first call, so that it finds one: asks the server for /health,
/// without the key. Blocks, within the client's timeouts. False and an error: the server cannot be
/// reached.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_warm_up(
    client: *const nango_client,
    error_out: *mut *mut nango_error,
) -> bool {
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, false, || nango_client::reference(client)?.warm_up().map(|()| true)) }
}

/// The oldest event that nobody took yet, as a JSON object; NULL: there is none. Freed with
/// nango_free_string(). See nango_options_set_events().
///
/// {"event": "attempt", "operation", "attempt" (1 is the first), "duration_ms", "error" (null, or
/// {"code", "http_status", "api_code", "message"}), "retry_in_ms" (null: no more)} for each attempt
/// of a call, or {"event": "warning", "message"}. Both have "time_ms" (Unix time) and "dropped"
/// (how many before it were dropped). Nothing in it is a secret. More members and more kinds of
/// events may come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_client_next_event_json(client: *const nango_client) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let event = unsafe { nango_client::reference(client) }
            .ok()
            .and_then(|client| client.next_event_json());
        event.and_then(|event| give_text(&event).ok()).unwrap_or(ptr::null_mut())
    })
}
