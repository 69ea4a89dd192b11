//! Reads JSON that may be truncated or malformed, from its beginning as far as it is valid.
//!
//! Builds nothing and does not recurse: skipping a value takes only a counter, whatever its depth.
//! In valid JSON it finds what any parser finds. In other text it finds what precedes the first
//! error. In skipped values it looks only at brackets and quotes.

use zeroize::Zeroizing;

use crate::json;

/// How much of a string is read, in bytes before unescaping.
const LONGEST_TEXT: usize = 64 * 1024;

/// A position in a text.
pub(crate) struct Scan<'a> {
    rest: &'a [u8],
}

/// The value at a position.
pub(crate) enum Value<'a> {
    /// Its members are next: [`Scan::members`].
    Object,
    /// Its elements are next: [`Scan::elements`].
    Array,
    /// The text between the quotes, still escaped: [`text`] unescapes it.
    Text(&'a [u8]),
    /// A number, `true` or `false`.
    Plain(&'a str),
    Null,
}

/// From here on the text is not JSON, or it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

pub(crate) type Step<T> = Result<T, Broken>;

impl<'a> Scan<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Scan<'a> {
        Scan { rest: text }
    }

    /// Enters an object or an array, or moves past any other value.
    pub(crate) fn value(&mut self) -> Step<Value<'a>> {
        match self.peek()? {
            b'{' => self.next().map(|_| Value::Object),
            b'[' => self.next().map(|_| Value::Array),
            b'"' => self.string().map(Value::Text),
            _ => self.plain(),
        }
    }

    /// Calls `each` at the value of every member of the object that was just entered, with the
    /// escaped name of the member. `each` must move past the value.
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&mut Scan<'a>, &'a [u8]) -> Step<()>,
    ) -> Step<()> {
        self.list(b'}', |scan| {
            let name = scan.string()?;
            scan.expect(b':')?;
            each(scan, name)
        })
    }

    /// Calls `each` at every element of the array that was just entered. `each` must move past it.
    pub(crate) fn elements(&mut self, each: impl FnMut(&mut Scan<'a>) -> Step<()>) -> Step<()> {
        self.list(b']', each)
    }

    /// Moves past a value.
    pub(crate) fn skip(&mut self) -> Step<()> {
        let value = self.value()?;
        self.leave(&value)
    }

    /// Moves past the rest of a value that was just entered.
    pub(crate) fn leave(&mut self, value: &Value<'_>) -> Step<()> {
        let mut depth = u32::from(matches!(value, Value::Object | Value::Array));
        while depth > 0 {
            let special = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
            let at = self.rest.iter().position(special).ok_or(Broken)?;
            self.rest = &self.rest[at..];
            match self.rest[0] {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                _ => depth -= 1,
            }
            self.rest = &self.rest[1..];
        }
        Ok(())
    }

    fn list(&mut self, close: u8, mut each: impl FnMut(&mut Scan<'a>) -> Step<()>) -> Step<()> {
        if self.peek()? == close {
            return self.expect(close);
        }
        loop {
            each(self)?;
            match self.next()? {
                b',' => {}
                byte if byte == close => return Ok(()),
                _ => return Err(Broken),
            }
        }
    }

    /// Reads the string here, and returns the text between the quotes.
    fn string(&mut self) -> Step<&'a [u8]> {
        self.expect(b'"')?;
        let mut end = 0;
        loop {
            let special = |byte: &u8| matches!(byte, b'"' | b'\\');
            end += self.rest.get(end..).ok_or(Broken)?.iter().position(special).ok_or(Broken)?;
            if self.rest[end] == b'"' {
                break;
            }
            end += 2;
        }
        let string = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(string)
    }

    fn plain(&mut self) -> Step<Value<'a>> {
        let belongs =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        // A value that extends to the end of the text may be truncated.
        let end = self.rest.iter().position(|byte| !belongs(byte)).ok_or(Broken)?;
        let (plain, rest) = self.rest.split_at(end);
        let plain = std::str::from_utf8(plain).map_err(|_| Broken)?;
        json::check(plain).map_err(|_| Broken)?;
        self.rest = rest;
        Ok(if plain == "null" { Value::Null } else { Value::Plain(plain) })
    }

    fn expect(&mut self, byte: u8) -> Step<()> {
        if self.next()? == byte { Ok(()) } else { Err(Broken) }
    }

    fn next(&mut self) -> Step<u8> {
        let byte = self.peek()?;
        self.rest = &self.rest[1..];
        Ok(byte)
    }

    /// Skips blanks, and returns the next byte.
    fn peek(&mut self) -> Step<u8> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let blanks = self.rest.iter().take_while(|byte| blank(byte)).count();
        self.rest = &self.rest[blanks..];
        self.rest.first().copied().ok_or(Broken)
    }
}

/// Returns which of these names this is, if any.
pub(crate) fn named<'n>(written: &[u8], names: &[&'n str]) -> Option<&'n str> {
    let is = |name: &str| {
        written == name.as_bytes() || (written.contains(&b'\\') && *text(written) == *name)
    };
    names.iter().copied().find(|name| is(name))
}

/// Unescapes a string, or its beginning. Replaces what is not valid text by U+FFFD.
pub(crate) fn text(written: &[u8]) -> Zeroizing<String> {
    let mut rest = &written[..written.len().min(LONGEST_TEXT)];
    // Reserves the maximum length, so that growing leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * rest.len()));
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        append(&mut text, &rest[..at]);
        let (character, length) = escaped(&rest[at..]);
        text.push(character);
        rest = &rest[(at + length).min(rest.len())..];
    }
    append(&mut text, rest);
    text
}

/// Appends bytes. Invalid UTF-8 is replaced by U+FFFD.
pub(crate) fn append(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// The character that an escape stands for, and the length of the escape.
fn escaped(escape: &[u8]) -> (char, usize) {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 6)?.strip_prefix(b"\\u")?;
        digits
            .iter()
            .try_fold(0_u32, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
    };
    let plain = match escape.get(1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => {
            return match (unit(0), unit(6)) {
                (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) => {
                    let value = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                    (char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
                }
                (Some(value), _) => {
                    (char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
                }
                (None, _) => (char::REPLACEMENT_CHARACTER, 2),
            };
        }
        _ => char::REPLACEMENT_CHARACTER,
    };
    (plain, 2)
}
