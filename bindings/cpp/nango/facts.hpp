/// @file nango/facts.hpp
/// What the classes in types.hpp have in common and their members do not say.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_FACTS_HPP
#define NANGO_FACTS_HPP

#include <nango/json.hpp>
#include <nango/result.hpp>
#include <nango/secret.hpp>

#include <optional>
#include <string_view>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// A connection or a connection_summary.
class connection_facts : public document {
public:
    /// Whether one of the active problems concerns the connection's authorisation. This is a hint:
    /// Nango records the same problem for a revoked grant, an outage of the provider and a blocked
    /// URL. Let the user choose between reconnecting and trying again, and disable nothing because
    /// of it.
    bool has_auth_error() const noexcept { return nango_connection_has_auth_error(c_str()); }

protected:
    /// @cond
    using document::document;
    /// @endcond
};

/// Credentials of any type.
class credentials_facts : public document {
public:
    /// Whether there are no credentials, because the key lacks the scope
    /// environment:connections:read_credentials or because the connection needs none.
    bool empty() const { return names().empty(); }

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

    /// Returns any member by its name, such as "client_id" or "raw": a string unquoted, anything
    /// else as JSON. Empty if it is absent or null.
    std::optional<secret> field(std::string_view name) const {
        return json().front() == '{' ? get_secret(detail::member("", name)) : std::nullopt;
    }

protected:
    /// @cond
    using document::document;
    /// @endcond
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_FACTS_HPP
