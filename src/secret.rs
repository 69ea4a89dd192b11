//! Text that is not printed, and is wiped when dropped.

use std::fmt;
use std::hint::black_box;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::request::bounded;

/// Text that holds secrets, such as a connection. It prints as `[REDACTED]` and is wiped when
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Secret {
        Secret(text)
    }
}

/// Spare capacity reserved after the text of an answer (a length prefix and a NUL), so that it can
/// be handed to C without copying.
pub(crate) const ROOM: usize = size_of::<usize>() + 1;

impl Secret {
    /// The text. It is wiped when dropped.
    pub(crate) fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

impl Deref for Secret {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

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

/// The secret key of an environment. It prints as `[REDACTED]` and is wiped when dropped.
#[derive(Clone)]
pub(crate) struct SecretKey(Zeroizing<String>);

impl SecretKey {
    pub(crate) fn new(key: &str) -> Result<SecretKey, Error> {
        if key.is_empty() {
            return Err(Error::invalid_argument(
                "the secret key is empty; find it in Nango's dashboard under Environment \
                 Settings, API Keys",
            ));
        }
        bounded(key.len(), "the secret key")?;
        // It is sent as a header value.
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid_argument(
                "the secret key contains a space, a line break or a non-ASCII character, which no \
                 key has. Check for a trailing line break from copying the key or \
                 reading it from a file",
            ));
        }
        Ok(SecretKey(Zeroizing::new(key.to_owned())))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}
