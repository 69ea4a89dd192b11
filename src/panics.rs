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
    static ACTIVE_CALLS: Cell<u32> = const { Cell::new(0) };
    static LAST: Cell<Location> = const { Cell::new(Location { file: [0; 48], line: 0 }) };
}

/// The place of a panic: the end of the file name, as much as fits.
#[derive(Clone, Copy)]
pub(crate) struct Location {
    file: [u8; 48],
    line: u32,
}

impl Location {
    fn of(panic: &PanicHookInfo<'_>) -> Location {
        let (name, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
        let mut file = [0; 48];
        let kept = &name.as_bytes()[name.len().saturating_sub(file.len())..];
        file[..kept.len()].copy_from_slice(kept);
        Location { file, line }
    }

    /// The place of the last panic in the library on this thread.
    pub(crate) fn last() -> String {
        let Location { file, line } = LAST.get();
        let name = String::from_utf8_lossy(&file);
        format!("{}:{line}", name.trim_end_matches('\0'))
    }
}

/// Silences panics of this thread while it lives.
pub(crate) struct Silenced(());

impl Silenced {
    /// Installs the hook on first use.
    pub(crate) fn enter() -> Silenced {
        static INSTALLED: AtomicBool = AtomicBool::new(false);
        // A thread that panics may not set a hook.
        if !INSTALLED.load(Ordering::Relaxed)
            && !thread::panicking()
            && !INSTALLED.swap(true, Ordering::Relaxed)
        {
            install_hook();
        }
        ACTIVE_CALLS.set(ACTIVE_CALLS.get() + 1);
        Silenced(())
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        ACTIVE_CALLS.set(ACTIVE_CALLS.get() - 1);
    }
}

/// Silences panics of a thread that the library created, permanently.
pub(crate) fn silence_this_thread() {
    ACTIVE_CALLS.set(1);
}

#[cold]
fn install_hook() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if ACTIVE_CALLS.get() == 0 {
            before(panic);
        } else {
            LAST.set(Location::of(panic));
        }
    }));
}
