//! The credential types, and which field of each is "the token".
//!
//! The types and their fields are those of Nango's server. A type that is not known here is data, not an error: its credentials come out whole, only
//! "the token" is not defined for it.

use crate::error::{Code, Error};
use crate::json;

/// The field that can stand behind `Bearer` (or that is the provider's API key), by credential type. Nango's proxy uses the same ones.
const TOKEN_FIELDS: [(&str, &str); 9] = [
    ("OAUTH2", "/access_token"),
    ("APP", "/access_token"),
    ("APP_STORE", "/access_token"),
    ("OAUTH2_CC", "/token"),
    ("JWT", "/token"),
    ("TWO_STEP", "/token"),
    ("SIGNATURE", "/token"),
    ("TABLEAU", "/token"),
    ("API_KEY", "/apiKey"),
];

/// The `credentials` of a connection, as the server wrote them.
pub(crate) fn all(connection: &str) -> Result<&str, Error> {
    let credentials = json::find(connection, "/credentials").filter(|value| value.starts_with('{'));
    match credentials {
        Some(object) if !object[1..].trim_start().starts_with('}') => Ok(object),
        _ => Err(Error::new(
            Code::NoCredentials,
            "Nango's answer holds no credentials. Either the secret key lacks the scope environment:connections:read_credentials, or the \
             connection needs none (auth type NONE)",
        )),
    }
}

/// The one bearer string of a connection.
pub(crate) fn token(connection: &str) -> Result<String, Error> {
    let credentials = all(connection)?;
    let kind = json::find(credentials, "/type").and_then(json::string).unwrap_or_default();
    let field = TOKEN_FIELDS.iter().find(|(name, _)| *name == kind).map(|(_, field)| field);
    let token = field.and_then(|field| json::find(credentials, field)).and_then(json::string);
    match token {
        Some(token) if token.contains('\0') => Err(Error::new(Code::InvalidResponse, "the token in Nango's answer holds a NUL character")),
        Some(token) if !token.is_empty() => Ok(token),
        _ => Err(Error::new(
            Code::NoSingleToken,
            format!(
                "credentials of the type {} are not one token, or have none yet; ask for all of them (get_credentials)",
                if kind.is_empty() { "(none)" } else { kind.as_str() }
            ),
        )),
    }
}
