//! Whose process is this?
//!
//! After fork the child has the parent's memory but not its threads: a lock may be held by a thread
//! that is not there, and a socket is shared with the parent. So everything that holds a lock or a
//! socket belongs to one process, and a child makes its own. What it inherited is left alone, and
//! never closed: a TLS close in the child would end the parent's session.

use std::fmt;
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

/// Says which age it is: [`generation`], or the descriptors' era, which is part of one.
pub(crate) type Age = fn() -> u64;

/// A value of one age. In a later one it is neither used nor dropped.
pub(crate) struct Owned<T> {
    age: Age,
    made: u64,
    /// Always there, but for the moment of being dropped.
    value: Option<T>,
}

impl<T> Owned<T> {
    pub(crate) fn new(age: Age, value: T) -> Owned<T> {
        Owned { age, made: age(), value: Some(value) }
    }

    /// The value, in its own age.
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

/// A value that each age has for itself, made when it is first asked for.
///
/// Nothing here waits: values of older ages stay in front of the chain, one for each fork of a
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
    /// For what is memory only, locks included.
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess::of(generation)
    }

    /// For each age of this kind.
    pub(crate) const fn of(age: Age) -> PerProcess<T> {
        PerProcess { age, first: OnceBox::new() }
    }

    /// This age's value, if it was made.
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

    /// This age's value. Two threads may make one at once; then one of the two is dropped.
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
