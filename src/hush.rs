//! Panics without noise.
//!
//! A panic of the library's becomes an error. Before that, Rust shows it on standard error, which
//! is the host's. So the C interface puts a panic hook before the one that is there: where the
//! library's own code runs it notes the place for the error's message, and everywhere else it does
//! what was done before. A Rust program that uses the crate without its C interface never gets it.

use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

// Without a destructor: these work until the very end of a thread.
thread_local! {
    /// How often the library was entered and not left.
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static PLACE: Cell<Place> = const { Cell::new(Place { file: [0; 48], line: 0 }) };
}

/// Where something panicked: the end of a file's name, as far as there is room.
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

    /// Where this thread's last panic inside of the library was.
    pub(crate) fn last() -> String {
        let Place { file, line } = PLACE.get();
        let name = String::from_utf8_lossy(&file);
        format!("{}:{line}", name.trim_end_matches('\0'))
    }
}

/// While it lives, panics of this thread are silent.
pub(crate) struct Inside(());

impl Inside {
    /// Puts the hook in its place first, if it is not there yet.
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

/// For a thread of the library's.
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
