//! The catalogue: one row for each endpoint of Nango's API.
//!
//! A row says what an operation is called, what is sent where, and what of the answer is the
//! result. Adding an endpoint is adding a row; nothing else in the library knows the endpoints.
//! Names of parameters are snake case whatever the wire spells.

use reqwest::Method;

/// One endpoint.
#[derive(Debug)]
pub struct Operation {
    /// The name, in every language.
    pub name: &'static str,
    pub(crate) method: Method,
    /// The path that every version of the server knows; `{parameter}` stands for a parameter of
    /// [`Place::Path`].
    pub(crate) path: &'static str,
    /// The path that today's documentation names, where it differs.
    pub(crate) plural_path: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// Whether it is sent with the key.
    pub(crate) authorized: bool,
    /// Whether sending it twice does what sending it once does.
    pub(crate) repeatable: bool,
    pub(crate) result: Result,
    /// The members of the answer that repeat the parameter of the same name. An answer in which one
    /// of them differs is the answer to another request.
    pub(crate) identity: [&'static str; IDENTITIES],
}

/// How many members of an answer are compared with the request at most; `""` stands for none.
pub(crate) const IDENTITIES: usize = 2;

/// One parameter of an operation, in the order in which it is sent.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) wire: &'static str,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    /// Nowhere: it is a secret of the call's own, which is never sent.
    Kept,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text that names one thing: not empty, and in a path not `.` or `..`, which would be
    /// another route.
    Id,
    Text,
    /// A text, or a list of texts that the wire wants with commas between them.
    Texts,
    Integer,
    /// Sent as `true`, and not at all when false: the server refuses flags that it does not know
    /// yet.
    Flag,
    /// An object of texts, sent as `name[key]=value`.
    Map,
}

/// What of the answer is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Result {
    Body,
    Token,
    Credentials,
    /// A token that several requests may be needed for; each answer is decoded as a whole
    /// connection. See `replace.rs`.
    Replacement,
    /// Whether there is an answer: its status and body do not matter, and what comes back is
    /// `null`.
    Answered,
}

const fn required(name: &'static str, wire: &'static str, place: Place, kind: Kind) -> Parameter {
    Parameter { name, wire, place, kind, required: true }
}

const fn optional(name: &'static str, wire: &'static str, place: Place, kind: Kind) -> Parameter {
    Parameter { name, wire, place, kind, required: false }
}

/// The parameter that makes the server rotate tokens, so that a repeat is not what one call is.
pub(crate) const FORCE_REFRESH: &str = "force_refresh";
/// The parameter that asks for refresh tokens in the answer.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// The parameter that says which token a provider refused.
pub(crate) const REFUSED_TOKEN: &str = "refused_token";

const PROVIDER_CONFIG_KEY: Parameter =
    required("provider_config_key", "provider_config_key", Place::Query, Kind::Id);
const CONNECTION_ID: Parameter = required("connection_id", "connection_id", Place::Path, Kind::Id);

const ONE_CONNECTION: &[Parameter] = &[
    PROVIDER_CONFIG_KEY,
    CONNECTION_ID,
    optional(FORCE_REFRESH, "force_refresh", Place::Query, Kind::Flag),
    optional(REFRESH_TOKEN, "refresh_token", Place::Query, Kind::Flag),
];

/// `GET /connection/{connection_id}`: the whole connection.
pub static GET_CONNECTION: Operation =
    one_connection("get_connection", ONE_CONNECTION, Result::Body);
/// `GET /connection/{connection_id}`: its one token.
pub static GET_TOKEN: Operation = one_connection("get_token", ONE_CONNECTION, Result::Token);
/// `GET /connection/{connection_id}`: its credentials.
pub static GET_CREDENTIALS: Operation =
    one_connection("get_credentials", ONE_CONNECTION, Result::Credentials);
/// `GET /connection/{connection_id}`, as often as it takes: a token in place of one that the
/// provider refused.
pub static REPLACE_TOKEN: Operation = one_connection(
    "replace_token",
    &[
        PROVIDER_CONFIG_KEY,
        CONNECTION_ID,
        required(REFUSED_TOKEN, REFUSED_TOKEN, Place::Kept, Kind::Text),
    ],
    Result::Replacement,
);
/// What [`REPLACE_TOKEN`] sends after its first request, with flags that are not its caller's.
pub(crate) static REPLACING: Operation =
    one_connection("replace_token", ONE_CONNECTION, Result::Body);

const fn one_connection(
    name: &'static str,
    parameters: &'static [Parameter],
    result: Result,
) -> Operation {
    Operation {
        name,
        method: Method::GET,
        path: "/connection/{connection_id}",
        plural_path: "/connections/{connection_id}",
        parameters,
        authorized: true,
        repeatable: true,
        result,
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
        optional("connection_id", "connectionId", Place::Query, Kind::Text),
        optional("search", "search", Place::Query, Kind::Text),
        optional("end_user_id", "endUserId", Place::Query, Kind::Text),
        optional("end_user_organization_id", "endUserOrganizationId", Place::Query, Kind::Text),
        optional("integration_id", "integrationId", Place::Query, Kind::Texts),
        optional("tags", "tags", Place::Query, Kind::Map),
        optional("limit", "limit", Place::Query, Kind::Integer),
        optional("page", "page", Place::Query, Kind::Integer),
    ],
    authorized: true,
    repeatable: true,
    result: Result::Body,
    identity: ["", ""],
};

/// `GET /health`, without the key: what opens a connection before the first call.
pub static WARM_UP: Operation = Operation {
    name: "warm_up",
    method: Method::GET,
    path: "/health",
    plural_path: "/health",
    parameters: &[],
    authorized: false,
    repeatable: true,
    result: Result::Answered,
    identity: ["", ""],
};

/// Every operation.
pub static ALL: [&Operation; 6] =
    [&GET_CONNECTION, &GET_TOKEN, &GET_CREDENTIALS, &REPLACE_TOKEN, &LIST_CONNECTIONS, &WARM_UP];

/// The operation with this name.
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.into_iter().find(|operation| operation.name == name)
}
