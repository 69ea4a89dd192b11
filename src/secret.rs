//! Text that is not printed, and is wiped when dropped.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::request::bounded;
use crate::unfilled::unfilled;

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
pub(crate) const SPARE: usize = size_of::<usize>() + 1;

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
        if let Some(why) = unfilled(key) {
            return Err(Error::invalid_argument(format!("the secret key {why}")));
        }
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
