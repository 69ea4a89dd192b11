//! Imports connections with their credentials: the typed import, and the flat one that it replaced.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Answer, Call};
use crate::App;
use crate::auth;
use crate::check::{self, Fields, Issue, body_tags, refuse};
use crate::clock::{millis_z, parse_date, plus_seconds};
use crate::provider::new_token;
use crate::reply::Reply;
use crate::store::{Connection, EndUser, Key, Object, RefreshState, has_nul, jsonb};

/// Longer ids do not fit the database's column, and nothing else checks the length.
const MAX_ID: usize = 255;

/// The data to store, from either kind of import.
struct Import {
    key: Key,
    credentials: Object,
    metadata: Option<Object>,
    connection_config: Object,
    webhook_url_override: Option<String>,
    end_user: Option<EndUser>,
    tags: Object,
}

pub fn typed(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::CREATE)?;
    check::no_query(&call.query)?;
    let body = call.object()?;

    let mut fields = Fields::new(body, &[]);
    let integration = fields.required_text("provider_config_key", 0..=usize::MAX);
    let connection_id = fields.text("connection_id", 0..=usize::MAX);
    let credentials = fields.required_object("credentials", "object");
    let (mut credentials, issues) = credentials.map(typed_credentials).unwrap_or_default();
    fields.add(issues);
    let metadata = fields.object("metadata", "record").cloned();
    let mut connection_config =
        fields.object("connection_config", "record").cloned().unwrap_or_default();
    if let Some(scopes) = connection_config.get("oauth_scopes_override") {
        let texts = scopes.as_array().is_some_and(|scopes| scopes.iter().all(Value::is_string));
        if !texts {
            let path = ["connection_config", "oauth_scopes_override"];
            fields.add(vec![Issue::new("invalid_type", "expected a list of strings", &path)]);
        }
    }
    let webhook_url_override = fields.webhook_url("webhook_url_override");
    let end_user = fields.end_user("end_user");
    let mut tags = end_user.as_ref().map(EndUser::as_tags).unwrap_or_default();
    if let Some(given) = fields.object("tags", "record") {
        let (given, issues) = body_tags(given, &["tags"]);
        fields.add(issues);
        tags.extend(given);
    }
    refuse("invalid_body", fields.done())?;

    let kind = credentials.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let unfit =
        |message: String| Err(Reply::error(StatusCode::BAD_REQUEST, "invalid_body", message));
    {
        let store = app.store();
        let found = store.integration(integration).zip(store.provider_of(integration));
        let Some((known, provider)) = found else {
            return Err(Reply::error(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such integration",
            ));
        };
        if provider.auth_mode != kind {
            return unfit(format!(
                "The provider requires {} credentials, not {kind}",
                provider.auth_mode
            ));
        }
        if kind == "TBA" {
            if !connection_config.get("accountId").is_some_and(Value::is_string) {
                return unfit("TBA needs an accountId in connection_config".to_owned());
            }
            // A TBA connection keeps the consumer's keys.
            let own = credentials.get("config_override").and_then(Value::as_object);
            for (name, column) in
                [("client_id", "oauth_client_id"), ("client_secret", "oauth_client_secret")]
            {
                let value = own
                    .and_then(|own| own.get(name))
                    .or_else(|| known.credentials.as_ref()?.get(name));
                connection_config.insert(column.to_owned(), value.cloned().unwrap_or_default());
            }
        }
        if provider.refuses(&credentials) {
            let message = "The provider does not accept these credentials";
            return Err(Reply::error(StatusCode::BAD_REQUEST, "connection_test_failed", message));
        }
    }
    match kind.as_str() {
        "NONE" => credentials.clear(),
        "APP" | "CUSTOM" => credentials = installation(app, &credentials, &mut connection_config),
        _ => {}
    }
    let import = Import {
        key: Key::new(integration, connection_id.map_or_else(new_id, str::to_owned)),
        credentials,
        metadata: Some(metadata.unwrap_or_default()),
        connection_config,
        webhook_url_override,
        end_user: end_user.clone(),
        tags,
    };
    let connection = store(app, import)?;
    Ok(Reply::created(&connection.imported_view(end_user.as_ref())))
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The installation of an app gets its token from the provider at once.
fn installation(app: &App, credentials: &Object, connection_config: &mut Object) -> Object {
    for name in ["app_id", "installation_id"] {
        connection_config
            .insert(name.to_owned(), credentials.get(name).cloned().unwrap_or_default());
    }
    let expires_at = millis_z(plus_seconds(app.clock.now(), app.token_ttl));
    let token = new_token("ghs", 0);
    let credentials = json!({"type": "APP", "access_token": token, "expires_at": expires_at,
        "raw": {"token": token, "expires_at": expires_at}});
    credentials.as_object().cloned().unwrap_or_default()
}

/// The members of each type that can be imported, in the order in which they are stored.
fn typed_credentials(given: &Map<String, Value>) -> (Object, Vec<Issue>) {
    const PATH: &[&str] = &["credentials"];
    let kind = given.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut fields = Fields::new(given, PATH);
    fields.raw("type");
    let mut kept = Object::from_iter([("type".to_owned(), Value::from(kind))]);
    let mut keep = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            kept.insert(name.to_owned(), value);
        }
    };
    let text = |text: &str| Some(Value::from(text));
    let mut raw = false;
    match kind {
        "OAUTH2" => {
            keep("access_token", text(fields.required_text("access_token", 1..=16_384)));
            keep("refresh_token", fields.text("refresh_token", 1..=16_384).and_then(text));
            keep("expires_at", date(&mut fields));
            keep("config_override", config_override(&mut fields));
            raw = true;
        }
        "OAUTH2_CC" => {
            keep("token", text(fields.required_text("token", 1..=4096)));
            keep("client_id", text(fields.required_text("client_id", 0..=255)));
            keep("client_secret", text(fields.required_text("client_secret", 0..=2048)));
            keep(
                "client_certificate",
                fields.text("client_certificate", 0..=10_000).and_then(text),
            );
            keep(
                "client_private_key",
                fields.text("client_private_key", 0..=10_000).and_then(text),
            );
            keep("expires_at", date(&mut fields));
            raw = true;
        }
        "OAUTH1" => {
            keep("oauth_token", text(fields.required_text("oauth_token", 1..=2048)));
            keep("oauth_token_secret", text(fields.required_text("oauth_token_secret", 1..=2048)));
            raw = true;
        }
        "API_KEY" => keep("apiKey", text(fields.required_text("apiKey", 1..=1024))),
        "BASIC" => {
            keep("username", text(fields.required_text("username", 0..=1024)));
            keep("password", text(fields.required_text("password", 0..=1024)));
        }
        "TBA" => {
            keep("token_id", text(fields.required_text("token_id", 1..=2048)));
            keep("token_secret", text(fields.required_text("token_secret", 1..=2048)));
            keep("config_override", config_override(&mut fields));
        }
        "APP" | "CUSTOM" => {
            keep("app_id", text(fields.required_text("app_id", 1..=255)));
            keep("installation_id", text(fields.required_text("installation_id", 1..=255)));
        }
        "NONE" => {}
        // The other types exist but cannot be imported; the answer is the same as for an unknown
        // type.
        _ => {
            return (
                kept,
                vec![Issue::new(
                    "invalid_union",
                    "this type cannot be imported",
                    &["credentials", "type"],
                )],
            );
        }
    }
    if raw {
        let copy = Value::from(kept.clone());
        kept.insert("raw".to_owned(), copy);
    }
    (kept, fields.done())
}

fn config_override(fields: &mut Fields<'_>) -> Option<Value> {
    let given = fields.object("config_override", "object")?;
    let mut inner = Fields::new(given, &["credentials", "config_override"]);
    inner.text("client_id", 0..=255);
    inner.text("client_secret", 0..=2048);
    fields.add(inner.done());
    Some(given.clone().into())
}

/// Converts a value as JavaScript's `Date` does: a number is milliseconds, null is 1970.
fn date(fields: &mut Fields<'_>) -> Option<Value> {
    let date = match fields.raw("expires_at")? {
        Value::Null => Some(Timestamp::UNIX_EPOCH),
        Value::Bool(yes) => Timestamp::from_millisecond((*yes).into()).ok(),
        // Float casts saturate; a result outside the range of dates is refused.
        Value::Number(number) => number
            .as_f64()
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds as i64).ok()),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => None,
        Value::String(text) => parse_date(text),
        _ => None,
    };
    if date.is_none() {
        fields.issue("expires_at", "invalid_type", "expected a date");
    }
    date.map(|date| millis_z(date).into())
}

pub fn legacy(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::CREATE)?;
    let Some(Value::Object(body)) = &call.body else { return Err(Reply::unexpected()) };
    let Some(integration) =
        body.get("provider_config_key").and_then(Value::as_str).filter(|key| !key.is_empty())
    else {
        return Err(missing("missing_provider_config", "provider_config_key"));
    };
    let mode = {
        let store = app.store();
        let Some(provider) = store.provider_of(integration) else {
            let payload = json!({"providerConfigKey": integration, "environmentName": "dev"});
            let message = format!("There is no integration {integration:?}");
            return Err(Reply::old_error(
                StatusCode::BAD_REQUEST,
                "unknown_provider_config",
                message,
                payload,
            ));
        };
        provider.auth_mode.clone()
    };
    let connection_id = match body.get("connection_id") {
        None | Some(Value::Null) => new_id(),
        Some(Value::String(id)) => id.clone(),
        Some(_) => return Err(Reply::unexpected()),
    };
    let mut echo = body.clone();
    echo.insert("connection_id".to_owned(), connection_id.as_str().into());
    let mut connection_config = optional_object(body, "connection_config")?.unwrap_or_default();
    let credentials = legacy_credentials(app, &mode, body, &echo, &mut connection_config)?;
    let import = Import {
        key: Key::new(integration, connection_id),
        credentials,
        // Such a connection is stored on another path.
        metadata: match (optional_object(body, "metadata")?, mode.as_str()) {
            (None, "NONE") => Some(Object::new()),
            (metadata, _) => metadata,
        },
        connection_config,
        webhook_url_override: optional_text(body, "webhook_url_override").map(str::to_owned),
        end_user: None,
        tags: Object::new(),
    };
    store(app, import)?;
    Ok(Reply::created(&echo.into()))
}

fn missing(code: &str, name: &str) -> Reply {
    Reply::old_error(StatusCode::BAD_REQUEST, code, format!("The body lacks {name}"), json!({}))
}

/// An error type that the server's table of messages lacks.
fn unhandled(kind: &str) -> Reply {
    let message = format!("Unhandled error of type {kind}");
    Reply::old_error(
        StatusCode::INTERNAL_SERVER_ERROR,
        &format!("unhandled_{kind}"),
        message,
        json!({}),
    )
}

fn optional_text<'a>(body: &'a Object, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Nothing checks these before the database, which throws.
fn optional_object(body: &Object, name: &str) -> Result<Option<Object>, Reply> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object.clone())),
        Some(_) => Err(Reply::unexpected()),
    }
}

fn legacy_credentials(
    app: &App,
    mode: &str,
    body: &Object,
    echo: &Object,
    connection_config: &mut Object,
) -> Result<Object, Reply> {
    let text = |name: &str| optional_text(body, name);
    let mut kept = Object::from_iter([("type".to_owned(), Value::from(mode))]);
    let mut keep = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            kept.insert(name.to_owned(), value);
        }
    };
    let own_client = || {
        let pairs = [
            ("client_id", text("oauth_client_id_override")),
            ("client_secret", text("oauth_client_secret_override")),
        ];
        let own: Object = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        (!own.is_empty()).then(|| Value::from(own))
    };
    let raw = || {
        body.get("raw")
            .filter(|raw| raw.is_object())
            .cloned()
            .unwrap_or_else(|| echo.clone().into())
    };
    match mode {
        "OAUTH2" => {
            keep("access_token", Some(text("access_token").ok_or_else(Reply::unexpected)?.into()));
            keep("refresh_token", text("refresh_token").map(Value::from));
            keep("expires_at", legacy_expiry(app, body)?);
            keep("config_override", own_client());
            keep("raw", Some(raw()));
        }
        "OAUTH2_CC" => {
            keep("token", Some(text("access_token").ok_or_else(Reply::unexpected)?.into()));
            keep("client_id", Some(text("oauth_client_id_override").unwrap_or_default().into()));
            keep(
                "client_secret",
                Some(text("oauth_client_secret_override").unwrap_or_default().into()),
            );
            keep(
                "expires_at",
                text("expires_at").and_then(parse_date).map(|date| millis_z(date).into()),
            );
            keep("raw", Some(raw()));
        }
        "OAUTH1" => {
            keep(
                "oauth_token",
                Some(text("oauth_token").ok_or_else(|| unhandled("missing_oauth_token"))?.into()),
            );
            let secret = text("oauth_token_secret")
                .ok_or_else(|| unhandled("missing_oauth_token_secret"))?;
            keep("oauth_token_secret", Some(secret.into()));
            keep("raw", Some(raw()));
        }
        "BASIC" => {
            keep(
                "username",
                Some(
                    text("username")
                        .ok_or_else(|| missing("missing_basic_username", "username"))?
                        .into(),
                ),
            );
            keep("password", Some(text("password").unwrap_or_default().into()));
        }
        "API_KEY" => keep(
            "apiKey",
            Some(text("api_key").ok_or_else(|| missing("missing_api_key", "api_key"))?.into()),
        ),
        "APP" => {
            let id = text("app_id").ok_or_else(|| missing("missing_app_id", "app_id"))?;
            let installation_id = text("installation_id")
                .ok_or_else(|| missing("missing_installation_id", "installation_id"))?;
            let given = Object::from_iter([
                ("app_id".to_owned(), id.into()),
                ("installation_id".to_owned(), installation_id.into()),
            ]);
            return Ok(installation(app, &given, connection_config));
        }
        "TBA" => {
            if optional_text(connection_config, "accountId").is_none() {
                return Err(missing("missing_account_id", "connection_config.accountId"));
            }
            for name in ["token_id", "token_secret"] {
                keep(name, Some(text(name).ok_or_else(Reply::unexpected)?.into()));
            }
            keep("config_override", own_client());
        }
        "NONE" => kept.clear(),
        _ => return Err(unhandled("unknown_oauth_type")),
    }
    Ok(kept)
}

/// Requires one of: a date, a lifetime, or a statement that there is no expiry.
fn legacy_expiry(app: &App, body: &Object) -> Result<Option<Value>, Reply> {
    let endless = body.get("no_expiration") == Some(&Value::Bool(true));
    let date = match body.get("expires_at") {
        None | Some(Value::Null) => body
            .get("expires_in")
            .and_then(Value::as_i64)
            .map(|seconds| plus_seconds(app.clock.now(), seconds)),
        Some(Value::String(text)) => match parse_date(text) {
            None if endless => return Err(Reply::unexpected()),
            date => date,
        },
        Some(_) => return Err(Reply::unexpected()),
    };
    match date {
        None if !endless => Err(missing(
            "missing_expires_at",
            "expires_at, or no_expiration for a token that never expires",
        )),
        date => Ok(date.map(|date| millis_z(date).into())),
    }
}

/// Stores a connection in place of an existing one. Whatever the import omits is dropped, except
/// the link to an end user.
fn store(app: &App, import: Import) -> Result<Connection, Reply> {
    let untold = [Some(&import.connection_config), import.metadata.as_ref()];
    if import.key.connection.chars().count() > MAX_ID
        || import.key.connection.contains('\0')
        || untold.into_iter().flatten().any(has_nul)
    {
        return Err(Reply::unexpected());
    }
    let now = app.clock.now();
    let connection = {
        let mut store = app.store();
        let provider = store
            .integration(&import.key.integration)
            .map(|integration| integration.provider.clone())
            .unwrap_or_default();
        let old = store.connections.remove(&import.key);
        let anonymous = import.credentials.is_empty();
        let connection = Connection {
            id: old.as_ref().map_or_else(|| store.next_id(), |old| old.id),
            key: import.key,
            provider,
            end_user: import.end_user.or_else(|| old.as_ref()?.end_user.clone()),
            tags: jsonb(&import.tags),
            metadata: import.metadata.as_ref().map(jsonb),
            connection_config: jsonb(&import.connection_config),
            webhook_url_override: import.webhook_url_override.filter(|url| !url.is_empty()),
            created_at: old.as_ref().map_or(now, |old| old.created_at),
            updated_at: old.as_ref().filter(|_| !anonymous).map_or(now, |old| old.updated_at),
            last_fetched_at: old
                .as_ref()
                .map_or((!anonymous).then_some(now), |old| old.last_fetched_at),
            credentials: import.credentials,
            refresh: RefreshState::default(),
        };
        store.connections.insert(connection.key.clone(), connection.clone());
        connection
    };
    app.provider.add_connection(&connection, None);
    Ok(connection)
}
