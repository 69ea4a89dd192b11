//! Bytes that are wiped when dropped.

use std::hint::black_box;
use std::ops::{Deref, DerefMut};

/// Bytes that may hold secrets, wiped when dropped. The wipe covers only what was written, and in
/// large steps: dropping an abandoned answer of 60 MiB must be fast, and memory reserved for an
/// announced answer that never arrived must not be paged in.
#[derive(Default)]
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// The bytes. The caller must wipe them.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(bytes: Vec<u8>) -> Wiped {
        Wiped(bytes)
    }
}

impl Deref for Wiped {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from removing the writes.
        black_box(&mut self.0);
    }
}
