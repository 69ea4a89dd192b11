//! Connect sessions.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::App;
use crate::auth;
use crate::check::{self, Fields, Issue, body_tags, refuse};
use crate::clock::{millis_z, plus_seconds};
use crate::reply::Reply;
use crate::session::{LIFE_SECONDS, Session, new_token};
use crate::store::{EndUser, Key, Object, Organization};

/// The members that both kinds of sessions have.
struct Wanted {
    end_user: Option<EndUser>,
    tags: Option<Object>,
    defaults: Option<Object>,
    overrides: Option<Object>,
    webhook_url_override: Option<String>,
}

impl Wanted {
    fn read(app: &App, fields: &mut Fields<'_>) -> Self {
        let mut end_user = fields.end_user("end_user");
        let organization = organization(fields);
        if let Some(end_user) = &mut end_user {
            end_user.organization = organization;
        }
        let defaults = fields.object("integrations_config_defaults", "record").cloned();
        let overrides = fields.object("overrides", "record").cloned();
        for (name, given) in
            [("integrations_config_defaults", &defaults), ("overrides", &overrides)]
        {
            for key in given.iter().flat_map(|given| given.keys()) {
                unknown_integration(app, fields, key, &[name, key]);
            }
        }
        let webhook_url_override = fields.webhook_url("webhook_url_override");
        let tags = fields.object("tags", "record").map(|given| {
            let (tags, issues) = body_tags(given, &["tags"]);
            fields.add(issues);
            tags
        });
        Wanted { end_user, tags, defaults, overrides, webhook_url_override }
    }

    /// Creates the session. Only a plan allows other help pages, and there is none here.
    fn create(self, app: &App, allowed: Option<Vec<String>>, reconnects: Option<Key>) -> Answer {
        let has_docs = |of: &Value| of.get("docs_connect").is_some();
        if self.overrides.iter().flat_map(|overrides| overrides.values()).any(has_docs) {
            let message = "You are not allowed to override the docs connect url";
            return Err(Reply::error(StatusCode::FORBIDDEN, "forbidden", message));
        }
        let mut tags = self.end_user.as_ref().map(EndUser::as_tags).unwrap_or_default();
        tags.extend(self.tags.unwrap_or_default());
        let session = Session {
            end_user: self.end_user,
            tags,
            allowed_integrations: allowed,
            defaults: self.defaults,
            webhook_url_override: self.webhook_url_override.filter(|url| !url.is_empty()),
            reconnects,
            expires_at: plus_seconds(app.clock.now(), LIFE_SECONDS),
        };
        let token = new_token();
        let reply = Reply::created(&json!({"data": {
            "token": token,
            "connect_link": format!("{}/_dev/connect?session_token={token}", app.url),
            "expires_at": millis_z(session.expires_at),
        }}));
        app.store().sessions.insert(token, session);
        Ok(reply)
    }
}

fn organization(fields: &mut Fields<'_>) -> Option<Organization> {
    let given = fields.object("organization", "object")?;
    let mut inner = Fields::new(given, &["organization"]);
    let id = inner.required_text("id", 0..=255).to_owned();
    let display_name = inner.text("display_name", 0..=255).map(str::to_owned);
    fields.add(inner.done());
    Some(Organization { id, display_name })
}

fn unknown_integration(app: &App, fields: &mut Fields<'_>, key: &str, path: &[&str]) {
    if app.store().integration(key).is_none() {
        fields.add(vec![Issue::new("custom", "Integration does not exist", path)]);
    }
}

pub fn create(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::WRITE_SESSIONS)?;
    check::no_query(&call.query)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let wanted = Wanted::read(app, &mut fields);
    let allowed = fields.raw("allowed_integrations").map(|given| {
        let texts: Option<Vec<String>> = given
            .as_array()
            .and_then(|list| list.iter().map(|key| key.as_str().map(str::to_owned)).collect());
        match texts {
            None => {
                fields.issue("allowed_integrations", "invalid_type", "expected a list of strings");
                Vec::new()
            }
            Some(keys) => {
                for (place, key) in keys.iter().enumerate() {
                    let path = ["allowed_integrations", &place.to_string()];
                    unknown_integration(app, &mut fields, key, &path);
                }
                keys
            }
        }
    });
    if wanted.tags.is_none() && !call.object()?.contains_key("end_user") {
        fields.issue("end_user", "invalid_type", "expected object, got undefined");
    }
    refuse("invalid_body", fields.done())?;
    wanted.create(app, allowed, None)
}

pub fn reconnect(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::WRITE_SESSIONS)?;
    check::no_query(&call.query)?;
    let mut fields = Fields::new(call.object()?, &[]);
    let connection = fields.required_text("connection_id", 0..=255);
    let integration = fields.required_text("integration_id", 0..=255);
    let wanted = Wanted::read(app, &mut fields);
    refuse("invalid_body", fields.done())?;
    let key = Key::new(integration, connection);
    if !app.store().connections.contains_key(&key) {
        let message = "ConnectionID or IntegrationId does not exists";
        return Err(Reply::error(StatusCode::BAD_REQUEST, "invalid_body", message));
    }
    wanted.create(app, Some(vec![key.integration.clone()]), Some(key))
}

pub fn get(app: &App, call: &Call) -> Answer {
    check::no_query(&call.query)?;
    let token = call.session.as_deref().unwrap_or_default();
    let store = app.store();
    let session = store.sessions.get(token).ok_or_else(Reply::unexpected)?;
    Ok(Reply::ok(&json!({"data": session.view()})))
}

pub fn delete(app: &App, call: &Call) -> Answer {
    check::no_query(&call.query)?;
    app.store().sessions.remove(call.session.as_deref().unwrap_or_default());
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
