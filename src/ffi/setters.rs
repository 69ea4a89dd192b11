//! The setters of single-value options.
//!
//! Generated from api/ by nango-gen: do not edit, run `make generate`.

use std::ffi::c_char;

use super::guard::{bytes, optional_text, text};
use super::options::{
    change, change_call, milliseconds, nango_call_options, nango_options, nango_tls_roots, roots_of,
};
use crate::error::nango_code;

/// Sets the server: "https://…" or "http://…", with or without a path. Default:
/// https://api.nango.dev.
///
/// @param options The options to change.
/// @param url NUL-terminated UTF-8; copied.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is not an HTTP or HTTPS URL, or has a username, a
/// query or a fragment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_base_url(
    options: *mut nango_options,
    url: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_base_url(text(url, "url")?)) }
}

/// Sets the secret key of a Nango environment. The key is copied, and wiped when the last object
/// that holds it is freed.
///
/// @param options The options to change.
/// @param key NUL-terminated UTF-8; copied.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is empty, or contains a space, a line break or
/// another character that is not valid in a key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_secret_key(
    options: *mut nango_options,
    key: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_secret_key(text(key, "key")?)) }
}

/// Sets how long a call may take, with all its attempts and the waits between them. Default: 60000.
///
/// @param options The options to change.
/// @param ms Milliseconds; not 0.
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_timeout(milliseconds(ms))) }
}

/// Sets how long resolving the host name, connecting and the TLS handshake may take together.
/// Default: 10000.
///
/// @param options The options to change.
/// @param ms Milliseconds; not 0.
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_connect_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_connect_timeout(milliseconds(ms))) }
}

/// Sets how long one attempt may take, connecting included. Nango itself may wait 12 seconds for a
/// refresh that another request started. Default: 30000.
///
/// @param options The options to change.
/// @param ms Milliseconds; not 0.
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_attempt_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_attempt_timeout(milliseconds(ms))) }
}

/// Sets how often a failed call is retried where that is safe and may help. 0 disables retries.
/// Default: 2.
///
/// @param options The options to change.
/// @param retries The number.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_retries(
    options: *mut nango_options,
    retries: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_max_retries(retries);
            Ok(())
        })
    }
}

/// Sets how long a call may wait for a retry. If the server asks for a longer wait, the call fails
/// at once, and nango_error_retry_after_ms() says how long to wait. A worker that can wait sets 60
/// seconds or more: Nango's rate limit counts requests per minute. Default: 5000.
///
/// @param options The options to change.
/// @param ms Milliseconds.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_retry_wait_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_max_retry_wait(milliseconds(ms));
            Ok(())
        })
    }
}

/// Sets how long a call tries again while the server refuses or resets connections or cannot be
/// reached, such as during a restart. These attempts do not count as retries. They apply only once
/// the server has answered this client. 0 disables them. Default: 5000.
///
/// @param options The options to change.
/// @param ms Milliseconds.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_connect_retry_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_connect_retry(milliseconds(ms));
            Ok(())
        })
    }
}

/// Sets how long a connection may be idle before it is closed. Nango closes it after 61 seconds.
/// Default: 50000.
///
/// @param options The options to change.
/// @param ms Milliseconds; not 0.
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_idle_timeout_ms(
    options: *mut nango_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_idle_timeout(milliseconds(ms))) }
}

/// Sets how many idle connections a client keeps for later calls. With 0 every call opens its own.
/// Default: 8.
///
/// @param options The options to change.
/// @param connections The number.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_idle_connections(
    options: *mut nango_options,
    connections: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_idle_connections(connections as usize);
            Ok(())
        })
    }
}

/// Sets how many connections a client's queued calls may have open at once; further calls wait,
/// within their timeouts. Blocking calls have one connection each and do not count. Default: 256,
/// or half of the process's limit of file descriptors if that is less.
///
/// @param options The options to change.
/// @param connections The number.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_connections(
    options: *mut nango_options,
    connections: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_max_connections(connections as usize)) }
}

/// Sets the longest answer that is read. A longer one fails with RESPONSE_TOO_LARGE. Default:
/// 67108864 (64 MiB).
///
/// @param options The options to change.
/// @param bytes The number of bytes.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_max_response_bytes(
    options: *mut nango_options,
    bytes: u64,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_max_response_bytes(bytes)) }
}

/// Names the program in the User-Agent header, such as "my-service/1.2". Default: empty.
///
/// @param options The options to change.
/// @param suffix NUL-terminated UTF-8; copied; may be NULL.
/// @return NANGO_OK, or INVALID_ARGUMENT if it contains a character that is not printable ASCII,
/// parentheses, a backslash or the text "nango-cli/".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_user_agent_suffix(
    options: *mut nango_options,
    suffix: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_user_agent_suffix(optional_text(suffix, "suffix")?.unwrap_or_default())
        })
    }
}

/// Sets the proxy's URL, "http://…" or "https://…", which may have a username and a password. An
/// empty one disables the proxy. NULL restores the default. Default: from the environment variables
/// HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, read once per process; none for loopback
/// addresses.
///
/// @param options The options to change.
/// @param url NUL-terminated UTF-8; copied; may be NULL.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is not an HTTP or HTTPS URL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_proxy(
    options: *mut nango_options,
    url: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_proxy(optional_text(url, "url")?)) }
}

/// Sets which certificate authorities are trusted. Default: NANGO_TLS_ROOTS_PLATFORM.
///
/// @param options The options to change.
/// @param roots One of the NANGO_TLS_ROOTS_ constants.
/// @return NANGO_OK, or INVALID_ARGUMENT if it is not one of the constants.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_tls_roots(
    options: *mut nango_options,
    roots: nango_tls_roots,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_tls_roots(roots_of(roots)?);
            Ok(())
        })
    }
}

/// Trusts the certificate authorities in this PEM text too, and only these with
/// NANGO_TLS_ROOTS_CUSTOM_ONLY. May be called again to add more. Copied.
///
/// @param options The options to change.
/// @param pem PEM text; copied.
/// @param len The length of pem in bytes.
/// @return NANGO_OK, or INVALID_ARGUMENT if it contains no certificate, or one that is not valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_add_ca_pem(
    options: *mut nango_options,
    pem: *const u8,
    len: usize,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.add_ca_pem(bytes(pem, len, "pem")?)) }
}

/// Sets the certificate chain and the private key, in one PEM text, that the client presents to a
/// server that asks for them. Copied.
///
/// @param options The options to change.
/// @param pem PEM text; copied.
/// @param len The length of pem in bytes.
/// @return NANGO_OK, or INVALID_ARGUMENT if one of the two is missing, or they do not belong
/// together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_client_identity_pem(
    options: *mut nango_options,
    pem: *const u8,
    len: usize,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(options, |options| options.set_client_identity_pem(bytes(pem, len, "pem")?)) }
}

/// Uses Nango's routes under /connections instead of those under /connection, for a server that no
/// longer has the old ones (it answers them with an HTML page). Default: false, which every version
/// of Nango understands.
///
/// @param options The options to change.
/// @param plural Whether to enable it.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_plural_routes(
    options: *mut nango_options,
    plural: bool,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_plural_routes(plural);
            Ok(())
        })
    }
}

/// Sets how many events are kept until nango_client_next_event_json() takes them. Beyond that the
/// oldest are dropped, and counted. Default: 0, none.
///
/// @param options The options to change.
/// @param capacity The number.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_set_events(
    options: *mut nango_options,
    capacity: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change(options, |options| {
            options.set_events(capacity as usize);
            Ok(())
        })
    }
}

/// Forces a refresh even if the token is still valid. Some providers revoke the previous token, so
/// such a call is never retried once it may have reached the server. It needs the scope
/// environment:connections:read_credentials, and skips the 30 seconds of REFRESH_BACKOFF. A server
/// may answer with the old token if the call coincides with a plain read of the same connection:
/// use nango_replace_token() for a token that a provider refused. Default: false.
///
/// @param options The options to change.
/// @param force Whether to enable it.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_force_refresh(
    options: *mut nango_call_options,
    force: bool,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change_call(options, |options| {
            options.set_force_refresh(force);
            Ok(())
        })
    }
}

/// Asks for the refresh token too, in the connection or the credentials. A backend rarely needs it.
/// Default: false.
///
/// @param options The options to change.
/// @param include Whether to enable it.
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_include_refresh_token(
    options: *mut nango_call_options,
    include: bool,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
        change_call(options, |options| {
            options.set_include_refresh_token(include);
            Ok(())
        })
    }
}

/// Sets how long this call may take in all, in place of the client's timeout.
///
/// @param options The options to change.
/// @param ms Milliseconds; not 0.
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_timeout_ms(
    options: *mut nango_call_options,
    ms: u32,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change_call(options, |options| options.set_timeout(milliseconds(ms))) }
}
