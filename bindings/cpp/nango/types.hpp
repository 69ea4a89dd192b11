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

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

// clang-format on

#endif  // NANGO_TYPES_HPP
