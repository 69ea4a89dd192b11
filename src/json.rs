//! JSON as text: checked once, and searched without building a tree, so that results are exactly
//! what the server wrote.
//!
//! Everything uses one pass, [`scan`], which decides what valid JSON is. It does not recurse, so no
//! text determines how much stack is used.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::mem;
use std::ops::Range;

use zeroize::Zeroizing;

use crate::error::{Code, Error};

pub(crate) const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// How deep arrays and objects may be nested: as deep as the parser of every wrapper can read.
/// Ruby's parser overflows the stack of a fiber beyond about 2 000 levels.
pub(crate) const DEEPEST: usize = 512;

/// Why a text is rejected as JSON, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    fault: Fault,
    line: usize,
    column: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    EndsEarly,
    Malformed,
    TooDeep,
}

/// Checks that the text is exactly one JSON value, nested no deeper than [`DEEPEST`].
pub(crate) fn check(text: &str) -> Result<(), Malformed> {
    scan(text, |_, _| true).map(drop)
}

/// Checks a text as [`check`] does, replaces each unpaired surrogate by U+FFFD, and finds these
/// members. All in one pass. `None`: the text is not an object.
///
/// JavaScript writes unpaired surrogates (`"\ud800"`), and some parsers reject the whole text
/// because of one. The replacement has the same length, so nothing moves.
pub(crate) fn checked<const N: usize>(
    text: &mut Zeroizing<String>,
    names: [&str; N],
) -> Result<Option<[Option<Range<usize>>; N]>, Malformed> {
    let mut found = [const { None }; N];
    let halves = scan(text, |name, value| {
        if let Some(place) = names.iter().position(|wanted| is_string(&text[name.clone()], wanted))
        {
            found[place] = Some(value);
        }
        true
    })?;
    if !halves.is_empty() {
        let mut bytes = mem::take(&mut **text).into_bytes();
        for at in halves {
            bytes[at..at + ESCAPE].copy_from_slice(br"\ufffd");
        }
        // ASCII replaces ASCII, so it is still UTF-8.
        **text = String::from_utf8(bytes).unwrap_or_default();
    }
    Ok(begins(text, '{').then_some(found))
}

/// The error for an answer that is not valid JSON. Quotes nothing of the text, which may hold a
/// secret.
pub(crate) fn malformed(why: &Malformed) -> Error {
    let (line, column) = (why.line, why.column);
    let message = match why.fault {
        Fault::EndsEarly => {
            format!(
                "the answer is not valid JSON: it ends early (line {line}, column {column}); check \
                 the gateway in front of Nango"
            )
        }
        Fault::Malformed => {
            format!(
                "the answer is not valid JSON: it is malformed (line {line}, column {column}); \
                 check the gateway in front of Nango"
            )
        }
        Fault::TooDeep => format!(
            "the JSON in the answer is nested more than {DEEPEST} levels deep (line {line}, \
             column {column}); this library does not read it"
        ),
    };
    Error::new(Code::InvalidResponse, message)
}

/// The value that an RFC 6901 pointer refers to, as a slice of the source. `None`: there is no such
/// value, or the pointer is not valid.
pub(crate) fn find<'a>(text: &'a str, pointer: &str) -> Option<&'a str> {
    let mut value = text.trim_matches(BLANKS);
    if pointer.is_empty() {
        return Some(value);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = reference(token)?;
        value = match value.starts_with('{') {
            true => members(value, [&token])?[0]?,
            false => element(value, index(&token)?)?,
        };
    }
    Some(value)
}

/// The values of these members of an object, as slices of the source. Of duplicate names the last
/// one counts, as in JavaScript. `None`: the text is not an object.
pub(crate) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    each_member(text, |name, value| {
        if let Some(place) = names.iter().position(|wanted| is_string(name, wanted)) {
            found[place] = Some(value);
        }
        true
    })?;
    Some(found)
}

/// Calls `each` with each name and value of an object, as slices of the source, until it returns
/// false. `None`: the text is not an object.
pub(crate) fn each_member<'a>(
    text: &'a str,
    mut each: impl FnMut(&'a str, &'a str) -> bool,
) -> Option<()> {
    begins(text, '{').then_some(())?;
    scan(text, |name, value| each(&text[name], &text[value])).ok().map(drop)
}

/// Calls `each` with each element of an array, as a slice of the source, until it returns false.
/// `None`: the text is not an array.
pub(crate) fn each_element<'a>(text: &'a str, mut each: impl FnMut(&'a str) -> bool) -> Option<()> {
    begins(text, '[').then_some(())?;
    scan(text, |_, value| each(&text[value])).ok().map(drop)
}

/// The name of a member that an object in this text has twice.
pub(crate) fn duplicate_member(text: &str) -> Option<String> {
    let (mut names, mut found) = (HashSet::new(), None);
    let _ = each_member(text, |name, value| {
        let name = unquoted(name);
        found = duplicate_member(value);
        if !names.insert(name.clone()) {
            found = Some(name.into_owned());
        }
        found.is_none()
    });
    let _ = each_element(text, |element| {
        found = duplicate_member(element);
        found.is_none()
    });
    found
}

/// The elements of an array, as slices of the source.
pub(crate) fn elements(text: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    each_element(text, |element| {
        elements.push(element);
        true
    })?;
    Some(elements)
}

fn element(text: &str, index: usize) -> Option<&str> {
    let (mut found, mut at) = (None, 0);
    each_element(text, |element| {
        found = (at == index).then_some(element);
        at += 1;
        found.is_none()
    })?;
    found
}

/// The members of an object: names and values as slices of the source. Of duplicate names the last
/// value counts, in the place of the first, as in JavaScript.
pub(crate) fn entries(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut entries = Vec::new();
    let mut places = HashMap::new();
    each_member(text, |name, value| {
        match places.entry(unquoted(name)) {
            Entry::Occupied(place) => entries[*place.get()] = (name, value),
            Entry::Vacant(place) => {
                place.insert(entries.len());
                entries.push((name, value));
            }
        }
        true
    })?;
    Some(entries)
}

fn begins(text: &str, bracket: char) -> bool {
    text.trim_start_matches(BLANKS).starts_with(bracket)
}

/// The text of a JSON string, with U+FFFD in place of unpaired surrogates. `None`: the value is not
/// a string.
pub(crate) fn string(value: &str) -> Option<String> {
    let value = value.trim_matches(BLANKS);
    value.starts_with('"').then(|| unquoted(value).into_owned())
}

/// Whether a value is a JSON string with this text.
pub(crate) fn is_string(value: &str, text: &str) -> bool {
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    // An escape is longer than what it stands for.
    inner.is_some_and(|inner| match inner.len().cmp(&text.len()) {
        Ordering::Less => false,
        Ordering::Equal => inner == text && !text.contains('\\'),
        Ordering::Greater => inner.contains('\\') && unquoted(value) == text,
    })
}

/// The text of a string, which is given with its quotes.
fn unquoted(string: &str) -> Cow<'_, str> {
    let inner = string.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let mut rest = inner.unwrap_or_default();
    if !rest.contains('\\') {
        return Cow::Borrowed(rest);
    }
    let mut text = String::with_capacity(rest.len());
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, length) = match escape.as_bytes().first() {
            Some(b'u') => escaped(escape.as_bytes()),
            Some(b'b') => ('\u{8}', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(b'n') => ('\n', 1),
            Some(b'r') => ('\r', 1),
            Some(b't') => ('\t', 1),
            Some(other) => (char::from(*other), 1),
            None => break,
        };
        text.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The length of `\u0000`.
const ESCAPE: usize = 6;

/// The character that `uXXXX`, or `uXXXX\uXXXX` for a surrogate pair, stands for, and the length of
/// the escape.
fn escaped(escape: &[u8]) -> (char, usize) {
    let unit = unit(escape.get(1..));
    let low = escape.get(ESCAPE - 1..).and_then(|next| next.strip_prefix(br"\u"));
    match (unit, self::unit(low)) {
        (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
            let point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), 2 * ESCAPE - 1)
        }
        (Some(point), _) => {
            (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), ESCAPE - 1)
        }
        (None, _) => (char::REPLACEMENT_CHARACTER, ESCAPE - 1),
    }
}

/// Four hexadecimal digits.
fn unit(digits: Option<&[u8]>) -> Option<u32> {
    digits?
        .get(..4)?
        .iter()
        .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

/// Unescapes one token of a pointer: `~1` is `/` and `~0` is `~`. Any other use of `~` is not
/// valid.
fn reference(token: &str) -> Option<Cow<'_, str>> {
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

/// A token as an index. RFC 6901: digits only, and no leading zero.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0"
        || (!token.starts_with('0') && token.bytes().all(|byte| byte.is_ascii_digit()));
    token.parse().ok().filter(|_| canonical)
}

/// The end of the plain characters of a string: at a quote, a backslash or a control character.
/// Reads eight bytes at a time, since most of a text is plain.
fn end_of_plain(bytes: &[u8], begin: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // Only the lowest set bit in HIGH is reliable; those above it may be wrong.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGH;
    let mut at = begin;
    while let Some(&eight) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(eight);
        let quotes = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslashes = below(word ^ (ONES * u64::from(b'\\')), 1);
        let special = below(word, 0x20) | quotes | backslashes;
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    bytes[at..].iter().position(is_special).map_or(bytes.len(), |length| at + length)
}

/// Scans a text that may be JSON, in one pass. Calls `each` with the ranges of the name and the
/// value of each member of the outermost object, or with an empty name and the range of each
/// element of the outermost array. `each` returns whether to continue. Returns the positions of the
/// escapes that are unpaired surrogates.
fn scan(
    text: &str,
    mut each: impl FnMut(Range<usize>, Range<usize>) -> bool,
) -> Result<Vec<usize>, Malformed> {
    let mut checker = Checker {
        bytes: text.as_bytes(),
        at: 0,
        open: [0; DEEPEST / 64],
        depth: 0,
        name: 0..0,
        value: 0,
        halves: Vec::new(),
    };
    match checker.document(&mut each) {
        Ok(()) => Ok(checker.halves),
        Err(fault) => Err(checker.located(fault)),
    }
}

struct Checker<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The open arrays and objects: one bit per level, set for an object.
    open: [u64; DEEPEST / 64],
    depth: usize,
    /// The range of the last name on the first level, and the start of the last value there.
    name: Range<usize>,
    value: usize,
    /// The positions of the escapes that are unpaired surrogates.
    halves: Vec<usize>,
}

impl Checker<'_> {
    fn located(&self, fault: Fault) -> Malformed {
        let before = &self.bytes[..self.at.min(self.bytes.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let begin = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Malformed { fault, line, column: before.len() - begin + 1 }
    }

    fn document(
        &mut self,
        each: &mut dyn FnMut(Range<usize>, Range<usize>) -> bool,
    ) -> Result<(), Fault> {
        loop {
            // A value starts here.
            let first = self.after_blanks();
            if self.depth == 1 {
                self.value = self.at;
            }
            match first {
                Some(b'{') => {
                    self.open(true)?;
                    match self.after_blanks() {
                        Some(b'}') => self.close(),
                        _ => {
                            self.name()?;
                            continue;
                        }
                    }
                }
                Some(b'[') => {
                    self.open(false)?;
                    match self.after_blanks() {
                        Some(b']') => self.close(),
                        _ => continue,
                    }
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.word(b"true")?,
                Some(b'f') => self.word(b"false")?,
                Some(b'n') => self.word(b"null")?,
                other => return Err(fault(other)),
            }
            // A value has ended.
            loop {
                if self.depth == 1 && !each(self.name.clone(), self.value..self.at) {
                    return Ok(());
                }
                match self.after_blanks() {
                    None if self.depth == 0 => return Ok(()),
                    Some(b',') if self.depth > 0 => {
                        self.at += 1;
                        if self.in_object() {
                            self.name()?;
                        }
                        break;
                    }
                    Some(b'}') if self.depth > 0 && self.in_object() => self.close(),
                    Some(b']') if self.depth > 0 && !self.in_object() => self.close(),
                    other => return Err(fault(other)),
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn after_blanks(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    fn open(&mut self, object: bool) -> Result<(), Fault> {
        let level = self.open.get_mut(self.depth / 64).ok_or(Fault::TooDeep)?;
        let bit = 1 << (self.depth % 64);
        *level = if object { *level | bit } else { *level & !bit };
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    fn in_object(&self) -> bool {
        let level = self.depth - 1;
        self.open[level / 64] >> (level % 64) & 1 == 1
    }

    /// Reads the name of a member and the colon after it.
    fn name(&mut self) -> Result<(), Fault> {
        match self.after_blanks() {
            Some(b'"') if self.depth == 1 => {
                let begin = self.at;
                self.string()?;
                self.name = begin..self.at;
            }
            Some(b'"') => self.string()?,
            other => return Err(fault(other)),
        }
        match self.after_blanks() {
            Some(b':') => {
                self.at += 1;
                Ok(())
            }
            other => Err(fault(other)),
        }
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            self.at = end_of_plain(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                other => return Err(fault(other)),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                return Ok(());
            }
            Some(b'u') => {}
            other => return Err(fault(other.copied())),
        }
        let unit = self.unit(self.at)?;
        let begin = self.at;
        self.at += ESCAPE;
        if !(0xd800..0xe000).contains(&unit) {
            return Ok(());
        }
        let is_first = unit < 0xdc00 && self.bytes[self.at..].starts_with(br"\u");
        if is_first && (0xdc00..0xe000).contains(&self.unit(self.at)?) {
            self.at += ESCAPE;
            return Ok(());
        }
        self.halves.push(begin);
        Ok(())
    }

    /// The code unit of the escape that starts here.
    fn unit(&mut self, escape: usize) -> Result<u32, Fault> {
        let digits = self.bytes.get(escape + 2..);
        unit(digits).ok_or_else(|| {
            let all = digits.unwrap_or_default();
            let good = all.iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
            fault(all.get(good).copied())
        })
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let begin = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at > begin { Ok(()) } else { Err(fault(self.peek())) }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        for letter in word {
            match self.peek() {
                Some(byte) if byte == *letter => self.at += 1,
                other => return Err(fault(other)),
            }
        }
        Ok(())
    }
}

/// The fault at the current position.
fn fault(found: Option<u8>) -> Fault {
    if found.is_none() { Fault::EndsEarly } else { Fault::Malformed }
}
