/// @file nango/params.hpp
/// The parameters of operations.
/// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Generated from api/ by nango-gen: do not edit, run `make generate`.

#ifndef NANGO_PARAMS_HPP
#define NANGO_PARAMS_HPP

#include <nango/detail.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// clang-format off

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// The parameters of client::create_connection(). One that has no value is not sent.
struct create_connection_params {
    /// The integration's unique key; required.
    std::string provider_config_key = {};
    /// The connection's id. Without it, Nango makes one up.
    std::optional<std::string> connection_id = {};
    /// The credentials: "type" and the members of that type. OAUTH2, OAUTH2_CC, OAUTH1, API_KEY,
    /// BASIC, TBA, APP, CUSTOM and NONE can be imported; required; as JSON.
    std::string credentials_json = {};
    /// Any JSON that your own code stores with the connection; as JSON.
    std::optional<std::string> metadata_json = {};
    /// What the provider needs in addition to the credentials; as JSON.
    std::optional<std::string> connection_config_json = {};
    /// A URL that receives the connection's webhooks instead of the usual one.
    std::optional<std::string> webhook_url_override = {};
    /// The user whose account it is: "id", and optionally "email", "display_name" and "tags". Nango
    /// prefers tags; as JSON.
    std::optional<std::string> end_user_json = {};
    /// The connection's tags.
    std::optional<std::map<std::string, std::string>> tags = {};
};

/// The parameters of client::patch_connection(). One that has no value is not sent.
struct patch_connection_params {
    /// The connection's tags.
    std::optional<std::map<std::string, std::string>> tags = {};
    /// The user whose account it is: "id", and optionally "email", "display_name" and "tags"; as
    /// JSON.
    std::optional<std::string> end_user_json = {};
    /// A URL that receives the connection's webhooks instead of the usual one. The empty text
    /// removes it.
    std::optional<std::string> webhook_url_override = {};
};

/// The parameters of client::set_metadata(). One that has no value is not sent.
struct set_metadata_params {
    /// The integration's unique key; required.
    std::string provider_config_key = {};
    /// The id of a connection, or the ids of several; required.
    std::vector<std::string> connection_ids = {};
    /// The metadata; required; as JSON.
    std::string metadata_json = {};
};

/// The parameters of client::update_metadata(). One that has no value is not sent.
struct update_metadata_params {
    /// The integration's unique key; required.
    std::string provider_config_key = {};
    /// The id of a connection, or the ids of several; required.
    std::vector<std::string> connection_ids = {};
    /// The metadata; required; as JSON.
    std::string metadata_json = {};
};

/// The parameters of client::list_providers(). One that has no value is not sent.
struct list_providers_params {
    /// A part of the provider's name. Case does not matter, and Nango reads it as a regular
    /// expression.
    std::optional<std::string> search = {};
};

/// The parameters of client::create_integration(). One that has no value is not sent.
struct create_integration_params {
    /// The name of the provider's template, such as "github"; required.
    std::string provider = {};
    /// The key of the new integration; required.
    std::string unique_key = {};
    /// The name that users see.
    std::optional<std::string> display_name = {};
    /// What identifies your app at the provider: "type" and the members of that type, such as
    /// "client_id" and "client_secret" of OAUTH2; as JSON.
    std::optional<std::string> credentials_json = {};
    /// Whether Nango forwards the provider's webhooks.
    std::optional<bool> forward_webhooks = {};
    /// What the provider's template asks for.
    std::optional<std::map<std::string, std::string>> integration_config = {};
    /// More values for the provider.
    std::optional<std::map<std::string, std::string>> custom = {};
};

/// The parameters of client::create_quickstart_integration(). One that has no value is not sent.
struct create_quickstart_integration_params {
    /// The name of the provider's template, such as "github"; required.
    std::string provider = {};
    /// The key of the new integration; required.
    std::string unique_key = {};
    /// The name that users see.
    std::optional<std::string> display_name = {};
    /// Whether Nango forwards the provider's webhooks.
    std::optional<bool> forward_webhooks = {};
};

/// The parameters of client::get_integration(). One that has no value is not sent.
struct get_integration_params {
    /// What else the result has, "webhook" or "credentials" or both.
    std::optional<std::vector<std::string>> include = {};
};

/// The parameters of client::update_integration(). One that has no value is not sent.
struct update_integration_params {
    /// Another key for the integration. Only an integration without connections can get one.
    std::optional<std::string> new_unique_key = {};
    /// The name that users see.
    std::optional<std::string> display_name = {};
    /// What identifies your app at the provider: "type" and the members of that type; as JSON.
    std::optional<std::string> credentials_json = {};
    /// Whether Nango forwards the provider's webhooks.
    std::optional<bool> forward_webhooks = {};
    /// What the provider's template asks for.
    std::optional<std::map<std::string, std::string>> integration_config = {};
    /// More values for the provider.
    std::optional<std::map<std::string, std::string>> custom = {};
};

/// The parameters of client::create_connect_session(). One that has no value is not sent.
struct create_connect_session_params {
    /// The tags of the new connection.
    std::optional<std::map<std::string, std::string>> tags = {};
    /// The user who connects the account: "id", and optionally "email", "display_name" and "tags";
    /// as JSON.
    std::optional<std::string> end_user_json = {};
    /// The organization of the user: "id", and optionally "display_name"; as JSON.
    std::optional<std::string> organization_json = {};
    /// The integrations that the user can choose from. Without it, all.
    std::optional<std::vector<std::string>> allowed_integrations = {};
    /// Defaults by integration: "user_scopes", "authorization_params" and "connection_config"; as
    /// JSON.
    std::optional<std::string> integrations_config_defaults_json = {};
    /// What differs by integration: "docs_connect", a URL of a help page; as JSON.
    std::optional<std::string> overrides_json = {};
    /// A URL that receives the connection's webhooks instead of the usual one.
    std::optional<std::string> webhook_url_override = {};
};

/// The parameters of client::create_reconnect_session(). One that has no value is not sent.
struct create_reconnect_session_params {
    /// The integration's unique key; required.
    std::string integration_id = {};
    /// The connection's id; required.
    std::string connection_id = {};
    /// The user whose account it is: "id", and optionally "email", "display_name" and "tags"; as
    /// JSON.
    std::optional<std::string> end_user_json = {};
    /// The organization of the user: "id", and optionally "display_name"; as JSON.
    std::optional<std::string> organization_json = {};
    /// Defaults by integration: "user_scopes", "authorization_params" and "connection_config"; as
    /// JSON.
    std::optional<std::string> integrations_config_defaults_json = {};
    /// What differs by integration: "docs_connect", a URL of a help page; as JSON.
    std::optional<std::string> overrides_json = {};
    /// A URL that receives the connection's webhooks instead of the usual one.
    std::optional<std::string> webhook_url_override = {};
    /// The connection's tags.
    std::optional<std::map<std::string, std::string>> tags = {};
};

/// @cond
namespace detail {

inline void fill(params& to, const create_connection_params& from) {
    to.set("provider_config_key", from.provider_config_key);
    to.set("connection_id", from.connection_id);
    to.json("credentials", from.credentials_json);
    to.json("metadata", from.metadata_json);
    to.json("connection_config", from.connection_config_json);
    to.set("webhook_url_override", from.webhook_url_override);
    to.json("end_user", from.end_user_json);
    to.set("tags", from.tags);
}

inline void fill(params& to, const patch_connection_params& from) {
    to.set("tags", from.tags);
    to.json("end_user", from.end_user_json);
    to.set("webhook_url_override", from.webhook_url_override);
}

inline void fill(params& to, const set_metadata_params& from) {
    to.set("provider_config_key", from.provider_config_key);
    to.set("connection_id", from.connection_ids);
    to.json("metadata", from.metadata_json);
}

inline void fill(params& to, const update_metadata_params& from) {
    to.set("provider_config_key", from.provider_config_key);
    to.set("connection_id", from.connection_ids);
    to.json("metadata", from.metadata_json);
}

inline void fill(params& to, const list_providers_params& from) {
    to.set("search", from.search);
}

inline void fill(params& to, const create_integration_params& from) {
    to.set("provider", from.provider);
    to.set("unique_key", from.unique_key);
    to.set("display_name", from.display_name);
    to.json("credentials", from.credentials_json);
    to.set("forward_webhooks", from.forward_webhooks);
    to.set("integration_config", from.integration_config);
    to.set("custom", from.custom);
}

inline void fill(params& to, const create_quickstart_integration_params& from) {
    to.set("provider", from.provider);
    to.set("unique_key", from.unique_key);
    to.set("display_name", from.display_name);
    to.set("forward_webhooks", from.forward_webhooks);
}

inline void fill(params& to, const get_integration_params& from) {
    to.set("include", from.include);
}

inline void fill(params& to, const update_integration_params& from) {
    to.set("new_unique_key", from.new_unique_key);
    to.set("display_name", from.display_name);
    to.json("credentials", from.credentials_json);
    to.set("forward_webhooks", from.forward_webhooks);
    to.set("integration_config", from.integration_config);
    to.set("custom", from.custom);
}

inline void fill(params& to, const create_connect_session_params& from) {
    to.set("tags", from.tags);
    to.json("end_user", from.end_user_json);
    to.json("organization", from.organization_json);
    to.set("allowed_integrations", from.allowed_integrations);
    to.json("integrations_config_defaults", from.integrations_config_defaults_json);
    to.json("overrides", from.overrides_json);
    to.set("webhook_url_override", from.webhook_url_override);
}

inline void fill(params& to, const create_reconnect_session_params& from) {
    to.set("integration_id", from.integration_id);
    to.set("connection_id", from.connection_id);
    to.json("end_user", from.end_user_json);
    to.json("organization", from.organization_json);
    to.json("integrations_config_defaults", from.integrations_config_defaults_json);
    to.json("overrides", from.overrides_json);
    to.set("webhook_url_override", from.webhook_url_override);
    to.set("tags", from.tags);
}

}  // namespace detail
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

// clang-format on

#endif  // NANGO_PARAMS_HPP
