//! Silences panics of the library.
//!
//! The library turns its panics into errors. Before that, Rust prints them on standard error, which
//! belongs to the program. So the C interface installs a panic hook in front of the existing one.
//! For panics in library code it records the place for the error message; for all others it calls
//! the existing hook. A Rust program that uses the crate without its C interface never gets the
//! hook.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

// No destructors: these work until the very end of a thread.
thread_local! {
    /// How many calls into the library are active on this thread.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static PLACE: Cell<Place> = const { Cell::new(Place { file: [0; 48], line: 0 }) };
}

/// The place of a panic: the end of the file name, as much as fits.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    file: [u8; 48],
    line: u32,
}

impl Place {
    fn of(panic: &PanicHookInfo<'_>) -> Place {
        let (name, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
        let mut file = [0; 48];
        let kept = &name.as_bytes()[name.len().saturating_sub(file.len())..];
        file[..kept.len()].copy_from_slice(kept);
        Place { file, line }
    }

    /// The place of the last panic in the library on this thread.
    pub(crate) fn last() -> String {
        let Place { file, line } = PLACE.get();
        let name = String::from_utf8_lossy(&file);
        format!("{}:{line}", name.trim_end_matches('\0'))
    }
}

/// Silences panics of this thread while it lives.
pub(crate) struct Inside(());

impl Inside {
    /// Installs the hook on first use.
    pub(crate) fn enter() -> Inside {
        static HOOKED: AtomicBool = AtomicBool::new(false);
        // A thread that panics may not set a hook.
        if !HOOKED.load(Ordering::Relaxed)
            && !thread::panicking()
            && !HOOKED.swap(true, Ordering::Relaxed)
        {
            hook();
        }
        INSIDE.set(INSIDE.get() + 1);
        Inside(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(INSIDE.get() - 1);
    }
}

/// Silences panics of a thread that the library created, permanently.
pub(crate) fn this_thread() {
    INSIDE.set(1);
}

#[cold]
fn hook() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if INSIDE.get() == 0 {
            before(panic);
        } else {
            PLACE.set(Place::of(panic));
        }
    }));
}
