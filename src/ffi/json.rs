//! For C without a JSON library.

use std::ffi::c_char;
use std::ptr;
use std::vec::IntoIter;

use zeroize::Zeroizing;

use super::guard::{borrow_mut, free, give, give_text, quiet, text};
use crate::json;

/// A value out of a JSON text, by its RFC 6901 pointer, such as "/credentials/access_token"; "" is the whole text. A string comes unquoted; anything else, such as a
/// number or an object, as the exact slice of the source, and so does a string that C cannot hold (with U+0000 or half a surrogate pair). Of members with
/// one name the last counts.
///
/// Returns text that nango_free_string() wipes and frees. NULL: there is no such value, or it is null, or the text is no JSON, or the pointer is none, or either is
/// NULL. It parses the text anew each time: for many values of a large text use a JSON library. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get(json: *const c_char, pointer: *const c_char) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let (Ok(json), Ok(pointer)) = (unsafe { text(json, "json") }, unsafe { text(pointer, "pointer") }) else {
            return ptr::null_mut();
        };
        match value(json, pointer) {
            Some("null") | None => ptr::null_mut(),
            Some(value) => {
                let plain = json::string(value).map(Zeroizing::new).filter(|plain| !plain.contains('\0'));
                give_text(plain.as_deref().map_or(value, String::as_str)).unwrap_or(ptr::null_mut())
            }
        }
    })
}

/// The same as nango_json_get(), but as JSON: a string keeps its quotes and escapes, so that "5" is not taken for 5, and null is "null".
///
/// Returns text that nango_free_string() wipes and frees. NULL: there is no such value, or the text is no JSON, or the pointer is none, or either is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_get_json(json: *const c_char, pointer: *const c_char) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let (Ok(json), Ok(pointer)) = (unsafe { text(json, "json") }, unsafe { text(pointer, "pointer") }) else {
            return ptr::null_mut();
        };
        value(json, pointer).and_then(|value| give_text(value).ok()).unwrap_or(ptr::null_mut())
    })
}

fn value<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    json::check(text).ok()?;
    json::find(text, pointer)
}

/// The elements of a JSON array, or the names and values of a JSON object, one after the other. Made with nango_json_items_new() or nango_json_members_new(), freed with
/// nango_json_items_free(). One thread at a time.
pub struct nango_json_items(IntoIter<Zeroizing<String>>);

/// Takes apart the JSON array that an RFC 6901 pointer names, such as "/connections" in a list of connections. The text is parsed once, and copied.
///
/// Freed with nango_json_items_free(). NULL: there is no array, or the text is no JSON, or the pointer is none, or either is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_new(json: *const c_char, pointer: *const c_char) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let (Ok(json), Ok(pointer)) = (unsafe { text(json, "json") }, unsafe { text(pointer, "pointer") }) else {
            return ptr::null_mut();
        };
        let Some(elements) = value(json, pointer).and_then(json::elements) else {
            return ptr::null_mut();
        };
        given(elements)
    })
}

/// Takes apart the JSON object that an RFC 6901 pointer names, such as "/tags" in a connection: nango_json_items_next() gives a name, then its value, then the next
/// name, each as JSON text; nango_json_get(name, "") is the name itself. Of members with one name the last counts. The text is parsed once, and copied.
///
/// Freed with nango_json_items_free(). NULL: there is no object, or the text is no JSON, or the pointer is none, or either is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_members_new(json: *const c_char, pointer: *const c_char) -> *mut nango_json_items {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let (Ok(json), Ok(pointer)) = (unsafe { text(json, "json") }, unsafe { text(pointer, "pointer") }) else {
            return ptr::null_mut();
        };
        match value(json, pointer).and_then(json::entries) {
            Some(members) => given(members.into_iter().flat_map(|(name, value)| [name, value])),
            None => ptr::null_mut(),
        }
    })
}

fn given<'a>(texts: impl IntoIterator<Item = &'a str>) -> *mut nango_json_items {
    let items: Vec<_> = texts.into_iter().map(|text| Zeroizing::new(text.to_owned())).collect();
    give(nango_json_items(items.into_iter()))
}

/// The next element, or name or value, as JSON text that nango_free_string() wipes and frees; NULL: that was the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_next(items: *mut nango_json_items) -> *mut c_char {
    quiet(ptr::null_mut(), || {
        // SAFETY: the header asks it of the caller.
        let next = unsafe { borrow_mut(items, "items") }.ok().and_then(|items| items.0.next());
        next.and_then(|item| give_text(&item).ok()).unwrap_or(ptr::null_mut())
    })
}

/// Ends the walk. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_json_items_free(items: *mut nango_json_items) {
    // SAFETY: the header asks it of the caller.
    unsafe { free(items) };
}
