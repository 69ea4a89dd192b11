/// @file nango/types.hpp
/// What Nango answers with.
/// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Generated from api/ by nango-gen: do not edit, run `make generate`.

#ifndef NANGO_TYPES_HPP
#define NANGO_TYPES_HPP

#include <nango/facts.hpp>
#include <nango/json.hpp>
#include <nango/secret.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// clang-format off

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// A problem that a connection has now.
struct connection_error {
    /// "auth" or "sync".
    std::string type;
    /// The id of the log that has the details.
    std::string log_id;
};

/// The organization that an end user belongs to.
class organization : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static organization adopt(char* owned) noexcept {
        return organization(detail::owned_text(owned));
    }

    /// The id that your own code assigned.
    std::string id() const { return text_or_empty("/id"); }
    /// The name to show.
    std::optional<std::string> display_name() const { return text("/display_name"); }

private:
    explicit organization(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// One of your users.
class end_user : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static end_user adopt(char* owned) noexcept {
        return end_user(detail::owned_text(owned));
    }

    /// The id that your own code assigned.
    std::string id() const { return text_or_empty("/id"); }
    /// The name to show.
    std::optional<std::string> display_name() const { return text("/display_name"); }
    /// The email address.
    std::optional<std::string> email() const { return text("/email"); }
    /// The end user's tags; empty if there are none.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One member of tags().
    std::optional<std::string> tag(std::string_view name) const {
        return text_in("/tags", name);
    }
    /// All of tags(): a JSON object of strings. Empty if the answer has none.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// The organization that the end user belongs to.
    std::optional<nango::organization> organization() const {
        return part<nango::organization>("/organization");
    }

private:
    explicit end_user(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The credentials of a connection. Which members there are depends on their type, and may depend
/// on the provider.
class credentials : public credentials_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static credentials adopt(char* owned) noexcept {
        return credentials(detail::owned_text(owned));
    }

    /// "OAUTH2", "API_KEY", "BASIC" and so on. Absent if there are no credentials.
    std::optional<std::string> type() const { return text("/type"); }
    /// When the token expires, if the provider gave a time, in RFC 3339, as Nango wrote it.
    std::optional<std::string> expires_at() const { return text("/expires_at"); }
    /// The token of OAUTH2, APP and APP_STORE.
    std::optional<secret> access_token() const { return secret_text("/access_token"); }
    /// The refresh token, only if the call asked for it.
    std::optional<secret> refresh_token() const { return secret_text("/refresh_token"); }
    /// The token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU. It may have another type than
    /// a string, which the readers treat as absent.
    std::optional<secret> token() const { return secret_text("/token"); }
    /// The key of API_KEY.
    std::optional<secret> api_key() const { return secret_text("/apiKey"); }
    /// The username of BASIC, BILL and SIGNATURE.
    std::optional<secret> username() const { return secret_text("/username"); }
    /// The password of BASIC, BILL and SIGNATURE.
    std::optional<secret> password() const { return secret_text("/password"); }
    /// The token of OAUTH1.
    std::optional<secret> oauth_token() const { return secret_text("/oauth_token"); }
    /// The token's secret of OAUTH1.
    std::optional<secret> oauth_token_secret() const { return secret_text("/oauth_token_secret"); }

private:
    explicit credentials(detail::owned_text text) noexcept : credentials_facts(std::move(text)) {}
};

/// One connection, which is an account of one of your users at a provider.
class connection : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection adopt(char* owned) noexcept {
        return connection(detail::owned_text(owned));
    }

    /// Nango's internal number.
    std::optional<std::int64_t> id() const { return integer("/id"); }
    /// The connection's id, which is unique within its integration.
    std::string connection_id() const { return text_or_empty("/connection_id"); }
    /// The integration's unique key.
    std::string provider_config_key() const { return text_or_empty("/provider_config_key"); }
    /// The name of the provider's template, such as "github".
    std::optional<std::string> provider() const { return text("/provider"); }
    /// The problems that the connection has now; empty if there are none.
    std::vector<nango::connection_error> errors() const {
        std::vector<nango::connection_error> all;
        for (const std::string& item : objects("/errors"))
            all.push_back({member_text(item, "/type"), member_text(item, "/log_id")});
        return all;
    }
    /// The user whose account it is.
    std::optional<nango::end_user> end_user() const {
        return part<nango::end_user>("/end_user");
    }
    /// The connection's tags; empty if there are none.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One member of tags().
    std::optional<std::string> tag(std::string_view name) const {
        return text_in("/tags", name);
    }
    /// All of tags(): a JSON object of strings. Empty if the answer has none.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// Any JSON that your own code stored with the connection.
    std::optional<std::string> metadata_json() const { return get_json("/metadata"); }
    /// What the provider needs in addition to the credentials, such as a subdomain. It may hold
    /// secrets.
    std::optional<secret> connection_config_json() const { return secret_json("/connection_config"); }
    /// A URL that receives the connection's webhooks instead of the usual one.
    std::optional<std::string> webhook_url_override() const { return text("/webhook_url_override"); }
    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created_at() const { return text("/created_at"); }
    /// When the connection was last changed, in RFC 3339, as Nango wrote it.
    std::optional<std::string> updated_at() const { return text("/updated_at"); }
    /// When the connection's credentials were last requested, in RFC 3339, as Nango wrote it.
    std::optional<std::string> last_fetched_at() const { return text("/last_fetched_at"); }
    /// The connection's credentials. They are empty if there are none, or if the key may not read
    /// them.
    nango::credentials credentials() const {
        return nango::credentials::adopt(detail::find_json(c_str(), "/credentials").release());
    }

private:
    explicit connection(detail::owned_text text) noexcept : connection_facts(std::move(text)) {}
};

/// A connection as it appears in a list, without credentials.
class connection_summary : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection_summary adopt(char* owned) noexcept {
        return connection_summary(detail::owned_text(owned));
    }

    /// Nango's internal number.
    std::optional<std::int64_t> id() const { return integer("/id"); }
    /// The connection's id, which is unique within its integration.
    std::string connection_id() const { return text_or_empty("/connection_id"); }
    /// The integration's unique key. Servers older than October 2024 leave it out, and write the
    /// key as the provider.
    std::string provider_config_key() const { return text_or_empty("/provider_config_key"); }
    /// The name of the provider's template, such as "github".
    std::optional<std::string> provider() const { return text("/provider"); }
    /// The problems that the connection has now; empty if there are none.
    std::vector<nango::connection_error> errors() const {
        std::vector<nango::connection_error> all;
        for (const std::string& item : objects("/errors"))
            all.push_back({member_text(item, "/type"), member_text(item, "/log_id")});
        return all;
    }
    /// The user whose account it is.
    std::optional<nango::end_user> end_user() const {
        return part<nango::end_user>("/end_user");
    }
    /// The connection's tags; empty if there are none.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One member of tags().
    std::optional<std::string> tag(std::string_view name) const {
        return text_in("/tags", name);
    }
    /// All of tags(): a JSON object of strings. Empty if the answer has none.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// Any JSON that your own code stored with the connection.
    std::optional<std::string> metadata_json() const { return get_json("/metadata"); }
    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created() const { return text("/created"); }

private:
    explicit connection_summary(detail::owned_text text) noexcept : connection_facts(std::move(text)) {}
};

/// Whether Nango did what was asked.
class outcome : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static outcome adopt(char* owned) noexcept {
        return outcome(detail::owned_text(owned));
    }

    /// Whether it did.
    std::optional<bool> success() const { return flag("/success"); }

private:
    explicit outcome(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The request to change metadata, as Nango received it.
class metadata_echo : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static metadata_echo adopt(char* owned) noexcept {
        return metadata_echo(detail::owned_text(owned));
    }

    /// The integration's unique key.
    std::optional<std::string> provider_config_key() const { return text("/provider_config_key"); }
    /// The metadata of the request.
    std::optional<std::string> metadata_json() const { return get_json("/metadata"); }

private:
    explicit metadata_echo(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The template of a provider. It has many more members, which differ by provider.
class provider : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static provider adopt(char* owned) noexcept {
        return provider(detail::owned_text(owned));
    }

    /// The name of the template, such as "github".
    std::optional<std::string> name() const { return text("/name"); }
    /// The name that users see.
    std::optional<std::string> display_name() const { return text("/display_name"); }
    /// How users authorise, such as "OAUTH2".
    std::optional<std::string> auth_mode() const { return text("/auth_mode"); }

private:
    explicit provider(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// A function that Nango offers for a provider.
class function_template : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static function_template adopt(char* owned) noexcept {
        return function_template(detail::owned_text(owned));
    }

    /// "sync" or "action".
    std::optional<std::string> type() const { return text("/type"); }
    /// The name of the function.
    std::optional<std::string> name() const { return text("/name"); }
    /// What the function does.
    std::optional<std::string> description() const { return text("/description"); }

private:
    explicit function_template(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// A provider that your users can connect, with your app's credentials.
class integration : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static integration adopt(char* owned) noexcept {
        return integration(detail::owned_text(owned));
    }

    /// The integration's key, which your own code chose.
    std::string unique_key() const { return text_or_empty("/unique_key"); }
    /// The name of the provider's template.
    std::optional<std::string> provider() const { return text("/provider"); }
    /// The name that users see.
    std::optional<std::string> display_name() const { return text("/display_name"); }
    /// The URL of the provider's logo.
    std::optional<std::string> logo() const { return text("/logo"); }
    /// Whether Nango forwards the provider's webhooks.
    std::optional<bool> forward_webhooks() const { return flag("/forward_webhooks"); }
    /// When the integration was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created_at() const { return text("/created_at"); }
    /// When the integration was last changed, in RFC 3339, as Nango wrote it.
    std::optional<std::string> updated_at() const { return text("/updated_at"); }
    /// The URL for the provider's webhooks, if the call asked for it.
    std::optional<std::string> webhook_url() const { return text("/webhook_url"); }
    /// Your app's credentials, if the call asked for them and the key may see them.
    std::optional<secret> credentials_json() const { return secret_json("/credentials"); }

private:
    explicit integration(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// A session in which a user connects an account.
class connect_session : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connect_session adopt(char* owned) noexcept {
        return connect_session(detail::owned_text(owned));
    }

    /// The token of the session, for Nango's frontend SDK.
    std::optional<secret> token() const { return secret_text("/token"); }
    /// The URL of a page where the user connects the account. It holds the token.
    std::optional<secret> connect_link() const { return secret_text("/connect_link"); }
    /// When the session ends, in RFC 3339, as Nango wrote it.
    std::optional<std::string> expires_at() const { return text("/expires_at"); }

private:
    explicit connect_session(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// What a connect session was created with.
class connect_session_details : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connect_session_details adopt(char* owned) noexcept {
        return connect_session_details(detail::owned_text(owned));
    }

    /// The user who connects the account.
    std::optional<nango::end_user> end_user() const {
        return part<nango::end_user>("/endUser");
    }
    /// How the page looks.
    std::optional<std::string> connect_ui_settings_json() const { return get_json("/connectUISettings"); }
    /// The integrations that the user can choose from; empty for all; empty if there are none.
    std::vector<std::string> allowed_integrations() const { return list("/allowed_integrations"); }
    /// Whether the session is for an existing connection.
    std::optional<bool> reconnecting() const { return flag("/isReconnecting"); }

private:
    explicit connect_session_details(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

// clang-format on

#endif  // NANGO_TYPES_HPP
