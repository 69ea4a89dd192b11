//! The OAuth provider in the same process: a token endpoint with rotation, and an API that requires
//! a token.
//!
//! The provider keeps its own records. What Nango stores about a connection and what the provider
//! knows about it can differ, as in reality. That is how a token comes to be refused or outdated.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{parse_date, plus_seconds};
use crate::store::{Connection, Key, Object};

/// How the provider treats one connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    pub on_refresh: OnRefresh,
    /// How long the token endpoint waits before it answers.
    pub delay_ms: u64,
    /// The lifetime of new tokens, in seconds. The default comes from the command line; with 0 the
    /// answer omits it.
    pub expires_in: Option<i64>,
    /// Whether each use issues a new refresh token and revokes the old one.
    pub rotate: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour { on_refresh: OnRefresh::Ok, delay_ms: 0, expires_in: None, rotate: true }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum OnRefresh {
    #[default]
    Ok,
    /// 400: the user has revoked the grant.
    InvalidGrant,
    /// 401: the application is no longer registered.
    InvalidClient,
    /// 500 with plain text.
    Error,
    /// 503.
    Unavailable,
    /// 200 with an HTML page.
    Html,
    /// 200 with JSON that lacks the token.
    NoAccessToken,
    /// No answer: the connection is refused.
    Unreachable,
}

/// One answer of the token endpoint.
#[derive(Debug)]
pub enum TokenAnswer {
    Json(u16, Value),
    Text(u16, &'static str, &'static str),
    Unreachable,
}

#[derive(Debug)]
struct Grant {
    behaviour: Behaviour,
    /// The only `Authorization` value that the API currently accepts.
    authorization: Option<String>,
    expires_at: Option<Timestamp>,
    refresh_token: Option<String>,
    client: Option<(String, String)>,
    token_calls: u64,
}

#[derive(Debug, Default)]
struct State {
    grants: HashMap<Key, Grant>,
    sequence: u64,
    unknown_calls: u64,
}

#[derive(Debug)]
pub struct Provider {
    state: Mutex<State>,
    token_ttl: i64,
}

/// The proof that a client of the token endpoint sends.
#[derive(Debug)]
pub enum Proof<'a> {
    RefreshToken(&'a str),
    Client(&'a str, &'a str),
    /// No proof: an administrator consented earlier.
    Consent(&'a Key),
}

impl Provider {
    pub fn new(token_ttl: i64) -> Self {
        Provider { state: Mutex::default(), token_ttl }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Registers the current credentials of a connection. Without `behaviour` its behaviour stays
    /// as it is.
    pub fn add_connection(&self, connection: &Connection, behaviour: Option<Behaviour>) {
        let mut state = self.state();
        let known = state.grants.remove(&connection.key);
        let (kept, token_calls) =
            known.map_or_else(Default::default, |g| (g.behaviour, g.token_calls));
        let owned = |name| connection.credential(name).map(str::to_owned);
        let grant = Grant {
            behaviour: behaviour.unwrap_or(kept),
            authorization: authorization(connection.credential_type(), &connection.credentials),
            expires_at: connection.credential("expires_at").and_then(parse_date),
            refresh_token: owned("refresh_token"),
            client: owned("client_id").zip(owned("client_secret")),
            token_calls,
        };
        state.grants.insert(connection.key.clone(), grant);
    }

    pub fn remove_connection(&self, key: &Key) {
        self.state().grants.remove(key);
    }

    /// Sets the behaviour. Returns false if there is no such connection.
    pub fn set_behaviour(&self, key: &Key, behaviour: Behaviour) -> bool {
        let mut state = self.state();
        let grant = state.grants.get_mut(key);
        grant.map(|grant| grant.behaviour = behaviour).is_some()
    }

    pub fn token_calls(&self) -> (BTreeMap<String, u64>, u64) {
        let state = self.state();
        let calls = state.grants.iter().map(|(key, grant)| (key.to_string(), grant.token_calls));
        (calls.collect(), state.unknown_calls)
    }

    /// Counts a call for the types whose refresh uses no OAuth token endpoint.
    pub async fn local_call(&self, key: &Key) -> Behaviour {
        let behaviour = {
            let mut state = self.state();
            let Some(grant) = state.grants.get_mut(key) else { return Behaviour::default() };
            grant.token_calls += 1;
            grant.behaviour.clone()
        };
        tokio::time::sleep(Duration::from_millis(behaviour.delay_ms)).await;
        behaviour
    }

    /// The token endpoint.
    ///
    /// `own` names the connection that the call is for, if known: two connections may send the same
    /// proof.
    pub async fn token(
        &self,
        own: Option<&Key>,
        proof: Proof<'_>,
        now: impl Fn() -> Timestamp,
    ) -> TokenAnswer {
        let Some((key, behaviour)) = self.find(own, &proof) else {
            return match proof {
                Proof::RefreshToken(_) | Proof::Consent(_) => {
                    TokenAnswer::Json(400, json!({"error": "invalid_grant"}))
                }
                Proof::Client(..) => TokenAnswer::Json(401, json!({"error": "invalid_client"})),
            };
        };
        tokio::time::sleep(Duration::from_millis(behaviour.delay_ms)).await;
        match behaviour.on_refresh {
            OnRefresh::Ok => self.issue(&key, &proof, now()),
            OnRefresh::InvalidGrant => TokenAnswer::Json(400, json!({"error": "invalid_grant"})),
            OnRefresh::InvalidClient => TokenAnswer::Json(401, json!({"error": "invalid_client"})),
            OnRefresh::Error => TokenAnswer::Text(500, "text/plain; charset=utf-8", "out of order"),
            OnRefresh::Unavailable => {
                TokenAnswer::Text(503, "text/plain; charset=utf-8", "come back later")
            }
            OnRefresh::Html => {
                TokenAnswer::Text(200, "text/html; charset=utf-8", "<p>Please log in</p>")
            }
            OnRefresh::NoAccessToken => {
                TokenAnswer::Json(200, json!({"token_type": "bearer", "scope": "read"}))
            }
            OnRefresh::Unreachable => TokenAnswer::Unreachable,
        }
    }

    fn find(&self, own: Option<&Key>, proof: &Proof<'_>) -> Option<(Key, Behaviour)> {
        let mut state = self.state();
        let accepting = state.grants.iter_mut().filter(|(key, grant)| grant.accepts(key, proof));
        let found = accepting.max_by_key(|(key, _)| Some(*key) == own);
        if let Some((key, grant)) = found {
            grant.token_calls += 1;
            return Some((key.clone(), grant.behaviour.clone()));
        }
        state.unknown_calls += 1;
        None
    }

    fn issue(&self, key: &Key, proof: &Proof<'_>, now: Timestamp) -> TokenAnswer {
        let mut state = self.state();
        state.sequence += 1;
        let sequence = state.sequence;
        // Another call may have used the refresh token while this one was waiting.
        let grant = state.grants.get_mut(key).filter(|grant| grant.accepts(key, proof));
        let Some(grant) = grant else {
            return TokenAnswer::Json(400, json!({"error": "invalid_grant"}));
        };
        let access_token = new_token("at", sequence);
        let expires_in = grant.behaviour.expires_in.unwrap_or(self.token_ttl);
        grant.authorization = Some(format!("Bearer {access_token}"));
        grant.expires_at = (expires_in > 0).then(|| plus_seconds(now, expires_in));
        let mut answer =
            json!({"access_token": access_token, "token_type": "bearer", "scope": "read write"});
        if expires_in > 0 {
            answer["expires_in"] = expires_in.into();
        }
        if matches!(proof, Proof::RefreshToken(_)) && grant.behaviour.rotate {
            let refresh_token = new_token("rt", sequence);
            answer["refresh_token"] = refresh_token.as_str().into();
            grant.refresh_token = Some(refresh_token);
        }
        TokenAnswer::Json(200, answer)
    }

    /// Returns the connection whose token this header carries.
    pub fn connection_of(&self, header: &str, now: Timestamp) -> Option<Key> {
        let state = self.state();
        let current = |grant: &Grant| {
            grant.authorization.as_deref() == Some(header)
                && grant.expires_at.is_none_or(|end| now < end)
        };
        state.grants.iter().find(|(_, grant)| current(grant)).map(|(key, _)| key.clone())
    }
}

impl Grant {
    fn accepts(&self, own: &Key, proof: &Proof<'_>) -> bool {
        match proof {
            Proof::Consent(key) => *key == own,
            Proof::RefreshToken(token) => self.refresh_token.as_deref() == Some(token),
            Proof::Client(id, secret) => self
                .client
                .as_ref()
                .is_some_and(|(own_id, own_secret)| own_id == id && own_secret == secret),
        }
    }
}

pub fn new_token(kind: &str, sequence: u64) -> String {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
    format!("{kind}-{sequence}-{random}")
}

/// The `Authorization` header that a client with these credentials sends to the API.
fn authorization(kind: &str, credentials: &Object) -> Option<String> {
    let text = |name: &str| credentials.get(name).and_then(Value::as_str);
    if kind == "BASIC" {
        let pair = format!("{}:{}", text("username")?, text("password").unwrap_or_default());
        return Some(format!("Basic {}", STANDARD.encode(pair)));
    }
    let name = match kind {
        "OAUTH2" | "APP" | "APP_STORE" => "access_token",
        "API_KEY" => "apiKey",
        "BILL" => "session_id",
        "AWS_SIGV4" => "session_token",
        _ => "token",
    };
    text(name).map(|token| format!("Bearer {token}"))
}
