//! Plays the conformance vectors: compares each request with the expected one, and sends the
//! recorded answer.
//!
//! `tests/conformance/README.md` describes the format.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::App;
use crate::faults::{Fault, Whole};
use crate::reply::{Reply, WithoutLength};

/// Members that are only for the runners are ignored here.
#[derive(Deserialize)]
struct Vector {
    name: String,
    #[serde(default = "call")]
    kind: String,
    exchanges: Option<Vec<RawExchange>>,
}

fn call() -> String {
    "call".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExchange {
    request: ExpectedRequest,
    response: RawResponse,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRequest {
    method: String,
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    absent_headers: Vec<String>,
    /// JSON, compared by value. Absent: the request has no body.
    #[serde(default, deserialize_with = "even_null")]
    body: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResponse {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, Option<OneOrMore>>,
    #[serde(default, deserialize_with = "even_null")]
    body: Option<Box<RawValue>>,
    body_text: Option<String>,
    body_base64: Option<String>,
    fill: Option<Fill>,
    #[serde(default)]
    delay_ms: u64,
    fault: Option<Fault>,
}

/// A long text, given in short form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    text: String,
    times: usize,
}

/// The placeholder for it in a body.
const FILL: &[u8] = b"%FILL%";

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// `"body": null` is a body; an absent member is not.
fn even_null<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(from).map(Some)
}

#[derive(Debug)]
struct Exchange {
    request: ExpectedRequest,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    delay: Duration,
    fault: Option<Fault>,
}

#[derive(Debug, Default)]
pub struct Vectors {
    exchanges: HashMap<String, Vec<Exchange>>,
    /// The progress of each run of a vector.
    played: Mutex<HashMap<(String, String), usize>>,
}

impl Vectors {
    /// Reads every `*.json` file of a directory.
    pub fn read(directory: &Path) -> Result<Vectors, String> {
        let mut vectors = Vectors::default();
        let fail = |error: std::io::Error| format!("{}: {error}", directory.display());
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(fail)? {
            let path = entry.map_err(fail)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            vectors.add(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(vectors)
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        // Parse each vector separately, so that an error names its vector.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Outline<'a> {
            #[serde(rename = "about", default)]
            _about: Option<serde::de::IgnoredAny>,
            #[serde(borrow)]
            vectors: Vec<&'a RawValue>,
        }
        #[derive(Deserialize)]
        struct Name {
            name: String,
        }
        let outline: Outline = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (position, raw) in outline.vectors.iter().enumerate() {
            let name = serde_json::from_str::<Name>(raw.get())
                .map(|found| format!("vector {:?}", found.name));
            let name = name.unwrap_or_else(|_| format!("vector number {}", position + 1));
            let vector: Vector =
                serde_json::from_str(raw.get()).map_err(|error| format!("{name}: {error}"))?;
            self.add_vector(vector).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(())
    }

    fn add_vector(&mut self, vector: Vector) -> Result<(), String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if vector.name.is_empty() || !vector.name.chars().all(fits) {
            return Err("a name is made of a-z, 0-9 and -".to_owned());
        }
        let exchanges = match (vector.kind.as_str(), vector.exchanges) {
            ("call" | "list", Some(exchanges)) => exchanges,
            ("call" | "list", None) => return Err("has no exchanges".to_owned()),
            ("client" | "json_get", exchanges) => exchanges.unwrap_or_default(),
            (kind, _) => return Err(format!("unknown kind {kind:?}")),
        };
        let exchanges = exchanges.into_iter().enumerate().map(|(position, exchange)| {
            Exchange::new(exchange).map_err(|error| format!("exchange {}: {error}", position + 1))
        });
        let exchanges = exchanges.collect::<Result<Vec<_>, String>>()?;
        match self.exchanges.insert(vector.name, exchanges) {
            None => Ok(()),
            Some(_) => Err("there are two of this name".to_owned()),
        }
    }

    /// Returns the exchange for a request, with the answer and its delay, or what was wrong with
    /// the request.
    fn play(&self, request: &Request, body: &[u8]) -> Result<&Exchange, String> {
        let path = request.uri().path();
        let rest = path.strip_prefix("/_vectors/").unwrap_or_default();
        let mut pieces = rest.splitn(3, '/');
        let run = pieces.next().unwrap_or_default();
        let name = pieces.next().unwrap_or_default();
        let path = pieces.next().map(|path| format!("/{path}")).unwrap_or_default();
        let exchanges =
            self.exchanges.get(name).ok_or_else(|| format!("there is no vector {name:?}"))?;
        let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        let next = played.entry((run.to_owned(), name.to_owned())).or_default();
        let said = format!("{} {path}", request.method());
        let Some(exchange) = exchanges.get(*next) else {
            return Err(format!(
                "vector {name}: one request too many, {said}: {} expected",
                exchanges.len()
            ));
        };
        let wrong = exchange.request.differences(request, &path, body);
        if wrong.is_empty() {
            *next += 1;
            return Ok(exchange);
        }
        Err(format!("vector {name}, request {} ({said}): {}", *next + 1, wrong.join("; ")))
    }
}

impl Exchange {
    fn new(raw: RawExchange) -> Result<Self, String> {
        let response = raw.response;
        let status = match (response.status, &response.fault) {
            (_, Some(Fault::Answer(_))) => {
                return Err(
                    "the fault \"answer\" is not supported here; describe the answer in response"
                        .to_owned(),
                );
            }
            // There is no status before there is an answer.
            (None, Some(_)) => StatusCode::OK,
            (None, None) => return Err("the response has no status".to_owned()),
            (Some(status), _) => {
                let known =
                    StatusCode::from_u16(status).ok().filter(|status| status.as_u16() >= 200);
                known.ok_or_else(|| format!("not a final status: {status}"))?
            }
        };
        let mut headers = HeaderMap::new();
        for (name, value) in &response.headers {
            let name: HeaderName =
                name.parse().map_err(|_| format!("invalid header name: {name:?}"))?;
            let values = match value {
                None => &[],
                Some(OneOrMore::One(value)) => std::slice::from_ref(value),
                Some(OneOrMore::More(values)) => values.as_slice(),
            };
            for value in values {
                let value = HeaderValue::from_bytes(value.as_bytes())
                    .map_err(|_| format!("invalid header value: {value:?}"))?;
                headers.append(name.clone(), value);
            }
        }
        let names = response.headers.keys();
        if !names.into_iter().any(|name| name.eq_ignore_ascii_case("content-type")) {
            let json = HeaderValue::from_static("application/json; charset=utf-8");
            headers.insert(header::CONTENT_TYPE, json);
        }
        let body = match (response.body, response.body_text, response.body_base64) {
            (None, None, None) => Bytes::new(),
            (Some(json), None, None) => Bytes::from(compact(json.get())),
            (None, Some(text), None) => Bytes::from(text),
            (None, None, Some(base64)) => Bytes::from(
                STANDARD.decode(base64).map_err(|error| format!("body_base64: {error}"))?,
            ),
            _ => return Err("give only one of body, body_text and body_base64".to_owned()),
        };
        let body = match response.fill {
            None => body,
            Some(fill) => filled(&body, &fill).ok_or("fill requires %FILL% in the body")?,
        };
        let delay = Duration::from_millis(response.delay_ms);
        Ok(Exchange { request: raw.request, status, headers, body, delay, fault: response.fault })
    }

    fn answer(&self) -> Response<Body> {
        if let Some(fault) = &self.fault {
            return fault.response_for(&Whole {
                status: self.status,
                headers: self.headers.clone(),
                body: self.body.clone(),
            });
        }
        // A length that the vector gives is sent even if it is wrong: the body is then cut or ends
        // early.
        let body = if self.headers.contains_key(header::CONTENT_LENGTH) {
            Body::new(WithoutLength::new(self.body.clone()))
        } else {
            Body::from(self.body.clone())
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

fn filled(body: &Bytes, fill: &Fill) -> Option<Bytes> {
    let at = body.windows(FILL.len()).position(|window| window == FILL)?;
    let long = fill.text.repeat(fill.times);
    Some([&body[..at], long.as_bytes(), &body[at + FILL.len()..]].concat().into())
}

impl ExpectedRequest {
    fn differences(&self, request: &Request, path: &str, body: &[u8]) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut compare = |what: &str, want: &str, got: Option<&str>| {
            if got != Some(want) {
                let got = got.map_or("nothing".to_owned(), |got| format!("{got:?}"));
                wrong.push(format!("{what}: expected {want:?}, got {got}"));
            }
        };
        compare("method", &self.method, Some(request.method().as_str()));
        compare("path", &self.path, Some(path));
        match (self.query.as_str(), request.uri().query()) {
            ("", None) => {}
            ("", Some(got)) => compare("query", "(none)", Some(&format!("?{got}"))),
            (want, got) => compare("query", want, got),
        }
        for (name, want) in &self.headers {
            let got = joined(request.headers(), name);
            compare(&format!("header {name}"), want, got.as_deref());
        }
        for name in &self.absent_headers {
            if let Some(got) = joined(request.headers(), name) {
                wrong.push(format!("header {name}: must be absent, is {got:?}"));
            }
        }
        let text = String::from_utf8_lossy(body);
        match &self.body {
            None if body.is_empty() => {}
            None => wrong.push(format!("body: expected nothing, got {text}")),
            Some(want) => {
                let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
                if value(want.get()) != value(&text) {
                    wrong.push(format!("body: expected {}, got {text}", compact(want.get())));
                }
            }
        }
        wrong
    }
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// JSON without white space; numbers and escapes stay as written.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |c: &char| {
        let keep = quoted || !c.is_ascii_whitespace();
        if *c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && *c == '\\' && !escaped;
        keep
    };
    json.chars().filter(kept).collect()
}

pub async fn handle(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, crate::api::BODY_LIMIT).await.unwrap_or_default();
    let played = app.vectors.play(&Request::from_parts(parts, Body::empty()), &body);
    match played {
        Ok(exchange) => {
            tokio::time::sleep(exchange.delay).await;
            exchange.answer()
        }
        Err(difference) => {
            Reply::error(StatusCode::BAD_REQUEST, "vector_mismatch", difference).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(response: &str) -> Result<Vectors, String> {
        let text = format!(
            r#"{{"about": "x", "vectors": [{{"name": "one", "exchanges": [
                {{"request": {{"method": "GET", "path": "/connection/a%2Fb", "query": "provider_config_key=k",
                   "headers": {{"accept": "application/json"}}, "absent_headers": ["content-type"]}},
                  "response": {response}}}]}}]}}"#
        );
        let mut vectors = Vectors::default();
        vectors.add(&text)?;
        Ok(vectors)
    }

    fn get(target: &str) -> Request {
        let request = Request::builder().uri(target).header("accept", "application/json");
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_vector_is_played_once_for_each_run() {
        let vectors =
            vectors(r#"{"status": 200, "body": {"b": 1e400, "a": "x y\" \u00e9"}}"#).unwrap();
        for run in ["r1", "r2"] {
            let target = format!("/_vectors/{run}/one/connection/a%2Fb?provider_config_key=k");
            let exchange = vectors.play(&get(&target), b"").unwrap();
            assert_eq!(exchange.body, r#"{"b":1e400,"a":"x y\" \u00e9"}"#);
            assert!(vectors.play(&get(&target), b"").unwrap_err().contains("one request too many"));
        }
    }

    #[test]
    fn a_difference_is_named() {
        let vectors = vectors(r#"{"status": 200}"#).unwrap();
        let said = vectors.play(&get("/_vectors/r/one/connection/a/b?x=1"), b"").unwrap_err();
        assert!(
            said.contains(r#"path: expected "/connection/a%2Fb", got "/connection/a/b""#),
            "{said}"
        );
        assert!(said.contains(r#"query: expected "provider_config_key=k", got "x=1""#), "{said}");
        assert!(vectors.play(&get("/_vectors/r/two/x"), b"").unwrap_err().contains("no vector"));
    }

    #[test]
    fn null_is_a_body_and_no_member_is_none() {
        let body = |response| {
            let vectors = vectors(response).unwrap();
            vectors.exchanges["one"][0].body.clone()
        };
        assert_eq!(body(r#"{"status": 200, "body": null}"#), "null");
        assert_eq!(body(r#"{"status": 204}"#), "");
        assert_eq!(body(r#"{"status": 200, "body_base64": "aGk="}"#), "hi");
        let filled = r#"{"status": 200, "body": ["%FILL%"], "fill": {"text": "ab", "times": 3}}"#;
        assert_eq!(body(filled), r#"["ababab"]"#);
    }

    #[test]
    fn a_fault_spoils_the_answer_of_its_vector() {
        let vectors =
            vectors(r#"{"status": 201, "body": 1, "fault": {"kind": "close", "at": "end"}}"#)
                .unwrap();
        let answer = vectors.exchanges["one"][0].answer();
        let script = answer.extensions().get::<crate::wire::Script>().expect("a script");
        let crate::wire::Step::Write(text) = &script.0[0] else { panic!("{script:?}") };
        assert!(
            text.starts_with(b"HTTP/1.1 201 Created\r\n")
                && text.ends_with(b"content-length: 1\r\n\r\n1"),
            "{text:?}"
        );
    }

    #[test]
    fn a_malformed_vector_is_refused_by_name() {
        let refused = |response| vectors(response).map(drop).unwrap_err();
        assert!(
            refused(r#"{"status": 20}"#).contains("vector \"one\": exchange 1: not a final status")
        );
        assert!(refused(r#"{"body": 1}"#).contains("has no status"));
        assert!(refused(r#"{"fault": {"kind": "nope"}}"#).contains("unknown variant"));
        assert!(
            refused(r#"{"fault": {"kind": "answer", "status": 500}}"#)
                .contains("\"answer\" is not supported")
        );
        assert!(
            refused(r#"{"status": 200, "bodytext": ""}"#).contains("vector \"one\": unknown field")
        );
        assert!(
            refused(r#"{"status": 200, "body": 1, "body_text": ""}"#).contains("only one of body")
        );
        assert!(
            refused(r#"{"status": 200, "body": 1, "fill": {"text": "", "times": 1}}"#)
                .contains("requires %FILL%")
        );
    }
}
