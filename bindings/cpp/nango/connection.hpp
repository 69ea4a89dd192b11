/// @file nango/connection.hpp
/// Connections and their credentials.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_CONNECTION_HPP
#define NANGO_CONNECTION_HPP

#include <nango/json.hpp>
#include <nango/result.hpp>
#include <nango/secret.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// An active problem of a connection.
struct connection_error {
    /// The kind of failure: "auth" or "sync".
    std::string type;
    /// The id of the entry in Nango's log with the details.
    std::string log_id;
};

/// The organization of an end_user.
class organization : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static organization adopt(char* owned) noexcept {
        return organization(detail::owned_text(owned));
    }

    /// The organization's id in your program.
    std::string id() const { return text_or_empty("/id"); }
    /// The organization's name.
    std::optional<std::string> display_name() const { return text("/display_name"); }

private:
    explicit organization(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The user that a connection belongs to.
class end_user : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static end_user adopt(char* owned) noexcept { return end_user(detail::owned_text(owned)); }

    /// The user's id in your program.
    std::string id() const { return text_or_empty("/id"); }
    /// The user's name.
    std::optional<std::string> display_name() const { return text("/display_name"); }
    /// The user's e-mail address.
    std::optional<std::string> email() const { return text("/email"); }
    /// The user's tags; empty if there are none.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One of the user's tags.
    std::optional<std::string> tag(std::string_view name) const { return text_in("/tags", name); }
    /// All of the user's tags: a JSON object of strings.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// The organization that the user belongs to.
    std::optional<nango::organization> organization() const {
        return part<nango::organization>("/organization");
    }

private:
    explicit end_user(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The credentials of a connection, of any type.
class credentials : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static credentials adopt(char* owned) noexcept {
        return credentials(detail::owned_text(owned));
    }

    /// Whether there are no credentials, because the key lacks the scope
    /// environment:connections:read_credentials or because the connection needs none.
    bool empty() const { return names().empty(); }

    /// The type of the credentials, such as "OAUTH2", "API_KEY" or "BASIC". Empty if there are no
    /// credentials; see empty().
    std::optional<std::string> type() const { return text("/type"); }

    /// When the credentials expire, in RFC 3339, as Nango wrote it. Empty if they never expire or
    /// Nango does not know.
    std::optional<std::string> expires_at() const { return text("/expires_at"); }

    /// Returns the one string that goes after "Bearer", or the API key: the token that
    /// client::get_token() would have returned. Sends no request.
    /// @return The token. The error is NO_SINGLE_TOKEN for credentials that are not one token
    /// (BASIC, OAUTH1, …), or NO_CREDENTIALS.
    [[nodiscard]] result<secret> try_single_token() const {
        nango_error* problem = nullptr;
        char* token = nango_credentials_token(json().data(), &problem);
        if (!token) return unexpected(error::adopt(problem));
        return secret::adopt(token);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_single_token(). @throws nango::error
    secret single_token() const { return detail::or_throw(try_single_token()); }
#endif

    /// The access token of OAUTH2, APP and APP_STORE. single_token() picks the right member for
    /// every type.
    std::optional<secret> access_token() const { return secret_text("/access_token"); }
    /// The refresh token. Present only if call_options::include_refresh_token() was set.
    std::optional<secret> refresh_token() const { return secret_text("/refresh_token"); }
    /// The token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU, if it is a string.
    std::optional<secret> token() const { return secret_text("/token"); }
    /// The key of API_KEY.
    std::optional<secret> api_key() const { return secret_text("/apiKey"); }
    /// That of BASIC, BILL and SIGNATURE.
    std::optional<secret> username() const { return secret_text("/username"); }
    /// That of BASIC, BILL and SIGNATURE.
    std::optional<secret> password() const { return secret_text("/password"); }
    /// That of OAUTH1.
    std::optional<secret> oauth_token() const { return secret_text("/oauth_token"); }
    /// That of OAUTH1.
    std::optional<secret> oauth_token_secret() const { return secret_text("/oauth_token_secret"); }

    /// Returns any member by its name, such as "client_id" or "raw": a string unquoted, anything
    /// else as JSON. Empty if it is absent or null.
    std::optional<secret> field(std::string_view name) const {
        return json().front() == '{' ? get_secret(detail::member("", name)) : std::nullopt;
    }

private:
    explicit credentials(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The members that a connection and a connection_summary have in common.
class connection_facts : public document {
public:
    /// Nango's own number for the connection.
    std::optional<std::int64_t> id() const {
        const std::optional<std::string> digits = get_json("/id");
        std::int64_t number = 0;
        if (!digits) return std::nullopt;
        const char* end = digits->data() + digits->size();
        const auto [stop, problem] = std::from_chars(digits->data(), end, number);
        return problem == std::errc() && stop == end ? std::optional<std::int64_t>(number)
                                                     : std::nullopt;
    }

    /// The connection's id.
    std::string connection_id() const { return text_or_empty("/connection_id"); }
    /// The integration's unique key. Lists from a 2023 server leave it empty and have it in
    /// provider() instead.
    std::string provider_config_key() const { return text_or_empty("/provider_config_key"); }
    /// The provider, such as "github".
    std::optional<std::string> provider() const { return text("/provider"); }

    /// Whether one of the active problems concerns the connection's authorisation. This is a hint:
    /// Nango records the same problem for a revoked grant, an outage of the provider and a blocked
    /// URL. Let the user choose between reconnecting and trying again, and disable nothing because
    /// of it.
    bool has_auth_error() const noexcept { return nango_connection_has_auth_error(c_str()); }

    /// The active problems; empty if there are none.
    std::vector<connection_error> errors() const {
        std::vector<connection_error> errors;
        const auto fact = [](const std::string& item, std::string_view pointer) {
            return std::string(detail::view(detail::find_text(item.c_str(), pointer)));
        };
        for (const std::string& item : items("/errors"))
            if (item.front() == '{') errors.push_back({fact(item, "/type"), fact(item, "/log_id")});
        return errors;
    }

    /// The user that the connection belongs to, if Nango knows it.
    std::optional<nango::end_user> end_user() const { return part<nango::end_user>("/end_user"); }
    /// The connection's tags; empty if there are none. Older servers do not send tags.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One of the connection's tags.
    std::optional<std::string> tag(std::string_view name) const { return text_in("/tags", name); }
    /// All of the connection's tags: a JSON object of strings. Empty if the server is too old to
    /// send tags.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// What your program has stored with the connection: any JSON. Empty if it is absent or null.
    std::optional<std::string> metadata_json() const { return get_json("/metadata"); }

protected:
    /// @cond
    using document::document;
    /// @endcond
};

/// A connection with its credentials.
class connection : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection adopt(char* owned) noexcept { return connection(detail::owned_text(owned)); }

    /// The credentials. If there are none, they have no type: see credentials::type().
    nango::credentials credentials() const {
        return nango::credentials::adopt(detail::find_json(c_str(), "/credentials").release());
    }

    /// The connection's configuration, such as a subdomain, as JSON. For some providers it contains
    /// secrets.
    std::optional<secret> connection_config_json() const {
        detail::owned_text found = detail::find_json(c_str(), "/connection_config");
        return found ? std::optional<secret>(secret::adopt(found.release())) : std::nullopt;
    }
    /// The URL for this connection's webhooks, in place of the environment's.
    std::optional<std::string> webhook_url_override() const {
        return text("/webhook_url_override");
    }
    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created_at() const { return text("/created_at"); }
    /// When the connection was last changed, in RFC 3339, as Nango wrote it.
    std::optional<std::string> updated_at() const { return text("/updated_at"); }
    /// When the credentials were last fetched, in RFC 3339, as Nango wrote it.
    std::optional<std::string> last_fetched_at() const { return text("/last_fetched_at"); }

private:
    explicit connection(detail::owned_text text) noexcept : connection_facts(std::move(text)) {}
};

/// A connection as listed by Nango, without credentials.
class connection_summary : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection_summary adopt(char* owned) noexcept {
        return connection_summary(detail::owned_text(owned));
    }

    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created() const { return text("/created"); }

private:
    explicit connection_summary(detail::owned_text text) noexcept
        : connection_facts(std::move(text)) {}
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_CONNECTION_HPP
