//! For C without a JSON library.

use std::ffi::c_char;
use std::ops::Range;
use std::ptr;
use std::vec::IntoIter;

use zeroize::Zeroizing;

use super::guard::{borrow_mut, free, give, give_text, quiet, text};
use crate::json;

/// A value out of a JSON text, by its RFC 6901 pointer, such as "/credentials/access_token"; "" is
/// the whole text. A string comes unquoted, with U+FFFD for each half of a surrogate pair; anything
/// else, such as a number or an object, as the exact slice of the source, and so does a string that
/// C cannot hold (with U+0000). Of members with one name the last counts.
///
/// Returns text that nango_free_string() wipes and frees. NULL: there is no such value, or it is
/// null, or the text is not JSON or is nested more than 512 levels deep, or the pointer is not
/// valid, or either is NULL. It parses the text again each time: for many values of a large text
/// use a JSON library. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
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

/// The same as nango_json_get(), but as JSON: a string keeps its quotes and escapes, so that "5" is
/// not taken for 5, and null is "null".
///
/// Returns text that nango_free_string() wipes and frees. NULL: there is no such value, or the text
/// is not JSON or is nested more than 512 levels deep, or the pointer is not valid, or either is
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get_json(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        unsafe { value(json, pointer) }
            .and_then(|value| give_text(value).ok())
            .unwrap_or(ptr::null_mut())
    })
}

/// The value that a pointer names in a text that is JSON.
///
/// # Safety
/// Both are NULL or texts that nobody changes meanwhile.
unsafe fn value<'a>(json: *const c_char, pointer: *const c_char) -> Option<&'a str> {
    // SAFETY: as promised by the caller.
    let (json, pointer) = unsafe { (text(json, "json").ok()?, text(pointer, "pointer").ok()?) };
    json::check(json).ok()?;
    json::find(json, pointer)
}

/// The elements of a JSON array, or the names and values of a JSON object, one after the other.
/// Made with nango_json_items_new() or nango_json_members_new(), freed with
/// nango_json_items_free(). One thread at a time.
pub struct nango_json_items {
    whole: Zeroizing<String>,
    parts: IntoIter<Range<usize>>,
}

impl nango_json_items {
    /// `parts` are slices of the whole.
    fn given<'a>(whole: &'a str, parts: impl Iterator<Item = &'a str>) -> *mut nango_json_items {
        let place = |part: &str| {
            let begin = part.as_ptr() as usize - whole.as_ptr() as usize;
            begin..begin + part.len()
        };
        let parts: Vec<_> = parts.map(place).collect();
        give(nango_json_items { whole: Zeroizing::new(whole.to_owned()), parts: parts.into_iter() })
    }
}

/// Takes apart the JSON array that an RFC 6901 pointer names, such as "/connections" in a list of
/// connections. The text is parsed once, and copied.
///
/// Freed with nango_json_items_free(). NULL: there is no array, or the text is no JSON, or the
/// pointer is none, or either is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_new(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let array = unsafe { value(json, pointer) };
        let elements = array.and_then(|array| {
            json::elements(array)
                .map(|elements| nango_json_items::given(array, elements.into_iter()))
        });
        elements.unwrap_or(ptr::null_mut())
    })
}

/// Takes apart the JSON object that an RFC 6901 pointer names, such as "/tags" in a connection:
/// nango_json_items_next() gives a name, then its value, then the next name, each as JSON text;
/// nango_json_get(name, "") is the name itself. Of members with one name the last counts. The text
/// is parsed once, and copied.
///
/// Freed with nango_json_items_free(). NULL: there is no object, or the text is no JSON, or the
/// pointer is none, or either is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_members_new(
    json: *const c_char,
    pointer: *const c_char,
) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let object = unsafe { value(json, pointer) };
        let parts = |members: Vec<_>| members.into_iter().flat_map(|(name, value)| [name, value]);
        let members = object.and_then(|object| {
            json::entries(object).map(|members| nango_json_items::given(object, parts(members)))
        });
        members.unwrap_or(ptr::null_mut())
    })
}

/// The next element, or name or value, as JSON text that nango_free_string() wipes and frees; NULL:
/// that was the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_next(items: *mut nango_json_items) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let next = unsafe { borrow_mut(items, "items") }
            .ok()
            .and_then(|items| items.parts.next().map(|part| &items.whole[part]));
        next.and_then(|item| give_text(item).ok()).unwrap_or(ptr::null_mut())
    })
}

/// Ends the walk. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_free(items: *mut nango_json_items) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(items) };
}
