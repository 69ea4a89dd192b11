//! The options of clients and calls.

use std::ffi::c_char;
use std::time::Duration;

use super::error::{guard, nango_error};
use super::guard::{borrow, borrow_mut, caught, free, give, quiet, text};
use crate::cancel::Cancel;
use crate::engine::tls::Roots;
use crate::error::{Error, NANGO_ERROR_INVALID_ARGUMENT, NANGO_OK, nango_code};
use crate::options::{CallOptions, Options};

/// A value under construction, and the first error in setting it.
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

/// The options of a client. Create them with nango_options_new(), and free them with
/// nango_options_free(); a client copies them. Only one thread at a time may change them.
///
/// A setter returns NANGO_OK or an error code. The options keep the first error, and
/// nango_client_new_with_options() fails with it, so the return value of each setter need not be
/// checked.
pub struct nango_options(Builder<Options>);

impl nango_options {
    pub(super) fn checked(&self) -> Result<&Options, Error> {
        self.0.checked()
    }
}

/// Creates options without a secret key, and with the defaults for everything else.
///
/// @return The options, which nango_options_free() frees. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn nango_options_new() -> *mut nango_options {
    quiet(std::ptr::null_mut(), || give(nango_options(Builder::default())))
}

/// Creates options with the secret key and the base URL from environment variables: NANGO_API_KEY,
/// then NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is
/// set and not empty is used. Without a host, the base URL is the default. Do not call it while
/// another thread changes the environment.
///
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The options, which nango_options_free() frees. NULL on error: INVALID_ARGUMENT if there
/// is no key (the message names both variables), or if the value of a variable is not allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_new_from_env(
    error_out: *mut *mut nango_error,
) -> *mut nango_options {
    // SAFETY: the header requires this of the caller.
    unsafe {
        guard(error_out, std::ptr::null_mut(), || {
            let value = Options::from_env()?;
            Ok(give(nango_options(Builder { value, problem: None })))
        })
    }
}

/// Frees the options, and wipes the secret key in them. Clients created from them are unaffected.
///
/// @param options The options, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_free(options: *mut nango_options) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(options) };
}

/// # Safety
/// The pointer is NULL, or options that no other thread uses.
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

/// The certificate authorities of the operating system, or of SSL_CERT_FILE and SSL_CERT_DIR. A
/// process reads them once, on its first HTTPS call.
pub const NANGO_TLS_ROOTS_PLATFORM: nango_tls_roots = 0;
/// Mozilla's certificate authorities, as of when the library was built.
pub const NANGO_TLS_ROOTS_BUNDLED: nango_tls_roots = 1;
/// Only the certificate authorities given to nango_options_add_ca_pem().
pub const NANGO_TLS_ROOTS_CUSTOM_ONLY: nango_tls_roots = 2;

/// The certificate authorities of a constant.
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

/// The options of one call. Create them with nango_call_options_new(), and free them with
/// nango_call_options_free(), at the earliest when the call has returned. Any number of calls may
/// use them at once while no thread changes them.
///
/// A setter returns NANGO_OK or an error code. The options keep the first error, and a call with
/// these options fails with it.
pub struct nango_call_options(Builder<CallOptions>);

impl nango_call_options {
    /// NULL means the defaults.
    ///
    /// # Safety
    /// The pointer is NULL, or call options that no thread changes meanwhile.
    pub(super) unsafe fn checked(pointer: *const nango_call_options) -> Result<CallOptions, Error> {
        // SAFETY: as promised by the caller.
        match unsafe { pointer.as_ref() } {
            Some(options) => options.0.checked().cloned(),
            None => Ok(CallOptions::default()),
        }
    }
}

/// Creates call options with the defaults for everything.
///
/// @return The options, which nango_call_options_free() frees. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn nango_call_options_new() -> *mut nango_call_options {
    quiet(std::ptr::null_mut(), || give(nango_call_options(Builder::default())))
}

/// Frees call options.
///
/// @param options The options, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_free(options: *mut nango_call_options) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(options) };
}

/// # Safety
/// The pointer is NULL, or call options that no other thread uses.
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

/// Sets the handle that cancels the call. The options keep a reference to it, so the caller may
/// free it while the call runs.
///
/// @param options The options to change.
/// @param cancel The handle; NULL removes it.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_cancel(
    options: *mut nango_call_options,
    cancel: *const nango_cancel,
) -> nango_code {
    let set = |options: &mut CallOptions| {
        // SAFETY: the header requires this of the caller.
        options.set_cancel(unsafe { cancel.as_ref() }.map(|cancel| &cancel.0));
        Ok(())
    };
    // SAFETY: the header requires this of the caller.
    unsafe { change_call(options, set) }
}

/// Adds a header to the request, such as "traceparent". A second header with the same name replaces
/// the first.
///
/// @param options The options to change.
/// @param name NUL-terminated UTF-8; copied.
/// @param value NUL-terminated UTF-8; copied.
/// @return NANGO_OK, or INVALID_ARGUMENT if the header is reserved (Authorization, Host, Content-…,
/// If-…, Nango-Is-… and those that the library sets itself), or if the name or the value is not
/// valid in a header, for example because of a line break.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_header(
    options: *mut nango_call_options,
    name: *const c_char,
    value: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change_call(options, |options| {
            options.set_header(text(name, "name")?, text(value, "value")?)
        })
    }
}

/// Cancels calls from another thread. Any number of calls and threads may use it at once. Create it
/// with nango_cancel_new(), and free it with nango_cancel_free().
pub struct nango_cancel(Cancel);

/// Creates a cancel handle that is not triggered.
///
/// @return The handle, which nango_cancel_free() frees. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn nango_cancel_new() -> *mut nango_cancel {
    quiet(std::ptr::null_mut(), || give(nango_cancel(Cancel::new())))
}

/// Cancels every call that has this handle. They fail with NANGO_ERROR_CANCELLED immediately,
/// whatever they are doing. The handle stays triggered, so later calls with it fail too. Any
/// thread, but not in a signal handler.
///
/// @param cancel The handle, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_cancel_trigger(cancel: *const nango_cancel) {
    // SAFETY: the header requires this of the caller.
    if let Ok(cancel) = unsafe { borrow(cancel, "cancel") } {
        quiet((), || cancel.0.trigger());
    }
}

/// Frees a cancel handle. Calls that have it continue, and can no longer be cancelled with it.
///
/// @param cancel The handle, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_cancel_free(cancel: *mut nango_cancel) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(cancel) };
}
