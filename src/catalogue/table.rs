//! The table of operations.
//!
//! Generated from api/ by nango-gen: do not edit, run `make generate`.

use reqwest::Method;

use super::{Family, Kind, Location, Operation, Page, Repeat, Returns, optional, required};

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
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Connections,
    page: Some(Page { items: "/connections", size: "limit" }),
    subject: ["", ""],
    identity: ["", ""],
};

/// `POST /connections`. Imports a connection with credentials that your own code already has.
pub static CREATE_CONNECTION: Operation = Operation {
    name: "create_connection",
    method: Method::POST,
    path: "/connections",
    plural_path: "/connections",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Body, Kind::Id),
        optional("connection_id", "connection_id", Location::Body, Kind::Id),
        required("credentials", "credentials", Location::Body, Kind::Object),
        optional("metadata", "metadata", Location::Body, Kind::Object),
        optional("connection_config", "connection_config", Location::Body, Kind::Object),
        optional("webhook_url_override", "webhook_url_override", Location::Body, Kind::Text),
        optional("end_user", "end_user", Location::Body, Kind::Object),
        optional("tags", "tags", Location::Body, Kind::Map),
    ],
    authorized: true,
    repeat: Repeat::IfSet(&["connection_id"]),
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["connection_id", "provider_config_key"],
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
        optional(
            "refresh_github_app_jwt_token",
            "refresh_github_app_jwt_token",
            Location::Query,
            Kind::Flag,
        ),
    ],
    authorized: true,
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
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
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Token,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
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
        optional(
            "refresh_github_app_jwt_token",
            "refresh_github_app_jwt_token",
            Location::Query,
            Kind::Flag,
        ),
    ],
    authorized: true,
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Credentials,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /connections/{connection_id}`. Fetches what the provider answered to the request for the
/// token, as the provider wrote it.
pub static GET_RAW_TOKEN_RESPONSE: Operation = Operation {
    name: "get_raw_token_response",
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
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Raw,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["connection_id", "provider_config_key"],
};

/// `GET /connections/{connection_id}`. Fetches the metadata of a connection.
pub static GET_METADATA: Operation = Operation {
    name: "get_metadata",
    method: Method::GET,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
    ],
    authorized: true,
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Metadata,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
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
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Replacement,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
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
    repeat: Repeat::UnlessTrue(&["force_refresh"]),
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["connection_id", "provider_config_key"],
};

/// `PATCH /connections/{connection_id}`. Changes the tags, the end user or the webhook URL of a
/// connection.
pub static PATCH_CONNECTION: Operation = Operation {
    name: "patch_connection",
    method: Method::PATCH,
    path: "/connections/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
        optional("tags", "tags", Location::Body, Kind::Map),
        optional("end_user", "end_user", Location::Body, Kind::Object),
        optional("webhook_url_override", "webhook_url_override", Location::Body, Kind::Text),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["", ""],
};

/// `DELETE /connections/{connection_id}`. Deletes a connection.
pub static DELETE_CONNECTION: Operation = Operation {
    name: "delete_connection",
    method: Method::DELETE,
    path: "/connection/{connection_id}",
    plural_path: "/connections/{connection_id}",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Query, Kind::Id),
        required("connection_id", "connection_id", Location::Path, Kind::Id),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["", ""],
};

/// `POST /connections/metadata`. Replaces the metadata of connections of one integration.
pub static SET_METADATA: Operation = Operation {
    name: "set_metadata",
    method: Method::POST,
    path: "/connection/metadata",
    plural_path: "/connections/metadata",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Body, Kind::Id),
        required("connection_id", "connection_id", Location::Body, Kind::Ids),
        required("metadata", "metadata", Location::Body, Kind::Object),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["", ""],
};

/// `PATCH /connections/metadata`. Adds members to the metadata of connections of one integration.
pub static UPDATE_METADATA: Operation = Operation {
    name: "update_metadata",
    method: Method::PATCH,
    path: "/connection/metadata",
    plural_path: "/connections/metadata",
    parameters: &[
        required("provider_config_key", "provider_config_key", Location::Body, Kind::Id),
        required("connection_id", "connection_id", Location::Body, Kind::Ids),
        required("metadata", "metadata", Location::Body, Kind::Object),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Connections,
    page: None,
    subject: ["connection_id", "provider_config_key"],
    identity: ["", ""],
};

/// `GET /providers`. Lists the templates of all providers that Nango knows.
pub static LIST_PROVIDERS: Operation = Operation {
    name: "list_providers",
    method: Method::GET,
    path: "/providers",
    plural_path: "/providers",
    parameters: &[optional("search", "search", Location::Query, Kind::Text)],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Providers,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `GET /providers/{provider}`. Fetches the template of a provider.
pub static GET_PROVIDER: Operation = Operation {
    name: "get_provider",
    method: Method::GET,
    path: "/providers/{provider}",
    plural_path: "/providers/{provider}",
    parameters: &[required("provider", "provider", Location::Path, Kind::Id)],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Providers,
    page: None,
    subject: ["provider", ""],
    identity: ["", ""],
};

/// `GET /providers/{provider}/templates`. Lists the functions that Nango offers for a provider.
pub static GET_PROVIDER_TEMPLATES: Operation = Operation {
    name: "get_provider_templates",
    method: Method::GET,
    path: "/providers/{provider}/templates",
    plural_path: "/providers/{provider}/templates",
    parameters: &[required("provider", "provider", Location::Path, Kind::Id)],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Providers,
    page: None,
    subject: ["provider", ""],
    identity: ["", ""],
};

/// `GET /integrations`. Lists the environment's integrations.
pub static LIST_INTEGRATIONS: Operation = Operation {
    name: "list_integrations",
    method: Method::GET,
    path: "/integrations",
    plural_path: "/integrations",
    parameters: &[],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Integrations,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `POST /integrations`. Creates an integration.
pub static CREATE_INTEGRATION: Operation = Operation {
    name: "create_integration",
    method: Method::POST,
    path: "/integrations",
    plural_path: "/integrations",
    parameters: &[
        required("provider", "provider", Location::Body, Kind::Id),
        required("unique_key", "unique_key", Location::Body, Kind::Id),
        optional("display_name", "display_name", Location::Body, Kind::Text),
        optional("credentials", "credentials", Location::Body, Kind::Object),
        optional("forward_webhooks", "forward_webhooks", Location::Body, Kind::Boolean),
        optional("integration_config", "integration_config", Location::Body, Kind::Map),
        optional("custom", "custom", Location::Body, Kind::Map),
    ],
    authorized: true,
    repeat: Repeat::Never,
    returns: Returns::Data,
    family: Family::Integrations,
    page: None,
    subject: ["unique_key", ""],
    identity: ["", ""],
};

/// `POST /integrations/quickstart`. Creates an integration that uses an app of Nango's own.
pub static CREATE_QUICKSTART_INTEGRATION: Operation = Operation {
    name: "create_quickstart_integration",
    method: Method::POST,
    path: "/integrations/quickstart",
    plural_path: "/integrations/quickstart",
    parameters: &[
        required("provider", "provider", Location::Body, Kind::Id),
        required("unique_key", "unique_key", Location::Body, Kind::Id),
        optional("display_name", "display_name", Location::Body, Kind::Text),
        optional("forward_webhooks", "forward_webhooks", Location::Body, Kind::Boolean),
    ],
    authorized: true,
    repeat: Repeat::Never,
    returns: Returns::Data,
    family: Family::Integrations,
    page: None,
    subject: ["unique_key", ""],
    identity: ["", ""],
};

/// `GET /integrations/{unique_key}`. Fetches an integration.
pub static GET_INTEGRATION: Operation = Operation {
    name: "get_integration",
    method: Method::GET,
    path: "/integrations/{unique_key}",
    plural_path: "/integrations/{unique_key}",
    parameters: &[
        required("unique_key", "unique_key", Location::Path, Kind::Id),
        optional("include", "include", Location::Query, Kind::List),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Integrations,
    page: None,
    subject: ["unique_key", ""],
    identity: ["", ""],
};

/// `PATCH /integrations/{unique_key}`. Changes an integration.
pub static UPDATE_INTEGRATION: Operation = Operation {
    name: "update_integration",
    method: Method::PATCH,
    path: "/integrations/{unique_key}",
    plural_path: "/integrations/{unique_key}",
    parameters: &[
        required("unique_key", "unique_key", Location::Path, Kind::Id),
        optional("new_unique_key", "unique_key", Location::Body, Kind::Id),
        optional("display_name", "display_name", Location::Body, Kind::Text),
        optional("credentials", "credentials", Location::Body, Kind::Object),
        optional("forward_webhooks", "forward_webhooks", Location::Body, Kind::Boolean),
        optional("integration_config", "integration_config", Location::Body, Kind::Map),
        optional("custom", "custom", Location::Body, Kind::Map),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::Integrations,
    page: None,
    subject: ["unique_key", ""],
    identity: ["", ""],
};

/// `DELETE /integrations/{unique_key}`. Deletes an integration with all its connections.
pub static DELETE_INTEGRATION: Operation = Operation {
    name: "delete_integration",
    method: Method::DELETE,
    path: "/integrations/{unique_key}",
    plural_path: "/integrations/{unique_key}",
    parameters: &[required("unique_key", "unique_key", Location::Path, Kind::Id)],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Body,
    family: Family::Integrations,
    page: None,
    subject: ["unique_key", ""],
    identity: ["", ""],
};

/// `POST /connect/sessions`. Creates a session in which a user connects an account.
pub static CREATE_CONNECT_SESSION: Operation = Operation {
    name: "create_connect_session",
    method: Method::POST,
    path: "/connect/sessions",
    plural_path: "/connect/sessions",
    parameters: &[
        optional("tags", "tags", Location::Body, Kind::Map),
        optional("end_user", "end_user", Location::Body, Kind::Object),
        optional("organization", "organization", Location::Body, Kind::Object),
        optional("allowed_integrations", "allowed_integrations", Location::Body, Kind::List),
        optional(
            "integrations_config_defaults",
            "integrations_config_defaults",
            Location::Body,
            Kind::Object,
        ),
        optional("overrides", "overrides", Location::Body, Kind::Object),
        optional("webhook_url_override", "webhook_url_override", Location::Body, Kind::Text),
    ],
    authorized: true,
    repeat: Repeat::Never,
    returns: Returns::Data,
    family: Family::ConnectSessions,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `POST /connect/sessions/reconnect`. Creates a session in which a user authorises an existing
/// connection again.
pub static CREATE_RECONNECT_SESSION: Operation = Operation {
    name: "create_reconnect_session",
    method: Method::POST,
    path: "/connect/sessions/reconnect",
    plural_path: "/connect/sessions/reconnect",
    parameters: &[
        required("integration_id", "integration_id", Location::Body, Kind::Id),
        required("connection_id", "connection_id", Location::Body, Kind::Id),
        optional("end_user", "end_user", Location::Body, Kind::Object),
        optional("organization", "organization", Location::Body, Kind::Object),
        optional(
            "integrations_config_defaults",
            "integrations_config_defaults",
            Location::Body,
            Kind::Object,
        ),
        optional("overrides", "overrides", Location::Body, Kind::Object),
        optional("webhook_url_override", "webhook_url_override", Location::Body, Kind::Text),
        optional("tags", "tags", Location::Body, Kind::Map),
    ],
    authorized: true,
    repeat: Repeat::Never,
    returns: Returns::Data,
    family: Family::ConnectSessions,
    page: None,
    subject: ["connection_id", "integration_id"],
    identity: ["", ""],
};

/// `GET /connect/session`. Fetches a connect session.
pub static GET_CONNECT_SESSION: Operation = Operation {
    name: "get_connect_session",
    method: Method::GET,
    path: "/connect/session",
    plural_path: "/connect/session",
    parameters: &[required("session_token", "session_token", Location::Bearer, Kind::Text)],
    authorized: false,
    repeat: Repeat::Always,
    returns: Returns::Data,
    family: Family::ConnectSessions,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `DELETE /connect/session`. Deletes a connect session, so that its link no longer works.
pub static DELETE_CONNECT_SESSION: Operation = Operation {
    name: "delete_connect_session",
    method: Method::DELETE,
    path: "/connect/session",
    plural_path: "/connect/session",
    parameters: &[required("session_token", "session_token", Location::Bearer, Kind::Text)],
    authorized: false,
    repeat: Repeat::Always,
    returns: Returns::Nothing,
    family: Family::ConnectSessions,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `GET /health`. Opens a connection before the first call. It sends no key.
pub static WARM_UP: Operation = Operation {
    name: "warm_up",
    method: Method::GET,
    path: "/health",
    plural_path: "/health",
    parameters: &[],
    authorized: false,
    repeat: Repeat::Always,
    returns: Returns::Answered,
    family: Family::Connections,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// `any`. Sends any request to Nango's API.
pub static REQUEST: Operation = Operation {
    name: "request",
    method: Method::GET,
    path: "",
    plural_path: "",
    parameters: &[
        required("method", "method", Location::Request, Kind::Text),
        required("path", "path", Location::Request, Kind::Text),
        optional("query", "query", Location::Request, Kind::Object),
        optional("headers", "headers", Location::Request, Kind::Map),
        optional("body", "body", Location::Request, Kind::Any),
    ],
    authorized: true,
    repeat: Repeat::Always,
    returns: Returns::Any,
    family: Family::Connections,
    page: None,
    subject: ["", ""],
    identity: ["", ""],
};

/// Every operation.
pub static ALL: &[&Operation] = &[
    &LIST_CONNECTIONS,
    &CREATE_CONNECTION,
    &GET_CONNECTION,
    &GET_TOKEN,
    &GET_CREDENTIALS,
    &GET_RAW_TOKEN_RESPONSE,
    &GET_METADATA,
    &REPLACE_TOKEN,
    &PATCH_CONNECTION,
    &DELETE_CONNECTION,
    &SET_METADATA,
    &UPDATE_METADATA,
    &LIST_PROVIDERS,
    &GET_PROVIDER,
    &GET_PROVIDER_TEMPLATES,
    &LIST_INTEGRATIONS,
    &CREATE_INTEGRATION,
    &CREATE_QUICKSTART_INTEGRATION,
    &GET_INTEGRATION,
    &UPDATE_INTEGRATION,
    &DELETE_INTEGRATION,
    &CREATE_CONNECT_SESSION,
    &CREATE_RECONNECT_SESSION,
    &GET_CONNECT_SESSION,
    &DELETE_CONNECT_SESSION,
    &WARM_UP,
    &REQUEST,
];
