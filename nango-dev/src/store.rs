//! The contents of Nango's database: providers, integrations and connections.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock::{micros_offset, millis_offset, millis_z};
use crate::session::Session;

pub type Object = Map<String, Value>;

/// A connection's natural key: the integration's unique key, then the connection's id.
#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub integration: String,
    pub connection: String,
}

impl Key {
    pub fn new(integration: impl Into<String>, connection: impl Into<String>) -> Self {
        Key { integration: integration.into(), connection: connection.into() }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.integration, self.connection)
    }
}

/// An entry of the provider catalogue.
#[derive(Clone, Debug)]
pub struct Provider {
    pub name: String,
    pub display_name: String,
    pub auth_mode: String,
    /// Whether it sends webhooks. Each of its integrations then has a webhook URL.
    pub webhooks: bool,
    /// The API keys and passwords that it rejects when a connection is imported.
    pub refuses: Vec<String>,
}

impl Provider {
    /// The provider as the catalogue shows it. The logo needs the server's URL.
    pub fn view(&self, url: Option<&str>) -> Value {
        let name = &self.name;
        let mut view = json!({
            "display_name": self.display_name,
            "categories": [],
            "auth_mode": self.auth_mode,
            "docs": format!("https://nango.dev/docs/api-integrations/{name}"),
        });
        if let Some(url) = url {
            view["proxy"] = json!({"base_url": format!("{url}/provider")});
            if self.auth_mode == "OAUTH2" {
                view["authorization_url"] = format!("{url}/provider/authorize").into();
                view["token_url"] = format!("{url}/provider/token").into();
            }
            view["name"] = name.as_str().into();
            view["logo_url"] = logo(url, name).into();
        }
        view
    }

    /// The provider's own check of the values that a user entered.
    pub fn refuses(&self, credentials: &Object) -> bool {
        let typed =
            ["apiKey", "password"].into_iter().filter_map(|name| credentials.get(name)?.as_str());
        typed.into_iter().any(|typed| self.refuses.iter().any(|refused| refused == typed))
    }
}

#[derive(Clone, Debug)]
pub struct Integration {
    pub unique_key: String,
    pub provider: String,
    pub display_name: String,
    pub forward_webhooks: bool,
    pub credentials: Option<Object>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn logo(url: &str, provider: &str) -> String {
    format!("{url}/images/template-logos/{provider}.svg")
}

impl Integration {
    /// The integration with the additional members that were requested, in the real server's order.
    pub fn view(&self, url: &str, more: Object) -> Value {
        let view = json!({
            "unique_key": self.unique_key,
            "provider": self.provider,
            "display_name": self.display_name,
            "logo": logo(url, &self.provider),
        });
        let Value::Object(mut view) = view else { return view };
        view.extend(more);
        view.insert("forward_webhooks".to_owned(), self.forward_webhooks.into());
        view.insert("created_at".to_owned(), millis_z(self.created_at).into());
        view.insert("updated_at".to_owned(), millis_z(self.updated_at).into());
        view.into()
    }

    /// All members of its kind, null where it has no value; null for a kind without credentials.
    pub fn shown_credentials(&self) -> Value {
        let Some(credentials) = &self.credentials else { return Value::Null };
        let client = ["client_id", "client_secret", "scopes", "webhook_secret"];
        let app = ["app_id", "app_link", "private_key"];
        let names = match credentials.get("type").and_then(Value::as_str) {
            Some("APP") => app.to_vec(),
            Some("CUSTOM") => [&client[..], &app].concat(),
            _ => client.to_vec(),
        };
        let all = ["type"].into_iter().chain(names);
        all.map(|name| (name.to_owned(), credentials.get(name).cloned().unwrap_or_default()))
            .collect()
    }
}

/// The owner of a connection, in Nango's spelling.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndUser {
    pub id: String,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub tags: Option<Object>,
    pub organization: Option<Organization>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    pub id: String,
    pub display_name: Option<String>,
}

impl EndUser {
    pub fn view(&self) -> Value {
        let organization = self.organization.as_ref().map(|organization| {
            json!({"id": organization.id, "display_name": organization.display_name})
        });
        json!({
            "id": self.id,
            "display_name": self.display_name,
            "email": self.email,
            "tags": self.tags,
            "organization": organization,
        })
    }

    /// The tags that Nango derives from an end user.
    pub fn as_tags(&self) -> Object {
        let mut tags = self.tags.clone().unwrap_or_default();
        let mut set = |name: &str, value: Option<&String>| {
            if let Some(value) = value {
                tags.insert(name.to_owned(), Value::from(value.as_str()));
            }
        };
        set("end_user_id", Some(&self.id));
        set("end_user_email", self.email.as_ref());
        set("end_user_display_name", self.display_name.as_ref());
        if let Some(organization) = &self.organization {
            set("organization_id", Some(&organization.id));
            set("organization_display_name", organization.display_name.as_ref());
        }
        tags
    }
}

/// The recent failed refreshes, and on how many days they occurred.
#[derive(Clone, Debug, Default)]
pub struct RefreshState {
    pub last_failure: Option<Timestamp>,
    pub attempts: u32,
    pub exhausted: bool,
    /// The log entry that `errors` refers to while refreshes fail.
    pub log_id: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub id: u64,
    pub key: Key,
    pub provider: String,
    pub end_user: Option<EndUser>,
    pub tags: Object,
    pub metadata: Option<Object>,
    pub connection_config: Object,
    pub webhook_url_override: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_fetched_at: Option<Timestamp>,
    pub credentials: Object,
    pub refresh: RefreshState,
}

impl Connection {
    pub fn credential_type(&self) -> &str {
        self.credentials.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn credential(&self, name: &str) -> Option<&str> {
        self.credentials.get(name).and_then(Value::as_str)
    }

    pub fn errors(&self) -> Value {
        match &self.refresh.log_id {
            Some(log_id) => json!([{"type": "auth", "log_id": log_id}]),
            None => json!([]),
        }
    }

    /// The answer to reading one connection. Refresh tokens are removed at every depth.
    pub fn view(&self, credentials: Credentials) -> Value {
        let mut config = Value::Object(self.connection_config.clone());
        let mut shown = Value::Object(match credentials {
            Credentials::Hidden => Object::new(),
            _ => self.credentials.clone(),
        });
        if credentials != Credentials::WithRefreshToken {
            strip_refresh_tokens(&mut config);
            strip_refresh_tokens(&mut shown);
        }
        self.full(config, shown, millis_offset)
    }

    /// The answer to an import: all members, and times that end in `Z`.
    pub fn imported_view(&self, end_user: Option<&EndUser>) -> Value {
        let config = Value::Object(self.connection_config.clone());
        let mut view = self.full(config, Value::Object(self.credentials.clone()), millis_z);
        view["end_user"] = end_user.map_or(Value::Null, EndUser::view);
        view
    }

    fn full(&self, config: Value, credentials: Value, time: fn(Timestamp) -> String) -> Value {
        json!({
            "id": self.id,
            "connection_id": self.key.connection,
            "provider_config_key": self.key.integration,
            "provider": self.provider,
            "errors": self.errors(),
            "end_user": self.end_user.as_ref().map(EndUser::view),
            "tags": self.tags,
            "metadata": self.metadata,
            "connection_config": config,
            "webhook_url_override": self.webhook_url_override,
            "created_at": time(self.created_at),
            "updated_at": time(self.updated_at),
            "last_fetched_at": self.last_fetched_at.map(time),
            "credentials": credentials,
        })
    }

    /// The connection as a list shows it.
    pub fn list_item(&self) -> Value {
        json!({
            "id": self.id,
            "connection_id": self.key.connection,
            "provider_config_key": self.key.integration,
            "provider": self.provider,
            "errors": self.errors(),
            "end_user": self.end_user.as_ref().map(EndUser::view),
            "tags": self.tags,
            "metadata": self.metadata,
            "created": micros_offset(self.created_at),
        })
    }

    /// The database row that the real server leaks in some messages, including its secrets.
    pub fn row(&self) -> Value {
        json!({
            "id": self.id,
            "created_at": millis_z(self.created_at),
            "updated_at": millis_z(self.updated_at),
            "provider_config_key": self.key.integration,
            "connection_id": self.key.connection,
            "connection_config": self.connection_config,
            "metadata": self.metadata,
            "credentials_iv": "aW52ZW50ZWQtaXY=",
            "credentials_tag": "aW52ZW50ZWQtdGFn",
            "last_fetched_at": self.last_fetched_at.map(millis_z),
            "last_refresh_failure": self.refresh.last_failure.map(millis_z),
            "refresh_attempts": self.refresh.attempts,
            "refresh_exhausted": self.refresh.exhausted,
            "tags": self.tags,
            "webhook_url_override": self.webhook_url_override,
        })
    }
}

/// How much of the credentials an answer shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Credentials {
    Hidden,
    WithoutRefreshToken,
    WithRefreshToken,
}

fn strip_refresh_tokens(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| {
                let letters = name.chars().filter(char::is_ascii_alphabetic);
                letters.map(|c| c.to_ascii_lowercase()).collect::<String>() != "refreshtoken"
            });
            members.values_mut().for_each(strip_refresh_tokens);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_refresh_tokens),
        _ => {}
    }
}

/// Finds U+0000 in any text. PostgreSQL throws where the server did not check for it.
pub fn has_nul(object: &Object) -> bool {
    object.iter().any(|(name, value)| name.contains('\0') || value_has_nul(value))
}

fn value_has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(value_has_nul),
        Value::Object(object) => has_nul(object),
        _ => false,
    }
}

/// PostgreSQL's jsonb does not keep the order of members: it sorts by length, then by bytes.
pub fn jsonb(object: &Object) -> Object {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    members.into_iter().map(|(name, value)| (name.clone(), jsonb_value(value))).collect()
}

fn jsonb_value(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(jsonb(object)),
        Value::Array(items) => items.iter().map(jsonb_value).collect(),
        other => other.clone(),
    }
}

#[derive(Debug, Default)]
pub struct Store {
    pub providers: Vec<Provider>,
    pub integrations: Vec<Integration>,
    pub connections: HashMap<Key, Connection>,
    /// By their tokens.
    pub sessions: HashMap<String, Session>,
    last_id: u64,
}

impl Store {
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub fn integration(&self, unique_key: &str) -> Option<&Integration> {
        self.integrations.iter().find(|integration| integration.unique_key == unique_key)
    }

    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// The provider of an integration; every integration has one.
    pub fn provider_of(&self, integration: &str) -> Option<&Provider> {
        self.provider(&self.integration(integration)?.provider)
    }

    /// The newest first, as in lists.
    pub fn newest_first(&self) -> Vec<&Connection> {
        let mut connections: Vec<_> = self.connections.values().collect();
        connections
            .sort_by_key(|connection| std::cmp::Reverse((connection.created_at, connection.id)));
        connections
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refresh_tokens_are_stripped_at_any_depth_and_in_any_spelling() {
        let mut value = json!({"a": {"REFRESH-TOKEN": 1, "list": [{"refreshToken": 1, "token": 2}]},
            "refresh_token_2": 3});
        strip_refresh_tokens(&mut value);
        // Digits are not letters, so the last name is one of them too.
        assert_eq!(value, json!({"a": {"list": [{"token": 2}]}}));
    }

    #[test]
    fn jsonb_orders_members_by_length_then_bytes() {
        let object = json!({"plan": 1, "n": {"bb": 1, "a": 2}, "Z": 3});
        let Value::Object(object) = object else { unreachable!() };
        assert_eq!(
            Value::Object(jsonb(&object)).to_string(),
            r#"{"Z":3,"n":{"a":2,"bb":1},"plan":1}"#
        );
    }
}
