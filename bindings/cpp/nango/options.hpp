/// @file nango/options.hpp
/// The options of a client and of a call, and what a list selects.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_OPTIONS_HPP
#define NANGO_OPTIONS_HPP

#include <nango/code.hpp>
#include <nango/detail.hpp>
#include <nango/error.hpp>
#include <nango/result.hpp>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// Cancels calls from another thread. Any number of threads and calls may use it at once. See
/// call_options::cancel().
class cancel {
public:
    /// Makes one that is not triggered.
    cancel() : handle_(nango_cancel_new()) {}

    /// Makes every call that uses it fail with CANCELLED at once, whatever the call is doing. It
    /// stays triggered, so later calls that use it fail too. Call it from any thread, but not from
    /// a signal handler.
    void trigger() const noexcept { nango_cancel_trigger(handle_.get()); }

    /// The nango.h handle, borrowed.
    const nango_cancel* capi() const noexcept { return handle_.get(); }

private:
    detail::handle<nango_cancel, &nango_cancel_free> handle_;
};

/// @cond
namespace detail {

/// The library has checked that the answer is JSON, so the first character tells whether it is an
/// object.
inline bool is_object(const char* json) noexcept {
    return json[std::strspn(json, " \t\r\n")] == '{';
}

inline error not_expected() {
    return error::of(code::invalid_response,
                     "the answer is JSON, but not a connection. Check the base URL");
}

inline error without_nul(const char* what) {
    return error::invalid_argument(std::string(what) + " must be a string without NUL characters");
}

/// The common base of options and call_options. It keeps the first invalid setting, either here or
/// in the library's own options.
class problems {
public:
    /// The first problem, if this header found it.
    const std::optional<error>& problem() const noexcept { return problem_; }

protected:
    /// Passes text to the library, unless it has a NUL, at which the library would cut it off.
    template <class Set>
    void pass(std::string_view text, const char* what, Set&& set) {
        const given copy(text);
        if (copy.has_nul())
            refuse(what);
        else
            note(set(copy.c_str()));
    }

    void refuse(const char* what) {
        if (!failed_) problem_ = without_nul(what);
        failed_ = true;
    }

    void note(nango_code code) noexcept { failed_ = failed_ || code != NANGO_OK; }

private:
    bool failed_ = false;
    std::optional<error> problem_;
};

}  // namespace detail
/// @endcond

/// Options of one call. Any number of calls may use them at once as long as no thread changes them.
/// They may be destroyed as soon as the call has returned.
///
/// A setter that gets an invalid value stores the error, and the call then fails with it. You need
/// not check each setter.
class call_options : public detail::problems {
public:
    // <generated call options> from api/ by nango-gen: do not edit.
    /// Forces a refresh even if the token is still valid. Some providers revoke the previous token,
    /// so such a call is never retried once it may have reached the server. It needs the scope
    /// environment:connections:read_credentials, and skips the 30 seconds of REFRESH_BACKOFF. A
    /// server may answer with the old token if the call coincides with a plain read of the same
    /// connection: use client::replace_token() for a token that a provider refused. Default: false.
    call_options& force_refresh(bool force = true) {
        note(nango_call_options_set_force_refresh(made(), force));
        return *this;
    }

    /// Asks for the refresh token too, in the connection or the credentials. A backend rarely needs
    /// it. Default: false.
    call_options& include_refresh_token(bool include = true) {
        note(nango_call_options_set_include_refresh_token(made(), include));
        return *this;
    }

    /// Sets how long this call may take in all, in place of the client's timeout.
    call_options& timeout(std::chrono::milliseconds time) {
        note(nango_call_options_set_timeout_ms(made(), detail::milliseconds(time)));
        return *this;
    }
    // </generated>

    /// Sets the object that cancels the call. It may be destroyed before the call returns.
    call_options& cancel(const nango::cancel& cancel) {
        note(nango_call_options_set_cancel(made(), cancel.capi()));
        return *this;
    }

    /// Adds a request header, such as "traceparent". A second header of the same name replaces the
    /// first. INVALID_ARGUMENT: the header is reserved (Authorization, Host, Content-…, If-…,
    /// Nango-Is-… and those that the library sets itself), or the name or value is not valid in a
    /// header.
    call_options& header(std::string_view name, std::string_view value) {
        const detail::given name_copy(name);
        const detail::given value_copy(value);
        if (name_copy.has_nul() || value_copy.has_nul())
            refuse(name_copy.has_nul() ? "the name of a header" : "the value of a header");
        else
            note(nango_call_options_set_header(made(), name_copy.c_str(), value_copy.c_str()));
        return *this;
    }

    /// The nango.h handle, borrowed; NULL if nothing was set.
    const nango_call_options* capi() const noexcept { return handle_.get(); }

private:
    nango_call_options* made() {
        if (!handle_) handle_.reset(nango_call_options_new());
        return handle_.get();
    }

    detail::handle<nango_call_options, &nango_call_options_free> handle_;
};

/// Options of a client. A client copies them.
///
/// A setter that gets an invalid value stores the error, and creating the client then fails with
/// it. You need not check each setter.
class options : public detail::problems {
public:
    /// Default options without a secret key.
    options() : options(nango_options_new()) {}

    /// Reads the key and the base URL from the environment variables: NANGO_API_KEY, then
    /// NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is
    /// set and not empty is used. Without a host, the base URL is the default. INVALID_ARGUMENT:
    /// there is no key, or the value of a variable is not valid. Must not run while another thread
    /// changes the environment.
    [[nodiscard]] static result<options> try_from_env() {
        nango_error* problem = nullptr;
        nango_options* made = nango_options_new_from_env(&problem);
        if (!made) return unexpected(error::adopt(problem));
        return options(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_from_env(). @throws nango::error
    static options from_env() { return detail::or_throw(try_from_env()); }
#endif

    // <generated options> from api/ by nango-gen: do not edit.
    /// Sets the server: "https://…" or "http://…", with or without a path. Default:
    /// https://api.nango.dev. INVALID_ARGUMENT: it is not an HTTP or HTTPS URL, or has a username,
    /// a query or a fragment.
    options& base_url(std::string_view url) {
        pass(url, "the base URL",
             [&](const char* text) { return nango_options_set_base_url(capi(), text); });
        return *this;
    }

    /// Sets the secret key of a Nango environment. The key is copied, and wiped when the last
    /// object that holds it is freed. INVALID_ARGUMENT: it is empty, or contains a space, a line
    /// break or another character that is not valid in a key.
    options& secret_key(std::string_view key) {
        pass(key, "the secret key",
             [&](const char* text) { return nango_options_set_secret_key(capi(), text); });
        return *this;
    }

    /// Sets how long a call may take, with all its attempts and the waits between them. Default: 60
    /// s.
    options& timeout(std::chrono::milliseconds time) {
        note(nango_options_set_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long resolving the host name, connecting and the TLS handshake may take together.
    /// Default: 10 s.
    options& connect_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_connect_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long one attempt may take, connecting included. Nango itself may wait 12 seconds
    /// for a refresh that another request started. Default: 30 s.
    options& attempt_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_attempt_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how often a failed call is retried where that is safe and may help. 0 disables retries.
    /// Default: 2.
    options& max_retries(std::uint32_t retries) {
        note(nango_options_set_max_retries(capi(), retries));
        return *this;
    }

    /// Sets how long a call may wait for a retry. If the server asks for a longer wait, the call
    /// fails at once, and error::retry_after() says how long to wait. A worker that can wait sets
    /// 60 seconds or more: Nango's rate limit counts requests per minute. Default: 5 s.
    options& max_retry_wait(std::chrono::milliseconds time) {
        note(nango_options_set_max_retry_wait_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long a call tries again while the server refuses or resets connections or cannot be
    /// reached, such as during a restart. These attempts do not count as retries. They apply only
    /// once the server has answered this client. 0 disables them. Default: 5 s.
    options& connect_retry(std::chrono::milliseconds time) {
        note(nango_options_set_connect_retry_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long a connection may be idle before it is closed. Nango closes it after 61
    /// seconds. Default: 50 s.
    options& idle_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_idle_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how many idle connections a client keeps for later calls. With 0 every call opens its
    /// own. Default: 8.
    options& idle_connections(std::uint32_t connections) {
        note(nango_options_set_idle_connections(capi(), connections));
        return *this;
    }

    /// Sets how many connections a client's queued calls may have open at once; further calls wait,
    /// within their timeouts. Blocking calls have one connection each and do not count. Default:
    /// 256, or half of the process's limit of file descriptors if that is less. INVALID_ARGUMENT:
    /// it is 0.
    options& max_connections(std::uint32_t connections) {
        note(nango_options_set_max_connections(capi(), connections));
        return *this;
    }

    /// Sets the longest answer that is read. A longer one fails with RESPONSE_TOO_LARGE. Default:
    /// 67108864 (64 MiB). INVALID_ARGUMENT: it is 0.
    options& max_response_bytes(std::uint64_t bytes) {
        note(nango_options_set_max_response_bytes(capi(), bytes));
        return *this;
    }

    /// Names the program in the User-Agent header, such as "my-service/1.2". Default: empty.
    /// INVALID_ARGUMENT: it contains a character that is not printable ASCII, parentheses, a
    /// backslash or the text "nango-cli/".
    options& user_agent_suffix(std::string_view suffix) {
        pass(suffix, "the user agent suffix",
             [&](const char* text) { return nango_options_set_user_agent_suffix(capi(), text); });
        return *this;
    }

    /// Sets the proxy's URL, "http://…" or "https://…", which may have a username and a password.
    /// An empty one disables the proxy. Default: from the environment variables HTTPS_PROXY,
    /// HTTP_PROXY, ALL_PROXY and NO_PROXY, read once per process; none for loopback addresses.
    /// INVALID_ARGUMENT: it is not an HTTP or HTTPS URL.
    options& proxy(std::string_view url) {
        pass(url, "the proxy URL",
             [&](const char* text) { return nango_options_set_proxy(capi(), text); });
        return *this;
    }

    /// Uses the proxy that the environment names, as by default.
    options& proxy_from_env() {
        note(nango_options_set_proxy(capi(), nullptr));
        return *this;
    }

    /// Sets which certificate authorities are trusted. Default: tls_roots::platform.
    /// INVALID_ARGUMENT: it is not one of the constants.
    options& tls_roots(nango::tls_roots roots) {
        note(nango_options_set_tls_roots(capi(), static_cast<nango_tls_roots>(roots)));
        return *this;
    }

    /// Trusts the certificate authorities in this PEM text too, and only these with
    /// tls_roots::custom_only. May be called again to add more. INVALID_ARGUMENT: it contains no
    /// certificate, or one that is not valid.
    options& add_ca_pem(std::string_view pem) {
        note(nango_options_add_ca_pem(capi(), bytes(pem), pem.size()));
        return *this;
    }

    /// Sets the certificate chain and the private key, in one PEM text, that the client presents to
    /// a server that asks for them. INVALID_ARGUMENT: one of the two is missing, or they do not
    /// belong together.
    options& client_identity_pem(std::string_view pem) {
        note(nango_options_set_client_identity_pem(capi(), bytes(pem), pem.size()));
        return *this;
    }

    /// Uses Nango's routes under /connections instead of those under /connection, for a server that
    /// no longer has the old ones (it answers them with an HTML page). Default: false, which every
    /// version of Nango understands.
    options& plural_routes(bool plural = true) {
        note(nango_options_set_plural_routes(capi(), plural));
        return *this;
    }

    /// Sets how many events are kept until client::next_event_json() takes them. Beyond that the
    /// oldest are dropped, and counted. Default: 0, none.
    options& events(std::uint32_t capacity) {
        note(nango_options_set_events(capi(), capacity));
        return *this;
    }
    // </generated>

    /// The nango.h handle, borrowed.
    nango_options* capi() noexcept { return handle_.get(); }
    /// The nango.h handle, borrowed.
    const nango_options* capi() const noexcept { return handle_.get(); }

private:
    explicit options(nango_options* owned) noexcept : handle_(owned) {}

    static const std::uint8_t* bytes(std::string_view text) noexcept {
        // The data() of an empty view may be NULL.
        return reinterpret_cast<const std::uint8_t*>(text.data() ? text.data() : "");
    }

    detail::handle<nango_options, &nango_options_free> handle_;
};

/// Selects the connections of a list: those that match every member set here.
struct filter {
    /// Connections with this id. Several match if several integrations use the id.
    std::optional<std::string> connection_id = {};
    /// Connections whose id, user's name or user's e-mail address contains this text.
    std::optional<std::string> search = {};
    /// Connections of the user with this id.
    std::optional<std::string> end_user_id = {};
    /// Connections of the users of the organization with this id.
    std::optional<std::string> end_user_organization_id = {};
    /// Connections of any of these integrations; if empty, of all integrations.
    std::vector<std::string> integration_id = {};
    /// Connections that have all of these tags.
    std::map<std::string, std::string> tags = {};
    /// The maximum number of connections. Only for client::list_connections_json().
    std::optional<std::uint32_t> limit = {};
    /// The page to fetch, in units of limit; the first is 0. Only for
    /// client::list_connections_json().
    std::optional<std::uint32_t> page = {};
    /// The filter as JSON text, as nango_list_connections_json() takes it. Replaces all of the
    /// above.
    std::optional<std::string> json = {};

    /// Returns the filter as JSON text; empty for all connections.
    std::string to_json() const {
        if (json) return *json;
        std::string members;
        const auto add = [&](std::string_view name, const std::string& value) {
            members += members.empty() ? "{" : ",";
            members += detail::quoted(name) + ':' + value;
        };
        if (connection_id) add("connection_id", detail::quoted(*connection_id));
        if (search) add("search", detail::quoted(*search));
        if (end_user_id) add("end_user_id", detail::quoted(*end_user_id));
        if (end_user_organization_id)
            add("end_user_organization_id", detail::quoted(*end_user_organization_id));
        if (!integration_id.empty()) {
            std::string list;
            for (const std::string& id : integration_id)
                list += (list.empty() ? "[" : ",") + detail::quoted(id);
            add("integration_id", list + ']');
        }
        if (!tags.empty()) {
            std::string object;
            for (const auto& [name, value] : tags)
                object += (object.empty() ? "{" : ",") + detail::quoted(name) + ':' +
                          detail::quoted(value);
            add("tags", object + '}');
        }
        if (limit) add("limit", std::to_string(*limit));
        if (page) add("page", std::to_string(*page));
        return members.empty() ? members : members + '}';
    }
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_OPTIONS_HPP
