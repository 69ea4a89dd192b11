//! What failed, as an object with accessors: a new fact is a new function, and never a change of
//! layout.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use super::guard::{borrow, caught, free, give, give_text, quiet, text};
use crate::error::{Code, Error, NANGO_OK, nango_code};

/// Why a call failed. Owned by whoever got it; freed with nango_error_free(). Reading it is safe
/// from any number of threads at once.
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

/// Runs the body of an exported function. A failure goes to `error_out`, and a panic becomes one:
/// neither leaves this frame in any other way.
///
/// # Safety
/// `error_out` is NULL or points to where a pointer can be written.
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

/// The core leaves no NUL in these; were there one, the text would end there.
fn c_text(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// One fact of an error, or what stands for its absence.
///
/// # Safety
/// The pointer is NULL or an error that was not freed.
unsafe fn fact<T>(error: *const nango_error, absent: T, read: impl FnOnce(&nango_error) -> T) -> T {
    // SAFETY: as promised by the caller.
    quiet(None, || unsafe { borrow(error, "error") }.ok().map(read)).unwrap_or(absent)
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(ptr::null(), CStr::as_ptr)
}

/// What kind of failure it is: one of the NANGO_ERROR_ codes. NULL: NANGO_OK.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_code(error: *const nango_error) -> nango_code {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, NANGO_OK, |error| error.error.code() as nango_code) }
}

/// The HTTP status of Nango's answer. 0: there was no answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_http_status(error: *const nango_error) -> i32 {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, 0, |error| error.error.http_status().unwrap_or(0).into()) }
}

/// Nango's own code, such as "unknown_provider_config". NULL: there is none. Borrowed: lives as
/// long as the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_api_code(error: *const nango_error) -> *const c_char {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, ptr::null(), |error| pointer(error.api_code.as_deref())) }
}

/// For a person: what failed, where, and what to do about it. Of the server's own words it quotes
/// what is known to be safe; "[REDACTED]" stands for the rest. Never NULL but for a NULL error.
/// Borrowed: lives as long as the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_message(error: *const nango_error) -> *const c_char {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, ptr::null(), |error| error.message.as_ptr()) }
}

/// What of the JSON body of Nango's answer is known to be safe: the members of Nango's error
/// envelopes ("error", "code", "message", "errors", "payload", "method", "path", "status"), with
/// "[REDACTED]" in the place of a value that may be a secret. A member named "..." says that others
/// are left out; nango_error_body_reveal() has them. NULL: there was no body, or it has not the
/// form of an answer of Nango's. Borrowed: lives as long as the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_body_json(error: *const nango_error) -> *const c_char {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, ptr::null(), |error| pointer(error.body.as_deref())) }
}

/// The whole body of an answer that was not a success, whatever it is, as far as it was read: its
/// first MiB. It may hold secrets, such as a user's token, so it is in nothing that the library
/// prints; a program takes out of it what it needs, such as an action's own error. What is not
/// UTF-8 in it, and a NUL character, is U+FFFD. Owned: nango_free_string() wipes and frees it.
/// NULL: there was no such answer, or its body was empty. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_body_reveal(error: *const nango_error) -> *mut c_char {
    let read = |error: &nango_error| {
        let body = error.error.reveal_body().map(give_text);
        body.and_then(Result::ok).unwrap_or(ptr::null_mut())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, ptr::null_mut(), read) }
}

/// How many milliseconds to wait before the same call has a chance: what the answer's Retry-After
/// said, or, for a failed refresh, the 30 seconds during which Nango does not try again. -1:
/// unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_retry_after_ms(error: *const nango_error) -> i64 {
    let read = |error: &nango_error| {
        error.error.retry_after().map_or(-1, |wait| wait.as_millis().try_into().unwrap_or(i64::MAX))
    };
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, -1, read) }
}

/// Whether the same call may succeed later with nothing else changed. The library's own retries are
/// over by then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_retryable(error: *const nango_error) -> bool {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, false, |error| error.error.retryable()) }
}

/// How often the request was sent, or tried to be. 0: it was refused before that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_attempts(error: *const nango_error) -> u32 {
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, 0, |error| error.error.attempts()) }
}

/// A header of the answer that is a fact about the failure: "retry-after", "x-ratelimit-limit",
/// "x-ratelimit-remaining" (requests) or "x-ratelimit-reset" (Unix seconds); the name in any case.
/// NULL: the answer had no such header, or it is none of these. Borrowed: lives as long as the
/// error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_header(
    error: *const nango_error,
    name: *const c_char,
) -> *const c_char {
    let read = |error: &nango_error| {
        // SAFETY: the header asks it of the caller.
        let name = unsafe { text(name, "name") }.ok();
        let found = error
            .headers
            .iter()
            .find(|(known, _)| name.is_some_and(|name| known.eq_ignore_ascii_case(name)));
        pointer(found.map(|(_, value)| value.as_c_str()))
    };
    // SAFETY: the header asks it of the caller.
    unsafe { fact(error, ptr::null(), read) }
}

/// A code's name without the prefix, such as "RATE_LIMITED"; "OK" for NANGO_OK, "UNKNOWN" for a
/// number that is no code. Static: never freed. Any thread, any time.
#[unsafe(no_mangle)]
pub extern "C" fn nango_code_name(code: nango_code) -> *const c_char {
    let name = match Code::from_number(code) {
        Some(code) => code.name_with_nul(),
        None if code == NANGO_OK => "OK\0",
        None => "UNKNOWN\0",
    };
    name.as_ptr().cast()
}

/// Ends an error. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_error_free(error: *mut nango_error) {
    // SAFETY: the header asks it of the caller.
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

    /// The hook is the process's: this runs in one of its own, where it is called once more.
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
            // The test harness may say something; the panic in the guard is not heard of.
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
