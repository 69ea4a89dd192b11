//! Synchronization primitives: those of the standard library, or those of loom, which tries every
//! interleaving (`--cfg nango_loom`).

#[cfg(nango_loom)]
pub(crate) use loom::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
#[cfg(nango_loom)]
pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
#[cfg(nango_loom)]
pub(crate) use loom::thread::yield_now;
#[cfg(not(nango_loom))]
pub(crate) use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
#[cfg(not(nango_loom))]
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
#[cfg(not(nango_loom))]
pub(crate) use std::thread::yield_now;

/// Locks a mutex, also after a panic of another thread that held it. No code in this library leaves
/// what a mutex protects half changed.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
