//! The blocking calls.

use std::ffi::{CStr, c_char};
use std::ptr;

use super::client::nango_client;
use super::error::{guard, nango_error};
use super::guard::{free_text, give_secret, optional_text, quiet, text};
use super::options::nango_call_options;
use crate::catalogue::{self, Operation};
use crate::client::Client;
use crate::credentials;
use crate::error::{Code, Error, shortened};
use crate::json;
use crate::options::CallOptions;
use crate::request::{LONGEST_NAME, Parameters};
use crate::secret::Secret;

/// Runs a call for one connection.
///
/// # Safety
/// What the header requires of callers of the exported functions.
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

/// Fetches one connection: Nango's answer, byte for byte, after checking that it is valid JSON.
/// Nango refreshes the connection's token first if necessary. Call this just before you use the
/// token, and do not keep the result; the library does not keep it either.
///
/// Blocks only the calling thread, and never longer than the call's timeout.
///
/// @code
/// nango_error *error = NULL;
/// char *connection = nango_get_connection_json(client, "github", "alice", NULL, &error);
/// char *provider = connection ? nango_json_get(connection, "/provider") : NULL;
/// printf("%s\n", provider ? provider : "no connection");
/// nango_free_string(provider);
/// nango_free_string(connection);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param provider_config_key The integration's unique key; not empty.
/// @param connection_id The connection's id; not empty, and not "." or "..".
/// @param options The options of this call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The connection, which nango_free_string() wipes and frees. "credentials" in it is {} if
/// the key lacks the scope environment:connections:read_credentials. NULL on error: any code except
/// NO_CREDENTIALS and NO_SINGLE_TOKEN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_connection_json(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header requires this of the caller.
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

/// Fetches the token of a connection, which is sent after "Bearer", or its API key: access_token
/// for OAUTH2, APP and APP_STORE; token for OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU; apiKey
/// for API_KEY. Otherwise it works like nango_get_connection_json().
///
/// @code
/// nango_error *error = NULL;
/// char *token = nango_get_token(client, "github", "alice", NULL, &error);
/// if (!token)
///     fprintf(stderr, "%s\n", nango_error_message(error));
/// nango_free_string(token);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param provider_config_key The integration's unique key; not empty.
/// @param connection_id The connection's id; not empty, and not "." or "..".
/// @param options The options of this call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The token, which nango_free_string() wipes and frees. NULL on error: NO_SINGLE_TOKEN for
/// other types (such as BASIC and OAUTH1, for which nango_get_credentials_json() returns the
/// credentials), NO_CREDENTIALS if the answer has no credentials, or any other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_token(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header requires this of the caller.
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

/// Fetches the "credentials" of a connection of any type, as Nango sent them: a JSON object with
/// "type" and the members of that type. Otherwise it works like nango_get_connection_json().
///
/// @code
/// nango_error *error = NULL;
/// char *credentials = nango_get_credentials_json(client, "jira-basic", "alice", NULL, &error);
/// char *username = credentials ? nango_json_get(credentials, "/username") : NULL;
/// char *password = credentials ? nango_json_get(credentials, "/password") : NULL;
/// nango_free_string(password);
/// nango_free_string(username);
/// nango_free_string(credentials);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param provider_config_key The integration's unique key; not empty.
/// @param connection_id The connection's id; not empty, and not "." or "..".
/// @param options The options of this call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The credentials, which nango_free_string() wipes and frees. NULL on error:
/// NO_CREDENTIALS if the answer has no credentials, or any other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_get_credentials_json(
    client: *const nango_client,
    provider_config_key: *const c_char,
    connection_id: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    // SAFETY: the header requires this of the caller.
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

/// Fetches a token to replace one that the provider refused, for example with status 401. Otherwise
/// it works like nango_get_token().
///
/// The call first reads the connection, because Nango may already have another token. If Nango
/// still has the refused token, the call forces a refresh, which needs the scope
/// environment:connections:read_credentials. When several calls of one client replace the same
/// token of a connection at the same time, in any thread and through any queue, only one of them
/// does this. The others wait for its result, each as long as its own timeout and cancel handle
/// allow. If that call gives up, another one takes over. The token is not kept any longer than
/// that.
///
/// When a forced refresh coincides with another read of the connection, Nango answers with the old
/// token. The call therefore forces up to three refreshes, 0.5 and 1 second apart, within its
/// timeout. If one of them fails and the server may or may not have processed it, the call reads
/// the connection again before it forces another. It does not force a refresh of types that Nango
/// never refreshes (API_KEY, BASIC, OAUTH1, TBA, CUSTOM), or of OAUTH2 without a refresh token. To
/// find out whether there is a refresh token, the call reads the connection once more, with the
/// refresh token included, and wipes that token immediately.
///
/// Blocks only the calling thread, and never longer than the call's timeout.
///
/// @code
/// nango_error *error = NULL;
/// char *fresh = nango_replace_token(client, "github", "alice", refused, NULL, &error);
/// if (nango_error_code(error) == NANGO_ERROR_TOKEN_NOT_REPLACED)
///     puts("ask the user to reconnect");
/// nango_free_string(fresh);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param provider_config_key The integration's unique key; not empty.
/// @param connection_id The connection's id; not empty, and not "." or "..".
/// @param refused_token The token that the provider refused; not NULL, and not empty.
/// @param options The options of this call, without force_refresh and include_refresh_token; NULL
/// for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The new token, which nango_free_string() wipes and frees. NULL on error:
/// TOKEN_NOT_REPLACED if Nango has no other token; INVALID_ARGUMENT also if the options have
/// force_refresh or include_refresh_token; or any other code.
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
        // SAFETY: the header requires this of the caller.
        let refused = unsafe { text(refused_token, "refused_token")? };
        client.replace_token(key, id, refused, options)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { one_connection(client, provider_config_key, connection_id, options, error_out, call) }
}

/// Returns the token of credentials that the program already fetched, without a request to Nango.
/// It is the token that nango_get_token() would have returned. Any thread.
///
/// @param credentials_json What nango_get_credentials_json() returned, or the "credentials" of a
/// connection: nango_json_get(connection, "/credentials").
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The token, which nango_free_string() wipes and frees. NULL on error: NO_SINGLE_TOKEN;
/// NO_CREDENTIALS if there are no credentials; INVALID_RESPONSE if the token contains a NUL;
/// INVALID_ARGUMENT or INVALID_UTF8 if the text is not JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_credentials_token(
    credentials_json: *const c_char,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let credentials = unsafe { text(credentials_json, "credentials_json")? };
        give_secret(credentials::token_of(credentials)?.into())
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Returns whether a connection has an error that concerns its authorisation: an element of its
/// `errors` has the type "auth". This is a hint. Nango records the same error for a revoked grant,
/// an outage of the provider and a blocked URL, and removes it after a successful refresh. So let
/// the user choose between reconnecting and trying again, and disable nothing because of a hint.
/// Any thread.
///
/// @param connection_json A connection of nango_get_connection_json() or of a list.
/// @return Whether to offer the user to reconnect. false if the text is not a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_connection_has_auth_error(connection_json: *const c_char) -> bool {
    quiet(false, || {
        // SAFETY: the header requires this of the caller.
        let connection = unsafe { text(connection_json, "connection_json") }.ok();
        connection.is_some_and(credentials::has_auth_error)
    })
}

/// Fetches the environment's connections as Nango sent them, {"connections": […]}. They have no
/// credentials, and Nango refreshes none of them. Without a limit, Nango sends the first 10 000
/// connections; to fetch all of them, page by page, use nango_pager_new().
///
/// Blocks only the calling thread, and never longer than the call's timeout.
///
/// @code
/// nango_error *error = NULL;
/// char *list = nango_list_connections_json(client, "{\"limit\": 10}", NULL, &error);
/// nango_json_items *items = nango_json_items_new(list, "/connections");
/// char *item;
/// while ((item = nango_json_items_next(items))) {
///     puts(item);
///     nango_free_string(item);
/// }
/// nango_json_items_free(items);
/// nango_free_string(list);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param filter_json NULL for all connections, or a JSON object with any of "connection_id",
/// "search", "end_user_id", "end_user_organization_id" (strings), "integration_id" (a string or an
/// array of strings), "tags" (an object of strings), "limit" and "page" (numbers).
/// @param options The options of this call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The list, which nango_free_string() wipes and frees. NULL on error: INVALID_ARGUMENT if
/// the filter is not an object, or has a member that is unknown or of the wrong type; or any other
/// code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_list_connections_json(
    client: *const nango_client,
    filter_json: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let (client, filter, options) = unsafe {
            (
                nango_client::reference(client)?,
                parameters(filter_json, "filter_json")?,
                nango_call_options::checked(options)?,
            )
        };
        give_secret(client.list_connections_json(filter, &options)?)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Calls any operation of Nango's API. docs/OPERATIONS.md lists the operations with their
/// parameters and results.
///
/// A newer server may have parameters that this version of the library does not know. Every
/// operation takes "extra", an object with any of "query", "headers" and "body", which is added to
/// the request as it is. The operation "request" sends any request.
///
/// Blocks only the calling thread, and never longer than the call's timeout.
///
/// @code
/// nango_error *error = NULL;
/// char *session = nango_call_json(client, "create_connect_session",
///                                 "{\"tags\": {\"user\": \"u-1\"}}", NULL, &error);
/// char *link = session ? nango_json_get(session, "/connect_link") : NULL;
/// nango_free_string(link);
/// nango_free_string(session);
/// nango_error_free(error);
/// @endcode
///
/// @param client The client.
/// @param operation The name of the operation.
/// @param params_json Its parameters by name, as a JSON object; NULL for none.
/// @param options The options of this call; NULL for the defaults.
/// @param error_out Set to NULL, or to an error that nango_error_free() frees; may be NULL.
/// @return The result, which nango_free_string() wipes and frees: JSON, or the token itself for
/// "get_token" and "replace_token". NULL on error: UNKNOWN_OPERATION; INVALID_ARGUMENT if a
/// parameter is unknown, missing, too long or of the wrong type, before anything is sent; or any
/// other code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_json(
    client: *const nango_client,
    operation: *const c_char,
    params_json: *const c_char,
    options: *const nango_call_options,
    error_out: *mut *mut nango_error,
) -> *mut c_char {
    let body = || {
        // SAFETY: the header requires this of the caller.
        let (client, name, options) = unsafe {
            (
                nango_client::reference(client)?,
                text(operation, "operation")?,
                nango_call_options::checked(options)?,
            )
        };
        let operation = named(name)?;
        // Parsed last: one of them may be a secret, and only `call` wipes it.
        // SAFETY: the header requires this of the caller.
        let parameters = unsafe { parameters(params_json, "params_json")? };
        give_secret(client.call(operation, parameters, &options)?)
    };
    // SAFETY: the header requires this of the caller.
    unsafe { guard(error_out, ptr::null_mut(), body) }
}

/// Describes all operations, for programs that generate code or check their input: a JSON array of
/// objects with "name", "method", "path", "parameters" (objects with "name", "in", "type" and
/// "required"), "result" ("json", "token" or "null"), "paged", and "scopes", of which the secret
/// key needs one. Any thread.
///
/// @return The description, which is part of the library: do not free it.
#[unsafe(no_mangle)]
pub extern "C" fn nango_operations_json() -> *const c_char {
    OPERATIONS.as_ptr()
}

const OPERATIONS: &CStr = match CStr::from_bytes_with_nul(
    concat!(include_str!("../catalogue/operations.json"), "\0").as_bytes(),
) {
    Ok(text) => text,
    Err(_) => c"[]",
};

/// The operation with this name.
pub(super) fn named(name: &str) -> Result<&'static Operation, Error> {
    catalogue::find(name).ok_or_else(|| {
        let known: Vec<_> = catalogue::ALL.iter().map(|operation| operation.name).collect();
        Error::new(
            Code::UnknownOperation,
            format!(
                "unknown operation {:?}. Use one of: {}",
                shortened(name.to_owned(), LONGEST_NAME),
                known.join(", ")
            ),
        )
    })
}

/// Parses parameters in JSON; NULL stands for no parameters.
///
/// # Safety
/// The pointer is NULL, or a text that no thread changes meanwhile.
pub(super) unsafe fn parameters(json: *const c_char, name: &str) -> Result<Parameters, Error> {
    // SAFETY: as promised by the caller.
    match unsafe { optional_text(json, name) }? {
        None => Ok(Parameters::new()),
        Some(json) => {
            let parameters = serde_json::from_str(json).map_err(|error| {
                // For a value of the wrong type, serde_json quotes all of it, and it may be a
                // secret.
                let why = if error.is_data() { String::new() } else { format!(": {error}") };
                Error::invalid_argument(format!("{name} is not a JSON object{why}"))
            })?;
            match json::duplicate_member(json) {
                None => Ok(parameters),
                Some(member) => Err(Error::invalid_argument(format!(
                    "{name} has two members {:?}; remove one",
                    shortened(member, LONGEST_NAME)
                ))),
            }
        }
    }
}

/// Wipes and frees a text that a function of this library returned as an owned char *. No other
/// function frees such a text, and this function frees no other text.
///
/// @param text The text, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_free_string(text: *mut c_char) {
    // SAFETY: the header requires this of the caller.
    unsafe { free_text(text) };
}
