//! API keys and their scopes.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::App;
use crate::reply::Reply;
use crate::session::is_token;

/// The keys never change, so that examples can show them. They work nowhere else.
pub const FULL: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
pub const READ: &str = "2c1d5f0e-7b1a-4c36-9a52-5d0f3a6e8b11";
pub const READ_CREDENTIALS: &str = "5e7a9b3c-1d2f-4e68-8c0b-9f4d6a2e7c33";
pub const NONE: &str = "9d4b8e6a-3f5c-4a17-b2e9-6c8d0f1a5b22";
pub const ACCOUNT: &str = "b6f2c8d0-5a4e-4b39-a7d1-0e3c9f8b6d44";

pub const CREATE: &[&str] = &["environment:connections:create"];
pub const UPDATE: &[&str] = &["environment:connections:update"];
pub const DELETE: &[&str] = &["environment:connections:delete"];
pub const GET: &[&str] =
    &["environment:connections:read", "environment:connections:read_credentials"];
pub const LIST: &[&str] =
    &["environment:connections:list", "environment:connections:list_credentials"];
pub const CREATE_INTEGRATION: &[&str] = &["environment:integrations:create"];
pub const UPDATE_INTEGRATION: &[&str] = &["environment:integrations:update"];
pub const DELETE_INTEGRATION: &[&str] = &["environment:integrations:delete"];
pub const READ_INTEGRATION: &[&str] =
    &["environment:integrations:read", "environment:integrations:read_credentials"];
pub const WRITE_SESSIONS: &[&str] = &["environment:connect_sessions:write"];
pub const LIST_INTEGRATIONS: &[&str] =
    &["environment:integrations:list", "environment:integrations:list_credentials"];

/// What an accepted key may do.
#[derive(Clone, Copy, Debug)]
pub struct Scopes(&'static [&'static str]);

impl Scopes {
    /// What a connect session may do: see what its user can choose from.
    pub fn of_session() -> Self {
        Scopes(&["environment:integrations:list"])
    }

    pub fn allow(self, wanted: &str) -> bool {
        self.0.iter().any(|granted| match granted.strip_suffix('*') {
            Some(prefix) if prefix.ends_with(':') => wanted.starts_with(prefix),
            _ => *granted == wanted,
        })
    }

    pub fn require(self, any_of: &[&str]) -> Result<(), Reply> {
        if any_of.iter().any(|wanted| self.allow(wanted)) {
            return Ok(());
        }
        let message = format!("This key lacks the required scope: {}", any_of.join(" or "));
        Err(Reply::error(StatusCode::FORBIDDEN, "forbidden", message))
    }

    /// The check of every route that has no scope.
    pub fn need_environment(self) -> Result<(), Reply> {
        if self.0.iter().any(|scope| scope.starts_with("environment:")) {
            return Ok(());
        }
        Err(Reply::error(StatusCode::FORBIDDEN, "forbidden", "This key belongs to no environment"))
    }
}

/// Whether the key is meant to be the token of a session.
pub fn is_session(headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|key| key.starts_with("nango_connect_session_"))
}

/// The token of a session that has not ended.
pub fn session(app: &App, headers: &HeaderMap) -> Result<String, Reply> {
    let Some(token) = bearer(headers) else {
        return Err(refuse("missing_auth_header", "The request has no Authorization header."));
    };
    if !is_token(token) {
        let message = "The token does not have the form of a connect session's.";
        return Err(refuse("invalid_connect_session_token_format", message));
    }
    match app.session(token) {
        Some(_) => Ok(token.to_owned()),
        None => {
            Err(refuse("unknown_connect_session_token", "There is no session with this token."))
        }
    }
}

/// Like the real server, reads the last word after `Bearer `.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    text.rsplit("Bearer ").next()
}

/// Identifies the key.
pub fn authenticate(headers: &HeaderMap) -> Result<Scopes, Reply> {
    let Some(key) = bearer(headers) else {
        return Err(refuse("missing_auth_header", "The request has no Authorization header."));
    };
    // Scripts have a key of their own, which no environment here has.
    if headers.get("nango-is-script").is_some_and(|value| value == "true") {
        return Err(refuse("unknown_account", "No account has this secret key."));
    }
    if !is_uuid_v4(key) {
        return Err(refuse("invalid_secret_key_format", "The secret key is not a UUID v4."));
    }
    match key.to_ascii_lowercase().as_str() {
        FULL => Ok(Scopes(&["environment:*"])),
        READ => Ok(Scopes(&["environment:connections:read", "environment:connections:list"])),
        READ_CREDENTIALS => Ok(Scopes(&["environment:connections:read_credentials"])),
        NONE => Ok(Scopes(&["environment:proxy"])),
        ACCOUNT => Ok(Scopes(&["account:*"])),
        _ => Err(refuse("unknown_account", "No account has this secret key.")),
    }
}

fn refuse(code: &str, message: &str) -> Reply {
    Reply::old_error(StatusCode::UNAUTHORIZED, code, message, json!({}))
}

fn is_uuid_v4(key: &str) -> bool {
    use uuid::{Uuid, Variant, Version};
    // Only the hyphenated form is valid; the parser accepts others too.
    key.len() == 36
        && Uuid::try_parse(key).is_ok_and(|uuid| {
            uuid.get_version() == Some(Version::Random) && uuid.get_variant() == Variant::RFC4122
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_what_its_star_covers() {
        assert!(Scopes(&["environment:*"]).allow("environment:connections:read"));
        assert!(
            !Scopes(&["environment:connections:read"])
                .allow("environment:connections:read_credentials")
        );
        assert!(!Scopes(&["account:*"]).allow("environment:connections:read"));
    }

    #[test]
    fn every_fixed_key_is_a_uuid_v4() {
        for key in [FULL, READ, READ_CREDENTIALS, NONE, ACCOUNT] {
            assert!(is_uuid_v4(key), "{key}");
        }
        assert!(!is_uuid_v4("11111111-2222-1333-8444-555555555555"));
        assert!(!is_uuid_v4(" 0f8fad5b-d9cb-469f-a165-70867728950e"));
    }
}
