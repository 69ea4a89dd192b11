//! Compares what an adapter answers with what its vector expects.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::adapter::Adapter;
use crate::messages;
use crate::places::Origin;
use crate::vector::{KEY, Place, Vector, deep};

/// What the record keeps of a vector that passed.
#[derive(Default)]
pub struct Reached {
    /// The messages of its errors, as the record has them.
    pub messages: BTreeSet<String>,
    /// The places in the core that made them, if the adapter knows.
    pub origins: BTreeSet<Origin>,
}

pub enum Outcome {
    Passed(Reached),
    /// With the adapter's reason.
    Skipped(String),
}

/// Runs a vector.
pub fn run(vector: &Vector, place: &Place, adapter: &mut Adapter) -> Result<Outcome, String> {
    let answer = adapter.ask(&vector.request(place))?;
    if let Some(why) = answer["skip"].as_str() {
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    if let Some(why) = answer["failed"].as_str() {
        return Err(why.to_owned());
    }
    let expect = &vector.whole["expect"];
    let mut reached = Reached { origins: origins(&answer), ..Reached::default() };
    let mut compare_outcome = |expect: &Value, answer: &Value| {
        reached.messages.extend(message(vector, answer)?);
        compare_outcome(expect, answer)
    };
    match vector.kind.as_str() {
        "json_get" => compare_found(expect, &answer)?,
        "client" => compare_outcome(expect, &answer)?,
        "list" => {
            let items = answer["items"].as_array().map_or(&[][..], Vec::as_slice);
            compare_items(expect, items)?;
            compare_outcome(expect, &answer)?;
            check_shown(vector, &answer)?;
        }
        "call" => {
            compare_outcome(expect, &answer)?;
            check_shown(vector, &answer)?;
            if vector.typed() && is_partial(&answer["view"]) {
                return Ok(Outcome::Skipped("no typed view".to_owned()));
            }
            if vector.typed() {
                compare_view(&expect["connection"], &answer["view"])?;
            } else {
                if answer["error"].is_null() {
                    compare_text(expect, &answer)?;
                }
                look_at_view(vector, place, adapter)?;
            }
        }
        other => return Err(format!("unknown kind {other}")),
    }
    Ok(Outcome::Passed(reached))
}

/// The message of the answer's error, as the record has it.
fn message(vector: &Vector, answer: &Value) -> Result<Option<String>, String> {
    match &answer["error"] {
        Value::Null => Ok(None),
        error => messages::recorded(error, vector.operation()),
    }
}

fn origins(answer: &Value) -> BTreeSet<Origin> {
    let origin = |place: &Value| {
        Some((place[0].as_str()?.to_owned(), u32::try_from(place[1].as_u64()?).ok()?))
    };
    answer["origins"].as_array().into_iter().flatten().filter_map(origin).collect()
}

/// Whether the call succeeded or failed as it should.
fn compare_outcome(expect: &Value, answer: &Value) -> Result<(), String> {
    match (&expect["error"], &answer["error"]) {
        (Value::Null, Value::Null) => Ok(()),
        (Value::Null, error) => Err(format!("it failed: {error}")),
        (expected, Value::Null) => Err(format!("it succeeded, instead of {}", expected["code"])),
        (expected, error) => compare_error(expected, error),
    }
}

/// Facts about an error that a vector can expect.
const FACTS: [&str; 7] =
    ["code", "http_status", "api_code", "retryable", "retry_after_ms", "attempts", "reveal_body"];

fn compare_error(expected: &Value, error: &Value) -> Result<(), String> {
    let message = error["message"].as_str().unwrap_or_default();
    let of = |name: &str| format!("{name} of {error}");
    for name in FACTS {
        if let Some(wanted) = expected.get(name) {
            equal(&of(name), wanted, &error[name])?;
        }
    }
    let body = error["body_json"].as_str();
    if let Some(wanted) = expected.get("body_json") {
        let found = body.map(deep).transpose().map_err(|error| format!("body_json: {error}"))?;
        equal(&of("body_json"), wanted, &found.unwrap_or_default())?;
    }
    for (name, wanted) in expected["headers"].as_object().into_iter().flatten() {
        equal(&of(name), wanted, &error["headers"][name])?;
    }
    let texts = |name: &str| -> Vec<&str> {
        expected[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    };
    for text in texts("message_contains") {
        if !message.contains(text) {
            return Err(format!("the message lacks {text:?}: {message}"));
        }
    }
    let shown = error["shown"].as_str().unwrap_or(message);
    for text in texts("message_lacks") {
        if message.contains(text) || shown.contains(text) {
            return Err(format!("the error shows {text:?}: {message} {shown}"));
        }
    }
    for text in texts("body_lacks") {
        if body.unwrap_or_default().contains(text) {
            return Err(format!("the body shows {text:?}"));
        }
    }
    Ok(())
}

fn compare_text(expect: &Value, answer: &Value) -> Result<(), String> {
    let text = || answer["text"].as_str().ok_or_else(|| format!("no text: {answer}"));
    if let Some(wanted) = expect["text"].as_str().or(expect["token"].as_str()) {
        equal("the text", &wanted.into(), &text()?.into())?;
    }
    if let Some(wanted) = expect.get("json") {
        let found = deep(text()?).map_err(|error| format!("the text is not JSON: {error}"))?;
        equal("the JSON", wanted, &found)?;
    }
    Ok(())
}

fn compare_items(expect: &Value, items: &[Value]) -> Result<(), String> {
    let ids: Vec<Value> = items.iter().map(|item| item["connection_id"].clone()).collect();
    if let Some(wanted) = expect.get("connection_ids") {
        equal("the ids", wanted, &Value::Array(ids))?;
    }
    let views = expect["connections"].as_array().into_iter().flatten();
    for (wanted, view) in views.zip(items).filter(|(_, view)| !is_partial(view)) {
        compare_view(wanted, view)?;
    }
    Ok(())
}

/// Whether the language has no typed views: it reads no more than the id and the token.
fn is_partial(view: &Value) -> bool {
    view.is_object() && view.get("provider").is_none()
}

/// Compares the members that the vector names.
fn compare_view(wanted: &Value, view: &Value) -> Result<(), String> {
    for (name, value) in wanted.as_object().into_iter().flatten() {
        match name.as_str() {
            "credentials" => compare_credentials(value, &view["credentials"])?,
            "single_token" => equal(name, value, &view["credentials"]["single_token"])?,
            "credential_names" => {
                let names = &view["credentials"]["names"];
                equal(name, value, names)?;
                let empty = names.as_array().is_some_and(Vec::is_empty);
                equal("empty", &empty.into(), &view["credentials"]["empty"])?;
            }
            "other" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    equal(name, value, &view["other"][name])?;
                }
            }
            name => equal_text(name, value, &view[name])?,
        }
    }
    Ok(())
}

/// The readers of credentials, and the members that they read.
const READERS: [(&str, &str); 8] = [
    ("access_token", "access_token"),
    ("refresh_token", "refresh_token"),
    ("token", "token"),
    ("api_key", "apiKey"),
    ("username", "username"),
    ("password", "password"),
    ("oauth_token", "oauth_token"),
    ("oauth_token_secret", "oauth_token_secret"),
];

fn compare_credentials(wanted: &Value, view: &Value) -> Result<(), String> {
    for name in ["type", "expires_at"] {
        equal_text(name, &wanted[name], &view[name])?;
    }
    for (name, value) in wanted.as_object().into_iter().flatten() {
        if name != "type" && name != "expires_at" {
            equal(name, value, &view["members"][name])?;
        }
    }
    for (reader, member) in READERS {
        let member = &view["members"][member];
        let readable = if member.is_string() { member } else { &Value::Null };
        equal_text(reader, readable, &view["readers"][reader])?;
    }
    Ok(())
}

/// If a vector expects a view, or the token of a connection, or that there is none, fetches the
/// connection once more, typed. Its credentials must give the same token without a request.
fn look_at_view(vector: &Vector, place: &Place, adapter: &mut Adapter) -> Result<(), String> {
    let expect = &vector.whole["expect"];
    let code = &expect["error"]["code"];
    let has_none = code == "NO_SINGLE_TOKEN" || code == "NO_CREDENTIALS";
    let token = vector.subject() == "get_token"
        && vector.whole["calls"].is_null()
        && (has_none || expect["token"].is_string());
    if !token && expect["connection"].is_null() {
        return Ok(());
    }
    let mut request = vector.request(&place.of_view());
    request["operation"] = "get_connection".into();
    request["typed"] = true.into();
    let answer = adapter.ask(&request)?;
    if answer["view"].is_null() {
        // A language without views says so.
        return if answer["skip"].is_string() { Ok(()) } else { Err(format!("no view: {answer}")) };
    }
    check_shown(vector, &answer)?;
    if !is_partial(&answer["view"]) {
        compare_view(&expect["connection"], &answer["view"])?;
    }
    if !token {
        return Ok(());
    }
    let wanted = match has_none {
        true => &serde_json::json!({"error": code}),
        false => &expect["token"],
    };
    let found = &answer["view"]["credentials"]["single_token"];
    equal("the single token of the connection", wanted, found)
}

fn compare_found(expect: &Value, answer: &Value) -> Result<(), String> {
    equal("the value", expect, &answer["value"])?;
    equal("the value of its JSON", expect, &answer["again"])
}

/// Nothing that the language shows of a call has a secret, and everything shows something.
fn check_shown(vector: &Vector, answer: &Value) -> Result<(), String> {
    let empty = Map::new();
    let shown = answer["shown"].as_object().unwrap_or(&empty);
    let text = |name: &str| shown.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("client").is_empty() {
        return Err("the adapter shows no client".to_owned());
    }
    let message = answer["error"]["message"].as_str().unwrap_or_default();
    if !text("error").contains(message) {
        return Err("the adapter shows no error".to_owned());
    }
    let sends = vector.whole["exchanges"].as_array().is_some_and(|all| !all.is_empty());
    if sends && !text("events").contains("attempt") {
        return Err("the adapter shows no events".to_owned());
    }
    let id = answer["view"]["connection_id"].as_str().unwrap_or_default();
    if !text("view").contains(id) {
        return Err("the adapter shows no view".to_owned());
    }
    for secret in secrets(vector) {
        for (of, text) in shown {
            if text.as_str().is_some_and(|text| text.contains(secret)) {
                return Err(format!("the secret {secret} is shown: {of}: {text}"));
            }
        }
    }
    Ok(())
}

/// The key, and everything under `credentials` in the answers.
fn secrets(vector: &Vector) -> Vec<&str> {
    fn texts<'a>(value: &'a Value, inside: bool, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) if inside && text.len() >= 8 => found.push(text),
            Value::Array(elements) => {
                elements.iter().for_each(|element| texts(element, inside, found));
            }
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                if name != "type" && name != "expires_at" {
                    texts(member, inside || name == "credentials", found);
                }
            }),
            _ => {}
        }
    }
    let mut found = vec![vector.whole["client"]["secret_key"].as_str().unwrap_or(KEY)];
    for exchange in vector.whole["exchanges"].as_array().into_iter().flatten() {
        texts(&exchange["response"]["body"], false, &mut found);
    }
    found
}

/// A language may read an absent text as an empty one.
fn equal_text(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if expected.is_null() && found == "" { Ok(()) } else { equal(what, expected, found) }
}

fn equal(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what} is {found} instead of {expected}")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vector() -> Vector {
        let whole = json!({
            "name": "a",
            "exchanges": [{"response": {"body": {"credentials": {"access_token": "HUSH-token"}}}}],
        });
        Vector { name: "a".to_owned(), kind: "call".to_owned(), whole }
    }

    /// An answer that shows everything, and no secret.
    fn answer() -> Value {
        json!({
            "view": {"connection_id": "c-1"},
            "error": {"message": "it failed"},
            "shown": {
                "client": "Client", "events": "attempt", "view": "c-1", "error": "it failed: IO",
            },
        })
    }

    #[test]
    fn an_adapter_shows_everything_and_no_secret() {
        check_shown(&vector(), &answer()).unwrap();
        for of in ["client", "events", "view", "error"] {
            let mut silent = answer();
            silent["shown"][of] = "".into();
            check_shown(&vector(), &silent).expect_err(of);
            for secret in ["HUSH-token", KEY] {
                let mut leak = answer();
                leak["shown"][of] = format!("{} {secret}", leak["shown"][of]).into();
                assert!(check_shown(&vector(), &leak).expect_err(of).contains(secret));
            }
        }
    }

    #[test]
    fn an_outcome_is_that_of_the_vector() {
        let failed = json!({"error": {"code": "IO", "message": "it failed", "attempts": 1}});
        compare_outcome(&json!({}), &json!({"text": "a"})).unwrap();
        compare_outcome(&json!({"error": {"code": "IO", "attempts": 1}}), &failed).unwrap();
        compare_outcome(&json!({}), &failed).unwrap_err();
        compare_outcome(&json!({"error": {"code": "IO"}}), &json!({"text": "a"})).unwrap_err();
        for expected in [
            json!({"code": "TLS"}),
            json!({"attempts": 2}),
            json!({"body_json": {}}),
            json!({"headers": {"retry-after": "1"}}),
            json!({"message_contains": ["more"]}),
            json!({"message_lacks": ["failed"]}),
        ] {
            compare_outcome(&json!({"error": expected}), &failed).unwrap_err();
        }
    }

    #[test]
    fn a_view_is_that_of_the_vector() {
        let view = json!({
            "connection_id": "c-1", "provider": "", "other": {"new": 1},
            "credentials": {
                "type": "BASIC", "members": {"username": "u"}, "readers": {"username": "u"},
                "names": ["type", "username"], "empty": false,
            },
        });
        compare_view(&json!({"connection_id": "c-1", "provider": null}), &view).unwrap();
        compare_view(&json!({"credentials": {"type": "BASIC", "username": "u"}}), &view).unwrap();
        compare_view(&json!({"credential_names": ["type", "username"]}), &view).unwrap();
        for wrong in [
            json!({"connection_id": "c-2"}),
            json!({"provider": "github"}),
            json!({"other": {"new": 2}}),
            json!({"credentials": {"type": "OAUTH2"}}),
            json!({"credentials": {"type": "BASIC", "password": "p"}}),
            json!({"credential_names": ["type"]}),
            json!({"single_token": "u"}),
        ] {
            compare_view(&wrong, &view).unwrap_err();
        }
        let mut unread = view.clone();
        unread["credentials"]["readers"] = json!({});
        compare_view(&json!({"credentials": {"type": "BASIC"}}), &unread).unwrap_err();
    }
}
