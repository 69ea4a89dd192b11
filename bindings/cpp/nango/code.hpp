/// @file nango/code.hpp
/// What failed, and the version of the library.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_CODE_HPP
#define NANGO_CODE_HPP

#include <nango/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// What kind of failure a nango::error is. The numbers are those of nango.h. A newer library may
/// return codes that are not named here.
// <generated codes> from api/ by nango-gen: do not edit, run `make generate`.
enum class code : nango_code {
    /// No error.
    ok = NANGO_OK,
    /// An argument is missing, malformed or not allowed. Nothing was sent. The message names the
    /// argument.
    invalid_argument = NANGO_ERROR_INVALID_ARGUMENT,
    /// A text is not valid UTF-8. Nothing was sent.
    invalid_utf8 = NANGO_ERROR_INVALID_UTF8,
    /// The loaded library has no operation of that name.
    unknown_operation = NANGO_ERROR_UNKNOWN_OPERATION,
    /// The queue holds as many calls as it can, in flight and completed together.
    queue_full = NANGO_ERROR_QUEUE_FULL,
    /// The queue or the client is closed.
    closed = NANGO_ERROR_CLOSED,
    /// The queue belongs to the process that this process was forked from.
    wrong_process = NANGO_ERROR_WRONG_PROCESS,
    /// The server refused the connection or cannot be reached.
    connect = NANGO_ERROR_CONNECT,
    /// The TLS handshake failed, or the server's certificate is not trusted.
    tls = NANGO_ERROR_TLS,
    /// The call, or one attempt of it, took longer than its timeout.
    timeout = NANGO_ERROR_TIMEOUT,
    /// The call was cancelled.
    cancelled = NANGO_ERROR_CANCELLED,
    /// The connection broke before the answer was complete.
    io = NANGO_ERROR_IO,
    /// The host name could not be resolved.
    dns = NANGO_ERROR_DNS,
    /// The proxy could not be reached, or refused the connection.
    proxy = NANGO_ERROR_PROXY,
    /// Nango rejected the request (any 4xx that has no code of its own).
    bad_request = NANGO_ERROR_BAD_REQUEST,
    /// Nango does not accept the secret key (401).
    unauthorized = NANGO_ERROR_UNAUTHORIZED,
    /// The secret key lacks a scope (403).
    forbidden = NANGO_ERROR_FORBIDDEN,
    /// Nango has no such connection or other thing, whatever HTTP status it sent.
    /// INTEGRATION_NOT_FOUND is a code of its own.
    not_found = NANGO_ERROR_NOT_FOUND,
    /// Too many requests (429). error::retry_after() says how long to wait.
    rate_limited = NANGO_ERROR_RATE_LIMITED,
    /// Nango failed (5xx), or its database is unavailable.
    server = NANGO_ERROR_SERVER,
    /// The provider refused to refresh the token, or could not be reached. If this persists, the
    /// user must authorise again.
    refresh_failed = NANGO_ERROR_REFRESH_FAILED,
    /// Nango has given up refreshing this connection: the user must authorise again.
    reconnect_required = NANGO_ERROR_RECONNECT_REQUIRED,
    /// A refresh failed less than 30 seconds ago. Nango does not try again until that time has
    /// passed.
    refresh_backoff = NANGO_ERROR_REFRESH_BACKOFF,
    /// The answer holds no credentials: the key lacks the scope
    /// environment:connections:read_credentials, or the connection has none.
    no_credentials = NANGO_ERROR_NO_CREDENTIALS,
    /// These credentials have no single token, such as BASIC or OAUTH1.
    no_single_token = NANGO_ERROR_NO_SINGLE_TOKEN,
    /// The request conflicts with what exists (409).
    conflict = NANGO_ERROR_CONFLICT,
    /// client::replace_token() found no token other than the refused one: its type is never
    /// refreshed, or Nango kept the token after three forced refreshes.
    token_not_replaced = NANGO_ERROR_TOKEN_NOT_REPLACED,
    /// The key's environment has no integration with this provider_config_key. This is a fault of
    /// the program or its configuration, not of the user.
    integration_not_found = NANGO_ERROR_INTEGRATION_NOT_FOUND,
    /// The answer is not one of Nango's: a page, an error of a gateway, a redirect, broken JSON, no
    /// HTTP at all, or the answer to another request.
    invalid_response = NANGO_ERROR_INVALID_RESPONSE,
    /// The answer is longer than max_response_bytes.
    response_too_large = NANGO_ERROR_RESPONSE_TOO_LARGE,
    /// The library or the system failed, for example because no file descriptor is left.
    internal = NANGO_ERROR_INTERNAL,
    /// An internal error in the library, which contained it. The client still works.
    panic = NANGO_ERROR_PANIC,
};
// </generated>

/// Returns a code's name, such as "RATE_LIMITED", or "UNKNOWN" for a number that the loaded library
/// does not know. The text is NUL-terminated.
inline std::string_view name(code code) noexcept {
    return nango_code_name(static_cast<nango_code>(code));
}

/// @cond
namespace detail {

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "nango"; }

    std::string message(int value) const override {
        const auto number = static_cast<nango_code>(value);
        std::string text = nango_code_name(number);
        const std::string_view advice = nango_code_advice(number);
        if (!advice.empty()) text.append(": ").append(advice);
        return text;
    }

    std::error_condition default_error_condition(int value) const noexcept override {
        switch (static_cast<code>(value)) {
        case code::invalid_argument:
        case code::invalid_utf8: return std::errc::invalid_argument;
        case code::timeout: return std::errc::timed_out;
        case code::cancelled: return std::errc::operation_canceled;
        case code::io: return std::errc::io_error;
        default: return {value, *this};
        }
    }
};

}  // namespace detail
/// @endcond

/// The category of the std::error_code of a code. Its messages are the code's name and what to do.
inline const std::error_category& error_category() noexcept {
    static const detail::category category;
    return category;
}

/// Returns the code as a std::error_code, to which a code converts. timeout, cancelled, io,
/// invalid_argument and invalid_utf8 compare equal to the std::errc of that meaning.
inline std::error_code make_error_code(code code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Which certificate authorities a client trusts.
enum class tls_roots : nango_tls_roots {
    /// The operating system's, or those in SSL_CERT_FILE and SSL_CERT_DIR.
    platform = NANGO_TLS_ROOTS_PLATFORM,
    /// Mozilla's, as of the time when the library was built.
    bundled = NANGO_TLS_ROOTS_BUNDLED,
    /// Only those passed to options::add_ca_pem().
    custom_only = NANGO_TLS_ROOTS_CUSTOM_ONLY,
};

/// Returns the version of the loaded library, such as "0.1.0".
inline std::string_view version() noexcept { return nango_version(); }

/// Returns the version of the loaded library as one number; a newer version is a larger number. It
/// may be larger than NANGO_VERSION_NUMBER, the version of this header, but not smaller.
inline std::uint32_t version_number() noexcept { return nango_version_number(); }

/// Returns how many of the library's objects and texts this process owns at the moment. For leak
/// tests.
inline std::int64_t live_objects() noexcept { return nango_live_objects(); }

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

/// @cond
// A nango::code converts to a std::error_code.
template <>
struct std::is_error_code_enum<nango::code> : std::true_type {};
/// @endcond

#endif  // NANGO_CODE_HPP
