//! Replays requests that were recorded against a real Nango server, in order, and compares
//! nango-dev's answers with the recorded ones.
//!
//! `tests/observed/*.json` hold only facts: statuses, codes, shapes, names, types. A text in angle
//! brackets stands for a value that differs between servers. A file with a `seed` starts with a new
//! server; the others continue with the previous one.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::support::{Answer, Server};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "about")]
    _about: String,
    seed: Option<Value>,
    /// Why this recorded request is not sent to nango-dev.
    #[serde(default, rename = "left_out")]
    _left_out: Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    what: String,
    /// Requests that prepare the state; each must succeed.
    #[serde(default)]
    before: Vec<Sent>,
    request: Sent,
    expect: Expected,
    /// The name under which later requests use the token in the answer as their key.
    remember: Option<String>,
}

/// Tokens from answers, by name.
type Tokens = HashMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    method: String,
    target: String,
    key: Option<String>,
    /// Null removes a header that would otherwise be sent.
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    body_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    /// Whether the rate limit's headers are present.
    limited: bool,
    #[serde(default)]
    headers: Map<String, Value>,
    /// If present, the answer must be JSON.
    body: Option<Value>,
    body_text: Option<String>,
    body_contains: Option<String>,
}

#[tokio::test]
async fn nango_dev_answers_as_a_real_server_did() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/observed");
    let mut paths: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut server = None;
    let mut tokens = Tokens::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let file: File = serde_json::from_slice(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(seed) = &file.seed {
            server = Some(Server::with_seed(seed, &["--rate-limit", "100000"]));
        }
        let server = server.as_ref().expect("the first file has a seed");
        for case in &file.cases {
            count += 1;
            let differences =
                tokio::time::timeout(Duration::from_secs(20), play(server, case, &mut tokens))
                    .await;
            let differences = differences.unwrap_or_else(|_| vec!["no answer in time".to_owned()]);
            if !differences.is_empty() {
                wrong.push(format!("{} ({}): {}", case.case, case.what, differences.join("; ")));
            }
        }
    }
    println!("{count} cases");
    assert!(count > 400, "only {count} cases were found");
    assert!(wrong.is_empty(), "{} of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

async fn play(server: &Server, case: &Case, tokens: &mut Tokens) -> Vec<String> {
    for sent in &case.before {
        let answer = sent.send(server, tokens).await;
        if !answer.status.is_success() {
            return vec![format!("before it, {} {}: {answer:?}", sent.method, sent.target)];
        }
    }
    let answer = case.request.send(server, tokens).await;
    if let Some(name) = &case.remember {
        let body: Value = serde_json::from_str(&answer.text()).unwrap_or_default();
        tokens.insert(name.clone(), body["data"]["token"].as_str().unwrap_or_default().to_owned());
    }
    let mut differences = case.expect.differences(&answer);
    if !differences.is_empty() {
        differences.push(format!("the answer was {} {}", answer.status, answer.text()));
    }
    differences
}

impl Sent {
    async fn send(&self, server: &Server, tokens: &Tokens) -> Answer {
        let mut headers: Vec<(String, String)> = Vec::new();
        if self.body.is_some() && !self.headers.contains_key("content-type") {
            headers.push(("content-type".into(), "application/json".into()));
        }
        if let Some(key) = &self.key {
            let key = tokens.get(key).cloned().unwrap_or_else(|| server.key(key));
            headers.push(("authorization".into(), format!("Bearer {key}")));
        }
        for (name, value) in &self.headers {
            if let Some(value) = value.as_str() {
                headers.push((name.clone(), value.replace("<key>", &server.key("full"))));
            }
        }
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = self.body.as_ref().map(Value::to_string).or_else(|| self.body_text.clone());
        server.send(&self.method, &self.target, &headers, body.as_deref()).await
    }
}

impl Expected {
    fn differences(&self, answer: &Answer) -> Vec<String> {
        let mut found = Vec::new();
        if answer.status.as_u16() != self.status {
            found.push(format!("the status is not {}", self.status));
        }
        for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
            if answer.header(name).is_some() != self.limited {
                found.push(format!("{name}: {:?}", answer.header(name)));
            }
        }
        for (name, value) in &self.headers {
            let actual = answer.header(name).map_or(Value::Null, Value::from);
            compare(value, &actual, &format!("header {name}"), &mut found);
        }
        if let Some(expected) = &self.body {
            if answer.header("content-type") != Some("application/json; charset=utf-8") {
                found.push(format!("content-type: {:?}", answer.header("content-type")));
            }
            if !answer.header("etag").is_some_and(|etag| etag.starts_with("W/\"")) {
                found.push("no weak ETag".to_owned());
            }
            match serde_json::from_slice(&answer.body) {
                Ok(actual) => compare(expected, &actual, "", &mut found),
                Err(error) => found.push(format!("no JSON: {error}")),
            }
        }
        if self.body_text.as_ref().is_some_and(|text| *text != answer.text()) {
            found.push("the text differs".to_owned());
        }
        if self.body_contains.as_ref().is_some_and(|text| !answer.text().contains(text)) {
            found.push(format!("the text lacks {:?}", self.body_contains));
        }
        found
    }
}

/// Values must be equal, and members must be in the same order.
fn compare(expected: &Value, actual: &Value, at: &str, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let names = |object: &Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            if names(expected) != names(actual) {
                found.push(format!(
                    "{at}: the members are {:?}, not {:?}",
                    names(actual),
                    names(expected)
                ));
                return;
            }
            for (name, expected) in expected {
                compare(expected, &actual[name], &format!("{at}.{name}"), found);
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                found.push(format!("{at}: {} items, not {}", actual.len(), expected.len()));
                return;
            }
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(expected, actual, &format!("{at}[{index}]"), found);
            }
        }
        (Value::String(pattern), actual) if pattern.starts_with('<') => {
            if !fits(pattern, actual) {
                found.push(format!("{at}: {actual} is no {pattern}"));
            }
        }
        _ if expected == actual => {}
        _ => found.push(format!("{at}: {actual}, not {expected}")),
    }
}

fn fits(pattern: &str, actual: &Value) -> bool {
    let text = actual.as_str();
    let shaped = |shape: &str| text.is_some_and(|text| has_shape(text, shape));
    match pattern {
        "<int>" => actual.is_u64(),
        "<text>" => text.is_some_and(|text| !text.is_empty()),
        "<list>" => actual.as_array().is_some_and(|items| !items.is_empty()),
        "<url>" => text.is_some_and(|text| url::Url::parse(text).is_ok()),
        "<uuid>" => shaped("hhhhhhhh-hhhh-4hhh-hhhh-hhhhhhhhhhhh"),
        "<time Z>" => shaped("dddd-dd-ddTdd:dd:dd.dddZ"),
        "<time +00:00>" => shaped("dddd-dd-ddTdd:dd:dd.ddd+00:00"),
        "<time of the list>" => text.is_some_and(|text| {
            let fraction = text.strip_suffix("+00:00").and_then(|text| text.get(19..));
            has_shape(text.get(..19).unwrap_or_default(), "dddd-dd-ddTdd:dd:dd")
                && fraction.is_some_and(|fraction| {
                    fraction.is_empty()
                        || (fraction.starts_with('.')
                            && fraction.len() <= 7
                            && !fraction.ends_with('0'))
                })
        }),
        "<log id>" => text
            .and_then(|text| text.split_once('_'))
            .is_some_and(|(time, random)| has_shape(time, "ddddddddddddd") && random.len() == 8),
        "<token>" => text.is_some_and(|text| text.starts_with("at-") || text.starts_with("rt-")),
        _ => {
            if let Some(phrase) =
                pattern.strip_prefix("<text with \"").and_then(|rest| rest.strip_suffix("\">"))
            {
                return text.is_some_and(|text| text.contains(phrase));
            }
            let names =
                pattern.strip_prefix("<object with ").and_then(|rest| rest.strip_suffix('>'));
            let names = names.unwrap_or_else(|| panic!("no such pattern: {pattern}"));
            names.split(", ").all(|name| actual.get(name).is_some())
        }
    }
}

/// `d` stands for a digit, `h` for a hexadecimal digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, shape)| match shape {
            'd' => c.is_ascii_digit(),
            'h' => c.is_ascii_hexdigit() && !c.is_ascii_uppercase(),
            literal => c == literal,
        })
}
