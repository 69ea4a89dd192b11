//! Whose process is this?
//!
//! After fork the child has the parent's memory but not its threads: a lock may be held by a thread
//! that is not there, and a socket is shared with the parent. So everything that holds a lock or a
//! socket belongs to one process, and a child makes its own. What it inherited is left alone, and
//! never closed: a TLS close in the child would end the parent's session.

use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::{OnceBool, OnceBox};

/// How many forks lie between this process and the first that used the library.
static GENERATION: AtomicU64 = AtomicU64::new(0);

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// The generation of the running process. The first call asks libc to be told of forks.
pub(crate) fn generation() -> u64 {
    // Two threads may both ask libc, and a fork then counts twice: the number only has to be a new
    // one.
    static WATCHING: OnceBool = OnceBool::new();
    WATCHING.get_or_init(|| {
        // SAFETY: the handler is a function of this library, which is never unloaded (`-z
        // nodelete`), and does nothing but add to an atomic.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        assert_eq!(failed, 0, "no memory to watch for forks");
        true
    });
    GENERATION.load(Ordering::Relaxed)
}

/// A value that each process has for itself, made when it is first asked for.
///
/// Nothing here waits: values of older generations stay in front of the chain, one for each fork of
/// a parent that used the value.
pub(crate) struct PerProcess<T>(OnceBox<Link<T>>);

struct Link<T> {
    generation: u64,
    /// Always there, but for the moment of being dropped.
    value: Option<T>,
    next: OnceBox<Link<T>>,
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess(OnceBox::new())
    }

    /// This process's value. Two threads may make one at once; then one of the two is dropped.
    pub(crate) fn get_or_init(&self, make: impl Fn() -> T) -> &T {
        let generation = generation();
        let mut place = &self.0;
        loop {
            let link = place.get_or_init(|| {
                Box::new(Link { generation, value: Some(make()), next: OnceBox::new() })
            });
            match &link.value {
                Some(value) if link.generation == generation => return value,
                _ => place = &link.next,
            }
        }
    }
}

impl<T> Drop for Link<T> {
    fn drop(&mut self) {
        if self.generation != generation() {
            std::mem::forget(self.value.take());
        }
    }
}
