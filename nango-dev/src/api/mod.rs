//! Nango's API: the checks that every request passes, and the handlers.

mod change;
mod connections;
mod import;
mod integrations;
mod routes;
mod sessions;

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::App;
use crate::auth::{self, Scopes};
use crate::check::{self, Issue};
use crate::query::Query;
use crate::reply::Reply;
use crate::store::Object;
use routes::{Keys, Route};

/// The real server's limit; it answers larger bodies with 500.
pub const BODY_LIMIT: usize = 75 * 1024 * 1024;

pub type Answer = Result<Reply, Reply>;

/// A request with an accepted key, as handlers receive it.
pub struct Call {
    pub scopes: Scopes,
    /// The token of a connect session, if it took the place of the key.
    pub session: Option<String>,
    pub query: Query,
    pub body: Option<Value>,
    pub headers: HeaderMap,
}

impl Call {
    /// The body, which must be an object.
    pub fn object(&self) -> Result<&Object, Reply> {
        let object = self.body.as_ref().and_then(Value::as_object);
        if object.is_none() {
            check::refuse("invalid_body", vec![Issue::not_an_object(self.body.as_ref())])?;
        }
        object.ok_or_else(Reply::unexpected)
    }
}

pub async fn handle(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (reply, headers) = if parts.method == Method::OPTIONS {
        (preflight(), API)
    } else {
        match routes::find(&parts.method, parts.uri.path()) {
            Ok(Some((Route::Health, _))) => (Reply::ok(&json!({"result": "ok"})), HEALTH),
            Ok(Some((Route::Catalogue, _))) => (catalogue(&app, &parts), API),
            Ok(Some((route, parameter))) => {
                (answer(&app, &parts, body, route, &parameter).await, API)
            }
            Ok(None) if matches!(parts.method, Method::GET | Method::HEAD) => {
                (Reply::dashboard(), PAGE)
            }
            Ok(None) => (Reply::no_such_route(parts.method.as_str(), parts.uri.path()), PAGE),
            Err(reply) => (reply, API),
        }
    };
    finish(&parts, reply, headers)
}

async fn answer(app: &Arc<App>, parts: &Parts, body: Body, route: Route, parameter: &str) -> Reply {
    let (key, body, limits) = match authorize(app, parts, body, route.keys()).await {
        Ok(admitted) => admitted,
        Err(reply) => return reply,
    };
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let (scopes, session) = key;
    let call = Call { scopes, session, query, body, headers: parts.headers.clone() };
    let answer = match route {
        // These two were answered earlier, without a key.
        Route::Health | Route::Catalogue => Err(Reply::unexpected()),
        Route::List => connections::list(app, &call),
        Route::Get => connections::get(app, &call, parameter).await,
        Route::Import => import::typed(app, &call),
        Route::LegacyImport => import::legacy(app, &call),
        Route::Patch => change::patch(app, &call, parameter),
        Route::Delete => change::delete(app, &call, parameter),
        Route::Metadata(write) => change::metadata(app, &call, write),
        Route::LegacyMetadata(write) => change::legacy_metadata(app, &call, parameter, write),
        Route::Integrations => integrations::list(app, &call),
        Route::Integration => integrations::get(app, &call, parameter),
        Route::CreateIntegration => integrations::create(app, &call),
        Route::Quickstart => integrations::quickstart(app, &call),
        Route::PatchIntegration => integrations::patch(app, &call, parameter),
        Route::DeleteIntegration => integrations::delete(app, &call, parameter),
        Route::Config => integrations::config(app, &call, parameter),
        Route::Providers => integrations::providers(app, &call),
        Route::Provider => integrations::provider(app, &call, parameter),
        Route::Templates => integrations::templates(&call),
        Route::CreateSession => sessions::create(app, &call),
        Route::CreateReconnectSession => sessions::reconnect(app, &call),
        Route::Session => sessions::get(app, &call),
        Route::DeleteSession => sessions::delete(app, &call),
    };
    let mut reply = answer.unwrap_or_else(|refusal| refusal);
    reply.headers.extend(limits);
    reply
}

fn catalogue(app: &App, parts: &Parts) -> Reply {
    match app.limiter.take(app.clock.now(), parts.method.as_str(), parts.uri.path()) {
        Err(refusal) => refusal,
        Ok(limits) => {
            let mut reply = integrations::catalogue(app);
            reply.headers.extend(limits);
            reply
        }
    }
}

type Key = (Scopes, Option<String>);
type Authorized = (Key, Option<Value>, crate::limit::Headers);

/// Checks in the server's order: the body, its type, the key, the rate limit.
async fn authorize(app: &App, parts: &Parts, body: Body, keys: Keys) -> Result<Authorized, Reply> {
    let body = json_body(&parts.headers, body).await?;
    let content_type =
        parts.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !content_type.is_empty() && !content_type.starts_with(b"application/json") {
        let message = "The Content-Type must be application/json";
        return Err(Reply::error(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_content_type",
            message,
        ));
    }
    let is_session = match keys {
        Keys::Secret => false,
        Keys::SecretOrSession => auth::is_session(&parts.headers),
        Keys::Session => true,
    };
    let key = match is_session {
        true => (Scopes::of_session(), Some(auth::session(app, &parts.headers)?)),
        false => (auth::authenticate(&parts.headers)?, None),
    };
    let limits = app.limiter.take(app.clock.now(), parts.method.as_str(), parts.uri.path())?;
    Ok((key, body, limits))
}

/// Only a body that is declared as JSON is read; any other counts as absent.
async fn json_body(headers: &HeaderMap, body: Body) -> Result<Option<Value>, Reply> {
    let body = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|_| Reply::unexpected())?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let (media_type, rest) = content_type
        .unwrap_or_default()
        .split_once(';')
        .unwrap_or((content_type.unwrap_or_default(), ""));
    let sent = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    if !media_type.trim().eq_ignore_ascii_case("application/json") || !sent {
        return Ok(None);
    }
    let charset = rest.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
    let charset = charset.map(|charset| charset.trim_matches('"').to_ascii_lowercase());
    let body = uncompressed(headers, &body).ok_or_else(Reply::unexpected)?;
    let text = decoded(&body, charset.as_deref()).ok_or_else(Reply::unexpected)?;
    if text.is_empty() {
        return Ok(Some(json!({})));
    }
    match parsed(&text) {
        Ok(value) if value.is_object() || value.is_array() => Ok(Some(value)),
        Ok(_) => Err(Reply::error(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            "The body must be an object or an array",
        )),
        // JavaScript accepts half of a surrogate pair, and PostgreSQL then throws.
        Err(error) if is_half_a_pair(&error) => Err(Reply::unexpected()),
        Err(error) => Err(Reply::error(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            format!("The body is not JSON: {error}"),
        )),
    }
}

/// The body without its coding. None: the coding is not known, or the body not of it.
fn uncompressed(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    let coding = headers.get(header::CONTENT_ENCODING).map_or(&b""[..], HeaderValue::as_bytes);
    if !coding.eq_ignore_ascii_case(b"gzip") {
        return (coding.is_empty() || coding.eq_ignore_ascii_case(b"identity"))
            .then(|| body.to_vec());
    }
    let mut plain = Vec::new();
    let decoder = GzDecoder::new(body);
    decoder.take(BODY_LIMIT as u64 + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= BODY_LIMIT).then_some(plain)
}

/// The text of a body in a Unicode encoding. A byte order mark is skipped, and tells the encoding.
fn decoded(body: &[u8], charset: Option<&str>) -> Option<String> {
    let charset = charset.unwrap_or("utf-8");
    if charset.starts_with("utf-8") {
        return Some(
            String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).into(),
        );
    }
    let big = match (charset, body) {
        ("utf-16be", _) | ("utf-16", [0xfe, 0xff, ..]) => true,
        ("utf-16" | "utf-16le", _) => false,
        _ => return None,
    };
    let unit = |pair: &[u8]| match (pair, big) {
        ([first, second], true) => u16::from_be_bytes([*first, *second]),
        ([first, second], false) => u16::from_le_bytes([*first, *second]),
        _ => u16::from(b' '),
    };
    let units: Vec<u16> = body.chunks(2).map(unit).collect();
    let text = String::from_utf16_lossy(&units);
    Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Parses JSON as JavaScript does: a number that is too large becomes infinite, and is stored as
/// null; and `__proto__` is not a member that is kept.
fn parsed(text: &str) -> Result<Value, serde_json::Error> {
    let mut value = match serde_json::from_str(text) {
        Err(error) if error.to_string().contains("number out of range") => {
            serde_json::from_str(&without_infinite(text))
        }
        other => other,
    }?;
    forget_proto(&mut value);
    Ok(value)
}

fn without_infinite(text: &str) -> String {
    let of_number = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
    let (mut plain, mut quoted, mut escaped) = (String::new(), false, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let length = rest.find(|letter| !of_number(letter)).unwrap_or(rest.len());
        if !quoted && (letter.is_ascii_digit() || letter == '-') {
            let number = &rest[..length];
            let is_infinite = number.parse::<f64>().is_ok_and(f64::is_infinite);
            plain.push_str(if is_infinite { "null" } else { number });
            rest = &rest[length..];
            continue;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = quoted && letter == '\\' && !escaped;
        plain.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    plain
}

fn forget_proto(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name != "__proto__");
            members.values_mut().for_each(forget_proto);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_proto),
        _ => {}
    }
}

/// The parser has no error kind for this, only these words.
fn is_half_a_pair(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    message.contains("surrogate") || message.contains("unexpected end of hex escape")
}

fn preflight() -> Reply {
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    let methods = "GET,HEAD,PUT,PATCH,POST,DELETE";
    let headers = "Authorization, Content-Type, Accept, Origin, X-Requested-With, \
                   Nango-Activity-Log-Id, Nango-Is-Dry-Run, Nango-Is-Sync, Provider-Config-Key, \
                   Connection-Id, Sentry-Trace, Baggage";
    reply.headers = vec![
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods)),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(headers)),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ];
    reply
}

type FixedHeaders = &'static [(&'static str, &'static str)];

const EVERYWHERE: FixedHeaders = &[
    ("x-xss-protection", "0"),
    ("x-content-type-options", "nosniff"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-dns-prefetch-control", "off"),
    ("referrer-policy", "strict-origin"),
    ("strict-transport-security", "max-age=5184000; includeSubDomains"),
];

const HEALTH: FixedHeaders = &[];
const PAGE: FixedHeaders = &[CONTENT_POLICY];
const CONTENT_POLICY: (&str, &str) = ("content-security-policy-report-only", "default-src 'self'");
const API: FixedHeaders = &[
    CONTENT_POLICY,
    ("access-control-allow-origin", "*"),
    (
        "access-control-expose-headers",
        "Authorization, Etag, Content-Type, Content-Length, X-Nango-Signature, X-RateLimit-Limit, \
         X-RateLimit-Remaining, X-RateLimit-Reset",
    ),
];

/// Adds the headers of every answer. Answers 304 if the client already has the body.
fn finish(parts: &Parts, mut reply: Reply, fixed: FixedHeaders) -> Response<Body> {
    if not_modified(parts, &reply) {
        reply.status = StatusCode::NOT_MODIFIED;
        reply.headers.retain(|(name, _)| *name != header::CONTENT_TYPE);
        reply.body.clear();
    }
    let mut response = reply.into_response();
    let headers = response.headers_mut();
    for &(name, value) in EVERYWHERE.iter().chain(fixed) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let closes = parts
        .headers
        .get(header::CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"));
    if closes {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    } else {
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
        headers
            .insert(HeaderName::from_static("keep-alive"), HeaderValue::from_static("timeout=61"));
    }
    response
}

fn not_modified(parts: &Parts, reply: &Reply) -> bool {
    let etag = reply.headers.iter().find(|(name, _)| *name == header::ETAG).map(|(_, etag)| etag);
    let asked = parts.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let (Some(etag), Some(asked)) = (etag.and_then(|etag| etag.to_str().ok()), asked) else {
        return false;
    };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    matches!(parts.method, Method::GET | Method::HEAD)
        && reply.status.is_success()
        && asked.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_javascript_reads_it() {
        let text =
            r#"{"a": [1e400, -1e400, 1.5], "1e400 \" -1e999": "1e400", "__proto__": {"b": 1}}"#;
        let read = json!({"a": [null, null, 1.5], "1e400 \" -1e999": "1e400"});
        assert_eq!(parsed(text).unwrap(), read);
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let utf16: Vec<u8> = "\u{feff}{}é".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&utf16, Some("utf-16")).as_deref(), Some("{}é"));
        assert_eq!(decoded(b"{\0}\0", Some("utf-16le")).as_deref(), Some("{}"));
        assert_eq!(decoded(b"\xef\xbb\xbf{}", None).as_deref(), Some("{}"));
        assert_eq!(decoded(b"{}", Some("latin1")), None);
    }
}
