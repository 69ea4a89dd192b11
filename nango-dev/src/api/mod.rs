//! Nango's routes, and the checks that every request passes before its handler.

mod change;
mod connections;
mod import;
mod integrations;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::App;
use crate::auth::{self, Scopes};
use crate::check::{self, Issue};
use crate::query::Query;
use crate::reply::Reply;
use crate::store::Object;
use change::Write;

/// The real server's limit; it answers larger bodies with 500.
pub const BODY_LIMIT: usize = 75 * 1024 * 1024;

pub type Answer = Result<Reply, Reply>;

/// A request with an accepted key, as handlers receive it.
pub struct Call {
    pub scopes: Scopes,
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

#[derive(Debug, PartialEq)]
enum Route {
    Health,
    Catalogue,
    List,
    Get(String),
    Import,
    LegacyImport,
    Patch(String),
    Delete(String),
    Metadata(Write),
    LegacyMetadata(String, Write),
    Integrations,
    Integration(String),
    CreateIntegration,
    PatchIntegration(String),
    DeleteIntegration(String),
    Config(String),
    Providers,
    Provider(String),
    Templates,
}

/// Decodes a path parameter. Express answers 500 if that fails.
fn parameter(segment: &str) -> Result<String, Reply> {
    let malformed = segment.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    let decoded = percent_decode_str(segment).decode_utf8();
    match decoded {
        Ok(text) if !malformed => Ok(text.into_owned()),
        _ => Err(Reply::unexpected()),
    }
}

/// Matches like Express: literals in any case, and one extra slash at the end is allowed.
fn route(method: &Method, path: &str) -> Result<Option<Route>, Reply> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Ok(None);
    }
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    // Every parameter is the second segment.
    let second = || parameter(segments[1]);
    Ok(Some(match (method, lower.as_slice()) {
        ("GET", ["health" | "ready"]) => Route::Health,
        ("GET", ["providers.json"]) => Route::Catalogue,
        ("GET", ["connections" | "connection"]) => Route::List,
        ("GET", ["connections" | "connection", _]) => Route::Get(second()?),
        ("POST", ["connections"]) => Route::Import,
        ("POST", ["connection"]) => Route::LegacyImport,
        ("POST", ["connections" | "connection", "metadata"]) => Route::Metadata(Write::Replace),
        ("PATCH", ["connections" | "connection", "metadata"]) => Route::Metadata(Write::Merge),
        ("POST", ["connection", _, "metadata"]) => Route::LegacyMetadata(second()?, Write::Replace),
        ("PATCH", ["connection", _, "metadata"]) => Route::LegacyMetadata(second()?, Write::Merge),
        ("PATCH", ["connections", _]) => Route::Patch(second()?),
        ("DELETE", ["connections" | "connection", _]) => Route::Delete(second()?),
        ("GET", ["integrations"]) => Route::Integrations,
        ("GET", ["integrations", _]) => Route::Integration(second()?),
        ("POST", ["integrations"]) => Route::CreateIntegration,
        ("PATCH", ["integrations", _]) => Route::PatchIntegration(second()?),
        ("DELETE", ["integrations", _]) => Route::DeleteIntegration(second()?),
        ("GET", ["config", _]) => Route::Config(second()?),
        ("GET", ["providers"]) => Route::Providers,
        ("GET", ["providers", _]) => Route::Provider(second()?),
        ("GET", ["providers", _, "templates"]) => Route::Templates,
        _ => return Ok(None),
    }))
}

pub async fn handle(State(app): State<Arc<App>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let (reply, headers) = if parts.method == Method::OPTIONS {
        (preflight(), API)
    } else {
        match route(&parts.method, parts.uri.path()) {
            Ok(Some(Route::Health)) => (Reply::ok(&json!({"result": "ok"})), HEALTH),
            Ok(Some(Route::Catalogue)) => (catalogue(&app, &parts), API),
            Ok(Some(route)) => (answer(&app, &parts, body, route).await, API),
            Ok(None) if matches!(parts.method, Method::GET | Method::HEAD) => {
                (Reply::dashboard(), PAGE)
            }
            Ok(None) => (Reply::no_such_route(parts.method.as_str(), parts.uri.path()), PAGE),
            Err(reply) => (reply, API),
        }
    };
    finish(&parts, reply, headers)
}

async fn answer(app: &Arc<App>, parts: &Parts, body: Body, route: Route) -> Reply {
    let (scopes, body, limits) = match authorize(app, parts, body).await {
        Ok(admitted) => admitted,
        Err(reply) => return reply,
    };
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    let call = Call { scopes, query, body, headers: parts.headers.clone() };
    let answer = match route {
        // These two were answered earlier, without a key.
        Route::Health | Route::Catalogue => Err(Reply::unexpected()),
        Route::List => connections::list(app, &call),
        Route::Get(id) => connections::get(app, &call, &id).await,
        Route::Import => import::typed(app, &call),
        Route::LegacyImport => import::legacy(app, &call),
        Route::Patch(id) => change::patch(app, &call, &id),
        Route::Delete(id) => change::delete(app, &call, &id),
        Route::Metadata(write) => change::metadata(app, &call, write),
        Route::LegacyMetadata(id, write) => change::legacy_metadata(app, &call, &id, write),
        Route::Integrations => integrations::list(app, &call),
        Route::Integration(key) => integrations::get(app, &call, &key),
        Route::CreateIntegration => integrations::create(app, &call),
        Route::PatchIntegration(key) => integrations::patch(app, &call, &key),
        Route::DeleteIntegration(key) => integrations::delete(app, &call, &key),
        Route::Config(key) => integrations::config(app, &call, &key),
        Route::Providers => integrations::providers(app, &call),
        Route::Provider(name) => integrations::provider(app, &call, &name),
        Route::Templates => integrations::templates(&call),
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

type Authorized = (Scopes, Option<Value>, crate::limit::Headers);

/// Checks in the server's order: the body, its type, the key, the rate limit.
async fn authorize(app: &App, parts: &Parts, body: Body) -> Result<Authorized, Reply> {
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
    let scopes = auth::authenticate(&parts.headers)?;
    let limits = app.limiter.take(app.clock.now(), parts.method.as_str(), parts.uri.path())?;
    Ok((scopes, body, limits))
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
    let unicode = charset
        .is_none_or(|charset| charset.trim_matches('"').to_ascii_lowercase().starts_with("utf-"));
    if !unicode || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Reply::unexpected());
    }
    if body.is_empty() {
        return Ok(Some(json!({})));
    }
    match serde_json::from_slice::<Value>(&body) {
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

    fn get(path: &str) -> Option<Route> {
        route(&Method::GET, path).unwrap()
    }

    #[test]
    fn paths_match_as_express_matches_them() {
        assert_eq!(get("/connections"), Some(Route::List));
        assert_eq!(get("/CONNECTION/"), Some(Route::List));
        assert_eq!(get("/connections/a%2Fb/"), Some(Route::Get("a/b".into())));
        assert_eq!(get("/connections/a+b"), Some(Route::Get("a+b".into())));
        assert_eq!(get("/connections/metadata"), Some(Route::Get("metadata".into())));
        assert_eq!(
            route(&Method::PATCH, "/connections/Metadata").unwrap(),
            Some(Route::Metadata(Write::Merge))
        );
        assert_eq!(route(&Method::PATCH, "/connection/x").unwrap(), None);
        assert_eq!(get("/connections/a/b"), None);
        assert_eq!(get("//connections"), None);
        assert_eq!(get("/connections//"), None);
        assert_eq!(get("/"), None);
        assert!(route(&Method::GET, "/connections/%zz").is_err());
        assert!(route(&Method::GET, "/connections/%ff").is_err());
        assert!(route(&Method::GET, "/connections/%").is_err());
    }
}
