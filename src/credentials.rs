//! The credential types, and which field of each is "the token".
//!
//! The types and their fields are those of Nango's server. A type that is not known here is data,
//! not an error: its credentials come out whole, only "the token" is not defined for it.

use zeroize::Zeroizing;

use crate::error::{Code, Error, redact};
use crate::json;

/// Where the one bearer string can be.
const TOKENS: [&str; 3] = ["access_token", "token", "apiKey"];

/// The field that can stand behind `Bearer` (or that is the provider's API key), by credential
/// type. Nango's proxy uses the same ones.
fn token_field(kind: &str) -> Option<&'static str> {
    match kind {
        "OAUTH2" | "APP" | "APP_STORE" => Some("access_token"),
        "OAUTH2_CC" | "JWT" | "TWO_STEP" | "SIGNATURE" | "TABLEAU" => Some("token"),
        "API_KEY" => Some("apiKey"),
        _ => None,
    }
}

/// How a connection comes to another token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Nango refreshes it when it is forced to.
    Forced,
    /// The same, if there is a refresh token; whether there is one shows only when it is asked for.
    WithRefreshToken,
    /// Nango never refreshes credentials of this type, and returns what was stored.
    Never(String),
}

/// The types that stay as they were stored, whatever is asked.
const STORED: [&str; 5] = ["API_KEY", "BASIC", "OAUTH1", "TBA", "CUSTOM"];

/// The providers whose OAUTH2 connections Nango refreshes without a refresh token.
const WITHOUT_REFRESH_TOKEN: [&str; 5] =
    ["facebook", "instagram", "threads", "microsoft-admin", "shopline-oauth"];

/// How Nango comes to another token for a connection with these credentials, of this provider, both
/// as JSON. Refresh tokens are there if they were asked for; no copy is made of one.
pub(crate) fn renewal(credentials: &str, provider: Option<&str>) -> Renewal {
    let [kind, refresh_token] =
        json::members(credentials, ["type", "refresh_token"]).unwrap_or_default();
    let kind = kind.and_then(json::string).unwrap_or_default();
    if STORED.contains(&kind.as_str()) {
        return Renewal::Never(kind);
    }
    // Servers before 2025 do not name the provider: it may be one of those.
    let needs_none = provider
        .and_then(json::string)
        .is_none_or(|provider| WITHOUT_REFRESH_TOKEN.contains(&provider.as_str()));
    let has_one = refresh_token.is_some_and(|token| token.starts_with('"') && token != "\"\"");
    match kind.as_str() {
        "OAUTH2" if !needs_none && !has_one => Renewal::WithRefreshToken,
        _ => Renewal::Forced,
    }
}

/// The `credentials` of a connection, as the server wrote them, if there is anything in them.
pub(crate) fn all(credentials: Option<&str>) -> Result<&str, Error> {
    let credentials = credentials.unwrap_or("null");
    if credentials.starts_with('{')
        && !credentials[1..].trim_start_matches(json::BLANKS).starts_with('}')
    {
        return Ok(credentials);
    }
    Err(Error::new(
        Code::NoCredentials,
        "Nango's answer holds no credentials. Either the secret key lacks the scope \
         environment:connections:read_credentials, or the connection needs none (auth type NONE)",
    ))
}

/// The one bearer string of a connection's `credentials`.
pub(crate) fn token(credentials: Option<&str>) -> Result<Zeroizing<String>, Error> {
    single_token(all(credentials)?)
}

/// The one bearer string of credentials that a caller has fetched before.
pub(crate) fn token_of(credentials: &str) -> Result<Zeroizing<String>, Error> {
    // Not `malformed`, which speaks of Nango's answer.
    json::check(credentials).map_err(|_| {
        Error::invalid_argument("credentials_json is not whole JSON, or it is nested too deep")
    })?;
    token(Some(credentials.trim_matches(json::BLANKS)))
}

fn single_token(credentials: &str) -> Result<Zeroizing<String>, Error> {
    let names = ["type", TOKENS[0], TOKENS[1], TOKENS[2]];
    let [kind, tokens @ ..] = json::members(credentials, names).unwrap_or_default();
    let kind = kind.and_then(json::string).unwrap_or_default();
    let place = token_field(&kind).and_then(|field| TOKENS.iter().position(|name| *name == field));
    let token = place.and_then(|place| tokens[place]).and_then(json::string).map(Zeroizing::new);
    match token {
        // It would end a C text, or begin another header where it is put behind "Bearer".
        Some(token) if token.contains(char::is_control) => Err(Error::new(
            Code::InvalidResponse,
            "the token in Nango's answer holds a control character, such as a line break, so it \
             cannot be the value of a header; ask for the credentials (get_credentials) to see it",
        )),
        Some(token) if !token.is_empty() => Ok(token),
        _ => Err(Error::new(
            Code::NoSingleToken,
            format!(
                "credentials of the type {} are not one token, or have none yet; ask for all of \
                 them (get_credentials)",
                redact::credential_type(&kind)
            ),
        )),
    }
}
