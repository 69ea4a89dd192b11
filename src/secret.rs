//! Texts that do not print, and are wiped when dropped.

use std::fmt;
use std::hint::black_box;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::request::bounded;

/// Text that holds secrets, such as a connection: it does not print, and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Secret {
        Secret(text)
    }
}

/// How much room an answer has behind its text, so that it can be handed to C where it is: for its
/// length and a NUL.
pub(crate) const ROOM: usize = size_of::<usize>() + 1;

impl Secret {
    /// The text, which is wiped when dropped.
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

/// Bytes that may hold secrets, wiped when dropped. Only what was written is wiped, and in large
/// steps: an answer of 60 MiB that is given up must hold up nobody, and one that was announced and
/// did not come must not be paged in.
#[derive(Default)]
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// The bytes, which the caller wipes.
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
        // The writes must not be taken for useless.
        black_box(&mut self.0);
    }
}

/// The key of an environment; it prints as `[REDACTED]` and is wiped when dropped.
#[derive(Clone)]
pub(crate) struct SecretKey(Zeroizing<String>);

impl SecretKey {
    pub(crate) fn new(key: &str) -> Result<SecretKey, Error> {
        if key.is_empty() {
            return Err(Error::invalid_argument(
                "the secret key is empty; it is in Nango's dashboard under Environment Settings, API Keys",
            ));
        }
        bounded(key.len(), "the secret key")?;
        // Whatever else it is, it has to be the value of a header.
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid_argument(
                "the secret key holds a character that no key has: a blank, a line break or something outside of ASCII. Was it pasted or read with the \
                 line's end?",
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
