//! Which process owns a value?
//!
//! After fork(), the child has the parent's memory but not its threads. A thread that does not
//! exist in the child may hold a lock, and sockets are shared with the parent. Everything that
//! holds a lock or a socket therefore belongs to one process, and a child makes its own. The child
//! neither uses nor closes what it inherited: a TLS close in the child would end the parent's
//! session.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use once_cell::race::{OnceBool, OnceBox};

/// The number of forks between this process and the first one that used the library.
static GENERATION: AtomicU64 = AtomicU64::new(0);

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// The generation of the running process. The first call registers a fork handler with libc.
pub(crate) fn generation() -> u64 {
    // Two threads may both register the handler, and a fork then counts twice. That is harmless:
    // the number only has to change.
    static WATCHING: OnceBool = OnceBool::new();
    WATCHING.get_or_init(|| {
        // SAFETY: the handler is a function of this library, which is never unloaded (`-z
        // nodelete`), and does nothing but add to an atomic.
        let failed = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        assert_eq!(failed, 0, "not enough memory to register a fork handler");
        true
    });
    GENERATION.load(Ordering::Relaxed)
}

/// Returns the current age: [`generation`], or the descriptors' era, which subdivides it.
pub(crate) type Age = fn() -> u64;

/// A value of one age. In a later age it is neither used nor dropped.
pub(crate) struct Owned<T> {
    age: Age,
    made: u64,
    /// Always present, except while it is being dropped.
    value: Option<T>,
}

impl<T> Owned<T> {
    pub(crate) fn new(age: Age, value: T) -> Owned<T> {
        Owned { age, made: age(), value: Some(value) }
    }

    /// Returns the value during its own age, otherwise `None`.
    pub(crate) fn get(&self) -> Option<&T> {
        self.made_at((self.age)())
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut().filter(|_| self.made == (self.age)())
    }

    fn made_at(&self, age: u64) -> Option<&T> {
        self.value.as_ref().filter(|_| self.made == age)
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.made != (self.age)() {
            std::mem::forget(self.value.take());
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Owned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A value that each age has separately, created on first use.
///
/// Nothing here waits. Values of older ages stay at the front of the chain, one for each fork of a
/// parent that used the value.
pub(crate) struct PerProcess<T> {
    age: Age,
    first: OnceBox<Link<T>>,
}

struct Link<T> {
    value: Owned<T>,
    next: OnceBox<Link<T>>,
}

impl<T> PerProcess<T> {
    /// For values that hold only memory, including locks.
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess::of(generation)
    }

    /// For one value in each age of the given kind.
    pub(crate) const fn of(age: Age) -> PerProcess<T> {
        PerProcess { age, first: OnceBox::new() }
    }

    /// Returns this age's value if it exists.
    pub(crate) fn get(&self) -> Option<&T> {
        let age = (self.age)();
        let mut place = &self.first;
        loop {
            let link = place.get()?;
            match link.value.made_at(age) {
                Some(value) => return Some(value),
                None => place = &link.next,
            }
        }
    }

    /// Returns this age's value, and creates it if necessary. If two threads create one at the same
    /// time, one of the two is dropped.
    pub(crate) fn get_or_init(&self, make: impl Fn() -> T) -> &T {
        let age = (self.age)();
        let mut place = &self.first;
        loop {
            let link = place.get_or_init(|| {
                let value = Owned { age: self.age, made: age, value: Some(make()) };
                Box::new(Link { value, next: OnceBox::new() })
            });
            match link.value.made_at(age) {
                Some(value) => return value,
                None => place = &link.next,
            }
        }
    }
}
