//! The table of operations.
//!
//! Generated from api/ by nango-gen: do not edit, run `make generate`.

use reqwest::Method;

use super::{Kind, Location, Operation, Returns, optional, required};

/// `GET /connections`. Lists the environment's connections, without credentials.
pub static LIST_CONNECTIONS: Operation = Operation {
    name: "list_connections",
    method: Method::GET,
    path: "/connection",
    plural_path: "/connections",
    parameters: &[
        optional("connection_id", "connectionId", Location::Query, Kind::Text),
        optional("search", "search", Location::Query, Kind::Text),
        optional("end_user_id", "endUserId", Location::Query, Kind::Text),
        optional("end_user_organization_id", "endUserOrganizationId", Location::Query, Kind::Text),
        optional("integration_id", "integrationId", Location::Query, Kind::Texts),
        optional("tags", "tags", Location::Query, Kind::Map),
        optional("limit", "limit", Location::Query, Kind::Integer),
        optional("page", "page", Location::Query, Kind::Integer),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &[],
    returns: Returns::Body,
    identity: ["", ""],
};

/// `GET /connections/{connection_id}`. Fetches a connection with its credentials.
pub static GET_CONNECTION: Operation = Operation {
    name: "get_connection",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        optional("force_refresh", "force_refresh", Location::Query, Kind::Flag),
        optional("refresh_token", "refresh_token", Location::Query, Kind::Flag),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &["force_refresh"],
    returns: Returns::Body,
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /connections/{connection_id}`. Fetches the one token of a connection: the text that goes
/// after "Bearer", or the API key.
pub static GET_TOKEN: Operation = Operation {
    name: "get_token",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        optional("force_refresh", "force_refresh", Location::Query, Kind::Flag),
        optional("refresh_token", "refresh_token", Location::Query, Kind::Flag),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &["force_refresh"],
    returns: Returns::Token,
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /connections/{connection_id}`. Fetches the credentials of a connection, of any type.
pub static GET_CREDENTIALS: Operation = Operation {
    name: "get_credentials",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        optional("force_refresh", "force_refresh", Location::Query, Kind::Flag),
        optional("refresh_token", "refresh_token", Location::Query, Kind::Flag),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &["force_refresh"],
    returns: Returns::Credentials,
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /connections/{connection_id}`. Fetches a token to replace one that the provider refused,
/// with 401 for example.
pub static REPLACE_TOKEN: Operation = Operation {
    name: "replace_token",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        required("refused_token", "refused_token", Location::Kept, Kind::Text),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &["force_refresh"],
    returns: Returns::Replacement,
    identity: ["connection_id", "provider_config_key"],
};

pub(crate) static REPLACING: Operation = Operation {
    name: "replace_token",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        optional("force_refresh", "force_refresh", Location::Query, Kind::Flag),
        optional("refresh_token", "refresh_token", Location::Query, Kind::Flag),
    ],
    authorized: true,
    repeatable: true,
    unless_true: &["force_refresh"],
    returns: Returns::Body,
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /health`. Opens a connection before the first call. It sends no key.
pub static WARM_UP: Operation = Operation {
    name: "warm_up",
    method: Method::GET,
    path: "/health",
    plural_path: "/health",
    parameters: &[],
    authorized: false,
    repeatable: true,
    unless_true: &[],
    returns: Returns::Answered,
    identity: ["", ""],
};

/// Every operation.
pub static ALL: &[&Operation] =
    &[&LIST_CONNECTIONS, &GET_CONNECTION, &GET_TOKEN, &GET_CREDENTIALS, &REPLACE_TOKEN, &WARM_UP];
