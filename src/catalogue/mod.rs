//! The catalogue: one row per endpoint of Nango's API.
//!
//! A row gives the name of an operation, what it sends where, and which part of the answer is its
//! result. The rows are generated from `api/`; no other code in the library knows the endpoints.
//! Parameter names are snake case, whatever the spelling in requests.

mod table;

use reqwest::Method;

pub use table::*;

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
    pub(crate) repeat: Repeat,
    pub(crate) returns: Returns,
    /// Which errors its route answers with.
    pub(crate) family: Family,
    pub(crate) page: Option<Page>,
    /// The parameters that say what a call is about, for errors and for `identity`.
    pub(crate) subject: [&'static str; IDENTITIES],
    /// The members of the answer that repeat the request parameter of the same name. If one of them
    /// differs, the answer belongs to another request.
    pub(crate) identity: [&'static str; IDENTITIES],
}

/// The maximum number of members that are compared with the request; `""`: no member.
pub(crate) const IDENTITIES: usize = 2;

/// Whether a request may be repeated after the server may have processed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Always,
    Never,
    /// Unless one of these parameters is true.
    UnlessTrue(&'static [&'static str]),
    /// If one of these parameters is given.
    IfSet(&'static [&'static str]),
}

/// The family of an operation: what Nango's error codes mean for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Connections,
    Providers,
    Integrations,
    ConnectSessions,
}

/// How a list is paged: by the number of the page, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The pointer to the list in the answer.
    pub(crate) items: &'static str,
    /// The parameter that limits the size of a page.
    pub(crate) size: &'static str,
}

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
    /// A member of the JSON object in the body.
    Body,
    /// A secret that takes the place of the secret key.
    Bearer,
    /// A secret that the call uses and never sends.
    Kept,
    /// A part of the request that [`crate::request`] knows by name.
    Request,
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
    /// A list of strings, sent as one parameter for each; in a query, a string is one.
    List,
    /// A non-empty string or a list of them.
    Ids,
    Integer,
    /// Sent as `true`; not sent when false, since the server rejects flags that it does not know.
    Flag,
    /// True or false.
    Boolean,
    /// An object of strings, sent as `name[key]=value` in a query.
    Map,
    /// A JSON object.
    Object,
    /// Any JSON.
    Any,
}

/// Which part of the answer is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    Body,
    /// The member `data`.
    Data,
    Token,
    Credentials,
    /// The member `raw` of the credentials, or `null`.
    Raw,
    /// The member `metadata`, or `null`.
    Metadata,
    /// The whole answer, which may be any JSON; `null` if it has no body.
    Any,
    /// An answer without a body. The result is `null`.
    Nothing,
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

/// The parameter that makes the server rotate tokens.
pub(crate) const FORCE_REFRESH: &str = "force_refresh";
/// The parameter that requests refresh tokens in the answer.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// The parameter that holds the token that the provider refused.
pub(crate) const REFUSED_TOKEN: &str = "refused_token";

/// The parameter of every operation that holds what libnango does not know.
pub(crate) const EXTRA: &str = "extra";

/// The operation with this name.
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.iter().find(|operation| operation.name == name).copied()
}
