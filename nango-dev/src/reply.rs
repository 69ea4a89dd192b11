//! Replies: status, headers and bytes, and Nango's error shapes.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper::body::Frame;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A complete reply, except for the headers that every reply gets.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

impl Reply {
    pub fn json(status: StatusCode, value: &Value) -> Self {
        let body = Bytes::from(value.to_string());
        let etag = weak_etag(&body);
        Reply { status, headers: vec![(header::CONTENT_TYPE, JSON), (header::ETAG, etag)], body }
    }

    pub fn ok(value: &Value) -> Self {
        Reply::json(StatusCode::OK, value)
    }

    pub fn created(value: &Value) -> Self {
        Reply::json(StatusCode::CREATED, value)
    }

    pub fn empty(status: StatusCode) -> Self {
        Reply { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Nango's answer to a GET for an unknown route: the dashboard, with status 200.
    pub fn dashboard() -> Self {
        let page = "<!doctype html><html><head><title>Nango (nango-dev)</title></head>\
                    <body><p>This route does not exist; the dashboard would be here.</p></body></html>\n";
        let body = Bytes::from(page);
        let headers = vec![
            (header::CONTENT_TYPE, HTML),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private")),
            (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
            (header::LAST_MODIFIED, HeaderValue::from_static("Mon, 05 Jan 2026 00:00:00 GMT")),
            (header::ETAG, weak_etag(&body)),
        ];
        Reply { status: StatusCode::OK, headers, body }
    }

    /// The answer to any other method on an unknown route.
    pub fn no_such_route(method: &str, path: &str) -> Self {
        let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n\
             </head>\n<body>\n<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
        );
        let headers = vec![
            (header::CONTENT_TYPE, HTML),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'")),
        ];
        Reply { status: StatusCode::NOT_FOUND, headers, body: Bytes::from(page) }
    }

    /// The shape of newer handlers: `{"error":{"code","message"}}`.
    pub fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Reply::json(status, &json!({"error": {"code": code, "message": message.into()}}))
    }

    /// Without a message: `{"error":{"code"}}`.
    pub fn bare_error(status: StatusCode, code: &str) -> Self {
        Reply::json(status, &json!({"error": {"code": code}}))
    }

    /// With a payload after the message.
    pub fn error_with(
        status: StatusCode,
        code: &str,
        message: impl Into<String>,
        payload: Value,
    ) -> Self {
        let message = message.into();
        Reply::json(
            status,
            &json!({"error": {"code": code, "message": message, "payload": payload}}),
        )
    }

    /// The shape of older handlers: the message first, and always a payload.
    pub fn old_error(
        status: StatusCode,
        code: &str,
        message: impl Into<String>,
        payload: Value,
    ) -> Self {
        let message = message.into();
        Reply::json(
            status,
            &json!({"error": {"message": message, "code": code, "payload": payload}}),
        )
    }

    /// What the server answers after an uncaught exception.
    pub fn unexpected() -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        let message = format!("Something went wrong; quote {id} when you ask for help.");
        Reply::old_error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "generic_error_support",
            message,
            Value::from(id),
        )
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// The ETag that Express generates, from the body's length and SHA-1.
fn weak_etag(body: &[u8]) -> HeaderValue {
    let digest = STANDARD_NO_PAD.encode(Sha1::digest(body));
    let tag = format!("W/\"{:x}-{digest}\"", body.len());
    HeaderValue::from_str(&tag).expect("hexadecimal and base64 are header text")
}

/// A body that does not report its length, so that it can be sent with a wrong `content-length`.
pub struct WithoutLength(Option<Bytes>);

impl WithoutLength {
    pub fn new(body: Bytes) -> Self {
        WithoutLength(Some(body))
    }
}

impl HttpBody for WithoutLength {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|body| Ok(Frame::data(body))))
    }
}
