//! What a client and a call can be told.

use std::ffi::c_char;
use std::time::Duration;

use super::error::{guard, nango_error};
use super::guard::{borrow, borrow_mut, caught, free, give, quiet, text};
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
pub(super) unsafe fn change(
    options: *mut nango_options,
    change: impl FnOnce(&mut Options) -> Result<(), Error>,
) -> nango_code {
    // SAFETY: as promised by the caller.
    match unsafe { borrow_mut(options, "options") } {
        Ok(options) => options.0.set(change),
        Err(_) => NANGO_ERROR_INVALID_ARGUMENT,
    }
}

pub(super) fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
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

/// The authorities that a constant stands for.
pub(super) fn roots_of(roots: nango_tls_roots) -> Result<Roots, Error> {
    match roots {
        NANGO_TLS_ROOTS_PLATFORM => Ok(Roots::Platform),
        NANGO_TLS_ROOTS_BUNDLED => Ok(Roots::Bundled),
        NANGO_TLS_ROOTS_CUSTOM_ONLY => Ok(Roots::CustomOnly),
        other => Err(Error::invalid_argument(format!(
            "tls_roots is {other}, which is not one of its constants"
        ))),
    }
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
pub(super) unsafe fn change_call(
    options: *mut nango_call_options,
    change: impl FnOnce(&mut CallOptions) -> Result<(), Error>,
) -> nango_code {
    // SAFETY: as promised by the caller.
    match unsafe { borrow_mut(options, "options") } {
        Ok(options) => options.0.set(change),
        Err(_) => NANGO_ERROR_INVALID_ARGUMENT,
    }
}

/// The handle that cancels the call. Referenced: it may be freed while the call runs. NULL: none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_cancel(
    options: *mut nango_call_options,
    cancel: *const nango_cancel,
) -> nango_code {
    let set = |options: &mut CallOptions| {
        // SAFETY: the header asks it of the caller.
        options.set_cancel(unsafe { cancel.as_ref() }.map(|cancel| &cancel.0));
        Ok(())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { change_call(options, set) }
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
        change_call(options, |options| {
            options.set_header(text(name, "name")?, text(value, "value")?)
        })
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
