//! The credential types, and which field of each is the token.
//!
//! The types and their fields are those of Nango's server. An unknown type is not an error: its
//! credentials are returned whole, but they have no single token.

use zeroize::Zeroizing;

use crate::error::{Code, Error, redact};
use crate::json;

/// The fields that can hold the token.
const TOKENS: [&str; 3] = ["access_token", "token", "apiKey"];

/// The field that can be sent after `Bearer` (or that is the API key of the provider), by
/// credential type. Nango's proxy uses the same fields.
fn token_field(kind: &str) -> Option<&'static str> {
    match kind {
        "OAUTH2" | "APP" | "APP_STORE" => Some("access_token"),
        "OAUTH2_CC" | "JWT" | "TWO_STEP" | "SIGNATURE" | "TABLEAU" => Some("token"),
        "API_KEY" => Some("apiKey"),
        _ => None,
    }
}

/// How a connection gets a new token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// Nango refreshes it on a forced refresh.
    Forced,
    /// The same, if there is a refresh token. The server shows whether there is one only on
    /// request.
    WithRefreshToken,
    /// Nango never refreshes credentials of this type, and returns the stored ones.
    Never(String),
}

/// The types that Nango never refreshes.
const STORED: [&str; 5] = ["API_KEY", "BASIC", "OAUTH1", "TBA", "CUSTOM"];

/// The providers whose OAUTH2 connections Nango refreshes without a refresh token.
const WITHOUT_REFRESH_TOKEN: [&str; 5] =
    ["facebook", "instagram", "threads", "microsoft-admin", "shopline-oauth"];

/// How Nango gets a new token for a connection with these credentials, of this provider, both as
/// JSON. The credentials include the refresh token only if it was requested; no copy of it is made.
pub(crate) fn renewal(credentials: &str, provider: Option<&str>) -> Renewal {
    let [kind, refresh_token] =
        json::members(credentials, ["type", "refresh_token"]).unwrap_or_default();
    let kind = kind.and_then(json::string).unwrap_or_default();
    if STORED.contains(&kind.as_str()) {
        return Renewal::Never(kind);
    }
    // Servers before 2025 do not name the provider: it may be one that needs none.
    let needs_none = provider
        .and_then(json::string)
        .is_none_or(|provider| WITHOUT_REFRESH_TOKEN.contains(&provider.as_str()));
    let has_one = refresh_token.is_some_and(|token| token.starts_with('"') && token != "\"\"");
    match kind.as_str() {
        "OAUTH2" if !needs_none && !has_one => Renewal::WithRefreshToken,
        _ => Renewal::Forced,
    }
}

/// The `credentials` of a connection, as the server wrote them. Fails if they are empty.
pub(crate) fn all(credentials: Option<&str>) -> Result<&str, Error> {
    let credentials = credentials.unwrap_or("null");
    if credentials.starts_with('{')
        && !credentials[1..].trim_start_matches(json::BLANKS).starts_with('}')
    {
        return Ok(credentials);
    }
    Err(Error::new(
        Code::NoCredentials,
        "the answer contains no credentials. Either the secret key lacks the scope \
         environment:connections:read_credentials, or the connection needs no credentials \
         (auth type NONE)",
    ))
}

/// The token in the `credentials` of a connection.
pub(crate) fn token(credentials: Option<&str>) -> Result<Zeroizing<String>, Error> {
    single_token(all(credentials)?)
}

/// The provider's answer to the request for the token; `null` if there was no such request.
pub(crate) fn raw(credentials: Option<&str>) -> Result<&str, Error> {
    let [raw] = json::members(all(credentials)?, ["raw"]).unwrap_or_default();
    Ok(raw.unwrap_or("null"))
}

/// The token in credentials that the caller fetched earlier.
pub(crate) fn token_of(credentials: &str) -> Result<Zeroizing<String>, Error> {
    // Not `malformed`: its message is about an answer from Nango.
    json::check(credentials).map_err(|_| {
        Error::invalid_argument(
            "credentials_json is not valid JSON, or is nested too deeply; pass the credentials as \
             Nango returned them",
        )
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
        // A control character could truncate a C string, or inject a header after "Bearer".
        Some(token) if token.contains(char::is_control) => Err(Error::new(
            Code::InvalidResponse,
            "the token in the answer contains a control character, such as a line break, so it \
             cannot be sent in a header; use get_credentials to see it",
        )),
        Some(token) if !token.is_empty() => Ok(token),
        _ => Err(Error::new(
            Code::NoSingleToken,
            format!(
                "credentials of type {} have no single token, or none yet; use get_credentials",
                redact::credential_type(&kind)
            ),
        )),
    }
}

/// Whether Nango recorded an error about the authorisation of this connection.
pub(crate) fn has_auth_error(connection: &str) -> bool {
    let mut found = false;
    let errors = json::find(connection, "/errors");
    let _ = errors.and_then(|errors| {
        json::each_element(errors, |error| {
            found = json::find(error, "/type").is_some_and(|kind| json::is_string(kind, "auth"));
            !found
        })
    });
    found
}
