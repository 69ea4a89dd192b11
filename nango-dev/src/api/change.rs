//! Changes existing connections: tags and owner, metadata, deletion.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::connections::{check_id, not_found, unknown_integration};
use super::{Answer, Call};
use crate::App;
use crate::auth;
use crate::check::{self, Fields, Params, body_tags, refuse};
use crate::reply::Reply;
use crate::store::{EndUser, Key, Object, has_nul, jsonb};

pub fn patch(app: &App, call: &Call, id: &str) -> Answer {
    call.scopes.require(auth::UPDATE)?;
    let mut params = Params::new(&call.query);
    let integration = params.provider_config_key();
    params.done()?;
    check_id(id)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let end_user = fields.end_user("end_user");
    let tags = fields.object("tags", "record").map(|given| {
        let (tags, issues) = body_tags(given, &["tags"]);
        fields.add(issues);
        tags
    });
    let webhook_url_override = fields.webhook_url("webhook_url_override");
    refuse("invalid_body", fields.done())?;

    let mut store = app.store();
    store.integration(integration).ok_or_else(unknown_integration)?;
    let connection = store.connections.get_mut(&Key::new(integration, id)).ok_or_else(not_found)?;
    if end_user.is_some() || tags.is_some() {
        let mut all = end_user.as_ref().map(EndUser::as_tags).unwrap_or_default();
        all.extend(tags.unwrap_or_default());
        connection.tags = jsonb(&all);
    }
    if end_user.is_some() {
        connection.end_user = end_user;
    }
    if let Some(url) = webhook_url_override {
        connection.webhook_url_override = (!url.is_empty()).then_some(url);
    }
    Ok(Reply::ok(&json!({"success": true})))
}

pub fn delete(app: &App, call: &Call, id: &str) -> Answer {
    call.scopes.require(auth::DELETE)?;
    let mut params = Params::new(&call.query);
    let integration = params.provider_config_key();
    params.done()?;
    check_id(id)?;
    let key = Key::new(integration, id);
    if app.store().connections.remove(&key).is_none() {
        return Err(Reply::bare_error(StatusCode::BAD_REQUEST, "unknown_connection"));
    }
    app.provider.remove_connection(&key);
    Ok(Reply::ok(&json!({"success": true})))
}

/// POST replaces the metadata, PATCH merges into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Write {
    Replace,
    Merge,
}

impl Write {
    fn apply(self, old: Option<&Object>, new: &Object) -> Object {
        let mut metadata = match self {
            Write::Replace => Object::new(),
            Write::Merge => old.cloned().unwrap_or_default(),
        };
        metadata.extend(new.clone());
        jsonb(&metadata)
    }

    fn reply(self, body: &Value) -> Reply {
        match self {
            Write::Replace => Reply::created(body),
            Write::Merge => Reply::ok(body),
        }
    }
}

/// Applies to one connection or to many of one integration: to all of them or to none.
pub fn metadata(app: &App, call: &Call, write: Write) -> Answer {
    call.scopes.require(auth::UPDATE)?;
    check::no_query(&call.query)?;
    let body = call.object()?;
    let mut fields = Fields::new(body, &[]);
    let fits = |id: &Value| id.as_str().is_some_and(|id| check::connection_id(id, &[]).is_none());
    let given = fields.raw("connection_id");
    let many = given.is_some_and(Value::is_array);
    let ids = match given {
        Some(Value::Array(ids)) if ids.iter().all(fits) => ids.as_slice(),
        Some(id) if fits(id) => std::slice::from_ref(id),
        _ => {
            fields.issue("connection_id", "invalid_union", "expected an id or a list of ids");
            &[]
        }
    };
    let integration = fields.required_text("provider_config_key", 0..=255);
    let metadata = fields.required_object("metadata", "record");
    refuse("invalid_body", fields.done())?;
    let metadata = metadata.cloned().unwrap_or_default();
    if has_nul(&metadata) {
        return Err(Reply::unexpected());
    }

    let keys: Vec<Key> =
        ids.iter().filter_map(Value::as_str).map(|id| Key::new(integration, id)).collect();
    let mut store = app.store();
    if let Some(key) = keys.iter().find(|key| !store.connections.contains_key(key)) {
        let rest = if many { "; nothing was changed" } else { "" };
        let message = format!("There is no connection {key}{rest}");
        return Err(Reply::error(StatusCode::NOT_FOUND, "unknown_connection", message));
    }
    for key in &keys {
        if let Some(connection) = store.connections.get_mut(key) {
            connection.metadata = Some(write.apply(connection.metadata.as_ref(), &metadata));
        }
    }
    Ok(write.reply(&Value::Object(body.clone())))
}

/// The older form, whose body is the metadata.
pub fn legacy_metadata(app: &App, call: &Call, id: &str, write: Write) -> Answer {
    call.scopes.require(auth::UPDATE)?;
    let header = call.headers.get("provider-config-key").and_then(|value| value.to_str().ok());
    let query = call.query.get("provider_config_key").and_then(check::one);
    let integration = query.or(header).ok_or_else(Reply::unexpected)?;
    let Some(Value::Object(metadata)) = &call.body else { return Err(Reply::unexpected()) };
    if has_nul(metadata) {
        return Err(Reply::unexpected());
    }
    let key = Key::new(integration, id);
    let mut store = app.store();
    let Some(connection) = store.connections.get_mut(&key) else {
        let payload = json!({"connectionId": id, "providerConfigKey": integration});
        let message = format!("There is no connection {key}");
        return Err(Reply::old_error(
            StatusCode::NOT_FOUND,
            "unknown_connection",
            message,
            payload,
        ));
    };
    connection.metadata = Some(write.apply(connection.metadata.as_ref(), metadata));
    Ok(write.reply(&Value::Object(metadata.clone())))
}
