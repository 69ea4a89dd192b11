//! The routes, in one table.

use axum::http::Method;
use percent_encoding::percent_decode_str;

use super::change::Write;
use crate::reply::Reply;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Route {
    Health,
    Catalogue,
    List,
    Get,
    Import,
    LegacyImport,
    Patch,
    Delete,
    Metadata(Write),
    LegacyMetadata(Write),
    Integrations,
    Integration,
    CreateIntegration,
    Quickstart,
    PatchIntegration,
    DeleteIntegration,
    Config,
    Providers,
    Provider,
    Templates,
    CreateSession,
    CreateReconnectSession,
    Session,
    DeleteSession,
}

/// Method, path and route; `*` stands for a parameter. The first that matches counts.
const ROUTES: &[(&str, &str, Route)] = &[
    ("GET", "/health", Route::Health),
    ("GET", "/ready", Route::Health),
    ("GET", "/providers.json", Route::Catalogue),
    ("GET", "/connections", Route::List),
    ("GET", "/connection", Route::List),
    ("POST", "/connections", Route::Import),
    ("POST", "/connection", Route::LegacyImport),
    ("POST", "/connections/metadata", Route::Metadata(Write::Replace)),
    ("POST", "/connection/metadata", Route::Metadata(Write::Replace)),
    ("PATCH", "/connections/metadata", Route::Metadata(Write::Merge)),
    ("PATCH", "/connection/metadata", Route::Metadata(Write::Merge)),
    ("POST", "/connection/*/metadata", Route::LegacyMetadata(Write::Replace)),
    ("PATCH", "/connection/*/metadata", Route::LegacyMetadata(Write::Merge)),
    ("GET", "/connections/*", Route::Get),
    ("GET", "/connection/*", Route::Get),
    ("PATCH", "/connections/*", Route::Patch),
    ("DELETE", "/connections/*", Route::Delete),
    ("DELETE", "/connection/*", Route::Delete),
    ("GET", "/integrations", Route::Integrations),
    ("POST", "/integrations", Route::CreateIntegration),
    ("POST", "/integrations/quickstart", Route::Quickstart),
    ("GET", "/integrations/*", Route::Integration),
    ("PATCH", "/integrations/*", Route::PatchIntegration),
    ("DELETE", "/integrations/*", Route::DeleteIntegration),
    ("GET", "/config/*", Route::Config),
    ("GET", "/providers", Route::Providers),
    ("GET", "/providers/*", Route::Provider),
    ("GET", "/providers/*/templates", Route::Templates),
    ("POST", "/connect/sessions", Route::CreateSession),
    ("POST", "/connect/sessions/reconnect", Route::CreateReconnectSession),
    ("GET", "/connect/session", Route::Session),
    ("DELETE", "/connect/session", Route::DeleteSession),
];

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Keys {
    Secret,
    SecretOrSession,
    Session,
}

impl Route {
    pub fn keys(self) -> Keys {
        match self {
            Route::Session | Route::DeleteSession => Keys::Session,
            Route::Integrations | Route::Providers | Route::Provider => Keys::SecretOrSession,
            _ => Keys::Secret,
        }
    }
}

/// Finds the route, with its parameter. Matches like Express: literals in any case, and one extra
/// slash at the end is allowed.
pub fn find(method: &Method, path: &str) -> Result<Option<(Route, String)>, Reply> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or_default().split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Ok(None);
    }
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let fits = |pattern: &str| {
        let pieces = pattern[1..].split('/');
        pieces.clone().count() == segments.len()
            && pieces
                .zip(&segments)
                .all(|(piece, segment)| piece == "*" || piece.eq_ignore_ascii_case(segment))
    };
    let found = ROUTES.iter().find(|(known, pattern, _)| *known == method && fits(pattern));
    let Some((_, pattern, route)) = found else { return Ok(None) };
    let place = pattern[1..].split('/').position(|piece| piece == "*");
    let parameter = place.map_or(Ok(String::new()), |place| parameter(segments[place]))?;
    Ok(Some((*route, parameter)))
}

/// Decodes a path parameter. Express answers 500 if that fails.
fn parameter(segment: &str) -> Result<String, Reply> {
    let malformed = segment.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    match percent_decode_str(segment).decode_utf8() {
        Ok(text) if !malformed => Ok(text.into_owned()),
        _ => Err(Reply::unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Option<(Route, String)> {
        find(&Method::GET, path).unwrap()
    }

    #[test]
    fn paths_match_as_express_matches_them() {
        let of = |route, parameter: &str| Some((route, parameter.to_owned()));
        assert_eq!(get("/connections"), of(Route::List, ""));
        assert_eq!(get("/CONNECTION/"), of(Route::List, ""));
        assert_eq!(get("/connections/a%2Fb/"), of(Route::Get, "a/b"));
        assert_eq!(get("/connections/a+b"), of(Route::Get, "a+b"));
        assert_eq!(get("/connections/metadata"), of(Route::Get, "metadata"));
        assert_eq!(
            find(&Method::PATCH, "/connections/Metadata").unwrap(),
            of(Route::Metadata(Write::Merge), "")
        );
        assert_eq!(find(&Method::PATCH, "/connection/x").unwrap(), None);
        assert_eq!(get("/connections/a/b"), None);
        assert_eq!(get("//connections"), None);
        assert_eq!(get("/connections//"), None);
        assert_eq!(get("/"), None);
        assert!(find(&Method::GET, "/connections/%zz").is_err());
        assert!(find(&Method::GET, "/connections/%ff").is_err());
        assert!(find(&Method::GET, "/connections/%").is_err());
    }
}
