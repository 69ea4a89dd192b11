//! Guards of the C interface: panics, NULL, input text and returned text.

use std::any::Any;
use std::ffi::{CStr, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicI64, Ordering};

use zeroize::Zeroize;

use crate::engine::descriptors;
use crate::error::{Code, Error};
use crate::panics::{Location, Silenced};
use crate::secret::{SPARE, Secret};

/// Runs a body that cannot fail; returns `fallback` if it panics.
pub(super) fn quiet<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    caught(|| Ok(body())).unwrap_or(fallback)
}

/// Runs a body, and turns a panic into an error. A panic leaves no value half changed: the core
/// holds its locks only while it moves values.
pub(super) fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let _uncancelled = Uncancelled::begin();
    let _silenced = Silenced::enter();
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
    let location = Location::last();
    Error::new(
        Code::Panic,
        format!(
            "internal error in libnango (the client is still usable). \
             Please report this: {what} ({location})"
        ),
    )
}

/// Disables the cancellation of this thread while it lives: pthread_cancel() would unwind through
/// Rust code, which aborts the process. A pending cancellation takes effect after the call.
struct Uncancelled(c_int);

impl Uncancelled {
    fn begin() -> Uncancelled {
        let mut before = 0;
        // SAFETY: stores the previous state; affects only this thread.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut before) };
        Uncancelled(before)
    }
}

impl Drop for Uncancelled {
    fn drop(&mut self) {
        // SAFETY: the state is the one that libc returned.
        unsafe { pthread_setcancelstate(self.0, &mut 0) };
    }
}

const PTHREAD_CANCEL_DISABLE: c_int = if cfg!(target_vendor = "apple") { 0 } else { 1 };

// The libc crate declares it only for other systems.
unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, before: *mut c_int) -> c_int;
}

/// Borrows the object that a pointer points to.
///
/// # Safety
/// The pointer is NULL, or the `_new` function of its type returned it and it was not freed; no
/// thread changes the object meanwhile.
pub(super) unsafe fn borrow<'a, T>(pointer: *const T, name: &str) -> Result<&'a T, Error> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_ref() }.ok_or_else(|| null(name))
}

/// Borrows the object that a pointer points to, to change it.
///
/// # Safety
/// As for [`borrow`], and no other thread uses the object meanwhile.
pub(super) unsafe fn borrow_mut<'a, T>(pointer: *mut T, name: &str) -> Result<&'a mut T, Error> {
    // SAFETY: as promised by the caller.
    unsafe { pointer.as_mut() }.ok_or_else(|| null(name))
}

/// The number of objects and texts that callers own.
static LIVE: AtomicI64 = AtomicI64::new(0);

pub(super) fn live() -> i64 {
    LIVE.load(Ordering::Relaxed)
}

/// Transfers ownership of an object to the caller. Only [`free`] frees it.
pub(super) fn give<T>(object: T) -> *mut T {
    LIVE.fetch_add(1, Ordering::Relaxed);
    Box::into_raw(Box::new(object))
}

/// Frees an object that [`give`] returned. Accepts NULL.
///
/// # Safety
/// The pointer is NULL, or [`give`] returned it and no thread uses it any more.
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

/// Reads a required text.
///
/// # Safety
/// The pointer is NULL, or points to a NUL-terminated text that no thread changes while the
/// exported function runs.
pub(super) unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str, Error> {
    // SAFETY: as promised by the caller.
    unsafe { optional_text(pointer, name) }?.ok_or_else(|| null(name))
}

/// Reads a text that may be NULL.
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

/// Reads required bytes.
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
        return Err(Error::invalid_argument(format!("{name}'s length is too large")));
    }
    // SAFETY: as promised by the caller, and not longer than a slice may be.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}

/// The size of the length field in front of an owned text. With it, the whole text is wiped and
/// freed, whatever its owner wrote into it.
const LENGTH: usize = SPARE - 1;

/// Transfers a copy of a text to the caller: one block of the length, the text and a NUL. Only
/// [`free_text`] frees it.
pub(super) fn give_text(text: &str) -> Result<*mut c_char, Error> {
    let mut block = Vec::with_capacity(LENGTH + text.len() + 1);
    block.extend_from_slice(text.as_bytes());
    give_block(block)
}

/// Transfers a text to the caller, without a copy if its memory has the room.
pub(super) fn give_secret(secret: Secret) -> Result<*mut c_char, Error> {
    let mut text = secret.into_text();
    if text.capacity() != text.len() + SPARE {
        return give_text(&text);
    }
    give_block(std::mem::take(&mut *text).into_bytes())
}

/// Makes a block of a text whose spare capacity is exactly what a block needs.
fn give_block(mut block: Vec<u8>) -> Result<*mut c_char, Error> {
    if block.contains(&0) {
        block.zeroize();
        return Err(Error::new(
            Code::InvalidResponse,
            "the answer contains a NUL character, which a C string cannot hold",
        ));
    }
    let length = block.len();
    block.resize(LENGTH + length + 1, 0);
    block.copy_within(..length, LENGTH);
    block[..LENGTH].copy_from_slice(&length.to_ne_bytes());
    block[LENGTH + length] = 0;
    LIVE.fetch_add(1, Ordering::Relaxed);
    let block = Box::into_raw(block.into_boxed_slice()).cast::<u8>();
    // SAFETY: the block is longer than its length field.
    Ok(unsafe { block.add(LENGTH) }.cast())
}

/// Wipes and frees a text that [`give_text`] returned. Accepts NULL.
///
/// # Safety
/// The pointer is NULL, or [`give_text`] returned it and it was not freed.
pub(super) unsafe fn free_text(text: *mut c_char) {
    if text.is_null() {
        return;
    }
    LIVE.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: give_block put the length in front of the text, and sized the block as computed here.
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
        // SAFETY: the first byte of the text.
        unsafe { text.write(0) };
        // SAFETY: made just above.
        unsafe { free_text(text) };
        assert_eq!(give_text("a\0b").unwrap_err().code(), Code::InvalidResponse);
    }

    #[test]
    fn a_text_with_the_room_for_it_is_given_where_it_is() {
        for room in [0, SPARE - 1, SPARE, SPARE + 1, 100] {
            let mut text = String::with_capacity("secret".len() + room);
            text.push_str("secret");
            let before = text.as_ptr();
            let given = give_secret(Zeroizing::new(text).into()).unwrap();
            // SAFETY: made just above.
            assert_eq!(unsafe { CStr::from_ptr(given) }, c"secret");
            assert_eq!(
                given.cast_const().cast::<u8>() == before.wrapping_add(LENGTH),
                room == SPARE
            );
            // SAFETY: made just above.
            unsafe { free_text(given) };
        }
    }
}
