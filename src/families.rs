//! What Nango's error codes mean for one family of operations. What a code means for all of them
//! stands in `response.rs`.

use crate::catalogue::{Family, Operation};
use crate::error::Code;

/// What a failed answer means.
pub(crate) struct Case {
    pub(crate) code: Code,
    /// What to do, after what Nango answered.
    pub(crate) advice: &'static str,
}

const fn case(code: Code, advice: &'static str) -> Option<Case> {
    Some(Case { code, advice })
}

/// The meaning that an answer has for this operation only. No retry helps against any of them.
/// `code` and `message` are those of Nango's envelope.
pub(crate) fn of(operation: &Operation, code: &str, status: u16, message: &str) -> Option<Case> {
    match (operation.family, code) {
        (Family::Connections, "not_found") if operation.name == "create_connection" => case(
            Code::IntegrationNotFound,
            "the secret key's environment has no such integration; check provider_config_key, and \
             which environment the key belongs to",
        ),
        (Family::Connections | Family::ConnectSessions, "resource_capped") => case(
            Code::BadRequest,
            "the account has as many connections as its plan allows; delete some, or change the \
             plan",
        ),
        (Family::Connections, "connection_test_failed") => case(
            Code::BadRequest,
            "the provider did not accept the credentials, so nothing was stored; correct them, \
             then try again",
        ),
        (Family::Connections, "connection_validation_failed") => case(
            Code::BadRequest,
            "the integration's own validation refused the connection, so nothing was stored; look \
             at its logs",
        ),
        (Family::Providers, "not_found") => case(
            Code::NotFound,
            "Nango has no provider of this name; list_providers returns the names",
        ),
        (Family::Integrations, "not_found") => case(
            Code::IntegrationNotFound,
            "the secret key's environment has no such integration; check unique_key, and which \
             environment the key belongs to",
        ),
        (
            Family::ConnectSessions,
            "unknown_connect_session_token" | "invalid_connect_session_token_format",
        ) => case(
            Code::Unauthorized,
            "Nango knows no session with this token: it has ended or was deleted, or the token is \
             not that of a session. Create a new session",
        ),
        // The only sign of an unknown connection. The other answers list each problem.
        (Family::ConnectSessions, "invalid_body")
            if status == 400
                && message.contains("ConnectionID or IntegrationId does not exist") =>
        {
            case(
                Code::NotFound,
                "check connection_id, integration_id, and which environment the secret key belongs \
                 to; list_connections shows the connections that exist",
            )
        }
        (Family::ConnectSessions, "forbidden") if message.contains("docs connect") => {
            case(Code::Forbidden, "the account's plan does not include overrides; leave them out")
        }
        _ => None,
    }
}
