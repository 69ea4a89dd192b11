//! Texts that do not print, and are wiped when dropped.

use std::fmt;
use std::ops::Deref;

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
