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
    /// Whether the request is idempotent, if no parameter in `unless_true` is set.
    pub(crate) repeatable: bool,
    pub(crate) unless_true: &'static [&'static str],
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

/// The parameter that makes the server rotate tokens.
pub(crate) const FORCE_REFRESH: &str = "force_refresh";
/// The parameter that requests refresh tokens in the answer.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// The parameter that holds the token that the provider refused.
pub(crate) const REFUSED_TOKEN: &str = "refused_token";

/// The operation with this name.
pub fn find(name: &str) -> Option<&'static Operation> {
    ALL.iter().find(|operation| operation.name == name).copied()
}
