//! Builds the parameters of an operation, for C programs without a JSON library.

use std::ffi::c_char;
use std::ptr;

use serde_json::Value;
use zeroize::Zeroizing;

use super::guard::{borrow, borrow_mut, caught, free, give, quiet, text};
use crate::error::{Error, NANGO_OK, nango_code};
use crate::json;

/// The parameters of an operation, under construction. Create them with nango_params_new(), and
/// free them with nango_params_free(). Only one thread at a time may use them.
///
/// @code
/// nango_params *params = nango_params_new();
/// nango_params_set_text(params, "provider_config_key", "github");
/// nango_params_set_text(params, "connection_id", id);
/// uint64_t ticket = nango_queue_submit(queue, client, "get_token", nango_params_json(params),
///                                      NULL, 0, &error);
/// nango_params_free(params);
/// @endcode
pub struct nango_params {
    /// Names and values as JSON.
    members: Vec<(String, Zeroizing<String>)>,
    /// All of them as a JSON object, with a NUL at its end.
    text: Zeroizing<Vec<u8>>,
    failed: bool,
}

/// No function takes this text for parameters.
const FAILED: &[u8] = b"a parameter was refused\0";

impl nango_params {
    fn set(&mut self, name: &str, value: Zeroizing<String>) {
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.members.push((name.to_owned(), value)),
        }
        self.assemble();
    }

    fn assemble(&mut self) {
        let length = self
            .members
            .iter()
            .map(|(name, value)| 6 * name.len() + value.len() + 4)
            .sum::<usize>();
        // Reserved as a whole: a vector that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(length + 3));
        text.push(b'{');
        for (number, (name, value)) in self.members.iter().enumerate() {
            if number > 0 {
                text.push(b',');
            }
            text.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
            text.push(b':');
            text.extend_from_slice(value.as_bytes());
        }
        text.extend_from_slice(b"}\0");
        self.text = text;
    }
}

/// Runs a setter.
///
/// # Safety
/// The pointers are NULL, or what the header requires.
unsafe fn change(
    params: *mut nango_params,
    name: *const c_char,
    value: impl FnOnce() -> Result<Zeroizing<String>, Error>,
) -> nango_code {
    let failed = caught(|| {
        // SAFETY: as promised by the caller.
        let params = unsafe { borrow_mut(params, "params") }?;
        // SAFETY: as promised by the caller.
        let set = unsafe { text(name, "name") }.and_then(|name| Ok((name, value()?)));
        match set {
            Ok((name, value)) => params.set(name, value),
            Err(error) => {
                params.failed = true;
                return Err(error);
            }
        }
        Ok(())
    });
    failed.map_or_else(|error| error.code() as nango_code, |()| NANGO_OK)
}

/// Creates parameters without any member.
///
/// @return The parameters, which nango_params_free() frees. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn nango_params_new() -> *mut nango_params {
    quiet(ptr::null_mut(), || {
        let mut params =
            nango_params { members: Vec::new(), text: Zeroizing::default(), failed: false };
        params.assemble();
        give(params)
    })
}

/// Sets a parameter to a string. A second call with the same name replaces the value.
///
/// @param params The parameters to change.
/// @param name The name of the parameter.
/// @param value The string, not escaped; copied.
/// @return NANGO_OK, or INVALID_ARGUMENT or INVALID_UTF8. After an error, every function refuses
/// these parameters, so the return value of each setter need not be checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_set_text(
    params: *mut nango_params,
    name: *const c_char,
    value: *const c_char,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(params, name, || Ok(quoted(text(value, "value")?))) }
}

/// Sets a parameter to a number.
///
/// @param params The parameters to change.
/// @param name The name of the parameter.
/// @param value The number.
/// @return As for nango_params_set_text().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_set_integer(
    params: *mut nango_params,
    name: *const c_char,
    value: i64,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(params, name, || Ok(Zeroizing::new(value.to_string()))) }
}

/// Sets a parameter to true or false.
///
/// @param params The parameters to change.
/// @param name The name of the parameter.
/// @param value The value.
/// @return As for nango_params_set_text().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_set_bool(
    params: *mut nango_params,
    name: *const c_char,
    value: bool,
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe { change(params, name, || Ok(Zeroizing::new(value.to_string()))) }
}

/// Sets a parameter to any JSON value, such as ["github", "slack"] or {"plan": "free"}.
///
/// @param params The parameters to change.
/// @param name The name of the parameter.
/// @param value_json The value as JSON; copied.
/// @return NANGO_OK, or INVALID_ARGUMENT if the value is not valid JSON, or as for
/// nango_params_set_text().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_set_json(
    params: *mut nango_params,
    name: *const c_char,
    value_json: *const c_char,
) -> nango_code {
    let value = || {
        // SAFETY: the header requires this of the caller.
        let value = unsafe { text(value_json, "value_json") }?;
        match json::check(value) {
            Ok(()) => Ok(Zeroizing::new(value.to_owned())),
            Err(_) => Err(Error::invalid_argument("value_json is not valid JSON")),
        }
    };
    // SAFETY: the header requires this of the caller.
    unsafe { change(params, name, value) }
}

/// Returns the parameters as a JSON object, for nango_queue_submit(), nango_list_connections_json()
/// and nango_pager_new().
///
/// @param params The parameters.
/// @return The JSON text; borrowed, valid until the next setter or nango_params_free(). If a setter
/// failed, it is a text that every function refuses with INVALID_ARGUMENT. NULL only if params is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_json(params: *const nango_params) -> *const c_char {
    quiet(ptr::null(), || {
        // SAFETY: the header requires this of the caller.
        let params = unsafe { borrow(params, "params") };
        params.map_or(ptr::null(), |params| {
            if params.failed { FAILED.as_ptr().cast() } else { params.text.as_ptr().cast() }
        })
    })
}

/// Wipes and frees parameters. The functions that received their text have copied it.
///
/// @param params The parameters, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_params_free(params: *mut nango_params) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(params) };
}

/// A string in JSON.
fn quoted(text: &str) -> Zeroizing<String> {
    // Reserved as a whole: a string that grows leaves copies behind.
    let mut quoted = Zeroizing::new(Vec::with_capacity(6 * text.len() + 2));
    // Writing a string to a vector cannot fail.
    let _ = serde_json::to_writer(&mut *quoted, text);
    Zeroizing::new(String::from_utf8(std::mem::take(&mut *quoted)).unwrap_or_default())
}
