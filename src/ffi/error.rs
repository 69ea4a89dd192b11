//! Errors as opaque objects with accessors: new information is a new function, never a change of
//! layout.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use super::guard::{borrow, caught, free, give, give_text, quiet, text};
use crate::error::{Code, Error, NANGO_OK, nango_code};

/// Why a call failed. The caller that receives it owns it and frees it with nango_error_free(). Any
/// number of threads may read it at once.
pub struct nango_error {
    error: Error,
    message: CString,
    api_code: Option<CString>,
    body: Option<CString>,
    headers: Vec<(&'static str, CString)>,
}

impl nango_error {
    pub(super) fn into_raw(error: Error) -> *mut nango_error {
        let object = nango_error {
            message: c_text(error.message()),
            api_code: error.api_code().map(c_text),
            body: error.body_json().map(c_text),
            headers: error.headers().map(|(name, value)| (name, c_text(value))).collect(),
            error,
        };
        give(object)
    }
}

/// Runs the body of an exported function. Stores a failure in `error_out`, and turns a panic into
/// one: neither leaves this frame in any other way.
///
/// # Safety
/// `error_out` is NULL, or a pointer can be written to it.
pub(super) unsafe fn guard<T>(
    error_out: *mut *mut nango_error,
    fallback: T,
    body: impl FnOnce() -> Result<T, Error>,
) -> T {
    let (value, error) = match caught(body) {
        Ok(value) => (value, ptr::null_mut()),
        Err(error) if error_out.is_null() => {
            drop(error);
            (fallback, ptr::null_mut())
        }
        Err(error) => (fallback, nango_error::into_raw(error)),
    };
    if !error_out.is_null() {
        // SAFETY: the caller of the exported function promises that it can be written.
        unsafe { error_out.write(error) };
    }
    value
}

/// The core never puts a NUL into these; if it did, the text would end at the NUL.
pub(super) fn c_text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// Reads one property of an error; returns `absent` for NULL.
///
/// # Safety
/// The pointer is NULL, or an error that was not freed.
unsafe fn fact<T>(error: *const nango_error, absent: T, read: impl FnOnce(&nango_error) -> T) -> T {
    // SAFETY: as promised by the caller.
    quiet(None, || unsafe { borrow(error, "error") }.ok().map(read)).unwrap_or(absent)
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// Returns the kind of failure.
///
/// @param error The error, or NULL.
/// @return One of the NANGO_ERROR_ codes; NANGO_OK if error is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_code(error: *const nango_error) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, NANGO_OK, |error| error.error.code() as nango_code) }
}

/// Returns the HTTP status of Nango's answer.
///
/// @param error The error, or NULL.
/// @return The status; 0 if there was no answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_http_status(error: *const nango_error) -> i32 {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, 0, |error| error.error.http_status().unwrap_or(0).into()) }
}

/// Returns Nango's own error code, such as "unknown_provider_config".
///
/// @param error The error, or NULL.
/// @return The code; borrowed, valid until the error is freed. NULL if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_api_code(error: *const nango_error) -> *const c_char {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, ptr::null(), |error| pointer(error.api_code.as_deref())) }
}

/// Returns a human-readable message: what failed, where, and what to do. It quotes the server's
/// text only where that is known to be safe, and replaces the rest with "[REDACTED]".
///
/// @param error The error, or NULL.
/// @return The message; borrowed, valid until the error is freed. NULL only if error is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_message(error: *const nango_error) -> *const c_char {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, ptr::null(), |error| error.message.as_ptr()) }
}

/// Returns the part of the answer's JSON body that is known to be safe: the members of Nango's
/// error envelopes ("error", "code", "message", "errors", "payload", "method", "path", "status"),
/// with "[REDACTED]" in place of values that may be secret. A member named "..." means that other
/// members are left out; nango_error_body_reveal() returns them.
///
/// @param error The error, or NULL.
/// @return The JSON text; borrowed, valid until the error is freed. NULL if there was no body, or
/// it does not have the form of Nango's answers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_body_json(error: *const nango_error) -> *const c_char {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, ptr::null(), |error| pointer(error.body.as_deref())) }
}

/// Returns the whole body of an answer that was not a success, whatever its format, as far as it
/// was read: at most the first MiB. It may contain secrets, such as a user's token, so the library
/// never prints it. Use it to extract details, such as an action's own error. Invalid UTF-8 and NUL
/// characters are replaced with U+FFFD. Any thread.
///
/// @param error The error, or NULL.
/// @return The body, which nango_free_string() wipes and frees. NULL if there was no such answer,
/// or its body was empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_body_reveal(error: *const nango_error) -> *mut c_char {
    let read = |error: &nango_error| {
        let body = error.error.reveal_body().map(give_text);
        body.and_then(Result::ok).unwrap_or(ptr::null_mut())
    };
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, ptr::null_mut(), read) }
}

/// Returns how long to wait before the same call may succeed: the answer's Retry-After or, after a
/// failed refresh, the 30 seconds during which Nango does not try again.
///
/// @param error The error, or NULL.
/// @return Milliseconds; -1 if unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_retry_after_ms(error: *const nango_error) -> i64 {
    let read = |error: &nango_error| {
        error.error.retry_after().map_or(-1, |wait| wait.as_millis().try_into().unwrap_or(i64::MAX))
    };
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, -1, read) }
}

/// Returns whether the same call may succeed later without any other change. The library has
/// already made its own retries.
///
/// @param error The error, or NULL.
/// @return Whether retrying later may help; false if error is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_retryable(error: *const nango_error) -> bool {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, false, |error| error.error.retryable()) }
}

/// Returns how many times the library sent the request or tried to send it.
///
/// @param error The error, or NULL.
/// @return The number of attempts; 0 if the call failed before the first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_attempts(error: *const nango_error) -> u32 {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, 0, |error| error.error.attempts()) }
}

/// Returns a header of the answer that describes the failure: "retry-after", "x-ratelimit-limit",
/// "x-ratelimit-remaining" (requests) or "x-ratelimit-reset" (Unix seconds).
///
/// @param error The error, or NULL.
/// @param name The header's name, in upper or lower case.
/// @return The value; borrowed, valid until the error is freed. NULL if the answer had no such
/// header, or the name is not one of these.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_header(
    error: *const nango_error,
    name: *const c_char,
) -> *const c_char {
    let read = |error: &nango_error| {
        // SAFETY: the header requires this of the caller.
        let name = unsafe { text(name, "name") }.ok();
        let found = error
            .headers
            .iter()
            .find(|(known, _)| name.is_some_and(|name| known.eq_ignore_ascii_case(name)));
        pointer(found.map(|(_, value)| value.as_c_str()))
    };
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, ptr::null(), read) }
}

/// Returns a code's name without the prefix, such as "RATE_LIMITED". Any thread, any time.
///
/// @param code The code.
/// @return The name; static, never freed. "OK" for NANGO_OK, and "UNKNOWN" for a number that is not
/// a code.
#[unsafe(no_mangle)]
pub extern "C" fn nango_code_name(code: nango_code) -> *const c_char {
    let name = match Code::from_number(code) {
        Some(code) => code.name_with_nul(),
        None if code == NANGO_OK => "OK\0",
        None => "UNKNOWN\0",
    };
    name.as_ptr().cast()
}

/// Returns what to do about a code, in a sentence or two of English. The message of an error is
/// more specific. Any thread, any time.
///
/// @param code The code.
/// @return The advice; static, never freed. An empty text for a number that is not a code.
#[unsafe(no_mangle)]
pub extern "C" fn nango_code_advice(code: nango_code) -> *const c_char {
    let advice = Code::from_number(code).map_or("\0", Code::advice_with_nul);
    advice.as_ptr().cast()
}

/// Returns whether it may help if the user authorises again: true for RECONNECT_REQUIRED,
/// REFRESH_FAILED and REFRESH_BACKOFF. This is a hint. Until Nango has given up after failures on
/// four different days, it reports a revoked grant and an outage of the provider in the same way.
/// So let the user choose between reconnecting and trying again, and disable nothing because of a
/// hint.
///
/// @param error The error, or NULL.
/// @return Whether to offer the user to reconnect; false if error is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_suggests_reconnect(error: *const nango_error) -> bool {
    // SAFETY: the header requires this of the caller.
    unsafe { fact(error, false, |error| error.error.code().suggests_reconnect()) }
}

/// Frees an error.
///
/// @param error The error, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_free(error: *mut nango_error) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(error) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        let mut error = ptr::null_mut();
        // SAFETY: a place for the error; it is freed below.
        let value = unsafe { guard(&mut error, -1, || panic!("on purpose")) };
        assert_eq!(value, -1);
        // SAFETY: the error was just made.
        unsafe {
            assert_eq!(nango_error_code(error), crate::NANGO_ERROR_PANIC);
            let message = CStr::from_ptr(nango_error_message(error)).to_str().unwrap();
            assert!(message.contains("on purpose (src/ffi/error.rs:"), "{message}");
            nango_error_free(error);
        }
    }

    /// The panic hook is global, so the test runs itself again in a process of its own.
    #[test]
    fn a_panic_is_silent_and_the_hosts_own_are_not() {
        const ALONE: &str = "NANGO_TEST_ALONE";
        if std::env::var_os(ALONE).is_none() {
            let alone = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "--nocapture"])
                .arg("ffi::error::tests::a_panic_is_silent_and_the_hosts_own_are_not")
                .env(ALONE, "yes")
                .output()
                .unwrap();
            let errors = String::from_utf8(alone.stderr).unwrap();
            assert!(alone.status.success(), "{errors}");
            // The test harness may print too; the panic in the guard must not appear.
            assert!(errors.contains("the host's hook: the host's panic"), "{errors}");
            assert!(!errors.contains("on purpose"), "{errors}");
            return;
        }
        std::panic::set_hook(Box::new(|panic| {
            eprintln!(
                "the host's hook: {}",
                panic.payload().downcast_ref::<&str>().unwrap_or(&"?")
            );
        }));
        for _ in 0..2 {
            // SAFETY: NULL is allowed.
            unsafe { guard(ptr::null_mut(), (), || panic!("on purpose")) };
            assert!(std::panic::catch_unwind(|| panic!("the host's panic")).is_err());
        }
    }

    #[test]
    fn an_error_that_nobody_wants_is_dropped() {
        // SAFETY: NULL is allowed.
        assert_eq!(
            unsafe { guard(ptr::null_mut(), 7, || Err(Error::new(Code::Internal, "x"))) },
            7
        );
    }
}
