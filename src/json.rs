//! JSON as text: checked, and looked into without building a tree, so that what comes out is
//! exactly what the server wrote.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::error::{Code, Error};

pub(crate) const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether the text is one JSON value and nothing else.
pub(crate) fn check(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(text).map(drop)
}

/// Checks the text as [`check`] does and finds in the same pass the values of these members of an
/// object: the slices of the source. Of equal names the last counts, as in JavaScript. `None`: the
/// text is another value.
pub(crate) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Result<Option<[Option<&'a str>; N]>, serde_json::Error> {
    if !text.trim_start_matches(BLANKS).starts_with('{') {
        return check(text).map(|()| None);
    }
    let mut source = serde_json::Deserializer::from_str(text);
    let found = source.deserialize_map(Members { names })?;
    source.end().map(|()| Some(found))
}

/// What an answer that is no JSON is called. serde_json's own words for some errors quote the text,
/// which may hold a secret.
pub(crate) fn malformed(error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "it ends early" } else { "it is malformed" };
    Error::new(
        Code::InvalidResponse,
        format!(
            "the answer is not whole JSON: {what} (line {}, column {})",
            error.line(),
            error.column()
        ),
    )
}

/// The value that an RFC 6901 pointer names in a text that is JSON: the slice of the source.
/// `None`: no such value, or no such pointer.
pub(crate) fn find<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    let mut value = text.trim_matches(BLANKS);
    if pointer.is_empty() {
        return Some(value);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = unescape(token)?;
        value = step(value, &token)?.get();
    }
    Some(value)
}

/// The elements of a text that is a JSON array, each as the slice of the source.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let values: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(values.into_iter().map(RawValue::get).collect())
}

/// The members of a text that is a JSON object, each name and its value as the slices of the
/// source. Of members with one name the last counts, in the place of the first, as in JavaScript.
pub(crate) fn entries(text: &str) -> Option<Vec<(&str, &str)>> {
    serde_json::Deserializer::from_str(text).deserialize_map(Entries).ok()
}

/// The text of a JSON string. `None`: another value, or a string that no UTF-8 text can hold (a
/// lone surrogate).
pub(crate) fn string(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// Whether a value is the JSON of this text.
pub(crate) fn is_string(value: &str, text: &str) -> bool {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => inner == text,
        _ => string(value).as_deref() == Some(text),
    }
}

/// `~1` is `/` and `~0` is `~`; any other use of `~` is no pointer.
fn unescape(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(Cow::Borrowed(token));
    }
    let mut plain = String::with_capacity(token.len());
    let mut characters = token.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(Cow::Owned(plain))
}

fn step<'a>(value: &'a str, token: &str) -> Option<&'a RawValue> {
    serde_json::Deserializer::from_str(value).deserialize_any(Step { token }).ok()
}

/// Which of these names a member's name is.
struct Name<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, name: D) -> Result<Self::Value, D::Error> {
        // As bytes, since a name may hold what no text can: half of a surrogate pair.
        name.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|wanted| wanted.as_bytes() == name))
    }
}

struct Members<'n, const N: usize> {
    names: [&'n str; N],
}

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = [Option<&'de str>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(place) = members.next_key_seed(Name(&self.names))? {
            match place {
                Some(place) => found[place] = Some(members.next_value::<&RawValue>()?.get()),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(&'de str, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut places = HashMap::new();
        while let Some((name, value)) = members.next_entry::<&RawValue, &RawValue>()? {
            let (name, value) = (name.get(), value.get());
            // A name that no text can hold, with half of a surrogate pair, is equal only to itself
            // as it is written.
            match places.entry(string(name).ok_or(name)) {
                Entry::Occupied(place) => entries[*place.get()] = (name, value),
                Entry::Vacant(place) => {
                    place.insert(entries.len());
                    entries.push((name, value));
                }
            }
        }
        Ok(entries)
    }
}

/// One level down: into an object by name (of equal names the last counts, as in JavaScript), into
/// an array by index.
struct Step<'t> {
    token: &'t str,
}

impl<'de> Visitor<'de> for Step<'_> {
    type Value = &'de RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array that has the member")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(place) = members.next_key_seed(Name(&[self.token]))? {
            match place {
                Some(_) => found = Some(members.next_value()?),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        found.ok_or_else(|| A::Error::custom("absent"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        // RFC 6901: digits only, and no leading zero.
        let canonical = self.token == "0"
            || (!self.token.starts_with('0')
                && self.token.bytes().all(|byte| byte.is_ascii_digit()));
        let index: usize = self
            .token
            .parse()
            .ok()
            .filter(|_| canonical)
            .ok_or_else(|| A::Error::custom("no index"))?;
        let mut found = None;
        for position in 0.. {
            if position == index {
                found = elements.next_element()?;
            } else if elements.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        found.ok_or_else(|| A::Error::custom("absent"))
    }
}
