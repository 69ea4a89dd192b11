//! Connect sessions, and the user who goes through them.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::App;
use crate::clock::{millis_z, plus_seconds};
use crate::provider::{self, Behaviour};
use crate::reply::Reply;
use crate::store::{Connection, EndUser, Key, Object, RefreshState, jsonb};

/// A session lives for half an hour.
pub const LIFE_SECONDS: i64 = 30 * 60;

const PREFIX: &str = "nango_connect_session_";

#[derive(Clone, Debug)]
pub struct Session {
    pub end_user: Option<EndUser>,
    /// The tags of its connection: those made from the end user, and those given.
    pub tags: Object,
    /// None: all.
    pub allowed_integrations: Option<Vec<String>>,
    pub defaults: Option<Object>,
    pub webhook_url_override: Option<String>,
    /// The connection that is to be authorised again.
    pub reconnects: Option<Key>,
    pub expires_at: Timestamp,
}

impl Session {
    pub fn view(&self) -> Value {
        let mut view = json!({
            "endUser": self.end_user.as_ref().map(EndUser::view),
            "connectUISettings": {
                "showWatermark": true,
                "defaultTheme": "system",
                "theme": {"light": {"primary": "#00B2E3"}, "dark": {"primary": "#00B2E3"}},
            },
        });
        if let Some(allowed) = &self.allowed_integrations {
            view["allowed_integrations"] = json!(allowed);
        }
        if let Some(defaults) = &self.defaults {
            view["integrations_config_defaults"] = defaults.clone().into();
        }
        if self.reconnects.is_some() {
            view["isReconnecting"] = true.into();
        }
        view["websocketsPath"] = "/".into();
        view
    }

    pub fn allows(&self, integration: &str) -> bool {
        let is_it = |allowed: &Vec<String>| allowed.iter().any(|key| key == integration);
        self.allowed_integrations.as_ref().is_none_or(is_it)
    }
}

pub fn new_token() -> String {
    let digit = || char::from_digit(fastrand::u32(0..16), 16).unwrap_or('0');
    PREFIX.chars().chain(std::iter::repeat_with(digit).take(64)).collect()
}

/// Whether a text has the form of a token.
pub fn is_token(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(|digits| {
        digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

/// What the simulated user does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// The token, or the link that has it.
    session_token: String,
    /// Which integration the user chooses, if the session allows several.
    integration_id: Option<String>,
    /// What the user enters, or the provider grants. Made up if left out.
    credentials: Option<Object>,
}

impl Visit {
    pub fn new(session_token: String, integration_id: Option<String>) -> Self {
        Visit { session_token, integration_id, credentials: None }
    }
}

/// Goes through a session as a user would: creates a connection, or authorises one again.
pub fn connect(app: &App, visit: Visit) -> Result<Reply, Reply> {
    let refused = |message: &str| Reply::error(StatusCode::BAD_REQUEST, "bad_request", message);
    let token = visit.session_token.rsplit("session_token=").next().unwrap_or_default();
    let session = app
        .session(token)
        .ok_or_else(|| refused("there is no such session: it has ended, or was deleted"))?;
    let only = || match session.allowed_integrations.as_deref() {
        Some([only]) => Some(only.clone()),
        _ => None,
    };
    let integration = visit.integration_id.or_else(only);
    let integration = integration.ok_or_else(|| refused("say which integration_id"))?;
    if !session.allows(&integration) {
        return Err(refused("the session does not allow this integration"));
    }
    let now = app.clock.now();
    let mut store = app.store();
    let provider = store
        .provider_of(&integration)
        .cloned()
        .ok_or_else(|| refused("there is no such integration"))?;
    let credentials = match visit.credentials {
        Some(mut given) => {
            given.entry("type").or_insert(provider.auth_mode.as_str().into());
            given
        }
        None => made_up(&provider.auth_mode, plus_seconds(now, app.token_ttl))
            .ok_or_else(|| refused("give the credentials of this type"))?,
    };
    if provider.refuses(&credentials) {
        let message = "The provider does not accept these credentials";
        return Err(Reply::error(StatusCode::BAD_REQUEST, "connection_test_failed", message));
    }
    let key = session
        .reconnects
        .clone()
        .unwrap_or_else(|| Key::new(&integration, uuid::Uuid::new_v4().to_string()));
    let connection = match store.connections.remove(&key) {
        Some(known) => Connection {
            credentials,
            tags: if session.tags.is_empty() { known.tags } else { jsonb(&session.tags) },
            end_user: session.end_user.or(known.end_user),
            updated_at: now,
            refresh: RefreshState::default(),
            ..known
        },
        None => Connection {
            id: store.next_id(),
            key: key.clone(),
            provider: provider.name,
            end_user: session.end_user,
            tags: jsonb(&session.tags),
            metadata: None,
            connection_config: Object::new(),
            webhook_url_override: session.webhook_url_override,
            created_at: now,
            updated_at: now,
            last_fetched_at: Some(now),
            credentials,
            refresh: RefreshState::default(),
        },
    };
    store.connections.insert(key.clone(), connection.clone());
    drop(store);
    // A provider that had revoked the grant gives a new one.
    app.provider.add_connection(&connection, Some(Behaviour::default()));
    Ok(Reply::ok(&json!({"connectionId": key.connection, "providerConfigKey": key.integration})))
}

/// Credentials as a provider would grant them.
fn made_up(kind: &str, expires_at: Timestamp) -> Option<Object> {
    let token = |kind: &str| provider::new_token(kind, 0);
    let expires_at = millis_z(expires_at);
    let credentials = match kind {
        "OAUTH2" => {
            let (access, refresh) = (token("at"), token("rt"));
            json!({"type": kind, "access_token": access, "refresh_token": refresh,
                "expires_at": expires_at,
                "raw": {"access_token": access, "refresh_token": refresh, "token_type": "bearer"}})
        }
        "OAUTH1" => json!({"type": kind, "oauth_token": token("ot"),
            "oauth_token_secret": token("os"), "raw": {}}),
        "API_KEY" => json!({"type": kind, "apiKey": token("ak")}),
        "BASIC" => json!({"type": kind, "username": "user", "password": token("pw")}),
        "NONE" => json!({}),
        _ => return None,
    };
    credentials.as_object().cloned()
}
