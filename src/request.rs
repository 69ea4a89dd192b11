//! Builds a method, a URL, headers and a body from an operation and its parameters.

mod body;
mod extra;

use std::sync::Arc;

use hyper::body::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use zeroize::{Zeroize, Zeroizing};

use crate::base_url::BaseUrl;
use crate::catalogue::{
    EXTRA, FORCE_REFRESH, Kind, Location, Operation, Parameter, REFRESH_TOKEN, Repeat, Returns,
};
use crate::engine::Request;
use crate::error::{Error, shortened};
use crate::secret::Secret;

/// The parameters of an operation, by their catalogue names.
pub type Parameters = Map<String, Value>;

/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Headers that a caller must not set. They would change who sends the request, how it is framed,
/// or what libnango relies on in the answer.
const RESERVED_HEADERS: [&str; 15] = [
    "range",
    "keep-alive",
    "proxy-connection",
    "trailer",
    "authorization",
    "proxy-authorization",
    "host",
    "connection",
    "transfer-encoding",
    "te",
    "upgrade",
    "expect",
    "accept-encoding",
    "accept",
    "user-agent",
];
const RESERVED_PREFIXES: [&str; 3] = ["content-", "if-", "nango-is-"];

/// The maximum length of a URL, a header and each text in them, in bytes. It is the most that hyper
/// can send, and more than any server accepts. Longer values are rejected before they are copied or
/// encoded.
const LONGEST_URL: usize = 65_534;

/// How much of an unknown name a message shows, in characters.
pub(crate) const LONGEST_NAME: usize = 100;

const NO_NUL: &str = "a string without NUL characters";

/// Reports all required parameters that are missing.
pub(crate) fn missing(operation: &Operation, parameters: &Parameters) -> Result<(), Error> {
    let is_missing = |parameter: &&Parameter| {
        parameter.required && parameters.get(parameter.name).is_none_or(Value::is_null)
    };
    let names: Vec<&str> =
        operation.parameters.iter().filter(is_missing).map(|parameter| parameter.name).collect();
    match names.as_slice() {
        [] => Ok(()),
        [name] => {
            Err(Error::invalid_argument(format!("{name} is missing; this operation needs it")))
        }
        [names @ .., last] => Err(Error::invalid_argument(format!(
            "{} and {last} are missing; this operation needs them",
            names.join(", ")
        ))),
    }
}

/// Builds the request of an operation with these parameters. `common` are the headers of every
/// request of the client, `added` those that the caller adds.
pub(crate) fn build(
    base: &BaseUrl,
    plural: bool,
    operation: &Operation,
    parameters: &Parameters,
    common: Arc<HeaderMap>,
    added: &[(HeaderName, HeaderValue)],
) -> Result<Request, Error> {
    let extra = match known(operation, parameters)? || operation.returns == Returns::Any {
        true => Some(extra::of(operation, parameters)?),
        false => None,
    };
    let mut target = base.path().to_owned();
    match extra.as_ref().and_then(|extra| extra.path) {
        Some(path) => target.push_str(path),
        None => push_path(
            &mut target,
            if plural { operation.plural_path } else { operation.path },
            operation,
            parameters,
        )?,
    }
    let mut mark = '?';
    for parameter in
        operation.parameters.iter().filter(|parameter| parameter.location == Location::Query)
    {
        for (key, value) in query(parameter, parameters)? {
            target.push(std::mem::replace(&mut mark, '&'));
            target.push_str(parameter.wire);
            if let Some(key) = key {
                encode(&mut target, &format!("[{key}]"));
            }
            target.push('=');
            encode(&mut target, &value);
            fits(base, &target)?;
        }
    }
    for (name, value) in extra.iter().flat_map(|extra| &extra.query) {
        target.push(std::mem::replace(&mut mark, '&'));
        encode(&mut target, name);
        target.push('=');
        encode(&mut target, value);
        fits(base, &target)?;
    }
    fits(base, &target)?;
    let mut added = added.to_vec();
    let body = body::of(operation, parameters, extra.as_ref().and_then(|extra| extra.body))?;
    if body.is_some() {
        added.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    }
    let mut method = operation.method.clone();
    if let Some(extra) = extra {
        added.extend(extra.headers);
        method = extra.method.unwrap_or(method);
    }
    let is_true = |name: &&str| parameters.get(*name) == Some(&Value::Bool(true));
    let is_set = |name: &&str| parameters.get(*name).is_some_and(|value| !value.is_null());
    let repeatable = match operation.repeat {
        _ if operation.returns == Returns::Any => method == Method::GET,
        Repeat::Always => true,
        Repeat::Never => false,
        Repeat::UnlessTrue(names) => !names.iter().any(is_true),
        Repeat::IfSet(names) => names.iter().any(is_set),
    };
    Ok(Request {
        method,
        target,
        common,
        added,
        body: body.map(Box::new),
        repeatable,
        may_skip_poll: repeatable && operation.identity.iter().any(|member| !member.is_empty()),
    })
}

/// Checks that the operation has each parameter, and that none is too long. Returns whether there
/// is `extra`.
fn known(operation: &Operation, parameters: &Parameters) -> Result<bool, Error> {
    let mut has_extra = false;
    for (name, value) in parameters {
        let parameter = operation.parameters.iter().find(|known| known.name == name.as_str());
        match parameter.map(|parameter| parameter.location) {
            // The length of the whole body is limited.
            Some(Location::Body | Location::Request) => {}
            Some(_) => bounded(size(value), name)?,
            None if name == EXTRA && operation.returns != Returns::Any => has_extra = true,
            None => {
                bounded(size(value), name)?;
                return Err(Error::invalid_argument(format!(
                    "unknown parameter {:?}; the parameters are: {}",
                    shortened(name.clone(), LONGEST_NAME),
                    operation
                        .parameters
                        .iter()
                        .map(|known| known.name)
                        .collect::<Vec<_>>()
                        .join(", ")
                )));
            }
        }
    }
    Ok(has_extra)
}

/// Appends a path, in which path parameters are enclosed in braces.
fn push_path(
    target: &mut String,
    path: &str,
    operation: &Operation,
    parameters: &Parameters,
) -> Result<(), Error> {
    let mut pieces = path.split(['{', '}']);
    target.push_str(pieces.next().unwrap_or_default());
    while let (Some(name), Some(rest)) = (pieces.next(), pieces.next()) {
        let parameter = operation
            .parameters
            .iter()
            .find(|known| known.location == Location::Path && known.name == name);
        let value = parameter.map(|parameter| text(parameter, parameters)).transpose()?.flatten();
        encode(target, &value.unwrap_or_default());
        target.push_str(rest);
    }
    Ok(())
}

/// Rejects a text that is too long for any URL or header.
pub(crate) fn bounded(bytes: usize, what: &str) -> Result<(), Error> {
    if bytes > LONGEST_URL {
        let what = shortened(what.to_owned(), LONGEST_NAME);
        return Err(Error::invalid_argument(format!(
            "{what} is {bytes} bytes long; the maximum is {LONGEST_URL} bytes"
        )));
    }
    Ok(())
}

/// The number of bytes of text in a parameter.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + size(value)).sum()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn fits(base: &BaseUrl, target: &str) -> Result<(), Error> {
    if base.origin_length() + target.len() > LONGEST_URL {
        return Err(Error::invalid_argument(format!(
            "with these parameters the URL is longer than {LONGEST_URL} bytes; shorten them"
        )));
    }
    Ok(())
}

/// Adds the flags of a call to the parameters.
pub(crate) fn add_flags(
    parameters: &mut Parameters,
    force_refresh: bool,
    include_refresh_token: bool,
) {
    for (name, wanted) in [(FORCE_REFRESH, force_refresh), (REFRESH_TOKEN, include_refresh_token)] {
        if wanted {
            parameters.insert(name.to_owned(), Value::Bool(true));
        }
    }
}

/// Wipes what the body of a request was made of.
pub(crate) fn wipe_body(operation: &Operation, parameters: &mut Parameters) {
    let of_body = |name: &str| {
        let known = operation.parameters.iter().find(|known| known.name == name);
        known.map_or(name == EXTRA, |known| {
            matches!(known.location, Location::Body | Location::Request)
        }) && !operation.subject.contains(&name)
    };
    for (name, value) in parameters.iter_mut() {
        if of_body(name) {
            wipe(value);
        }
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| wipe(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The header with a secret that takes the place of the client's key.
pub(crate) fn bearer(name: &str, token: &Secret) -> Result<HeaderValue, Error> {
    bounded(token.len(), name)?;
    let text = Zeroizing::new(format!("Bearer {}", &**token).into_bytes());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).map_err(|_| {
        Error::invalid_argument(format!(
            "{name} contains a character that is not allowed in a header, such as a line break"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Moves a secret out of the parameters, so that it is wiped when its owner drops it.
pub(crate) fn take_secret(parameters: &mut Parameters, name: &str) -> Result<Secret, Error> {
    match parameters.remove(name) {
        Some(Value::String(secret)) => {
            let secret = Zeroizing::new(secret);
            match secret.as_str() {
                "" => Err(Error::invalid_argument(format!("{name} must not be empty"))),
                text if text.contains('\0') => {
                    Err(Error::invalid_argument(format!("{name} must be {NO_NUL}")))
                }
                _ => Ok(secret.into()),
            }
        }
        _ => Err(Error::invalid_argument(format!("{name} must be a string"))),
    }
}

/// Checks a header that the caller adds.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    bounded(name.len(), "the name of a header")?;
    bounded(value.len(), "the value of a header")?;
    let lower = name.to_ascii_lowercase();
    if RESERVED_HEADERS.contains(&lower.as_str())
        || RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
    {
        return Err(Error::invalid_argument(format!(
            "header {name} is reserved and cannot be set; remove it"
        )));
    }
    let name = HeaderName::from_bytes(lower.as_bytes())
        .map_err(|_| Error::invalid_argument(format!("{name:?} is not a valid header name")))?;
    let value = HeaderValue::from_str(value).map_err(|_| {
        Error::invalid_argument(format!(
            "the value of header {name} contains a character that is not allowed in a header, \
             such as a line break"
        ))
    })?;
    Ok((name, value))
}

fn encode(target: &mut String, text: &str) {
    target.extend(utf8_percent_encode(text, ENCODED));
}

/// What a parameter adds to the query: nothing, one value, or for a map, pairs of a bracketed key
/// and a value.
fn query(
    parameter: &Parameter,
    parameters: &Parameters,
) -> Result<Vec<(Option<String>, String)>, Error> {
    if parameter.kind == Kind::List {
        return match parameters.get(parameter.name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(one)) => Ok(vec![(None, plain(parameter, one)?)]),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| match item {
                    Value::String(item) => Ok((None, plain(parameter, item)?)),
                    _ => Err(wrong(parameter, "a string or a list of strings")),
                })
                .collect(),
            Some(_) => Err(wrong(parameter, "a string or a list of strings")),
        };
    }
    if parameter.kind != Kind::Map {
        return Ok(text(parameter, parameters)?.map(|value| (None, value)).into_iter().collect());
    }
    match parameters.get(parameter.name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(members)) => members
            .iter()
            .map(|(key, value)| match value {
                Value::String(value) if value.contains('\0') || key.contains('\0') => {
                    Err(wrong(parameter, NO_NUL))
                }
                Value::String(value) => Ok((Some(key.clone()), value.clone())),
                _ => Err(wrong(parameter, "an object whose values are all strings")),
            })
            .collect(),
        Some(_) => Err(wrong(parameter, "an object whose values are all strings")),
    }
}

/// A parameter as text. `None`: it is not sent.
fn text(parameter: &Parameter, parameters: &Parameters) -> Result<Option<String>, Error> {
    let value = match parameters.get(parameter.name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let text = match (parameter.kind, value) {
        (Kind::Id, Value::String(id)) if id.is_empty() => {
            return Err(wrong(parameter, "a non-empty string"));
        }
        (Kind::Id, Value::String(id))
            if parameter.location == Location::Path && (id == "." || id == "..") =>
        {
            // Either would turn the URL into that of another route.
            return Err(Error::invalid_argument(format!(
                r#"{} must not be "." or "..""#,
                parameter.name
            )));
        }
        (Kind::Id | Kind::Text | Kind::Texts, Value::String(text)) => text.clone(),
        (Kind::Texts, Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or_else(|| wrong(parameter, "a string or a list of strings"))?.join(",")
        }
        (Kind::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
            number.to_string()
        }
        (Kind::Flag, Value::Bool(true)) => "true".to_owned(),
        (Kind::Flag, Value::Bool(false)) => return Ok(None),
        (kind, _) => {
            return Err(wrong(
                parameter,
                match kind {
                    Kind::Integer => "an integer",
                    Kind::Flag => "true or false",
                    Kind::Texts | Kind::List | Kind::Ids => "a string or a list of strings",
                    Kind::Id | Kind::Text | Kind::Map => "a string",
                    Kind::Boolean => "true or false",
                    Kind::Object | Kind::Any => "an object",
                },
            ));
        }
    };
    if text.contains('\0') {
        return Err(wrong(parameter, NO_NUL));
    }
    Ok(Some(text))
}

/// A text that may stand in a URL.
fn plain(parameter: &Parameter, text: &str) -> Result<String, Error> {
    match text.contains('\0') {
        true => Err(wrong(parameter, NO_NUL)),
        false => Ok(text.to_owned()),
    }
}

fn wrong(parameter: &Parameter, expected: &str) -> Error {
    Error::invalid_argument(format!("{} must be {expected}", parameter.name))
}
