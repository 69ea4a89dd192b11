//! `/_dev`: controls for tests; `/provider`: the routes of the OAuth provider.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use crate::App;
use crate::clock::{millis_z, parse_date};
use crate::provider::{Behaviour, Proof, TokenAnswer};
use crate::reply::Reply;
use crate::session;
use crate::store::Key;

type Shared = State<Arc<App>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    advance_ms: Option<i64>,
    now: Option<String>,
}

fn parse<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, Reply> {
    serde_json::from_slice(body)
        .map_err(|error| Reply::error(StatusCode::BAD_REQUEST, "bad_request", error.to_string()))
}

pub async fn clock(State(app): Shared) -> Reply {
    Reply::ok(&json!({"now": millis_z(app.clock.now())}))
}

pub async fn move_clock(State(app): Shared, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Move = parse(&body)?;
    let now = wanted.now.as_deref().map(parse_date);
    match (wanted.advance_ms, now) {
        (Some(milliseconds), None) => app.clock.advance(milliseconds),
        (None, Some(Some(now))) => app.clock.set(now),
        _ => {
            let message = "say either advance_ms (a number) or now (RFC 3339)";
            return Err(Reply::error(StatusCode::BAD_REQUEST, "bad_request", message));
        }
    }
    Ok(clock(State(app)).await)
}

/// `?connection=…`: selects only the entries about this connection.
fn wanted(query: Option<String>) -> Option<String> {
    let pairs = query.unwrap_or_default();
    form_urlencoded::parse(pairs.as_bytes())
        .find(|(name, _)| name == "connection")
        .map(|(_, id)| id.into_owned())
}

pub async fn log(State(app): Shared, RawQuery(query): RawQuery) -> Reply {
    Reply::ok(&app.log.to_json(wanted(query).as_deref()))
}

pub async fn faults(State(app): Shared) -> Reply {
    Reply::ok(&app.faults.to_json())
}

pub async fn order_fault(State(app): Shared, body: Bytes) -> Result<Reply, Reply> {
    app.faults
        .order(&body)
        .map_err(|error| Reply::error(StatusCode::BAD_REQUEST, "bad_request", error))?;
    Ok(faults(State(app)).await)
}

pub async fn clear_faults(State(app): Shared, RawQuery(query): RawQuery) -> Reply {
    app.faults.clear(wanted(query).as_deref());
    Reply::empty(StatusCode::NO_CONTENT)
}

pub async fn clear_log(State(app): Shared) -> Reply {
    app.log.clear();
    Reply::empty(StatusCode::NO_CONTENT)
}

pub async fn state(State(app): Shared) -> Reply {
    let (calls, unknown) = app.provider.token_calls();
    let state = json!({
        "now": millis_z(app.clock.now()),
        "in_flight": app.log.in_flight(),
        "token_calls": calls,
        "token_calls_unknown": unknown,
        "collapsed": app.flights.collapsed(),
    });
    Reply::ok(&state)
}

#[derive(Deserialize)]
struct Treat {
    integration: String,
    connection_id: String,
    #[serde(flatten)]
    behaviour: Behaviour,
}

pub async fn set_behaviour(State(app): Shared, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Treat = parse(&body)?;
    let key = Key::new(wanted.integration, wanted.connection_id);
    if app.provider.set_behaviour(&key, wanted.behaviour) {
        return Ok(Reply::ok(&json!({"success": true})));
    }
    let message = format!("the provider has no connection {key}");
    Err(Reply::error(StatusCode::NOT_FOUND, "not_found", message))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Collapse {
    integration: String,
    connection_id: String,
    read_ms: u64,
}

pub async fn collapse(State(app): Shared, body: Bytes) -> Result<Reply, Reply> {
    let wanted: Collapse = parse(&body)?;
    let key = Key::new(wanted.integration, wanted.connection_id);
    if !app.store().connections.contains_key(&key) {
        let message = format!("there is no connection {key}");
        return Err(Reply::error(StatusCode::NOT_FOUND, "not_found", message));
    }
    app.flights.slow_down(&key, Duration::from_millis(wanted.read_ms));
    Ok(Reply::ok(&json!({"success": true})))
}

/// Goes through a connect session as its user.
pub async fn connect(State(app): Shared, body: Bytes) -> Result<Reply, Reply> {
    session::connect(&app, parse(&body)?)
}

/// The same, by opening the link.
pub async fn open_link(State(app): Shared, RawQuery(query): RawQuery) -> Result<Reply, Reply> {
    let query = query.unwrap_or_default();
    let find = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    let token = find("session_token").unwrap_or_default();
    session::connect(&app, session::Visit::new(token, find("integration_id")))
}

/// The token endpoint, form-encoded as in OAuth 2.
pub async fn provider_token(State(app): Shared, body: Bytes) -> Reply {
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let field =
        |name: &str| form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    let proof = match field("grant_type") {
        "refresh_token" => Proof::RefreshToken(field("refresh_token")),
        "client_credentials" => Proof::Client(field("client_id"), field("client_secret")),
        _ => {
            return Reply::json(
                StatusCode::BAD_REQUEST,
                &json!({"error": "unsupported_grant_type"}),
            );
        }
    };
    match app.provider.token(None, proof, || app.clock.now()).await {
        TokenAnswer::Json(status, body) => Reply::json(status_of(status), &body),
        TokenAnswer::Text(status, kind, text) => {
            let mut reply = Reply::empty(status_of(status));
            reply.headers.push((header::CONTENT_TYPE, HeaderValue::from_static(kind)));
            reply.body = Bytes::from_static(text.as_bytes());
            reply
        }
        // An HTTP route cannot refuse the connection; this is what a gateway would answer.
        TokenAnswer::Unreachable => Reply::empty(StatusCode::BAD_GATEWAY),
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The provider's API. It accepts only the current token of a connection.
pub async fn provider_me(State(app): Shared, headers: HeaderMap) -> Reply {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let who = authorization.and_then(|header| app.provider.connection_of(header, app.clock.now()));
    match who {
        Some(key) => Reply::ok(&json!({"login": key.connection, "connection_id": key.connection})),
        None => {
            let body = json!({"message": "This token opens nothing here (any more)"});
            Reply::json(StatusCode::UNAUTHORIZED, &body)
        }
    }
}
