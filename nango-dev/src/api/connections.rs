//! Reads connections: one, which may refresh its token first, or the list, which never refreshes.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Call};
use crate::App;
use crate::auth;
use crate::check::{self, Params, refuse};
use crate::query::Param;
use crate::refresh::ensure_fresh;
use crate::reply::Reply;
use crate::store::{Connection, Credentials, Key, Object};

const READ_CREDENTIALS: &str = "environment:connections:read_credentials";
/// The number of entries in a list if the request sets no limit.
const DEFAULT_LIMIT: f64 = 10_000.0;

pub fn check_id(id: &str) -> Result<(), Reply> {
    refuse("invalid_uri_params", check::connection_id(id, &["connectionId"]).into_iter().collect())
}

pub fn unknown_integration() -> Reply {
    Reply::error(StatusCode::BAD_REQUEST, "unknown_provider_config", "There is no such integration")
}

pub fn not_found() -> Reply {
    Reply::error(StatusCode::NOT_FOUND, "not_found", "There is no such connection")
}

pub async fn get(app: &Arc<App>, call: &Call, id: &str) -> Answer {
    call.scopes.require(auth::GET)?;
    let mut params = Params::new(&call.query);
    let integration = params.provider_config_key();
    let refresh_token = params.flag("refresh_token");
    let force = params.flag("force_refresh");
    let app_jwt = params.flag("refresh_github_app_jwt_token");
    params.done()?;
    check_id(id)?;
    let credentials = call.scopes.allow(READ_CREDENTIALS);
    if !credentials && (refresh_token || force || app_jwt) {
        let message = format!("Credentials or a refresh require the scope {READ_CREDENTIALS}");
        return Err(Reply::error(StatusCode::FORBIDDEN, "forbidden", message));
    }
    let key = Key::new(integration, id);
    let before = {
        let mut store = app.store();
        store.integration(integration).ok_or_else(unknown_integration)?;
        let connection = store.connections.get_mut(&key).ok_or_else(not_found)?;
        let before = connection.clone();
        if credentials {
            connection.last_fetched_at = Some(app.clock.now());
        }
        before
    };
    if !credentials {
        return Ok(Reply::ok(&before.view(Credentials::Hidden)));
    }
    let outcome = ensure_fresh(app, &key, force).await;
    let store = app.store();
    let now = store.connections.get(&key);
    match (outcome, now) {
        (Ok(()), Some(connection)) => Ok(Reply::ok(&connection.view(match refresh_token {
            true => Credentials::WithRefreshToken,
            false => Credentials::WithoutRefreshToken,
        }))),
        (Ok(()), None) => Err(not_found()),
        (Err(failure), now) => {
            let mut shown = before.view(Credentials::Hidden);
            shown["errors"] = now.unwrap_or(&before).errors();
            let payload = json!({"connection": shown});
            Err(Reply::error_with(failure.status, "invalid_credentials", failure.message, payload))
        }
    }
}

pub fn list(app: &App, call: &Call) -> Answer {
    call.scopes.require(auth::LIST)?;
    let mut params = Params::new(&call.query);
    let id = params.text_of("connectionId", 1..=255);
    let search = params.text_of("search", 1..=255).map(str::to_lowercase);
    let end_user = params.text_of("endUserId", 1..=255);
    let organization = params.text_of("endUserOrganizationId", 1..=255);
    let integrations = params.text_of("integrationId", 1..=usize::MAX);
    let integrations: Option<Vec<&str>> =
        integrations.map(|list| list.split(',').map(str::trim).collect());
    let tags = tags(&mut params);
    let limit = params.number("limit", 1.0, 2000.0);
    let page = params.number("page", 0.0, f64::MAX).unwrap_or(0.0);
    params.done()?;

    let wanted = |connection: &&Connection| {
        let owner = connection.end_user.as_ref();
        id.is_none_or(|id| connection.key.connection == id)
            && end_user.is_none_or(|id| owner.is_some_and(|owner| owner.id == id))
            && organization.is_none_or(|id| {
                let organization = owner.and_then(|owner| owner.organization.as_ref());
                organization.is_some_and(|organization| organization.id == id)
            })
            && integrations
                .as_ref()
                .is_none_or(|list| list.contains(&connection.key.integration.as_str()))
            && search.as_ref().is_none_or(|search| found(connection, search))
            && tags.iter().all(|(name, value)| connection.tags.get(name) == Some(value))
    };
    // Float casts saturate, so a page beyond the end is simply empty.
    let per_page = limit.unwrap_or(DEFAULT_LIMIT);
    let offset = (page * per_page) as usize;
    let store = app.store();
    let found =
        store.newest_first().into_iter().filter(wanted).skip(offset).take(per_page as usize);
    let connections: Vec<Value> = found.map(Connection::list_item).collect();
    Ok(Reply::ok(&json!({"connections": connections})))
}

fn found(connection: &Connection, search: &str) -> bool {
    let owner = connection.end_user.as_ref();
    let texts = [
        Some(&connection.key.connection),
        owner.and_then(|owner| owner.display_name.as_ref()),
        owner.and_then(|owner| owner.email.as_ref()),
    ];
    texts.into_iter().flatten().any(|text| like(&text.to_lowercase(), search))
}

/// Whether a text contains a pattern of SQL's LIKE, in which `%` stands for any text and `_` for
/// any character.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    for piece in pattern.split('%') {
        // The leftmost place leaves the most for the other pieces.
        let places = rest.char_indices().map(|(place, _)| place).chain([rest.len()]);
        let end = places.filter_map(|place| Some(place + begins(&rest[place..], piece)?)).next();
        match end {
            Some(end) => rest = &rest[end..],
            None => return false,
        }
    }
    true
}

/// The length of the piece at the beginning of a text.
fn begins(text: &str, piece: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    for wanted in piece.chars() {
        let (_, found) = characters.next()?;
        if wanted != '_' && wanted != found {
            return None;
        }
    }
    Some(characters.next().map_or(text.len(), |(place, _)| place))
}

fn tags(params: &mut Params<'_>) -> Object {
    match params.raw("tags") {
        None => Object::new(),
        Some(Param::Object(entries)) => {
            let (tags, issues) = check::query_tags(entries);
            params.issues.extend(issues);
            tags
        }
        Some(Param::Nested(name)) => {
            params.issues.push(check::not_a_tag(name));
            Object::new()
        }
        Some(other) => {
            params.issues.push(check::not_tags(other));
            Object::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_search_has_the_wildcards_of_sql() {
        for (text, pattern) in [
            ("alice", "lic"),
            ("alice", "a%e"),
            ("alice", "_ice"),
            ("äb", "_b"),
            ("a", "%"),
            ("", "%"),
        ] {
            assert!(like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [("alice", "e%a"), ("ice", "__ice"), ("alice", "x")] {
            assert!(!like(text, pattern), "{text} {pattern}");
        }
    }
}
