// Calls the operations of the conformance vectors through their own functions.
//
// Generated from api/ by nango-gen: do not edit, run `make generate`.

#ifndef DISPATCH_HPP
#define DISPATCH_HPP

#include "named.hpp"

// clang-format off

// Returns nothing if the types of the function cannot express the parameters. Throws the error of
// the call.
inline std::optional<std::string> named(const nango::client& client, const std::string& operation,
                                        const nlohmann::json& given,
                                        const nango::call_options& options) {
    reader read(given);
    if (operation == "create_connection") {
        nango::create_connection_params params;
        read.value("provider_config_key", params.provider_config_key);
        read.value("connection_id", params.connection_id);
        read.text("credentials", params.credentials_json);
        read.text("metadata", params.metadata_json);
        read.text("connection_config", params.connection_config_json);
        read.value("webhook_url_override", params.webhook_url_override);
        read.text("end_user", params.end_user_json);
        read.value("tags", params.tags);
        if (!read.fits()) return std::nullopt;
        return text_of(client.create_connection(params, options));
    }
    if (operation == "get_raw_token_response") {
        std::string provider_config_key;
        read.value("provider_config_key", provider_config_key);
        std::string connection_id;
        read.value("connection_id", connection_id);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_raw_token_response(provider_config_key, connection_id, options));
    }
    if (operation == "get_metadata") {
        std::string provider_config_key;
        read.value("provider_config_key", provider_config_key);
        std::string connection_id;
        read.value("connection_id", connection_id);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_metadata(provider_config_key, connection_id, options));
    }
    if (operation == "patch_connection") {
        std::string provider_config_key;
        read.value("provider_config_key", provider_config_key);
        std::string connection_id;
        read.value("connection_id", connection_id);
        nango::patch_connection_params params;
        read.value("tags", params.tags);
        read.text("end_user", params.end_user_json);
        read.value("webhook_url_override", params.webhook_url_override);
        if (!read.fits()) return std::nullopt;
        return text_of(client.patch_connection(provider_config_key, connection_id, params, options));
    }
    if (operation == "delete_connection") {
        std::string provider_config_key;
        read.value("provider_config_key", provider_config_key);
        std::string connection_id;
        read.value("connection_id", connection_id);
        if (!read.fits()) return std::nullopt;
        return text_of(client.delete_connection(provider_config_key, connection_id, options));
    }
    if (operation == "set_metadata") {
        nango::set_metadata_params params;
        read.value("provider_config_key", params.provider_config_key);
        read.value("connection_id", params.connection_ids);
        read.text("metadata", params.metadata_json);
        if (!read.fits()) return std::nullopt;
        return text_of(client.set_metadata(params, options));
    }
    if (operation == "update_metadata") {
        nango::update_metadata_params params;
        read.value("provider_config_key", params.provider_config_key);
        read.value("connection_id", params.connection_ids);
        read.text("metadata", params.metadata_json);
        if (!read.fits()) return std::nullopt;
        return text_of(client.update_metadata(params, options));
    }
    if (operation == "list_providers") {
        nango::list_providers_params params;
        read.value("search", params.search);
        if (!read.fits()) return std::nullopt;
        return text_of(client.list_providers(params, options));
    }
    if (operation == "get_provider") {
        std::string provider;
        read.value("provider", provider);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_provider(provider, options));
    }
    if (operation == "get_provider_templates") {
        std::string provider;
        read.value("provider", provider);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_provider_templates(provider, options));
    }
    if (operation == "list_integrations") {
        if (!read.fits()) return std::nullopt;
        return text_of(client.list_integrations(options));
    }
    if (operation == "create_integration") {
        nango::create_integration_params params;
        read.value("provider", params.provider);
        read.value("unique_key", params.unique_key);
        read.value("display_name", params.display_name);
        read.text("credentials", params.credentials_json);
        read.value("forward_webhooks", params.forward_webhooks);
        read.value("integration_config", params.integration_config);
        read.value("custom", params.custom);
        if (!read.fits()) return std::nullopt;
        return text_of(client.create_integration(params, options));
    }
    if (operation == "create_quickstart_integration") {
        nango::create_quickstart_integration_params params;
        read.value("provider", params.provider);
        read.value("unique_key", params.unique_key);
        read.value("display_name", params.display_name);
        read.value("forward_webhooks", params.forward_webhooks);
        if (!read.fits()) return std::nullopt;
        return text_of(client.create_quickstart_integration(params, options));
    }
    if (operation == "get_integration") {
        std::string unique_key;
        read.value("unique_key", unique_key);
        nango::get_integration_params params;
        read.value("include", params.include);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_integration(unique_key, params, options));
    }
    if (operation == "update_integration") {
        std::string unique_key;
        read.value("unique_key", unique_key);
        nango::update_integration_params params;
        read.value("new_unique_key", params.new_unique_key);
        read.value("display_name", params.display_name);
        read.text("credentials", params.credentials_json);
        read.value("forward_webhooks", params.forward_webhooks);
        read.value("integration_config", params.integration_config);
        read.value("custom", params.custom);
        if (!read.fits()) return std::nullopt;
        return text_of(client.update_integration(unique_key, params, options));
    }
    if (operation == "delete_integration") {
        std::string unique_key;
        read.value("unique_key", unique_key);
        if (!read.fits()) return std::nullopt;
        return text_of(client.delete_integration(unique_key, options));
    }
    if (operation == "create_connect_session") {
        nango::create_connect_session_params params;
        read.value("tags", params.tags);
        read.text("end_user", params.end_user_json);
        read.text("organization", params.organization_json);
        read.value("allowed_integrations", params.allowed_integrations);
        read.text("integrations_config_defaults", params.integrations_config_defaults_json);
        read.text("overrides", params.overrides_json);
        read.value("webhook_url_override", params.webhook_url_override);
        if (!read.fits()) return std::nullopt;
        return text_of(client.create_connect_session(params, options));
    }
    if (operation == "create_reconnect_session") {
        nango::create_reconnect_session_params params;
        read.value("integration_id", params.integration_id);
        read.value("connection_id", params.connection_id);
        read.text("end_user", params.end_user_json);
        read.text("organization", params.organization_json);
        read.text("integrations_config_defaults", params.integrations_config_defaults_json);
        read.text("overrides", params.overrides_json);
        read.value("webhook_url_override", params.webhook_url_override);
        read.value("tags", params.tags);
        if (!read.fits()) return std::nullopt;
        return text_of(client.create_reconnect_session(params, options));
    }
    if (operation == "get_connect_session") {
        std::string session_token;
        read.value("session_token", session_token);
        if (!read.fits()) return std::nullopt;
        return text_of(client.get_connect_session(session_token, options));
    }
    if (operation == "delete_connect_session") {
        std::string session_token;
        read.value("session_token", session_token);
        if (!read.fits()) return std::nullopt;
        client.delete_connect_session(session_token, options);
        return "null";
    }
    return std::nullopt;
}

// clang-format on

#endif
