//! The JSON object that an operation sends.

use std::io::{self, Write};

use hyper::body::Bytes;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{NO_NUL, Parameters, wrong};
use crate::catalogue::{Kind, Location, Operation, Parameter};
use crate::error::Error;

/// The longest body that a server accepts unless it is configured otherwise, in bytes. It answers a
/// longer one with 500.
const LONGEST_BODY: usize = 75 * 1024 * 1024;

/// The body of a request, if it has one. `extra` is added to the members, or is the whole body of
/// an operation without members.
pub(super) fn of(
    operation: &Operation,
    parameters: &Parameters,
    extra: Option<&Value>,
) -> Result<Option<Bytes>, Error> {
    let mut members = Vec::new();
    let mut has_members = false;
    for parameter in operation.parameters.iter().filter(|known| known.location == Location::Body) {
        has_members = true;
        match parameters.get(parameter.name) {
            None => {}
            Some(Value::Null) if parameter.kind != Kind::Any => {}
            Some(value) => {
                check(parameter, value)?;
                members.push((parameter.wire, value));
            }
        }
    }
    match extra {
        None if !has_members => Ok(None),
        Some(Value::Object(added)) if has_members => {
            members.retain(|(name, _)| !added.contains_key(*name));
            members.extend(added.iter().map(|(name, value)| (name.as_str(), value)));
            serialized(&Members(&members)).map(Some)
        }
        Some(_) if has_members => {
            Err(Error::invalid_argument("extra.body must be an object for this operation"))
        }
        Some(whole) => serialized(whole).map(Some),
        None => serialized(&Members(&members)).map(Some),
    }
}

struct Members<'a>(&'a [(&'a str, &'a Value)]);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

/// Serializes a body into one buffer, which is wiped when its last owner drops it.
fn serialized(body: &impl Serialize) -> Result<Bytes, Error> {
    // Counted first, because a buffer that grows leaves parts of it unwiped.
    let mut length = Length(0);
    let counted = serde_json::to_writer(&mut length, body);
    if counted.is_err() || length.0 > LONGEST_BODY {
        return Err(Error::invalid_argument(format!(
            "with these parameters the body is longer than {LONGEST_BODY} bytes; shorten them"
        )));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(length.0));
    // It cannot fail: a buffer takes everything, and the names of members are texts.
    let _ = serde_json::to_writer(&mut *text, body);
    Ok(Bytes::from_owner(text))
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        match self.0 > LONGEST_BODY {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks the type of a member.
fn check(parameter: &Parameter, value: &Value) -> Result<(), Error> {
    let is_id = |value: &Value| value.as_str().is_some_and(|id| !id.is_empty());
    let texts = |members: &Map<String, Value>| members.values().all(Value::is_string);
    let (fits, expected) = match parameter.kind {
        Kind::Id => (is_id(value), "a non-empty string"),
        Kind::Text => (value.is_string(), "a string"),
        Kind::List | Kind::Texts => (
            value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            "a list of strings",
        ),
        Kind::Ids => (
            is_id(value) || value.as_array().is_some_and(|all| all.iter().all(is_id)),
            "a non-empty string or a list of such strings",
        ),
        Kind::Integer => (value.is_i64() || value.is_u64(), "an integer"),
        Kind::Boolean | Kind::Flag => (value.is_boolean(), "true or false"),
        Kind::Map => {
            (value.as_object().is_some_and(texts), "an object whose values are all strings")
        }
        Kind::Object => (value.is_object(), "an object"),
        Kind::Any => (true, ""),
    };
    if !fits {
        return Err(wrong(parameter, expected));
    }
    match value {
        Value::String(text) if text.contains('\0') => Err(wrong(parameter, NO_NUL)),
        _ => Ok(()),
    }
}
