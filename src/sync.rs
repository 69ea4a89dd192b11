//! What threads share things with: the standard library's, or, where loom tries every order of
//! events (`--cfg nango_loom`), loom's.

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
