//! What a caller adds to a request that libnango does not know: the parameter `extra` of every
//! operation, and the operation `request`, which reaches any route.

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{LONGEST_URL, Parameters, bounded, header};
use crate::catalogue::{EXTRA, Operation, Returns};
use crate::error::Error;

/// The parts of a request that are not a parameter of the catalogue.
#[derive(Default)]
pub(super) struct Extra<'a> {
    pub(super) method: Option<Method>,
    /// Only for the operation `request`.
    pub(super) path: Option<&'a str>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<&'a Value>,
}

/// The members of `extra`.
const MEMBERS: [&str; 3] = ["query", "headers", "body"];

pub(super) fn of<'a>(
    operation: &Operation,
    parameters: &'a Parameters,
) -> Result<Extra<'a>, Error> {
    if operation.returns == Returns::Any {
        return Ok(Extra {
            method: Some(method(parameters.get("method"))?),
            path: Some(route(parameters.get("path"))?),
            ..added(parameters, "")?
        });
    }
    match parameters.get(EXTRA) {
        None | Some(Value::Null) => Ok(Extra::default()),
        Some(Value::Object(members)) => {
            if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
                return Err(Error::invalid_argument(format!(
                    "extra has an unknown member {:?}; its members are: {}",
                    crate::error::shortened(unknown.clone(), super::LONGEST_NAME),
                    MEMBERS.join(", ")
                )));
            }
            added(members, "extra.")
        }
        Some(_) => Err(Error::invalid_argument("extra must be an object")),
    }
}

/// What both have. `prefix` stands before the names in errors.
fn added<'a>(members: &'a Parameters, prefix: &str) -> Result<Extra<'a>, Error> {
    let mut extra = Extra::default();
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    if let Some(query) = given("query") {
        let wrong = || {
            Error::invalid_argument(format!(
                "{prefix}query must be an object of strings, numbers, true and false, or lists of \
                 these"
            ))
        };
        for (name, value) in query.as_object().ok_or_else(wrong)? {
            let one = std::slice::from_ref(value);
            for value in value.as_array().map_or(one, Vec::as_slice) {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Number(number) => number.to_string(),
                    Value::Bool(flag) => flag.to_string(),
                    _ => return Err(wrong()),
                };
                bounded(name.len() + text.len(), "a parameter of the query")?;
                extra.query.push((name.clone(), text));
            }
        }
    }
    if let Some(headers) = given("headers") {
        let wrong =
            || Error::invalid_argument(format!("{prefix}headers must be an object of strings"));
        for (name, value) in headers.as_object().ok_or_else(wrong)? {
            extra.headers.push(header(name, value.as_str().ok_or_else(wrong)?)?);
        }
    }
    extra.body = given("body");
    Ok(extra)
}

fn method(value: Option<&Value>) -> Result<Method, Error> {
    match value.and_then(Value::as_str) {
        Some("GET") => Ok(Method::GET),
        Some("POST") => Ok(Method::POST),
        Some("PUT") => Ok(Method::PUT),
        Some("PATCH") => Ok(Method::PATCH),
        Some("DELETE") => Ok(Method::DELETE),
        _ => Err(Error::invalid_argument("method must be GET, POST, PUT, PATCH or DELETE")),
    }
}

/// Checks a path that is sent as it is.
fn route(value: Option<&Value>) -> Result<&str, Error> {
    let path = value.and_then(Value::as_str).unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}?#"#.contains(&byte);
    // Either segment would turn the URL into that of another route.
    let dots = |segment: &str| {
        matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
    };
    bounded(path.len(), "path")?;
    if !path.starts_with('/')
        || path.starts_with("//")
        || path.len() > LONGEST_URL
        || !path.bytes().all(allowed)
        || path.split('/').any(dots)
    {
        return Err(Error::invalid_argument(
            "path must begin with one slash, have no query and no \".\" or \"..\", and be \
             percent-encoded",
        ));
    }
    Ok(path)
}
