//! Reads the error envelopes of Nango, or of a gateway in front of it.
//!
//! Supports every envelope: an object or a string under `error`, or `message` and `code` at the top
//! level. Members that were read count even if the text breaks after them. What is shown of a body
//! is rebuilt from the known members, with values that [`redact`] accepts.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::redact::{REDACTED, Safe};
use crate::scan::{self, Scan, Step, named, text};

/// How much of a message from the server is shown, in characters.
const LONGEST_MESSAGE: usize = 1000;

/// The same, for each of several problems.
const LONGEST_PROBLEM: usize = 300;

/// How many problems, matches and so on are shown.
const MOST_SHOWN: usize = 20;

/// The member that stands for members left out.
const OTHERS: &str = "...";

/// The content of an error answer. Fields not marked as safe are for inspection and must never be
/// shown.
#[derive(Default)]
pub(crate) struct Envelope {
    pub(crate) code: Option<Zeroizing<String>>,
    pub(crate) message: Option<Zeroizing<String>>,
    /// The message, or else the problems that the validation in the server found. Safe to show.
    pub(crate) sentence: Option<String>,
    /// The body. Safe to show.
    pub(crate) shown: String,
    /// Whether this is an envelope of Nango: it has a code or a message.
    pub(crate) recognised: bool,
}

/// Reads a body. `None`: it does not have the form of an answer from Nango.
pub(crate) fn read(body: &[u8], safe: &Safe<'_>) -> Option<Envelope> {
    let mut scan = Scan::new(body);
    let mut top = Level::default();
    let mut error = Inner::Absent;
    let value = scan.value().ok()?;
    if !matches!(value, scan::Value::Object) {
        scan.leave(&value).ok()?;
        let shown = match value {
            scan::Value::Null => Value::Null,
            _ => REDACTED.into(),
        };
        return Some(Envelope { shown: shown.to_string(), ..Envelope::default() });
    }
    let whole = scan.members(|scan, name| match named(name, &["error"]) {
        Some(_) => {
            error = Inner::Absent;
            error.read(scan, safe)
        }
        None => top.member(scan, name, safe),
    });
    if whole.is_err() && !top.found && !error.found() {
        return None;
    }
    let mut shown = std::mem::take(&mut top.shown);
    let level = match error {
        Inner::Object(mut level) => {
            shown.insert("error".to_owned(), std::mem::take(&mut level.shown).into());
            level
        }
        Inner::Text(text) => {
            let sentence = safe.sentence(&text, LONGEST_MESSAGE);
            shown.insert("error".to_owned(), sentence.as_str().into());
            if top.message.is_none() {
                top.message = Some(text);
                top.sentence = Some(sentence);
            }
            top
        }
        Inner::Other(value) => {
            shown.insert("error".to_owned(), value);
            top
        }
        Inner::Absent => top,
    };
    let problems = || (!level.problems.is_empty()).then(|| level.problems.join("; "));
    Some(Envelope {
        recognised: level.code.is_some() || level.message.is_some(),
        sentence: level.sentence.or_else(problems).filter(|sentence| !sentence.is_empty()),
        code: level.code,
        message: level.message,
        shown: Value::Object(shown).to_string(),
    })
}

/// The value of `error`.
enum Inner {
    Absent,
    Object(Level),
    Text(Zeroizing<String>),
    /// The value as it is shown.
    Other(Value),
}

impl Inner {
    fn read(&mut self, scan: &mut Scan<'_>, safe: &Safe<'_>) -> Step<()> {
        let value = scan.value()?;
        match value {
            scan::Value::Object => {
                let mut level = Level::default();
                let whole = scan.members(|scan, name| level.member(scan, name, safe));
                *self = Inner::Object(level);
                return whole;
            }
            scan::Value::Text(written) => *self = Inner::Text(text(written)),
            _ => *self = Inner::Other(blank(&value)),
        }
        scan.leave(&value)
    }

    fn found(&self) -> bool {
        match self {
            Inner::Absent => false,
            Inner::Object(level) => level.found,
            Inner::Text(_) | Inner::Other(_) => true,
        }
    }
}

/// An object that may hold a code, a message and problems.
#[derive(Default)]
struct Level {
    code: Option<Zeroizing<String>>,
    message: Option<Zeroizing<String>>,
    sentence: Option<String>,
    problems: Vec<String>,
    /// Whether it has a member that an answer from Nango has.
    found: bool,
    shown: Map<String, Value>,
}

impl Level {
    fn member(&mut self, scan: &mut Scan<'_>, name: &[u8], safe: &Safe<'_>) -> Step<()> {
        const KNOWN: [&str; 7] =
            ["code", "message", "errors", "payload", "method", "path", "status"];
        let Some(name) = named(name, &KNOWN) else {
            scan.skip()?;
            self.shown.insert(OTHERS.to_owned(), REDACTED.into());
            return Ok(());
        };
        let value = scan.value()?;
        let mut whole = Ok(());
        let shown = match (name, &value) {
            ("code", scan::Value::Text(written)) => {
                let code = self.code.insert(text(written));
                Some(or_redacted(safe.code(code)))
            }
            ("code", _) => {
                self.code = None;
                small_number(&value)
            }
            ("message", scan::Value::Text(written)) => {
                let message = self.message.insert(text(written));
                let sentence = self.sentence.insert(safe.sentence(message, LONGEST_MESSAGE));
                Some(sentence.as_str().into())
            }
            ("message", _) => {
                (self.message, self.sentence) = (None, None);
                None
            }
            ("errors", scan::Value::Array) => {
                self.problems.clear();
                let mut shown = Vec::new();
                whole = scan.elements(|scan| {
                    let (problem, step) = Problem::read(scan, safe);
                    if shown.len() < MOST_SHOWN {
                        self.problems.extend(problem.description());
                        shown.push(problem.shown);
                    }
                    step
                });
                self.found = true;
                self.shown.insert(name.to_owned(), shown.into());
                return whole;
            }
            ("payload", scan::Value::Text(written)) => {
                let payload = text(written);
                Some(or_redacted(safe.uuid(&payload).then_some(&payload)))
            }
            ("payload", scan::Value::Object) => {
                let shown;
                (shown, whole) = object(scan, safe, PAYLOAD);
                self.shown.insert(name.to_owned(), shown);
                return whole;
            }
            ("method", scan::Value::Text(written)) => {
                let method = text(written);
                Some(or_redacted(METHODS.contains(&method.as_str()).then_some(&method)))
            }
            ("path", scan::Value::Text(written)) => {
                let path = text(written);
                Some(match path.starts_with('/') {
                    true => safe.sentence(&path, LONGEST_PROBLEM).into(),
                    false => REDACTED.into(),
                })
            }
            ("status", _) => small_number(&value),
            _ => None,
        };
        if shown.is_none() {
            whole = scan.leave(&value);
        }
        whole?;
        self.found |= matches!(name, "code" | "message" | "errors");
        self.shown.insert(name.to_owned(), shown.unwrap_or_else(|| blank(&value)));
        Ok(())
    }
}

/// One problem that the validation in the server found: its path and message.
#[derive(Default)]
struct Problem {
    path: Vec<String>,
    message: String,
    shown: Value,
}

impl Problem {
    fn read(scan: &mut Scan<'_>, safe: &Safe<'_>) -> (Problem, Step<()>) {
        let mut problem = Problem::default();
        let value = match scan.value() {
            Ok(value) => value,
            Err(broken) => return (problem, Err(broken)),
        };
        if !matches!(value, scan::Value::Object) {
            problem.shown = blank(&value);
            return (problem, scan.leave(&value));
        }
        let mut shown = Map::new();
        let whole = scan.members(|scan, name| problem.member(scan, name, safe, &mut shown));
        problem.shown = shown.into();
        (problem, whole)
    }

    fn member(
        &mut self,
        scan: &mut Scan<'_>,
        name: &[u8],
        safe: &Safe<'_>,
        shown: &mut Map<String, Value>,
    ) -> Step<()> {
        let Some(name) = named(name, &["code", "message", "path"]) else {
            scan.skip()?;
            shown.insert(OTHERS.to_owned(), REDACTED.into());
            return Ok(());
        };
        let value = scan.value()?;
        let safe_value = match (name, &value) {
            ("code", scan::Value::Text(written)) => or_redacted(safe.code(&text(written))),
            ("message", scan::Value::Text(written)) => {
                self.message = safe.sentence(&text(written), LONGEST_PROBLEM);
                self.message.as_str().into()
            }
            ("path", scan::Value::Array) => {
                self.path.clear();
                scan.elements(|scan| {
                    let step = step(scan, safe)?;
                    if self.path.len() < MOST_SHOWN {
                        self.path.push(step);
                    }
                    Ok(())
                })?;
                shown.insert(name.to_owned(), self.path.clone().into());
                return Ok(());
            }
            _ => {
                scan.leave(&value)?;
                blank(&value)
            }
        };
        shown.insert(name.to_owned(), safe_value);
        Ok(())
    }

    fn description(&self) -> Option<String> {
        match (self.path.is_empty(), self.message.is_empty()) {
            (true, true) => None,
            (true, false) => Some(self.message.clone()),
            (false, true) => Some(self.path.join(".")),
            (false, false) => Some(format!("{}: {}", self.path.join("."), self.message)),
        }
    }
}

/// One step of a path: a name or an index.
fn step(scan: &mut Scan<'_>, safe: &Safe<'_>) -> Step<String> {
    let value = scan.value()?;
    scan.leave(&value)?;
    let step = match &value {
        scan::Value::Text(written) => text(written),
        scan::Value::Plain(plain) => Zeroizing::new((*plain).to_owned()),
        _ => return Ok(REDACTED.to_owned()),
    };
    let index = (1..=3).contains(&step.len()) && step.bytes().all(|byte| byte.is_ascii_digit());
    let shown = index || safe.name(&step) || safe.is_own_id(&step);
    Ok(if shown { step.to_string() } else { REDACTED.to_owned() })
}

/// The known members of the objects in a `payload`, and their types.
type Members = &'static [(&'static str, Kind)];

#[derive(Clone, Copy)]
enum Kind {
    /// A name made of words, or one of the caller's ids.
    Name,
    Object(Members),
    List(Members),
}

/// The payloads of a failed refresh, and of a function with several matches.
const PAYLOAD: Members =
    &[("connection", Kind::Object(CONNECTION)), ("matches", Kind::List(MATCH))];
const CONNECTION: Members = &[
    ("connection_id", Kind::Name),
    ("provider_config_key", Kind::Name),
    ("provider", Kind::Name),
    ("errors", Kind::List(&[("type", Kind::Name)])),
];
const MATCH: Members = &[("type", Kind::Name), ("name", Kind::Name)];

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What is shown of the object that was just entered.
fn object(scan: &mut Scan<'_>, safe: &Safe<'_>, known: Members) -> (Value, Step<()>) {
    let mut shown = Map::new();
    let whole = scan.members(|scan, name| {
        let found = known.iter().find(|(known, _)| named(name, &[known]).is_some());
        let Some((name, kind)) = found else {
            scan.skip()?;
            shown.insert(OTHERS.to_owned(), REDACTED.into());
            return Ok(());
        };
        let (value, step) = inner(scan, safe, *kind)?;
        shown.insert((*name).to_owned(), value);
        step
    });
    (shown.into(), whole)
}

fn inner(scan: &mut Scan<'_>, safe: &Safe<'_>, kind: Kind) -> Step<(Value, Step<()>)> {
    let value = scan.value()?;
    Ok(match (kind, &value) {
        (Kind::Name, scan::Value::Text(written)) => {
            let name = text(written);
            let shown = (safe.name(&name) || safe.is_own_id(&name)).then_some(name.as_str());
            (or_redacted(shown), Ok(()))
        }
        (Kind::Object(known), scan::Value::Object) => object(scan, safe, known),
        (Kind::List(known), scan::Value::Array) => {
            let mut shown = Vec::new();
            let whole = scan.elements(|scan| {
                let (element, step) = inner(scan, safe, Kind::Object(known))?;
                if shown.len() < MOST_SHOWN {
                    shown.push(element);
                }
                step
            });
            (shown.into(), whole)
        }
        _ => {
            scan.leave(&value)?;
            (blank(&value), Ok(()))
        }
    })
}

fn or_redacted(text: Option<&str>) -> Value {
    text.unwrap_or(REDACTED).into()
}

/// The replacement for a value that is not shown.
fn blank(value: &scan::Value<'_>) -> Value {
    match value {
        scan::Value::Null => Value::Null,
        _ => REDACTED.into(),
    }
}

/// A number of at most three digits, such as a status, or a JSON-RPC error code.
fn small_number(value: &scan::Value<'_>) -> Option<Value> {
    let scan::Value::Plain(plain) = value else { return None };
    let number: i64 = plain.parse().ok()?;
    (matches!(number, 0..=999) || matches!(number, -32_768..=-32_000)).then(|| number.into())
}
