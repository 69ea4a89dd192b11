//! The catalogue: one row per endpoint of Nango's API.
//!
//! A row gives the name of an operation, what it sends where, and which part of the answer is its
//! result. To add an endpoint, add a row; no other code in the library knows the endpoints.
//! Parameter names are snake case, whatever the spelling in requests.

use reqwest::Method;

/// One endpoint.
#[derive(Debug)]
pub struct Operation {
    /// The name, the same in every language.
    pub name: &'static str,
    pub(crate) method: Method,
    /// The path that every version of the server supports. `{parameter}` is replaced by a parameter
    /// of [`Location::Path`].
    pub(crate) path: &'static str,
    /// The path in the current documentation, if it differs.
    pub(crate) plural_path: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// Whether the secret key is sent.
    pub(crate) authorized: bool,
    /// Whether the request is idempotent.
    pub(crate) repeatable: bool,
    pub(crate) returns: Returns,
    /// The members of the answer that repeat the request parameter of the same name. If one of them
    /// differs, the answer belongs to another request.
    pub(crate) identity: [&'static str; IDENTITIES],
}

/// The maximum number of members that are compared with the request; `""`: no member.
pub(crate) const IDENTITIES: usize = 2;

/// One parameter of an operation. Parameters are sent in the order of the catalogue.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) wire: &'static str,
    pub(crate) location: Location,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// Where a parameter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    /// A secret that the call uses and never sends.
    Kept,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A non-empty string that names one thing. In a path it must not be `.` or `..`, which would
    /// change the route.
    Id,
    Text,
    /// A string or a list of strings, sent joined by commas.
    Texts,
    Integer,
    /// Sent as `true`; not sent when false, since the server rejects flags that it does not know.
    Flag,
    /// An object of strings, sent as `name[key]=value`.
    Map,
}

/// Which part of the answer is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    Body,
    Token,
    Credentials,
    /// A token that may take several requests; each answer is decoded as a whole connection. See
    /// `replace.rs`.
    Replacement,
    /// Any answer counts as success: its status and body are ignored, and the result is `null`.
    Answered,
}

const fn required(
    name: &'static str,
    wire: &'static str,
    location: Location,
    kind: Kind,
) -> Parameter {
    Parameter { name, wire, location, kind, required: true }
}

const fn optional(
    name: &'static str,
    wire: &'static str,
    location: Location,
    kind: Kind,
) -> Parameter {
    Parameter { name, wire, location, kind, required: false }
}

/// The parameter that makes the server rotate tokens. With it, a call is not idempotent.
pub(crate) const FORCE_REFRESH: &str = "force_refresh";
/// The parameter that requests refresh tokens in the answer.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// The parameter that holds the token that the provider refused.
pub(crate) const REFUSED_TOKEN: &str = "refused_token";

const PROVIDER_CONFIG_KEY: Parameter =
    required("provider_config_key", "provider_config_key", Location::Query, Kind::Id);
const CONNECTION_ID: Parameter =
    required("connection_id", "connection_id", Location::Path, Kind::Id);

const ONE_CONNECTION: &[Parameter] = &[
    PROVIDER_CONFIG_KEY,
    CONNECTION_ID,
    optional(FORCE_REFRESH, "force_refresh", Location::Query, Kind::Flag),
    optional(REFRESH_TOKEN, "refresh_token", Location::Query, Kind::Flag),
];

/// `GET /connection/{connection_id}`: the whole connection.
pub static GET_CONNECTION: Operation =
    one_connection("get_connection", ONE_CONNECTION, Returns::Body);
/// `GET /connection/{connection_id}`: its one token.
pub static GET_TOKEN: Operation = one_connection("get_token", ONE_CONNECTION, Returns::Token);
/// `GET /connection/{connection_id}`: its credentials.
pub static GET_CREDENTIALS: Operation =
    one_connection("get_credentials", ONE_CONNECTION, Returns::Credentials);
/// `GET /connection/{connection_id}`, as often as needed: a token in place of one that the provider
/// refused.
pub static REPLACE_TOKEN: Operation = one_connection(
    "replace_token",
    &[
        PROVIDER_CONFIG_KEY,
        CONNECTION_ID,
        required(REFUSED_TOKEN, REFUSED_TOKEN, Location::Kept, Kind::Text),
    ],
    Returns::Replacement,
);
/// The later requests of [`REPLACE_TOKEN`], with flags that its caller cannot set.
pub(crate) static REPLACING: Operation =
    one_connection("replace_token", ONE_CONNECTION, Returns::Body);

const fn one_connection(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Returns,
) -> Operation {
    Operation {
        name,
        method: Method::GET,
        path: "/connection/{connection_id}",
        plural_path: "/connections/{connection_id}",
        parameters,
        authorized: true,
        repeatable: true,
        returns,
        identity: ["connection_id", "provider_config_key"],
    }
}

/// `GET /connection`: the connections of the environment, without credentials.
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
    returns: Returns::Body,
    identity: ["", ""],
};

/// `GET /health`, without the key: opens a connection before the first call.
pub static WARM_UP: Operation = Operation {
    name: "warm_up",
    method: Method::GET,
    path: "/health",
    plural_path: "/health",
    parameters: &[],
    authorized: false,
    repeatable: true,
    returns: Returns::Answered,
    identity: ["", ""],
};

/// Every operation.
pub static ALL: [&Operation; 6] =
    [&GET_CONNECTION, &GET_TOKEN, &GET_CREDENTIALS, &REPLACE_TOKEN, &LIST_CONNECTIONS, &WARM_UP];

/// The operation with this name.
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.into_iter().find(|operation| operation.name == name)
}
