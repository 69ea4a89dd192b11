//! Decides when a read first refreshes a token, performs the refresh, and records its failure.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::App;
use crate::clock::{millis_z, parse_date, plus_seconds};
use crate::provider::{OnRefresh, Proof, TokenAnswer, new_token};
use crate::store::{Connection, Key, Object};

/// After a failure, the provider is not called again for this long.
const BACK_OFF_SECONDS: i64 = 30;
/// After failures on this many days, Nango stops refreshing the connection.
const ATTEMPTS: u32 = 4;

/// Why there are no credentials to return.
#[derive(Clone, Debug)]
pub struct Failure {
    pub status: StatusCode,
    pub message: String,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Failure { status, message: message.into() }
    }

    fn provider_refused() -> Self {
        let message = "The external API did not give a new access token; try again later.";
        Failure::new(StatusCode::BAD_REQUEST, message)
    }
}

type Outcome = Result<(), Failure>;

/// An operation in flight for a connection: a refresh, or a plain read that was slowed down.
#[derive(Clone, Debug)]
struct Flight {
    refreshes: bool,
    landed: watch::Receiver<Option<Outcome>>,
}

/// At most one operation in flight for each connection, even for forced refreshes. The real server
/// shares what is in flight, so a forced refresh joins a plain read.
#[derive(Debug, Default)]
pub struct Flights {
    running: Mutex<HashMap<Key, Flight>>,
    slow_reads: Mutex<HashMap<Key, SlowReads>>,
}

/// Slows down plain reads. A plain read of a fresh token is normally too short to be joined.
#[derive(Clone, Copy, Debug, Default)]
struct SlowReads {
    takes: Duration,
    /// The number of forced refreshes that joined a plain read.
    joined: u64,
}

impl Flights {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Flight>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slow_reads(&self) -> MutexGuard<'_, HashMap<Key, SlowReads>> {
        self.slow_reads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes each plain read of this connection take this long. Zero restores the normal speed.
    pub fn slow_down(&self, key: &Key, takes: Duration) {
        let mut slow_reads = self.slow_reads();
        if takes.is_zero() {
            slow_reads.remove(key);
        } else {
            slow_reads.entry(key.clone()).or_default().takes = takes;
        }
    }

    /// For each slowed-down connection, the number of forced refreshes that joined a plain read.
    pub fn collapsed(&self) -> BTreeMap<String, u64> {
        self.slow_reads().iter().map(|(key, slow)| (key.to_string(), slow.joined)).collect()
    }

    fn read_takes(&self, key: &Key) -> Duration {
        self.slow_reads().get(key).map(|slow| slow.takes).unwrap_or_default()
    }

    fn count_joined(&self, key: &Key) {
        if let Some(slow) = self.slow_reads().get_mut(key) {
            slow.joined += 1;
        }
    }
}

/// Ensures that the stored credentials of a connection are fresh, or returns why they cannot be.
pub async fn ensure_fresh(app: &Arc<App>, key: &Key, force: bool) -> Outcome {
    let mut flight = {
        // Decide under the lock, so that of two concurrent callers one starts and the other waits.
        let mut flights = app.flights.lock();
        match flights.get(key) {
            Some(flight) => {
                if force && !flight.refreshes {
                    app.flights.count_joined(key);
                }
                flight.landed.clone()
            }
            None => {
                let Some(connection) = app.store().connections.get(key).cloned() else {
                    return Err(gone());
                };
                let now = app.clock.now();
                if !force {
                    reject_during_backoff(&connection, now)?;
                }
                let refreshes = needs_refresh(&connection, now, app.margin, force);
                let takes = if force { Duration::ZERO } else { app.flights.read_takes(key) };
                if !refreshes && takes.is_zero() {
                    return Ok(());
                }
                let (landing, landed) = watch::channel(None);
                flights.insert(key.clone(), Flight { refreshes, landed: landed.clone() });
                // Run it in a separate task, which continues if the caller disconnects.
                tokio::spawn(run_refresh(app.clone(), connection, refreshes, takes, landing));
                landed
            }
        }
    };
    let landed = flight.wait_for(Option::is_some).await;
    landed.ok().and_then(|outcome| outcome.clone()).unwrap_or_else(|| {
        Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Unhandled error while refreshing"))
    })
}

async fn run_refresh(
    app: Arc<App>,
    connection: Connection,
    refreshes: bool,
    takes: Duration,
    landed: watch::Sender<Option<Outcome>>,
) {
    let key = connection.key.clone();
    tokio::time::sleep(takes).await;
    let outcome = match refreshes {
        true => {
            let answer = refresh(&app, &connection).await;
            settle(&app, &key, answer)
        }
        false => Ok(()),
    };
    app.flights.lock().remove(&key);
    let _ = landed.send(Some(outcome));
}

/// Stores the outcome of a refresh.
fn settle(app: &App, key: &Key, answer: Result<Option<Object>, Failure>) -> Outcome {
    let now = app.clock.now();
    let renewed = {
        let mut store = app.store();
        let connection = store.connections.get_mut(key).ok_or_else(gone)?;
        let state = &mut connection.refresh;
        connection.updated_at = now;
        match answer {
            Ok(credentials) => {
                *state = Default::default();
                connection.last_fetched_at = Some(now);
                let Some(credentials) = credentials else { return Ok(()) };
                connection.credentials = credentials;
                connection.clone()
            }
            Err(failure) => {
                let today = |time: Timestamp| time.as_second().div_euclid(86_400);
                if state.last_failure.map(today) != Some(today(now)) {
                    state.attempts += 1;
                }
                state.last_failure = Some(now);
                state.exhausted |= state.attempts >= ATTEMPTS;
                state.log_id = Some(new_log_id(now));
                return Err(failure);
            }
        }
    };
    // Types with a local rule got their token here. The provider has to learn it.
    if !matches!(renewed.credential_type(), "OAUTH2" | "OAUTH2_CC") {
        app.provider.add_connection(&renewed, None);
    }
    Ok(())
}

pub fn new_log_id(now: Timestamp) -> String {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(8).collect();
    format!("{}_{random}", now.as_millisecond())
}

fn gone() -> Failure {
    Failure::new(StatusCode::NOT_FOUND, "The connection was deleted meanwhile")
}

/// The two reasons not to call the provider at all. They apply to every type.
fn reject_during_backoff(connection: &Connection, now: Timestamp) -> Outcome {
    let refusal = |message| Err(Failure::new(StatusCode::FAILED_DEPENDENCY, message));
    if connection.refresh.exhausted {
        return refusal(
            "This connection has reached its refresh limit; it must be authorised again.",
        );
    }
    let failed_just_now =
        |failure: Timestamp| now < plus_seconds(failure, BACK_OFF_SECONDS) && now >= failure;
    if connection.refresh.last_failure.is_some_and(failed_just_now) {
        return refusal("The last refresh failed a moment ago. Backing off for 30 seconds.");
    }
    Ok(())
}

fn needs_refresh(connection: &Connection, now: Timestamp, margin: i64, force: bool) -> bool {
    let refreshable = matches!(
        connection.credential_type(),
        "OAUTH2" | "APP" | "OAUTH2_CC" | "JWT" | "BILL" | "TWO_STEP" | "SIGNATURE" | "AWS_SIGV4"
    );
    if !refreshable {
        return false;
    }
    if force {
        return true;
    }
    let margin = match connection.provider.as_str() {
        "facebook" | "instagram" | "threads" => return false,
        "exact-online" => 30,
        "toast" => 60,
        _ => margin,
    };
    let expiry = connection.credential("expires_at").and_then(parse_date);
    expiry.is_some_and(|expiry| expiry < plus_seconds(now, margin))
}

/// Returns new credentials, or `None` if the old ones stay in use.
async fn refresh(app: &App, connection: &Connection) -> Result<Option<Object>, Failure> {
    match connection.credential_type() {
        "OAUTH2" => refresh_oauth2(app, connection).await,
        "OAUTH2_CC" => refresh_client_credentials(app, connection).await.map(Some),
        kind => refresh_locally(app, connection, kind).await.map(Some),
    }
}

async fn refresh_oauth2(app: &App, connection: &Connection) -> Result<Option<Object>, Failure> {
    let refresh_token = connection.credential("refresh_token");
    let proof = match refresh_token {
        Some(token) => Proof::RefreshToken(token),
        // Two of these log in again with the integration's credentials. The others exchange the
        // access token, and get here only when forced.
        None if matches!(
            connection.provider.as_str(),
            "microsoft-admin" | "shopline-oauth" | "facebook" | "instagram" | "threads"
        ) =>
        {
            Proof::Consent(&connection.key)
        }
        None => return Ok(None),
    };
    let answer = app.provider.token(Some(&connection.key), proof, || app.clock.now()).await;
    let TokenAnswer::Json(200, Value::Object(mut raw)) = answer else {
        return Err(Failure::provider_refused());
    };
    let Some(access_token) = raw.get("access_token").cloned() else {
        let row = json!({"connection": connection.row()});
        let message = format!("Unhandled error of type refresh_token_parsing_error: {row}");
        return Err(Failure::new(StatusCode::INTERNAL_SERVER_ERROR, message));
    };
    let mut credentials = typed("OAUTH2");
    credentials.insert("access_token".into(), access_token);
    // If the provider sends no new refresh token, the old one stays valid.
    let refresh_token = raw.get("refresh_token").cloned().or(refresh_token.map(Value::from));
    if let Some(refresh_token) = refresh_token {
        credentials.insert("refresh_token".into(), refresh_token);
    }
    if let Some(seconds) = raw.get("expires_in").and_then(Value::as_i64) {
        let expires_at = expiry(app, seconds);
        raw.insert("expires_at".into(), expires_at.clone());
        credentials.insert("expires_at".into(), expires_at);
    }
    if let Some(config_override) = connection.credentials.get("config_override") {
        credentials.insert("config_override".into(), config_override.clone());
    }
    credentials.insert("raw".into(), raw.into());
    Ok(Some(credentials))
}

async fn refresh_client_credentials(app: &App, connection: &Connection) -> Result<Object, Failure> {
    let text = |name| connection.credential(name).unwrap_or_default();
    let proof = Proof::Client(text("client_id"), text("client_secret"));
    let answer = app.provider.token(Some(&connection.key), proof, || app.clock.now()).await;
    let raw = match answer {
        TokenAnswer::Json(200, Value::Object(raw)) if raw.contains_key("access_token") => raw,
        _ => {
            let message = format!("No token for the client credentials of {}", connection.row());
            return Err(Failure::new(StatusCode::BAD_REQUEST, message));
        }
    };
    let seconds = raw.get("expires_in").and_then(Value::as_i64).unwrap_or(55 * 60);
    let mut credentials = typed("OAUTH2_CC");
    credentials.insert("token".into(), raw["access_token"].clone());
    for name in ["client_id", "client_secret", "client_certificate", "client_private_key"] {
        if let Some(value) = connection.credentials.get(name) {
            credentials.insert(name.into(), value.clone());
        }
    }
    credentials.insert("expires_at".into(), expiry(app, seconds));
    credentials.insert("raw".into(), raw.into());
    Ok(credentials)
}

/// Handles the types without an OAuth token endpoint: it makes up their credentials at once.
async fn refresh_locally(
    app: &App,
    connection: &Connection,
    kind: &str,
) -> Result<Object, Failure> {
    let behaviour = app.provider.local_call(&connection.key).await;
    if behaviour.on_refresh != OnRefresh::Ok {
        return Err(local_failure(kind));
    }
    let seconds = match kind {
        "JWT" | "SIGNATURE" => 5 * 60,
        "BILL" => 35 * 60,
        _ => behaviour.expires_in.unwrap_or(app.token_ttl),
    };
    let fresh = |what: &str| Value::from(new_token(what, connection.id));
    let mut credentials = connection.credentials.clone();
    let mut set = |name: &str, value: Value| credentials.insert(name.to_owned(), value);
    match kind {
        "APP" => set("access_token", fresh("ghs")),
        "BILL" => set("session_id", fresh("session")),
        "AWS_SIGV4" => {
            set("access_key_id", fresh("ASIA"));
            set("secret_access_key", fresh("secret"));
            set("session_token", fresh("session"))
        }
        "SIGNATURE" => {
            let user = connection.credential("username").unwrap_or_default();
            let digest = new_token("digest", connection.id);
            set(
                "token",
                format!("UsernameToken Username=\"{user}\", PasswordDigest=\"{digest}\"").into(),
            )
        }
        _ => set("token", fresh("token")),
    };
    let expires_at = expiry(app, seconds);
    if credentials.contains_key("raw") {
        credentials.insert("raw".into(), json!({"issued_by": "nango-dev", "expires_in": seconds}));
    }
    credentials.insert("expires_at".into(), expires_at);
    Ok(credentials)
}

/// The status of a failure depends on the type alone, not on anything that a client could know.
fn local_failure(kind: &str) -> Failure {
    let status = match kind {
        "AWS_SIGV4" => StatusCode::BAD_GATEWAY,
        "TWO_STEP" | "SIGNATURE" => StatusCode::BAD_REQUEST,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Failure::new(status, format!("Could not get new {kind} credentials"))
}

fn typed(kind: &str) -> Object {
    Object::from_iter([("type".to_owned(), Value::from(kind))])
}

fn expiry(app: &App, seconds: i64) -> Value {
    Value::from(millis_z(plus_seconds(app.clock.now(), seconds)))
}
