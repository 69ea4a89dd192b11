//! Every observed shape of an error, by its letter.

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::reply::Reply;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
pub enum Envelope {
    /// Newer handlers: `{"error": {code, message}}`, or a list of problems if there is no message.
    A,
    /// The older error manager, which always adds a payload.
    B,
    /// An action whose function got an HTTP error.
    C,
    /// The rate limiter.
    D,
    /// The error manager without an error.
    E,
    /// A bare `{"message"}`.
    F,
    /// Express, for a route that does not exist.
    G,
    /// The dashboard.
    H,
    /// JSON-RPC.
    I,
    /// A third party's bytes, passed through by the proxy.
    J,
    /// A gateway's page.
    K,
    /// An empty body.
    L,
    /// `{"error": "text"}`, as very old servers sent it.
    #[serde(rename = "text")]
    Text,
}

/// The values of an envelope. Each shape uses those that it has a place for.
#[derive(Debug)]
pub struct Content<'a> {
    pub code: Option<&'a str>,
    pub message: Option<&'a str>,
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
}

impl Envelope {
    /// Returns the body and its content type. The caller sets the status.
    pub fn fill(self, content: &Content<'_>) -> Reply {
        let code = |usual: &str| content.code.unwrap_or(usual).to_owned();
        let message = content.message.unwrap_or("Something went wrong (invented).");
        let json = |value: Value| Reply::ok(&value);
        match self {
            Envelope::A => match content.message {
                Some(message) => json(json!({"error": {
                    "code": code("server_error"), "message": message,
                }})),
                None => json(json!({"error": {
                    "code": code("invalid_body"),
                    "errors": [{
                        "code": "invalid_type", "message": "invented", "path": ["a", "0"],
                    }],
                }})),
            },
            Envelope::B => json(json!({"error": {
                "message": message, "code": code("server_error"), "payload": {},
            }})),
            Envelope::C => json(json!({"error": {
                "payload": {"invented": true}, "code": code("script_http_error"),
                "upstream": {"status": content.status},
            }})),
            Envelope::D => json(json!({"error": {
                "code": code("too_many_request"), "method": content.method, "path": content.path,
            }})),
            Envelope::E => json(json!({"error": {"code": code("unknown_empty_error")}})),
            Envelope::F => json(json!({"message": message})),
            Envelope::G => Reply::no_such_route(content.method, content.path),
            Envelope::H => Reply::dashboard(),
            Envelope::I => json(json!({
                "jsonrpc": "2.0", "error": {"code": -32000, "message": message}, "id": null,
            })),
            Envelope::J => bytes("application/octet-stream", b"\x00\xff{\"error\": \x80"),
            Envelope::K => bytes(
                "text/html",
                b"<html><head><title>Gateway</title></head>\
                  <body><center><h1>Gateway</h1></center></body></html>\r\n",
            ),
            Envelope::L => bytes("", b""),
            Envelope::Text => json(json!({"error": message})),
        }
    }
}

fn bytes(kind: &'static str, body: &'static [u8]) -> Reply {
    let headers = if kind.is_empty() {
        Vec::new()
    } else {
        vec![(header::CONTENT_TYPE, HeaderValue::from_static(kind))]
    };
    Reply { status: axum::http::StatusCode::OK, headers, body: Bytes::from_static(body) }
}
