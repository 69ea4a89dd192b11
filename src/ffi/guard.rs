//! Panics, NULLs, text in, text out.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicI64, Ordering};

use zeroize::Zeroize;

use crate::engine::descriptors;
use crate::error::{Code, Error};
use crate::hush::{Inside, Place};
use crate::secret::{ROOM, Secret};

/// Runs a body that has no failure of its own to tell.
pub(super) fn quiet<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    caught(|| Ok(body())).unwrap_or(fallback)
}

/// Runs a body, and makes a panic an error. What was being changed when it panicked is dropped or
/// whole: the core holds its locks only for moves.
pub(super) fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let _uncancelled = Uncancelled::begin();
    let _inside = Inside::enter();
    let era = descriptors::era();
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(panicked(&*panic, era)))
}

#[cold]
fn panicked(panic: &(dyn Any + Send), era: u64) -> Error {
    if descriptors::is_over(era) {
        return Error::new(Code::Internal, descriptors::CLOSED);
    }
    let what = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given");
    let place = Place::last();
    Error::new(
        Code::Panic,
        format!(
            "libnango met a bug of its own; the client still works, please report it: {what} ({place})"
        ),
    )
}

/// While it lives, this thread cannot be cancelled: pthread_cancel() would unwind through Rust,
/// which ends the process. A cancel that came meanwhile is acted upon after the call.
struct Uncancelled(c_int);

impl Uncancelled {
    fn begin() -> Uncancelled {
        let mut before = 0;
        // SAFETY: writes the state before; it touches nothing but this thread.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
        Uncancelled(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: the state is the one that libc gave.
        unsafe { pthread_setcancelstate(self.0, &mut 0) };
    }
}

const PTHREAD_CANCEL_DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

// The crate libc has it for other systems only.
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// What a pointer points to.
///
/// # Safety
/// The pointer is NULL, or what its `_new` function returned and its `_free` has not been given;
/// nobody changes it meanwhile.
pub(super) unsafe fn borrow<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, Error> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// The same, to change it.
///
/// # Safety
/// As for [`borrow`], and nobody else uses it meanwhile.
pub(super) unsafe fn borrow_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T, Error> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(name))
}

/// How many objects and texts callers own.
static LIVE: AtomicI64 = AtomicI64::new(0);

pub(super) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Gives an object to the caller. Only [`free`] takes it back.
pub(super) fn give<T>(object: T) -> *mut T {
    LIVE.fetch_add(1, Ordering::Relaxed);
    Box::into_raw(Box::new(object))
}

/// Ends what a `_new` function began. NULL is nothing.
///
/// # Safety
/// The pointer is NULL, or came from [`give`] and is used by nobody any more.
pub(super) unsafe fn free<T>(pointer: *mut T) {
    if !pointer.is_null() {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        quiet((), || drop(unsafe { Box::from_raw(pointer) }));
    }
}

fn null(name: &str) -> Error {
    Error::invalid_argument(format!("{name} is NULL"))
}

/// A text that must be there.
///
/// # Safety
/// The pointer is NULL, or points to a NUL-terminated text that nobody changes while the exported
/// function runs.
pub(super) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: as promised by the caller.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| null(name))
}

/// A text that may be NULL.
///
/// # Safety
/// As for [`text`].
pub(super) unsafe fn optional_text<'a>(
    pointer: *const c_char,
    name: &str,
) -> Result<Option<&'a str>, Error> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and NUL-terminated as promised by the caller.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str()
        .map(Some)
        .map_err(|_| Error::new(Code::InvalidUtf8, format!("{name} is not UTF-8")))
}

/// Bytes that must be there.
///
/// # Safety
/// The pointer is NULL, or `len` bytes can be read from it while the exported function runs.
pub(super) unsafe fn bytes<'a>(
    pointer: *const u8,
    len: usize,
    name: &str,
) -> Result<&'a [u8], Error> {
    if pointer.is_null() {
        return Err(null(name));
    }
    if len > isize::MAX as usize {
        return Err(Error::invalid_argument(format!("the length of {name} is no length")));
    }
    // SAFETY: as promised by the caller, and no longer than a slice may be.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// In front of an owned text stands its length, so that it is wiped and freed whole, whatever its
/// owner wrote into it.
const LENGTH: usize = ROOM - 1;

/// Gives a text to the caller: one block of the length, the text and a NUL. Only [`free_text`]
/// takes it back.
pub(super) fn give_text(text: &str) -> Result<*mut c_char, Error> {
    let mut block = Vec::with_capacity(LENGTH + text.len() + 1);
    block.extend_from_slice(text.as_bytes());
    give_block(block)
}

/// Gives a text to the caller, in its own memory if that has the room.
pub(super) fn give_secret(secret: Secret) -> Result<*mut c_char, Error> {
    let mut text = secret.into_text();
    if text.capacity() != text.len() + ROOM {
        return give_text(&text);
    }
    give_block(std::mem::take(&mut *text).into_bytes())
}

/// Makes a block of a text that has as much room behind it as a block needs, and no more.
fn give_block(mut block: Vec<u8>) -> Result<*mut c_char, Error> {
    if block.contains(&0) {
        block.zeroize();
        return Err(Error::new(
            Code::InvalidResponse,
            "the answer holds a NUL character, which a C text cannot",
        ));
    }
    let length = block.len();
    block.resize(LENGTH + length + 1, 0);
    block.copy_within(..length, LENGTH);
    block[..LENGTH].copy_from_slice(&length.to_ne_bytes());
    block[LENGTH + length] = 0;
    LIVE.fetch_add(1, Ordering::Relaxed);
    let block = Box::into_raw(block.into_boxed_slice()).cast::<u8>();
    // SAFETY: the block is longer than the length in front of the text.
    Ok(unsafe { block.add(LENGTH) }.cast())
}

/// Wipes and frees a text that [`give_text`] made. NULL is nothing.
///
/// # Safety
/// The pointer is NULL, or came from [`give_text`] and was not freed.
pub(super) unsafe fn free_text(text: *mut c_char) {
    if text.is_null() {
        return;
    }
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: give_text put the length in front of the text, and made the block of that length and
    // the two ends.
    let mut block = unsafe {
        let block = text.cast::<u8>().sub(LENGTH);
        let length = block.cast::<usize>().read_unaligned();
        Box::from_raw(ptr::slice_from_raw_parts_mut(block, LENGTH + length + 1))
    };
    block.zeroize();
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_text_is_freed_whole_whatever_was_written_into_it() {
        let text = give_text("secret").unwrap();
        // SAFETY: inside of the text.
        unsafe { text.write(0) };
        // SAFETY: made just above.
        unsafe { free_text(text) };
        assert_eq!(give_text("a\0b").unwrap_err().code(), Code::InvalidResponse);
    }

    #[test]
    fn a_text_with_the_room_for_it_is_given_where_it_is() {
        for room in [0, ROOM - 1, ROOM, ROOM + 1, 100] {
            let mut text = String::with_capacity("secret".len() + room);
            text.push_str("secret");
            let before = text.as_ptr();
            let given = give_secret(Zeroizing::new(text).into()).unwrap();
            // SAFETY: made just above.
            assert_eq!(unsafe { CStr::from_ptr(given) }, c"secret");
            assert_eq!(
                given.cast_const().cast::<u8>() == before.wrapping_add(LENGTH),
                room == ROOM
            );
            // SAFETY: made just above.
            unsafe { free_text(given) };
        }
    }
}
