//! The calls that block.

use std::ffi::c_char;
use std::ptr;

use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{free_text, give_secret, optional_text, text};
use super::options::nango_call_options;
use crate::client::Client;
use crate::credentials;
use crate::error::Error;
use crate::options::CallOptions;
use crate::request::Parameters;
use crate::secret::Secret;

/// One of the calls for one connection.
///
/// # Safety
/// What the header asks of the caller of the exported functions.
unsafe fn one_connection(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
    call: impl FnOnce(&Client, &str, &str, &CallOptions) -> Result<Secret, Error>,
) -> *mut c_char {
    let body = || {
        // SAFETY: as promised by the caller.
        let (client, key, id, options) = unsafe {
            (
                nango_client::reference(client)?,
                text(provider_config_key, "provider_config_key")?,
                text(connection_id, "connection_id")?,
                nango_call_options::checked(options)?,
            )
        };
        give_secret(call(&client, key, id, &options)?)
    };
    // SAFETY: as promised by the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Fetches one connection: Nango's answer, byte for byte, after it was checked to be JSON. Its
/// token is refreshed by Nango first if need be. Call it just before the token is used, and do not
/// keep the result: the library never does.
///
/// provider_config_key is the integration's unique key, connection_id the connection's; neither may
/// be empty, and the id not "." or "..". options may be NULL.
///
/// Returns text that nango_free_string() frees; "credentials" in it is {} if the key lacks the
/// scope environment:connections:read_credentials. NULL and an error: any code but NO_CREDENTIALS
/// and NO_SINGLE_TOKEN. Blocks this thread only, and always has an end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_connection_json(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header asks it of the caller.
    unsafe {
        one_connection(
            client,
            provider_config_key,
            connection_id,
            options,
            error_out,
            Client::get_connection_json,
        )
    }
}

/// Fetches the one string that goes behind "Bearer", or the API key, of a connection: access_token
/// for OAUTH2, APP and APP_STORE; token for OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU; apiKey
/// for API_KEY. Otherwise as nango_get_connection_json().
///
/// Returns text that nango_free_string() wipes and frees. NULL and an error: NO_SINGLE_TOKEN for
/// other types (BASIC, OAUTH1, …: ask for the credentials instead), NO_CREDENTIALS when the answer
/// holds none, or any other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_token(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header asks it of the caller.
    unsafe {
        one_connection(
            client,
            provider_config_key,
            connection_id,
            options,
            error_out,
            Client::get_token,
        )
    }
}

/// Fetches the "credentials" of a connection, of whatever type, as Nango wrote them: a JSON object
/// with "type" and what the type has. Otherwise as nango_get_connection_json().
///
/// Returns text that nango_free_string() wipes and frees. NULL and an error: NO_CREDENTIALS when
/// the answer holds none, or any other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_credentials_json(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header asks it of the caller.
    unsafe {
        one_connection(
            client,
            provider_config_key,
            connection_id,
            options,
            error_out,
            Client::get_credentials_json,
        )
    }
}

/// Fetches a token in place of one that the provider refused, with 401 for example; refused_token
/// is that one, and not NULL or empty. Otherwise as nango_get_token().
///
/// It reads the connection: Nango may have another token by now. If it still has the refused one,
/// it makes Nango refresh it, which needs the scope environment:connections:read_credentials. Of
/// the calls of a client that replace the same token of a connection at the same time, in any
/// thread and through any queue, one does that. The others wait for its result, each as long as
/// its own timeout and cancel allow; if that one gives up, another goes on. No token is kept
/// beyond that.
///
/// Nango answers a forced refresh with the old token when it coincides with another read of the
/// connection. So this makes up to three, 0.5 and 1 second apart, within the call's timeout. If one
/// breaks, so that nobody knows whether it was carried out, the connection is read again first.
/// Types that Nango never refreshes (API_KEY, BASIC, OAUTH1, TBA, CUSTOM) are not forced. Nor is
/// OAUTH2 without a refresh token; to see that, the connection is read once more with it, and it
/// is wiped at once.
///
/// Returns text that nango_free_string() wipes and frees. NULL and an error: TOKEN_NOT_REPLACED
/// when Nango has no other token; INVALID_ARGUMENT also for options with force_refresh or
/// include_refresh_token; or any other code. Blocks this thread only, and always has an end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_replace_token(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    refused_token: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let call = |client: &Client, key: &str, id: &str, options: &CallOptions| {
        // SAFETY: the header asks it of the caller.
        let refused = unsafe { text(refused_token, "refused_token")? };
        client.replace_token(key, id, refused, options)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { one_connection(client, provider_config_key, connection_id, options, error_out, call) }
}

/// The token of credentials that were fetched already: what nango_get_token() would have returned
/// instead of them, found without asking Nango. credentials_json is what
/// nango_get_credentials_json() returned, or the "credentials" of a connection:
/// nango_json_get(connection, "/credentials").
///
/// Returns text that nango_free_string() wipes and frees. NULL and an error: NO_SINGLE_TOKEN,
/// NO_CREDENTIALS when there are none, INVALID_RESPONSE for a token with a NUL in it, or
/// INVALID_ARGUMENT or INVALID_UTF8 for what is no JSON. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_credentials_token(
    credentials_json: *const c_char,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let credentials = unsafe { text(credentials_json, "credentials_json")? };
        give_secret(credentials::token_of(credentials)?.into())
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Fetches the environment's connections as Nango wrote them, {"connections": […]}: without
/// credentials, and nothing is refreshed.
///
/// filter_json: NULL for all, or a JSON object with any of "connection_id", "search",
/// "end_user_id", "end_user_organization_id" (texts), "integration_id" (a text or a list of texts),
/// "tags" (an object of texts), "limit" and "page" (numbers). Without a limit Nango sends its first
/// 10 000; to have all of them, page after page, use nango_pager_new(). options may be NULL.
///
/// Returns text that nango_free_string() frees. NULL and an error: INVALID_ARGUMENT for a filter
/// that is no object or has a member that is not known or of another type, or any other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_list_connections_json(
    client: *const nango_client,
    filter_json: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header asks it of the caller.
        let (client, filter, options) = unsafe {
            (
                nango_client::reference(client)?,
                parameters(filter_json, "filter_json")?,
                nango_call_options::checked(options)?,
            )
        };
        give_secret(client.list_connections_json(filter, &options)?)
    };
    // SAFETY: the header asks it of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Parameters in JSON; NULL is none.
///
/// # Safety
/// The pointer is NULL, or a text that nobody changes meanwhile.
pub(super) unsafe fn parameters(json: *const c_char, name: &str) -> Result<Parameters, Error> {
    // SAFETY: as promised by the caller.
    match unsafe { optional_text(json, name) }? {
        None => Ok(Parameters::new()),
        Some(json) => serde_json::from_str(json).map_err(|error| {
            // serde_json quotes a value of another type, whole, and it may hold a secret.
            let why = if error.is_data() { String::new() } else { format!(": {error}") };
            Error::invalid_argument(format!("{name} is not a JSON object{why}"))
        }),
    }
}

/// Wipes and frees a text that a function of this library returned as an owned char *. NULL is
/// allowed. No other function frees such a text, and this one frees no other text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_free_string(text: *mut c_char) {
    // SAFETY: the header asks it of the caller.
    unsafe { free_text(text) };
}
