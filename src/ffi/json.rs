//! Reads JSON for C programs without a JSON library.

use std::ffi::c_char;
use std::ops::Range;
use std::ptr;
use std::vec::IntoIter;

use zeroize::Zeroizing;

use super::guard::{borrow_mut, free, give, give_text, quiet, text};
use crate::json;

/// Returns a value of a JSON text by its RFC 6901 pointer, such as "/credentials/access_token"; ""
/// is the whole text. A string is returned without quotes and escapes, with U+FFFD for each
/// unpaired surrogate. Any other value, such as a number or an object, is returned exactly as it is
/// in the text, and so is a string that contains U+0000, which a C string cannot hold. If several
/// members have the same name, the last one counts.
///
/// Each call parses the text again: to read many values of a large text, use a JSON library. Any
/// thread.
///
/// @param json A JSON text.
/// @param pointer An RFC 6901 pointer.
/// @return The value, which nango_free_string() wipes and frees. NULL if there is no such value, it
/// is null, the text is not JSON or is nested more than 512 levels deep, the pointer is not valid,
/// or either argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        match unsafe { value(json, pointer) } {
            Some("null") | None => ptr::null_mut(),
            Some(value) => {
                let plain =
                    json::string(value).map(Zeroizing::new).filter(|plain| !plain.contains('\0'));
                give_text(plain.as_deref().map_or(value, String::as_str)).unwrap_or(ptr::null_mut())
            }
        }
    })
}

/// Like nango_json_get(), but returns the value as JSON: a string keeps its quotes and escapes, so
/// that "5" differs from 5, and null is "null".
///
/// @param json A JSON text.
/// @param pointer An RFC 6901 pointer.
/// @return The value, which nango_free_string() wipes and frees. NULL if there is no such value,
/// the text is not JSON or is nested more than 512 levels deep, the pointer is not valid, or either
/// argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get_json(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        unsafe { value(json, pointer) }
            .and_then(|value| give_text(value).ok())
            .unwrap_or(ptr::null_mut())
    })
}

/// Finds the value at a JSON pointer in a JSON text.
///
/// # Safety
/// Each is NULL, or a text that no thread changes meanwhile.
unsafe fn value<'a>(json: *const c_char, pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: as promised by the caller.
    let (json, pointer) = unsafe { (text(json, "json").ok()?, text(pointer, "pointer").ok()?) };
    json::check(json).ok()?;
    json::find(json, pointer)
}

/// Iterates over the elements of a JSON array, or over the names and values of a JSON object.
/// Create it with nango_json_items_new() or nango_json_members_new(), and free it with
/// nango_json_items_free(). Only one thread may use it at a time.
pub struct nango_json_items {
    whole: Zeroizing<String>,
    parts: IntoIter<Range<usize>>,
}

impl nango_json_items {
    /// `parts` are slices of `whole`.
    fn of<'a>(whole: &'a str, parts: impl Iterator<Item = &'a str>) -> *mut nango_json_items {
        let place = |part: &str| {
            let begin = part.as_ptr() as usize - whole.as_ptr() as usize;
            begin..begin + part.len()
        };
        let parts: Vec<_> = parts.map(place).collect();
        give(nango_json_items { whole: Zeroizing::new(whole.to_owned()), parts: parts.into_iter() })
    }
}

/// Iterates over the JSON array at an RFC 6901 pointer, such as "/connections" in a list of
/// connections. Parses the text once, and copies it.
///
/// @param json A JSON text.
/// @param pointer An RFC 6901 pointer.
/// @return The iterator, which nango_json_items_free() frees. NULL if there is no array at the
/// pointer, the text is not JSON, the pointer is not valid, or either argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_new(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        let array = unsafe { value(json, pointer) };
        let elements = array.and_then(|array| {
            json::elements(array).map(|elements| nango_json_items::of(array, elements.into_iter()))
        });
        elements.unwrap_or(ptr::null_mut())
    })
}

/// Iterates over the JSON object at an RFC 6901 pointer, such as "/tags" in a connection.
/// nango_json_items_next() returns a name, then its value, then the next name, each as JSON text;
/// nango_json_get(name, "") returns the name itself. If several members have the same name, the
/// last one counts. Parses the text once, and copies it.
///
/// @param json A JSON text.
/// @param pointer An RFC 6901 pointer.
/// @return The iterator, which nango_json_items_free() frees. NULL if there is no object at the
/// pointer, the text is not JSON, the pointer is not valid, or either argument is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_members_new(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        let object = unsafe { value(json, pointer) };
        let parts = |members: Vec<_>| members.into_iter().flat_map(|(name, value)| [name, value]);
        let members = object.and_then(|object| {
            json::entries(object).map(|members| nango_json_items::of(object, parts(members)))
        });
        members.unwrap_or(ptr::null_mut())
    })
}

/// Returns the next element, name or value.
///
/// @param items The iterator.
/// @return JSON text, which nango_free_string() wipes and frees. NULL after the last one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_next(items: *mut nango_json_items) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header requires this of the caller.
        let next = unsafe { borrow_mut(items, "items") }
            .ok()
            .and_then(|items| items.parts.next().map(|part| &items.whole[part]));
        next.and_then(|item| give_text(item).ok()).unwrap_or(ptr::null_mut())
    })
}

/// Frees an iterator.
///
/// @param items The iterator, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_free(items: *mut nango_json_items) {
    // SAFETY: the header requires this of the caller.
    unsafe { free(items) };
}
