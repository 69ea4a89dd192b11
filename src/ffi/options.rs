//! What a client and a call can be told.

use std::ffi::c_char;
use std::time::Duration;

use super::error::{guard, nango_error};
use super::guard::{borrow, borrow_mut, bytes, caught, free, give, optional_text, quiet, text};
use crate::cancel::Cancel;
use crate::engine::tls::Roots;
use crate::error::{Error, NANGO_ERROR_INVALID_ARGUMENT, NANGO_OK, nango_code};
use crate::options::{CallOptions, Options};

/// What is being gathered for something that is made later, and the first thing that was wrong with
/// it.
#[derive(Default)]
struct Builder<T> {
    value: T,
    problem: Option<Error>,
}

impl<T> Builder<T> {
    fn checked(&self) -> Result<&T, Error> {
        match &self.problem {
            Some(problem) => Err(problem.clone()),
            None => Ok(&self.value),
        }
    }

    fn set(&mut self, change: impl FnOnce(&mut T) -> Result<(), Error>) -> nango_code {
        match caught(|| change(&mut self.value)) {
            Ok(()) => NANGO_OK,
            Err(error) => {
                let code = error.code() as nango_code;
                self.problem.get_or_insert(error);
                code
            }
        }
    }
}

/// What a client is made of. Made with nango_options_new(), freed with nango_options_free(); a
/// client copies it. One thread at a time may change it.
///
/// A setter returns NANGO_OK, or a code; then the reason stays in the options, and
/// nango_client_new_with_options() fails with it. So setters need not be checked one by one.
pub struct nango_options(Builder<Options>);

impl nango_options {
    pub(super) fn checked(&self) -> Result<&Options, Error> {
        self.0.checked()
    }
}

/// Options with no secret key, and everything else at its default. Never NULL. Freed with
/// nango_options_free().
#[unsafe(no_mangle)]
pub extern "C" fn nango_options_new() -> *mut nango_options {
    quiet(std::ptr::null_mut(), || give(nango_options(Builder::default())))
}

/// Options with the key and the base URL of the process's environment: NANGO_API_KEY, then
/// NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is set
/// and not empty counts; no host: the default base URL. Freed with nango_options_free().
///
/// NULL and an error: INVALID_ARGUMENT when there is no key (the message names both variables), or
/// when what a variable holds is not allowed. Must not run while another thread changes the
/// environment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_new_from_env(
    error_out: *mut *mut nango_error,
) -> *mut nango_options {
    // SAFETY: the header asks it of the caller.
    unsafe {
        guard(error_out, std::ptr::null_mut(), || {
            let value = Options::from_env()?;
            Ok(give(nango_options(Builder { value, problem: None })))
        })
    }
}

/// Ends options. NULL is allowed. Clients made of them are not touched. The secret key in them is
/// wiped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_free(options: *mut nango_options) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(options) };
}

/// # Safety
/// The pointer is NULL, or options that nobody else uses.
unsafe fn set(
    options: *mut nango_options,
    change: impl FnOnce(&mut Options) -> Result<(), Error>,
) -> nango_code {
    // SAFETY: as promised by the caller.
    match unsafe { borrow_mut(options, "options") } {
        Ok(options) => options.0.set(change),
        Err(_) => NANGO_ERROR_INVALID_ARGUMENT,
    }
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// The server: "https://…" or "http://…", with or without a path. Default: "https://api.nango.dev".
/// INVALID_ARGUMENT: no such URL, or one with a user, a query or a fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_base_url(
    options: *mut nango_options,
    url: *const c_char,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_base_url(text(url, "url")?)) }
}

/// The secret key of a Nango environment. Copied, and wiped when its last holder is freed.
/// INVALID_ARGUMENT: empty, or with a blank, a line break or anything else that no key has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_secret_key(
    options: *mut nango_options,
    key: *const c_char,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_secret_key(text(key, "key")?)) }
}

/// How long looking up the name, connecting and the TLS handshake may take together, in
/// milliseconds. Default: 10000. INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_connect_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_connect_timeout(milliseconds(ms))) }
}

/// How long one attempt may take, connecting included, in milliseconds. Default: 30000, since the
/// server itself may wait 12 seconds for a refresh that another request is making.
/// INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_attempt_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_attempt_timeout(milliseconds(ms))) }
}

/// How long a call may take, with all its attempts and the waits between them, in milliseconds.
/// Default: 60000. INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_timeout(milliseconds(ms))) }
}

/// How often a call that failed is tried again, where that is safe and may help; 0: never. Default:
/// 2.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_retries(
    options: *mut nango_options,
    retries: u32,
) -> nango_code {
    let change = |options: &mut Options| {
        options.set_max_retries(retries);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, change) }
}

/// How long a connection may lie idle before it is closed, in milliseconds. Default: 50000; Nango
/// closes it after 61 seconds. INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_idle_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_idle_timeout(milliseconds(ms))) }
}

/// How many idle connections a client keeps for the next calls; 0: each call opens its own.
/// Default: 8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_idle_connections(
    options: *mut nango_options,
    connections: u32,
) -> nango_code {
    let change = |options: &mut Options| {
        options.set_idle_connections(connections as usize);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, change) }
}

/// How many connections a queue's calls with this client may have open at once; those beyond wait
/// inside, within their timeouts. Default: 256, or half of what the process may open if that is
/// less. Blocking calls have one connection each and are not counted. INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_connections(
    options: *mut nango_options,
    connections: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_max_connections(connections as usize)) }
}

/// The longest answer that is read, in bytes; a longer one is RESPONSE_TOO_LARGE. Default: 67108864
/// (64 MiB). INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_response_bytes(
    options: *mut nango_options,
    bytes: u64,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_max_response_bytes(bytes)) }
}

/// Says in the User-Agent header who uses the library, such as "my-service/1.2". NULL or empty:
/// nobody. INVALID_ARGUMENT: something else than printable ASCII without parentheses and
/// backslashes, or with the text "nango-cli/".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_user_agent_suffix(
    options: *mut nango_options,
    suffix: *const c_char,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe {
        set(options, |options| {
            options.set_user_agent_suffix(optional_text(suffix, "suffix")?.unwrap_or_default())
        })
    }
}

/// The proxy. NULL (the default): as the environment says (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
/// NO_PROXY, read once in a process), and none for loopback; "": none; else its URL, "http://…" or
/// "https://…", which may hold a user and a password. INVALID_ARGUMENT: no such URL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_proxy(
    options: *mut nango_options,
    url: *const c_char,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_proxy(optional_text(url, "url")?)) }
}

/// Which certificate authorities are trusted: one of the NANGO_TLS_ROOTS_ constants.
pub type nango_tls_roots = i32;

/// Those of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR; read on the first HTTPS
/// call, once in a process.
pub const NANGO_TLS_ROOTS_PLATFORM: nango_tls_roots = 0;
/// Mozilla's, as they were when the library was built.
pub const NANGO_TLS_ROOTS_BUNDLED: nango_tls_roots = 1;
/// Only those given to nango_options_add_ca_pem().
pub const NANGO_TLS_ROOTS_CUSTOM_ONLY: nango_tls_roots = 2;

/// Which certificate authorities are trusted. Default: NANGO_TLS_ROOTS_PLATFORM. INVALID_ARGUMENT:
/// none of the constants.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_tls_roots(
    options: *mut nango_options,
    roots: nango_tls_roots,
) -> nango_code {
    let change = |options: &mut Options| {
        options.set_tls_roots(match roots {
            NANGO_TLS_ROOTS_PLATFORM => Roots::Platform,
            NANGO_TLS_ROOTS_BUNDLED => Roots::Bundled,
            NANGO_TLS_ROOTS_CUSTOM_ONLY => Roots::CustomOnly,
            other => {
                return Err(Error::invalid_argument(format!(
                    "{other} is none of the NANGO_TLS_ROOTS_ constants"
                )));
            }
        });
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, change) }
}

/// Trusts the certificate authorities in this PEM text of len bytes too; with
/// NANGO_TLS_ROOTS_CUSTOM_ONLY, only them. Copied. May be called again for more. INVALID_ARGUMENT:
/// it holds no certificate, or one that cannot be used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_add_ca_pem(
    options: *mut nango_options,
    pem: *const u8,
    len: usize,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.add_ca_pem(bytes(pem, len, "pem")?)) }
}

/// The certificate chain and the private key, in one PEM text of len bytes, that the client shows
/// to a server which asks for them. Copied. INVALID_ARGUMENT: one of the two is missing, or they do
/// not fit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_client_identity_pem(
    options: *mut nango_options,
    pem: *const u8,
    len: usize,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, |options| options.set_client_identity_pem(bytes(pem, len, "pem")?)) }
}

/// Uses Nango's routes under /connections instead of those under /connection, for a server that no
/// longer has the old ones (it answers them with a page). Default: false, which every version of
/// the server understands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_plural_routes(
    options: *mut nango_options,
    plural: bool,
) -> nango_code {
    let change = |options: &mut Options| {
        options.set_plural_routes(plural);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, change) }
}

/// How many events are kept until nango_client_next_event_json() takes them; beyond that the oldest
/// are dropped, and counted. Default: 0, none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_events(
    options: *mut nango_options,
    capacity: u32,
) -> nango_code {
    let change = |options: &mut Options| {
        options.set_events(capacity as usize);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set(options, change) }
}

/// What one call is told. Made with nango_call_options_new(), freed with nango_call_options_free(),
/// which may happen as soon as the call has returned. Any number of calls may use it at once while
/// nobody changes it.
///
/// A setter returns NANGO_OK, or a code; then the reason stays in the options, and the call that is
/// given them fails with it.
pub struct nango_call_options(Builder<CallOptions>);

impl nango_call_options {
    /// NULL means the defaults.
    ///
    /// # Safety
    /// The pointer is NULL, or call options that nobody changes meanwhile.
    pub(super) unsafe fn checked(pointer: *const nango_call_options) -> Result<CallOptions, Error> {
        // SAFETY: as promised by the caller.
        match unsafe { pointer.as_ref() } {
            Some(options) => options.0.checked().cloned(),
            None => Ok(CallOptions::default()),
        }
    }
}

/// Call options with everything at its default. Never NULL. Freed with nango_call_options_free().
#[unsafe(no_mangle)]
pub extern "C" fn nango_call_options_new() -> *mut nango_call_options {
    quiet(std::ptr::null_mut(), || give(nango_call_options(Builder::default())))
}

/// Ends call options. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_free(options: *mut nango_call_options) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(options) };
}

/// # Safety
/// The pointer is NULL, or call options that nobody else uses.
unsafe fn set_call(
    options: *mut nango_call_options,
    change: impl FnOnce(&mut CallOptions) -> Result<(), Error>,
) -> nango_code {
    // SAFETY: as promised by the caller.
    match unsafe { borrow_mut(options, "options") } {
        Ok(options) => options.0.set(change),
        Err(_) => NANGO_ERROR_INVALID_ARGUMENT,
    }
}

/// Makes Nango refresh the token although it is still good. Some providers revoke the one before; a
/// call that does this is not repeated when nobody knows whether it reached the server. It needs
/// the scope environment:connections:read_credentials, and skips the 30 seconds of REFRESH_BACKOFF.
/// Nango answers with the old token when the call coincides with a plain read of the connection; to
/// replace a token that a provider refused, use nango_replace_token(). Default: false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_force_refresh(
    options: *mut nango_call_options,
    force: bool,
) -> nango_code {
    let change = |options: &mut CallOptions| {
        options.set_force_refresh(force);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set_call(options, change) }
}

/// Asks for the refresh token too, in the connection or the credentials. A backend rarely needs it.
/// Default: false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_include_refresh_token(
    options: *mut nango_call_options,
    include: bool,
) -> nango_code {
    let change = |options: &mut CallOptions| {
        options.set_include_refresh_token(include);
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set_call(options, change) }
}

/// How long the call may take, all in all, in milliseconds, instead of what the client was told.
/// INVALID_ARGUMENT: 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_timeout_ms(
    options: *mut nango_call_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { set_call(options, |options| options.set_timeout(milliseconds(ms))) }
}

/// The handle that cancels the call. Referenced: it may be freed while the call runs. NULL: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_cancel(
    options: *mut nango_call_options,
    cancel: *const nango_cancel,
) -> nango_code {
    let change = |options: &mut CallOptions| {
        // SAFETY: the header asks it of the caller.
        options.set_cancel(unsafe { cancel.as_ref() }.map(|cancel| &cancel.0));
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { set_call(options, change) }
}

/// A header to send along, such as "traceparent"; a second one of the same name replaces the first.
/// INVALID_ARGUMENT: a header that is not the caller's to set (Authorization, Host, Content-…,
/// If-…, Nango-Is-… and what the library sets itself), or a name or value that no header can have,
/// such as one with a line break.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_header(
    options: *mut nango_call_options,
    name: *const c_char,
    value: *const c_char,
) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe {
        set_call(options, |options| options.set_header(text(name, "name")?, text(value, "value")?))
    }
}

/// Ends calls from another thread. Made with nango_cancel_new(), freed with nango_cancel_free().
/// Any number of threads may use it at once, and any number of calls.
pub struct nango_cancel(Cancel);

/// A handle that is not triggered. Never NULL. Freed with nango_cancel_free().
#[unsafe(no_mangle)]
pub extern "C" fn nango_cancel_new() -> *mut nango_cancel {
    quiet(std::ptr::null_mut(), || give(nango_cancel(Cancel::new())))
}

/// Makes every call that was given this handle return NANGO_ERROR_CANCELLED, at once, in whatever
/// it is doing; it stays triggered, for later calls too. From any thread; not from a signal
/// handler. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_cancel_trigger(cancel: *const nango_cancel) {
    // SAFETY: the header asks it of the caller.
    if let Ok(cancel) = unsafe { borrow(cancel, "cancel") } {
        quiet((), || cancel.0.trigger());
    }
}

/// Ends a handle. Calls that have it go on, and can no longer be cancelled with it. NULL is
/// allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_cancel_free(cancel: *mut nango_cancel) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(cancel) };
}
