//! Decides what an error shows of an answer: only what is known to be safe.
//!
//! The message, `body_json`, `api_code` and headers of an error are printed, logged and sent to
//! error trackers. The server, or a gateway in front of it, may write a token into any of them.
//! This module does not look for secrets. It passes only text whose form shows that it is not a
//! secret, and replaces the rest by `[REDACTED]`. The whole body is available only through
//! [`Error::reveal_body`].
//!
//! 1. **The secret key** is removed from everything first, including the library's own messages.
//!    Eight or more of its characters in a row are recognized: unchanged, in another case, with
//!    separators between them, in base64 or base64url at each alignment, in hex, percent-encoded,
//!    or as JSON or HTML escapes ([`Safe::own`]).
//! 2. **A sentence** ([`Safe::sentence`]) is shown word by word.
//!    - It ends at the first `{`, `[`, `<`, `=` or `\`, since a value may follow.
//!    - The connection id and provider config key that the caller sent are kept. A URL is reduced
//!      to its origin, and is removed if its host is not a safe one.
//!    - Words ([`word`]), names made of words (`provider_config_key`), numbers of up to five digits
//!      and UUIDs are shown. Nango asks its users to quote UUIDs to its support.
//!    - If the sentence mentions a kind of secret anywhere (token, key, password, code, …), only
//!      the words in [`VOCABULARY`] and numbers of up to three digits are shown. Then even a
//!      password that is a word, or a token that is a UUID, is removed.
//! 3. **A code** (`api_code`, and the codes in `errors`) is lower-case words with underscores, at
//!    most 64 characters long ([`Safe::code`]).
//! 4. **A header** that an error keeps is a number or an HTTP date. A content type is
//!    `type/subtype` made of words. The target of a redirect is `http` or `https` and a host made
//!    of words, an IPv4 address, or the host that the caller configured.
//! 5. **A body** ([`crate::envelope`]) is rebuilt from the members of Nango's envelopes, with
//!    values in these forms. A member `...` means that others were left out.
//!
//! One kind of secret is not recognized: a secret that is a word, in a sentence that mentions no
//! kind of secret.
//!
//! [`Error::reveal_body`]: crate::Error::reveal_body

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::net::Ipv4Addr;

use reqwest::Url;
use zeroize::Zeroizing;

pub(crate) const REDACTED: &str = "[REDACTED]";

/// Nango's codes are words; anything longer is not a code.
const LONGEST_CODE: usize = 64;

/// The length of the parts by which the key is found. A shorter key is not a key of Nango's and
/// would match inside other words.
const PART: usize = 8;

/// The ids and the host that the caller sent, which may be shown, and the key, which must not be.
pub(crate) struct Safe<'a> {
    secret_key: &'a str,
    ids: [&'a str; 2],
    host: &'a str,
    traces: OnceCell<Traces>,
}

impl<'a> Safe<'a> {
    /// Takes the secret key of the client, the ids in the request, and the host (and port) of the
    /// base URL.
    pub(crate) fn new(secret_key: &'a str, ids: [&'a str; 2], host: &'a str) -> Safe<'a> {
        Safe { secret_key, ids, host, traces: OnceCell::new() }
    }

    /// A text from the library or the caller, without the key.
    pub(crate) fn message(&self, text: &str) -> String {
        without(text, &self.places_of_key(text), REDACTED)
    }

    fn has_key(&self, text: &str) -> bool {
        !self.places_of_key(text).is_empty()
    }

    fn places_of_key(&self, text: &str) -> Vec<(usize, usize)> {
        self.traces.get_or_init(|| Traces::of(self.secret_key)).found_in(text)
    }

    /// A sentence from the server, or its first `most` characters.
    pub(crate) fn sentence(&self, text: &str, most: usize) -> String {
        let (text, cut_short) = beginning(text, most);
        let masked = self.masked(text);
        let strict = names_a_secret(&masked);
        let mut shown = Sentence::default();
        for run in masked.split_whitespace() {
            if let Some((url, tail)) = self.origin_in(run, strict) {
                shown.push("", url.as_deref(), tail);
                continue;
            }
            match cut(run) {
                None => shown.run(run, strict),
                Some(at) => {
                    shown.run(&run[..at], strict);
                    shown.end();
                    break;
                }
            }
        }
        let mut text = shown.0;
        if cut_short {
            text.push('…');
        }
        for (mark, plain) in
            [(KEY_MARK, REDACTED)].into_iter().chain(ID_MARKS.into_iter().zip(self.ids))
        {
            if text.contains(mark) {
                text = text.replace(mark, plain);
            }
        }
        text
    }

    /// The text, if it has the form of an API error code.
    pub(crate) fn code<'t>(&self, text: &'t str) -> Option<&'t str> {
        let plain = text.len() <= LONGEST_CODE
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        (plain && self.name(text)).then_some(text)
    }

    /// Whether the text is a name made of words, such as that of a parameter.
    pub(crate) fn name(&self, text: &str) -> bool {
        name(text) && !self.has_key(text)
    }

    /// Whether the text is one of the ids that the caller sent.
    pub(crate) fn is_own_id(&self, text: &str) -> bool {
        !text.is_empty() && self.ids.contains(&text) && !self.has_key(text)
    }

    /// Whether the text is a UUID, and not the key.
    pub(crate) fn uuid(&self, text: &str) -> bool {
        uuid(text) && !self.has_key(text)
    }

    /// Whether a header value is a number or a date.
    pub(crate) fn number_or_date(&self, value: &str) -> bool {
        let number =
            (1..=13).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
        (number || httpdate::parse_http_date(value).is_ok()) && !self.has_key(value)
    }

    /// A media type without its parameters, if it is made of words.
    pub(crate) fn media_type<'t>(&self, value: &'t str) -> Option<&'t str> {
        let essence = value.split(';').next().unwrap_or_default().trim();
        let (kind, subtype) = essence.split_once('/')?;
        let plain = essence.len() <= 100
            && MEDIA.iter().any(|known| known.eq_ignore_ascii_case(kind))
            && subtype.split('+').all(name)
            && !self.has_key(essence);
        plain.then_some(essence)
    }

    /// The scheme and host of a URL, if no secret can hide in them.
    pub(crate) fn origin(&self, url: &Url) -> Option<String> {
        let host = url.host_str()?;
        let safe = host == self.host
            || url.authority() == self.host
            || host.parse::<Ipv4Addr>().is_ok()
            || host.split('.').all(|label| label.split('-').all(word));
        (matches!(url.scheme(), "http" | "https")
            && safe
            && host.len() <= 100
            && !self.has_key(host))
        .then(|| url.origin().ascii_serialization())
    }

    /// If a run is a URL: its origin, if that may be shown, and the punctuation after it.
    fn origin_in<'t>(&self, run: &'t str, strict: bool) -> Option<(Option<String>, &'t str)> {
        let at = run.find("://")?;
        let start =
            run[..at].rfind(|letter: char| !letter.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
        let (_, url, tail) = trimmed(run.get(start..)?);
        let origin = Url::parse(url).ok().and_then(|url| self.origin(&url));
        Some((origin.filter(|_| !strict), tail))
    }

    /// The text, with a mark in place of each part that is already decided: the key, the ids, and
    /// what was redacted before.
    fn masked(&self, text: &str) -> String {
        let plain = text.replace(MARKS, "\u{fffd}");
        let mark = KEY_MARK.to_string();
        let keyless = without(&plain, &self.places_of_key(&plain), &mark);
        let mut masked = keyless.replace(REDACTED, &mark);
        for (mark, id) in ID_MARKS.into_iter().zip(self.ids) {
            masked = marked(&masked, id, mark);
        }
        masked
    }
}

/// The first `most` characters of a text, without cutting a word in two, and whether there is more.
fn beginning(text: &str, most: usize) -> (&str, bool) {
    match text.char_indices().nth(most) {
        None => (text, false),
        Some((end, _)) => {
            let whole = text[..end].rfind(char::is_whitespace).unwrap_or(0);
            (&text[..whole], true)
        }
    }
}

/// Private-use characters that mark what is already decided. Those in the text itself are replaced
/// first.
const KEY_MARK: char = '\u{e000}';
const ID_MARKS: [char; 2] = ['\u{e001}', '\u{e002}'];
const MARKS: [char; 3] = [KEY_MARK, ID_MARKS[0], ID_MARKS[1]];

/// The text, with a mark in place of the id wherever the id stands alone.
fn marked<'t>(text: &'t str, id: &str, mark: char) -> String {
    let alone = |at: usize| {
        let edge = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
        edge(text[..at].chars().next_back()) && edge(text[at + id.len()..].chars().next())
    };
    if id.is_empty() {
        return text.to_owned();
    }
    let places: Vec<_> = text
        .match_indices(id)
        .filter(|(at, _)| alone(*at))
        .map(|(at, found): (usize, &'t str)| (at, at + found.len()))
        .collect();
    without(text, &places, mark.encode_utf8(&mut [0; 4]))
}

/// The text, with these places replaced. The places are in order.
fn without(text: &str, places: &[(usize, usize)], instead: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in places {
        shown.push_str(&text[from..*start]);
        shown.push_str(instead);
        from = *end;
    }
    shown.push_str(&text[from..]);
    shown
}

// --- Sentences ---

/// The shown part of a sentence so far.
#[derive(Default)]
struct Sentence(String);

impl Sentence {
    /// Adds a run of characters without a blank.
    fn run(&mut self, run: &str, strict: bool) {
        let (lead, core, trail) = trimmed(run);
        if core.is_empty() {
            return self.push(lead, Some(""), trail);
        }
        self.push(lead, safe(core, strict).then_some(core), trail);
    }

    /// Adds one word and the punctuation around it. `None`: the word is not shown.
    fn push(&mut self, lead: &str, core: Option<&str>, trail: &str) {
        if lead.is_empty() && trail.is_empty() && core == Some("") {
            return;
        }
        // One mark stands for several words in a row.
        let repeated = core.is_none() && lead.is_empty() && self.0.ends_with(KEY_MARK);
        if !self.0.is_empty() && !repeated {
            self.0.push(' ');
        }
        self.0.push_str(lead);
        match core {
            Some(core) => self.0.push_str(core),
            None if repeated => {}
            None => self.0.push(KEY_MARK),
        }
        self.0.push_str(trail);
    }

    /// Marks that the rest is not shown.
    fn end(&mut self) {
        let quoted = self.0.ends_with(QUOTES);
        if self.0.ends_with(KEY_MARK) {
            return;
        }
        if !self.0.is_empty() && !quoted {
            self.0.push(' ');
        }
        self.0.push(KEY_MARK);
    }
}

const QUOTES: [char; 4] = ['(', '"', '\'', '`'];
const CLOSING: [char; 11] = [')', '"', '\'', '`', '.', ',', ';', ':', '!', '?', '…'];

/// Splits a run into the punctuation before it, the run itself, and the punctuation after it.
fn trimmed(run: &str) -> (&str, &str, &str) {
    let inner = run.trim_start_matches(QUOTES);
    let core = inner.trim_end_matches(CLOSING);
    (&run[..run.len() - inner.len()], core, &inner[core.len()..])
}

/// The position in a run from which it may contain a value.
fn cut(run: &str) -> Option<usize> {
    let (_, core, _) = trimmed(run);
    let bound = core.trim_start_matches(['<', '>', '=']);
    if core.len() > bound.len() && core.len() - bound.len() <= 2 && number(bound, 5) {
        return None;
    }
    run.find(['{', '[', '<', '=', '\\'])
}

/// Whether a run without its punctuation may be shown.
fn safe(core: &str, strict: bool) -> bool {
    if core.len() > 200 {
        return false;
    }
    if !strict && uuid(core) {
        return true;
    }
    let digits = core.bytes().filter(u8::is_ascii_digit).count();
    let most = if strict { 3 } else { 6 };
    if digits > most
        && (strict || core.split(':').next().is_none_or(|host| host.parse::<Ipv4Addr>().is_err()))
    {
        return false;
    }
    core.trim_start_matches(['<', '>', '='])
        .split([
            '/', '|', ',', ';', ':', '"', '\'', '`', '(', ')', '&', '+', '–', '—', '*', '?', '!',
        ])
        .flat_map(|part| part.split(MARKS))
        .all(|part| match strict {
            true => part.is_empty() || number(part, 3) || version(part) || known(part),
            false => part.is_empty() || number(part, 5) || name(part),
        })
}

/// Whether the text mentions a kind of secret.
fn names_a_secret(text: &str) -> bool {
    let other = |letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-';
    text.split(' ').zip(std::iter::once("").chain(text.split(' '))).any(|(run, before)| {
        let mut names = run.split(other).filter(|name| !name.is_empty());
        // The word before a run belongs only to the first name in it.
        names.next().is_some_and(|first| is_secret(first, before))
            || names.any(|name| is_secret(name, ""))
    })
}

/// Whether a name, such as that of a member or a parameter, is that of a secret. `before` is the
/// word before it.
fn is_secret(name: &str, before: &str) -> bool {
    let letters: String = name
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    if PUBLIC_NAMES.contains(&letters.as_str()) {
        return false;
    }
    if SECRET_NAMES.iter().any(|secret| letters.contains(secret)) {
        return true;
    }
    let public = match letters.trim_end_matches('s') {
        "key" => &PUBLIC_KEYS[..],
        "code" => &PUBLIC_CODES[..],
        _ => &[],
    };
    !public.iter().any(|word| word.eq_ignore_ascii_case(before))
        && words_of(name).any(|part| SECRET_WORDS.contains(&part.to_ascii_lowercase().as_str()))
}

/// Whether all words of a name are in the vocabulary.
fn known(part: &str) -> bool {
    if part.len() > LONGEST_CODE || !name(part) {
        return false;
    }
    words_of(part).all(|word| {
        let word = word.to_ascii_lowercase();
        in_vocabulary(&word)
            || SECRET_WORDS.contains(&word.as_str())
            || TERMS.contains(&word.as_str())
    })
}

/// The words stand in order.
fn in_vocabulary(word: &str) -> bool {
    let (mut low, mut high) = (0, VOCABULARY.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = VOCABULARY[low..middle].rfind(' ').map_or(low, |blank| low + blank + 1);
        let end = VOCABULARY[start..high].find(' ').map_or(high, |blank| start + blank);
        match VOCABULARY[start..end].cmp(word) {
            Ordering::Equal => return true,
            Ordering::Less => low = (end + 1).min(high),
            Ordering::Greater => high = start.saturating_sub(1).max(low),
        }
    }
    false
}

/// The words of a name: `access_token`, `accessToken` and `access-token` have two.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-', '.']).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let bytes = rest.as_bytes();
            let end = (1..bytes.len())
                .find(|at| bytes[*at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase())
                .unwrap_or(rest.len());
            let (word, behind) = rest.split_at(end);
            rest = behind;
            Some(word)
        })
    })
}

// --- Forms ---

/// A few words joined by `_`, `-` or `.`.
fn name(text: &str) -> bool {
    text.len() <= 100
        && !text.is_empty()
        && text.split(['_', '-', '.']).all(|part| part.is_empty() || word(part))
}

/// Letters in the form of a word: all in one case, or with a capital first letter, or a few such
/// words joined. It is no longer than a long word, and has no six consonants in a row: tokens made
/// only of letters rarely have this form.
fn word(text: &str) -> bool {
    if TERMS.iter().any(|term| term.eq_ignore_ascii_case(text)) || version(text) {
        return true;
    }
    if text.is_empty() || !text.chars().all(char::is_alphabetic) {
        return false;
    }
    let letters = text.chars().count();
    if !text.is_ascii() {
        return letters <= 40;
    }
    let consonants = text
        .split(|letter: char| "aeiouyAEIOUY".contains(letter))
        .map(str::len)
        .max()
        .unwrap_or_default();
    consonants <= 5 && letters <= 32 && humps(text.as_bytes())
}

/// `words`, `Word`, `WORD`, `twoWords`, `TwoWords`, `wordId`, `wordID`, `IDs`.
fn humps(letters: &[u8]) -> bool {
    if letters.iter().all(u8::is_ascii_uppercase) {
        return letters.len() <= 12;
    }
    let mut rest = letters;
    while !rest.is_empty() {
        let large = rest.iter().take_while(|letter| letter.is_ascii_uppercase()).count();
        let small = rest[large..].iter().take_while(|letter| letter.is_ascii_lowercase()).count();
        let (hump, behind) = rest.split_at(large + small);
        let first = rest.len() == letters.len();
        let fits = match large {
            0 => small <= 20,
            1 => {
                (2..=20).contains(&small)
                    || matches!(hump, b"Id" | b"Is" | b"It")
                    || (first && small == 1 && behind.is_empty())
            }
            // An acronym ends it.
            _ => {
                large <= 4
                    && behind.is_empty()
                    && (small == 0 || hump.ends_with(b"s") && small == 1)
            }
        };
        if !fits {
            return false;
        }
        rest = behind;
    }
    true
}

fn version(text: &str) -> bool {
    text.strip_prefix(['v', 'V']).is_some_and(|number| {
        number.len() <= 2
            && number.bytes().all(|digit| digit.is_ascii_digit())
            && !number.is_empty()
    })
}

/// An integer, a number with a fraction or a unit, or a version.
fn number(text: &str, digits: usize) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let bare = ["ms", "s", "%"].iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text);
    let group = |group: &str, most| {
        (1..=most).contains(&group.len()) && group.bytes().all(|digit| digit.is_ascii_digit())
    };
    match bare.split('.').count() {
        1 => group(bare, digits),
        2 | 3 => bare.len() <= digits + 2 && bare.split('.').all(|part| group(part, 3)),
        _ => digits > 3 && bare.parse::<Ipv4Addr>().is_ok(),
    }
}

fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The type of credentials from an answer, in a form that may be shown.
pub(crate) fn credential_type(kind: &str) -> &str {
    match kind {
        "" => "(none)",
        kind if name(kind) && !kind.contains(|letter: char| letter.is_lowercase()) => kind,
        _ => "(another)",
    }
}

// --- The key ---

/// The parts by which a key is found in any encoding, eight characters each.
struct Traces {
    /// Parts of the key unchanged, and in base64.
    exact: Zeroizing<Vec<[u8; PART]>>,
    /// Parts of its letters and digits in lower case, and of its hex.
    folded: Zeroizing<Vec<[u8; PART]>>,
}

impl Traces {
    fn of(key: &str) -> Traces {
        let key = key.as_bytes();
        let (mut exact, mut folded) = (Vec::new(), Vec::new());
        if key.len() >= PART {
            exact.reserve_exact(9 * key.len());
            exact.extend(parts(key));
            for alphabet in [BASE64, BASE64URL] {
                for before in 0..3 {
                    exact.extend(parts(&base64_inside(key, before, alphabet)));
                }
            }
            let digit =
                |value: u8| char::from_digit(value.into(), 16).map_or(0, |digit| digit as u8);
            let hex: Vec<u8> =
                key.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
            let letters = key.iter().filter(|byte| byte.is_ascii_alphanumeric());
            let letters: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
            folded.reserve_exact(3 * key.len());
            folded.extend(parts(&Zeroizing::new(letters)));
            folded.extend(parts(&Zeroizing::new(hex)));
        }
        exact.sort_unstable();
        folded.sort_unstable();
        Traces { exact: Zeroizing::new(exact), folded: Zeroizing::new(folded) }
    }

    /// The places of the key in a text, in order and disjoint.
    fn found_in(&self, text: &str) -> Vec<(usize, usize)> {
        if self.exact.is_empty() {
            return Vec::new();
        }
        let mut places = Vec::new();
        let plain: Vec<Unit> = text
            .bytes()
            .enumerate()
            .map(|(at, byte)| Unit { byte, start: at, end: at + 1 })
            .collect();
        let decoded = decoded(text);
        for units in [Some(&plain), decoded.as_ref()].into_iter().flatten() {
            for window in units.windows(PART) {
                if self.exact.binary_search(&bytes_of(window)).is_ok() {
                    places.push((window[0].start, window[PART - 1].end));
                }
            }
            let letters: Vec<Unit> = units
                .iter()
                .filter(|unit| unit.byte.is_ascii_alphanumeric())
                .map(|unit| Unit { byte: unit.byte.to_ascii_lowercase(), ..*unit })
                .collect();
            for window in letters.windows(PART) {
                let (start, end) = (window[0].start, window[PART - 1].end);
                let whole = window.windows(2).all(|pair| pair[0].end == pair[1].start);
                // Words of a sentence that happen to have the letters of the key in a row are not
                // the key.
                let close = window.windows(2).all(|pair| pair[1].start - pair[0].end <= 3)
                    && window.iter().any(|unit| unit.byte.is_ascii_digit());
                if (whole || close) && self.folded.binary_search(&bytes_of(window)).is_ok() {
                    places.push((start, end));
                }
            }
        }
        merged(places, text)
    }
}

/// One decoded character, and its range in the text.
#[derive(Clone, Copy)]
struct Unit {
    byte: u8,
    start: usize,
    end: usize,
}

fn bytes_of(window: &[Unit]) -> [u8; PART] {
    std::array::from_fn(|at| window[at].byte)
}

/// The parts of a text, each of eight characters.
fn parts(text: &[u8]) -> impl Iterator<Item = [u8; PART]> + use<'_> {
    text.windows(PART).map(|part| part.try_into().unwrap_or_default())
}

/// Merges places that overlap or touch, and extends them to character boundaries.
fn merged(mut places: Vec<(usize, usize)>, text: &str) -> Vec<(usize, usize)> {
    places.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (start, end) in places {
        let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = (end..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    apart
}

/// The text with `%41`, `\x41`, `\u0041`, `&#65;` and `&#x41;` decoded. `None`: it contains none of
/// these.
fn decoded(text: &str) -> Option<Vec<Unit>> {
    if !text.contains(['%', '\\', '&']) {
        return None;
    }
    let mut units = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = escape(&text.as_bytes()[at..]).unwrap_or((text.as_bytes()[at], 1));
        units.push(Unit { byte, start: at, end: at + length });
        at += length;
    }
    Some(units)
}

/// Decodes an escape at the start of a text: its character and its length.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let digits = |from: usize, to: usize, radix| {
        let digits = std::str::from_utf8(text.get(from..to)?).ok()?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_hexdigit())
            .then(|| u8::from_str_radix(digits, radix).ok())
            .flatten()
    };
    match text {
        [b'%', ..] => Some((digits(1, 3, 16)?, 3)),
        [b'\\', b'x', ..] => Some((digits(2, 4, 16)?, 4)),
        [b'\\', b'u', b'0', b'0', ..] => Some((digits(4, 6, 16)?, 6)),
        [b'&', b'#', rest @ ..] => {
            let end = rest.iter().take(5).position(|byte| *byte == b';')?;
            let byte = match rest.first()? {
                b'x' | b'X' => digits(3, 2 + end, 16)?,
                _ => digits(2, 2 + end, 10)?,
            };
            Some((byte, 2 + end + 1))
        }
        _ => None,
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The base64 of the key after `before` other bytes: only the characters that the key alone
/// determines.
fn base64_inside(key: &[u8], before: usize, alphabet: &[u8; 64]) -> Zeroizing<Vec<u8>> {
    let byte = |at: usize| at.checked_sub(before).and_then(|at| key.get(at)).copied().unwrap_or(0);
    let sextet = |at: usize| {
        let bit = at * 6;
        let pair = u16::from(byte(bit / 8)) << 8 | u16::from(byte(bit / 8 + 1));
        alphabet[usize::from(pair >> (10 - bit % 8)) & 63]
    };
    let first = [0, 2, 3][before];
    Zeroizing::new((first..(before + key.len()) * 8 / 6).map(sextet).collect())
}

// --- Names and words ---

/// A name is that of a secret if its letters contain one of these …
const SECRET_NAMES: [&str; 15] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "passcode",
    "authoriz",
    "cookie",
    "signature",
    "assertion",
    "credential",
    "bearer",
    "apikey",
    "privatekey",
    "session",
    "jwt",
];

/// … or if one of its words is one of these …
const SECRET_WORDS: [&str; 31] = [
    "key",
    "keys",
    "auth",
    "otp",
    "totp",
    "pin",
    "pwd",
    "pass",
    "code",
    "codes",
    "sid",
    "hmac",
    "hash",
    "salt",
    "seed",
    "nonce",
    "basic",
    "digest",
    "pat",
    "csrf",
    "xsrf",
    "mfa",
    "cvv",
    "ssn",
    "iban",
    "login",
    "signed",
    "encrypted",
    "private",
    "bearer",
    "sig",
];

/// … unless it is one of these, which name things …
const PUBLIC_NAMES: [&str; 7] = [
    "providerconfigkey",
    "configkey",
    "uniquekey",
    "publickey",
    "statuscode",
    "errorcode",
    "httpcode",
];

/// … or it is a key or a code after one of these words.
const PUBLIC_KEYS: [&str; 6] = ["config", "unique", "tag", "public", "unrecognized", "duplicate"];
const PUBLIC_CODES: [&str; 5] = ["status", "error", "exit", "response", "http"];

/// Words that contain a digit.
const TERMS: [&str; 18] = [
    "oauth", "oauth1", "oauth2", "sigv4", "utf8", "utf16", "base64", "sha1", "sha256", "hs256",
    "rs256", "es256", "ipv4", "ipv6", "mp3", "mp4", "http2", "nan",
];

/// The first halves of media types.
const MEDIA: [&str; 9] =
    ["application", "text", "image", "audio", "video", "font", "multipart", "message", "model"];

/// The words shown of a sentence that mentions a kind of secret: those of the messages of Nango, of
/// its components, and of providers about tokens.
const VOCABULARY: &str = "\
a able about above accept accepted access account accounts action actions active additional \
address admin after again all allow allowed already also an and another any api apikey app \
application apps are aren argument array as ask assertion at attached attempt attempts audience \
authenticate authenticated authentication authorise authorised authorization authorize \
authorized automatically available await back backing bad be bearer because been before \
beginning being below between bodies body boolean both but by call called calls can cannot case \
change changed changes character characters check claim claims client clients closed column \
combination compatible complete config configuration configure configured connect connected \
connection connections consent contact contain contains content cookie cookies correct could \
couldn create created credential credentials current currently customer dashboard data database \
date day days deactivated decode decoded decrypt default deleted denied deprecated describe did \
didn different disabled do docs does doesn don done down due duplicate during each either email \
empty enable enabled encoding encrypt end endpoint enough ensure environment environments error \
errors exceeded exchange exist exists expected expiration expire expired expires expiry external \
fail failed failing fails failure false fetch fetched fetching field fields file first follow \
following for forbidden format formatted found from full function functions future generate \
generated get given go got grant granted grants had handle has have header headers here host \
hour hours how id identifier if importing in inactive include included including incompatible \
incorrect incorrectly information input instance instead insufficient integration integrations \
internal introspection invalid invalidated ip is isn issue issued issuer issuing it item its \
json jwt known lacks language last later least length less level likely limit limited limits \
link list live load local located locked log long longer lookup made make malformed many match \
matches matching maximum may message metadata method minimum minute minutes mismatch missing \
mode more must name named names nango need needed needs network new next no none normalization \
not nothing now null number object of off offline on once one only open operation option \
optional options or order organization organizations original other out outdated over owner page \
param parameter parameters params parse parsed parsing part passcode passphrase password \
passwords pattern payload pending per perform permission permissions permitted please policy \
portal possible present previous previously problem processed properly property protected \
provide provided provider providers public query quota random range rate re reached read reading \
ready received recent reconnect reconnected record records redirect refresh refreshed refreshing \
refused register registered reject rejected reload remove removed replace replaced request \
requested requests require required requires reset resource resources response responses result \
retrieve retry retrying returned revoke revoked right role run s said same saw scope scopes \
second seconds secret secrets secure see seems send sent server service session sessions set \
settings should show sign signature signing since site size some specified start started starts \
state status step still stored string strings such support supported supports sure sync synced \
syncs system t table tag tags taken team temporarily temporary tenant than that the their them \
then there these they this through time timed timeout times timestamp to together token tokens \
too tried trigger true try trying two type types unable unauthorized undefined unexpected \
unhandled unique unknown unrecognized unsupported until up update updated url urls use used user \
username users using uuid valid validate validation value values verification verified verify \
version via wait was wasn way we webhook were what when where whether which while who why will \
with within without won workspace write wrong yet you your";

#[cfg(test)]
mod tests;
