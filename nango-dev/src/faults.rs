//! Failures on demand: which fault, for which requests, and how often.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::api::BODY_LIMIT;
use crate::envelopes::{Content, Envelope};
use crate::reply::Reply;
use crate::wire::{Script, Step};

/// Bounds the memory for a test that forgets to remove its faults.
const CAPACITY: usize = 10_000;
/// The length of an endless answer. A client that reads all of it has no limit.
const ENDLESS: u64 = 256 * 1024 * 1024;

/// One fault of an answer. Most faults spoil the answer that the server would have given.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Sends this answer instead.
    Answer(Box<Instead>),
    /// Resets the connection.
    Reset {
        #[serde(default)]
        at: Point,
    },
    /// Closes the connection.
    Close {
        #[serde(default)]
        at: Point,
    },
    /// Accepts the request and never responds.
    Hang {},
    /// Makes `content-length` wrong by this many bytes.
    Length { by: i64 },
    /// Sends a chunk whose size is not a number.
    Chunks {},
    /// Sends bytes that are not HTTP.
    Garbage {},
    /// Sends one byte at a time.
    Drip {
        #[serde(default)]
        part: Part,
        every_ms: u64,
    },
    /// Sends a body of this many bytes, with or without a `content-length`. With an unsuccessful
    /// status the body is a server error.
    Oversize {
        bytes: u64,
        #[serde(default)]
        announced: bool,
        #[serde(default = "success")]
        status: u16,
    },
    /// Sends headers without end.
    EndlessHeaders {},
    /// Sends a correct answer and then closes the connection without announcing it.
    CloseIdle {
        #[serde(default)]
        after_ms: u64,
        #[serde(default)]
        reset: bool,
    },
    /// Sends a correct answer and closes the connection when the next request arrives on it.
    CloseOnReuse {
        #[serde(default)]
        reset: bool,
    },
    /// Sends interim answers (103) without end.
    EndlessInterim {},
    /// Sends a correct answer followed by extra bytes that answer no request.
    ExtraAnswer {
        #[serde(default)]
        what: Extra,
        /// The delay between the two. If absent, both are sent in one write.
        after_ms: Option<u64>,
    },
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// A second answer, about another connection.
    #[default]
    Answer,
    /// The body of such an answer, without a head.
    Body,
    /// A 408 status, then a close.
    Timeout,
}

/// The point at which an answer is broken off.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Nothing is sent, and the request is not processed.
    #[default]
    Before,
    /// In the middle of the headers.
    Headers,
    /// After the headers.
    HeadersEnd,
    /// In the middle of the body.
    Body,
    /// After the whole answer.
    End,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    #[default]
    Headers,
    Body,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    envelope: Option<Envelope>,
    code: Option<String>,
    message: Option<String>,
    body: Option<Value>,
    body_text: Option<String>,
    body_base64: Option<String>,
}

/// A complete answer.
pub struct Whole {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Whole {
    pub async fn of(response: Response<Body>) -> Whole {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
        Whole { status: parts.status, headers: parts.headers, body }
    }

    fn head(&self, length: &str) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            self.status.as_u16(),
            self.status.canonical_reason().unwrap_or_default()
        )
        .into_bytes();
        for (name, value) in &self.headers {
            if *name != header::CONTENT_LENGTH && *name != header::TRANSFER_ENCODING {
                head.extend_from_slice(name.as_str().as_bytes());
                head.extend_from_slice(b": ");
                head.extend_from_slice(value.as_bytes());
                head.extend_from_slice(b"\r\n");
            }
        }
        head.extend_from_slice(length.as_bytes());
        head.extend_from_slice(b"\r\n\r\n");
        head
    }

    fn unchanged_head(&self) -> Vec<u8> {
        self.head(&format!("content-length: {}", self.body.len()))
    }

    fn text(&self) -> Vec<u8> {
        [&self.unchanged_head(), &self.body[..]].concat()
    }
}

fn success() -> u16 {
    200
}

impl Fault {
    /// Whether the fault needs no answer of the server, so that the request is not processed.
    fn is_unsolicited(&self) -> bool {
        matches!(
            self,
            Fault::Answer(_)
                | Fault::Reset { at: Point::Before }
                | Fault::Close { at: Point::Before }
                | Fault::Hang {}
                | Fault::Garbage {}
                | Fault::Oversize { .. }
                | Fault::EndlessHeaders {}
                | Fault::EndlessInterim {}
        )
    }

    /// Turns an answer into a script that contains the fault.
    pub fn script_for(&self, answer: &Whole) -> Script {
        let write = |bytes: Vec<u8>| Step::Write(Bytes::from(bytes));
        let until = |at: Point| match at {
            Point::Before => Vec::new(),
            Point::Headers => {
                let head = answer.unchanged_head();
                vec![write(head[..head.len() / 2].to_vec())]
            }
            Point::HeadersEnd => vec![write(answer.unchanged_head())],
            Point::Body => {
                vec![write(
                    [&answer.unchanged_head(), &answer.body[..answer.body.len() / 2]].concat(),
                )]
            }
            Point::End => vec![write(answer.text())],
        };
        Script(match self {
            // `answer` is already the replacement.
            Fault::Answer(_) => vec![write(answer.text()), Step::Linger],
            Fault::Reset { at } => [until(*at), vec![Step::Reset]].concat(),
            Fault::Close { at } => until(*at),
            Fault::Hang {} => vec![Step::Linger],
            Fault::Length { by } => {
                let length = (answer.body.len() as i64).saturating_add(*by).max(0);
                vec![
                    write(
                        [&answer.head(&format!("content-length: {length}")), &answer.body[..]]
                            .concat(),
                    ),
                    Step::Linger,
                ]
            }
            Fault::Chunks {} => {
                let head = answer.head("transfer-encoding: chunked");
                vec![write([&head[..], b"5\r\n{\"a\":\r\nno number\r\n"].concat()), Step::Linger]
            }
            Fault::Garbage {} => {
                vec![write(b"\x16\x03 this is not HTTP\r\n\r\n".to_vec()), Step::Linger]
            }
            Fault::Drip { part: Part::Headers, every_ms } => {
                vec![Step::Drip(answer.text().into(), Duration::from_millis(*every_ms))]
            }
            Fault::Drip { part: Part::Body, every_ms } => {
                vec![
                    write(answer.unchanged_head()),
                    Step::Drip(answer.body.clone(), Duration::from_millis(*every_ms)),
                ]
            }
            Fault::Oversize { bytes, announced, status } => {
                let status = StatusCode::from_u16(*status).unwrap_or_default();
                let start: &[u8] = match status.is_success() {
                    true => b"{\"filler\":\"",
                    false => b"{\"error\":{\"code\":\"server_error\"},\"filler\":\"",
                };
                let end = b"\"}";
                let filler = bytes.saturating_sub((start.len() + end.len()) as u64);
                let whole = Whole {
                    status,
                    headers: [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]
                        .into_iter()
                        .collect(),
                    body: Bytes::new(),
                };
                // Without a length, the end of the connection marks the end of the body.
                let length = if *announced {
                    format!("content-length: {}", filler + (start.len() + end.len()) as u64)
                } else {
                    "connection: close".to_owned()
                };
                let fill = Step::Flood(Bytes::from(vec![b'x'; 16 * 1024]), filler);
                vec![write([&whole.head(&length), start].concat()), fill, write(end.to_vec())]
            }
            Fault::EndlessHeaders {} => {
                let line = format!("x-endless: {}\r\n", "e".repeat(1000));
                vec![
                    write(b"HTTP/1.1 200 OK\r\n".to_vec()),
                    Step::Flood(Bytes::from(line), ENDLESS),
                ]
            }
            Fault::CloseIdle { after_ms, reset } => {
                let mut steps =
                    vec![write(answer.text()), Step::Wait(Duration::from_millis(*after_ms))];
                steps.extend(reset.then_some(Step::Reset));
                steps
            }
            Fault::CloseOnReuse { reset } => {
                let mut steps = vec![write(answer.text()), Step::AwaitRequest];
                steps.extend(reset.then_some(Step::Reset));
                steps
            }
            Fault::EndlessInterim {} => {
                let head = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
                vec![Step::Flood(Bytes::from_static(head), ENDLESS)]
            }
            Fault::ExtraAnswer { what, after_ms } => {
                let other = json!({
                    "connection_id": "somebody-else",
                    "credentials": {"type": "API_KEY", "apiKey": "somebody-elses-key"},
                });
                let other = Whole {
                    status: StatusCode::OK,
                    headers: answer.headers.clone(),
                    body: Bytes::from(other.to_string()),
                };
                let extra = match what {
                    Extra::Answer => other.text(),
                    Extra::Body => other.body.to_vec(),
                    Extra::Timeout => {
                        let head = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\
                                    content-length: 0\r\n\r\n";
                        head.as_bytes().to_vec()
                    }
                };
                let mut steps = match after_ms {
                    None => vec![write([answer.text(), extra].concat())],
                    Some(after) => vec![
                        write(answer.text()),
                        Step::Wait(Duration::from_millis(*after)),
                        write(extra),
                    ],
                };
                steps.extend((*what != Extra::Timeout).then_some(Step::Linger));
                steps
            }
        })
    }

    /// Wraps the script in a response, for [`crate::server`] to play.
    pub fn response_for(&self, answer: &Whole) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self.script_for(answer));
        response
    }
}

impl Instead {
    fn check(&self) -> Result<(), String> {
        let bodies = [
            self.envelope.is_some(),
            self.body.is_some(),
            self.body_text.is_some(),
            self.body_base64.is_some(),
        ];
        if bodies.into_iter().filter(|given| *given).count() > 1 {
            return Err("give only one of envelope, body, body_text and body_base64".to_owned());
        }
        self.answer(&Method::GET, "/").map(drop)
    }

    fn answer(&self, method: &Method, path: &str) -> Result<Response<Body>, String> {
        let status = StatusCode::from_u16(self.status).ok().filter(|status| status.as_u16() >= 200);
        let status = status.ok_or_else(|| format!("not a final status: {}", self.status))?;
        let mut reply = match (self.envelope, &self.body, &self.body_text, &self.body_base64) {
            (Some(envelope), ..) => {
                let content = Content {
                    code: self.code.as_deref(),
                    message: self.message.as_deref(),
                    method: method.as_str(),
                    path,
                    status: self.status,
                };
                envelope.fill(&content)
            }
            (None, Some(body), ..) => Reply::ok(body),
            (None, None, Some(text), _) => typed(Bytes::from(text.clone())),
            (None, None, None, Some(base64)) => typed(Bytes::from(
                STANDARD.decode(base64).map_err(|error| format!("body_base64: {error}"))?,
            )),
            (None, None, None, None) => Reply::empty(status),
        };
        reply.status = status;
        let mut response = reply.into_response();
        for (name, value) in &self.headers {
            let name: HeaderName =
                name.parse().map_err(|_| format!("invalid header name: {name:?}"))?;
            match value {
                Value::Null => drop(response.headers_mut().remove(name)),
                value => {
                    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    let value = HeaderValue::from_str(&value)
                        .map_err(|_| format!("invalid header value: {value:?}"))?;
                    response.headers_mut().insert(name, value);
                }
            }
        }
        Ok(response)
    }
}

fn typed(body: Bytes) -> Reply {
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    Reply { status: StatusCode::OK, headers: vec![(header::CONTENT_TYPE, json)], body }
}

/// The body of `POST /_dev/faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    connection: Option<String>,
    path: Option<String>,
    times: Option<u64>,
    #[serde(default)]
    delay_ms: u64,
    fault: Option<Value>,
}

#[derive(Debug)]
struct Rule {
    connection: Option<String>,
    path: Option<String>,
    left: u64,
    delay: Duration,
    fault: Option<Fault>,
    /// The fault as it was ordered, for `GET /_dev/faults`.
    shown: Option<Value>,
}

#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Rule>>);

/// The delay and the fault for one request.
pub struct Hit {
    delay: Duration,
    fault: Option<Fault>,
}

impl Faults {
    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn order(&self, order: &[u8]) -> Result<(), String> {
        let order: Order = serde_json::from_slice(order).map_err(|error| error.to_string())?;
        let fault = order
            .fault
            .as_ref()
            .map(Fault::deserialize)
            .transpose()
            .map_err(|error| format!("fault: {error}"))?;
        if let Some(Fault::Answer(instead)) = &fault {
            instead.check()?;
        }
        match &fault {
            None if order.delay_ms == 0 => {
                return Err("give fault, delay_ms or both".to_owned());
            }
            _ if order.times == Some(0) => return Err("times must be at least 1".to_owned()),
            _ => {}
        }
        let mut rules = self.rules();
        if rules.len() >= CAPACITY {
            return Err(format!(
                "there are already {CAPACITY} faults; remove them with DELETE /_dev/faults"
            ));
        }
        let delay = Duration::from_millis(order.delay_ms);
        rules.push(Rule {
            connection: order.connection,
            path: order.path,
            left: order.times.unwrap_or(1),
            delay,
            fault,
            shown: order.fault,
        });
        Ok(())
    }

    /// Removes the faults of one connection, or all of them.
    pub fn clear(&self, connection: Option<&str>) {
        self.rules()
            .retain(|rule| connection.is_some() && rule.connection.as_deref() != connection);
    }

    /// The remaining faults, in the order in which they apply.
    pub fn to_json(&self) -> Value {
        let rules = self.rules();
        let show = |rule: &Rule| {
            let delay_ms = rule.delay.as_millis() as u64;
            json!({"connection": rule.connection, "path": rule.path, "times": rule.left,
                "delay_ms": delay_ms, "fault": rule.shown})
        };
        json!({"faults": rules.iter().filter(|rule| rule.left > 0).map(show).collect::<Vec<_>>()})
    }

    fn next_for(&self, path: &str) -> Option<Hit> {
        let mut rules = self.rules();
        if rules.is_empty() {
            return None;
        }
        let connection = connection(path);
        let concerned = |rule: &Rule| {
            let named =
                rule.connection.as_ref().is_none_or(|wanted| connection.as_ref() == Some(wanted));
            let there =
                rule.path.as_ref().map_or(!path.starts_with("/_vectors/"), |wanted| wanted == path);
            named && there
        };
        let position = rules.iter().position(concerned)?;
        let rule = &mut rules[position];
        rule.left -= 1;
        let hit = Hit { delay: rule.delay, fault: rule.fault.clone() };
        if rule.left == 0 {
            rules.remove(position);
        }
        Some(hit)
    }
}

/// The connection that a path is about.
pub fn connection(path: &str) -> Option<String> {
    let rest =
        ["/connection/", "/connections/"].iter().find_map(|prefix| path.strip_prefix(prefix))?;
    let segment = rest.split('/').next().unwrap_or_default();
    percent_decode_str(segment).decode_utf8().ok().map(|id| id.into_owned())
}

/// Runs before the routes. Passes a request on, or applies its fault.
pub async fn apply(faults: &Faults, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let Some(hit) = faults.next_for(&path) else { return next.run(request).await };
    tokio::time::sleep(hit.delay).await;
    let Some(fault) = hit.fault else { return next.run(request).await };
    if !fault.is_unsolicited() {
        return fault.response_for(&Whole::of(next.run(request).await).await);
    }
    let method = request.method().clone();
    // Read the body: unread bytes would turn every close into a reset.
    let _ = to_bytes(request.into_body(), BODY_LIMIT).await;
    match &fault {
        Fault::Answer(instead) => {
            instead.answer(&method, &path).unwrap_or_else(|_| Reply::unexpected().into_response())
        }
        _ => fault.response_for(&Whole {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_occur_in_order_and_as_often_as_requested() {
        let faults = Faults::default();
        faults.order(br#"{"connection": "a/b", "times": 2, "fault": {"kind": "hang"}}"#).unwrap();
        faults.order(br#"{"path": "/connections", "delay_ms": 5}"#).unwrap();
        faults.order(br#"{"times": 1, "fault": {"kind": "reset", "at": "headers"}}"#).unwrap();
        assert_eq!(faults.to_json()["faults"].as_array().unwrap().len(), 3);
        let next = |path| faults.next_for(path).map(|hit| hit.fault);
        assert_eq!(next("/connection/a%2Fb"), Some(Some(Fault::Hang {})));
        assert_eq!(next("/connections"), Some(None));
        assert_eq!(next("/_vectors/x/y"), None);
        assert_eq!(next("/connections/a%2Fb"), Some(Some(Fault::Hang {})));
        assert_eq!(next("/connections/a%2Fb"), Some(Some(Fault::Reset { at: Point::Headers })));
        assert_eq!(next("/connections/a%2Fb"), None);
        faults.order(br#"{"connection": "c", "fault": {"kind": "hang"}}"#).unwrap();
        faults.clear(Some("d"));
        assert_eq!(faults.to_json()["faults"][0]["connection"], "c");
        faults.clear(None);
        assert_eq!(faults.to_json(), json!({"faults": []}));
    }

    #[test]
    fn nonsense_is_refused() {
        let faults = Faults::default();
        for order in [
            "{}",
            r#"{"fault": {"kind": "nope"}}"#,
            r#"{"fault": {"kind": "hang", "x": 1}}"#,
            r#"{"fault": {"kind": "reset", "at": "noon"}}"#,
            r#"{"fault": {"kind": "answer", "status": 99}}"#,
            r#"{"fault": {"kind": "answer", "status": 200, "body": 1, "envelope": "A"}}"#,
            r#"{"fault": {"kind": "answer", "status": 200, "envelope": "Z"}}"#,
            r#"{"fault": {"kind": "answer", "status": 200, "headers": {"a b": "c"}}}"#,
            r#"{"fault": {"kind": "hang"}, "when": "now"}"#,
        ] {
            assert!(faults.order(order.as_bytes()).is_err(), "{order}");
        }
    }
}
