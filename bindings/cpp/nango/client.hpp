/// @file nango/client.hpp
/// The client: calls that block.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_CLIENT_HPP
#define NANGO_CLIENT_HPP

#include <nango/error.hpp>
#include <nango/options.hpp>
#include <nango/result.hpp>
#include <nango/secret.hpp>
#include <nango/types.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// The connections of an environment: an input range that fetches page after page during the
/// iteration. It can be iterated once, by one thread.
///
/// @code
/// for (const nango::connection_summary& connection : client.list_connections())
/// @endcode
///
/// The client may be destroyed before the list. Each connection that exists during the whole
/// iteration is returned once, even if others are added meanwhile. If connections are deleted
/// between two pages, others may be missed: Nango pages by offset, so they move to a page that was
/// already read. Nothing reports this.
class connection_list {
public:
    class iterator;
    /// The end of the iteration.
    struct sentinel {};

    /// Takes ownership of a nango.h pager.
    static connection_list adopt(nango_pager* owned) noexcept { return connection_list(owned); }

    /// Returns the next connection, or an empty optional after the last. It blocks when it fetches
    /// a new page. After an error, the next call continues where this one failed.
    [[nodiscard]] result<std::optional<connection_summary>> try_next() {
        using next = std::optional<connection_summary>;
        for (;;) {
            if (char* item = nango_json_items_next(items_.get()))
                return next(connection_summary::adopt(item));
            nango_error* problem = nullptr;
            const detail::owned_text page(nango_pager_next_json(pager_.get(), &problem));
            if (!page && problem) return unexpected(error::adopt(problem));
            if (!page) return next();
            items_.reset(nango_json_items_new(page.get(), "/connections"));
        }
    }

    /// The nango.h pager, borrowed.
    const nango_pager* capi() const noexcept { return pager_.get(); }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_next(). @throws nango::error
    std::optional<connection_summary> next() { return detail::or_throw(try_next()); }

    /// Returns an iterator at the first connection that was not yet returned. Do not move the list
    /// during the iteration. @throws nango::error
    iterator begin();
    /// The end.
    sentinel end() const noexcept { return {}; }
#endif

private:
    explicit connection_list(nango_pager* owned) noexcept : pager_(owned) {}

    detail::handle<nango_pager, &nango_pager_free> pager_;
    detail::handle<nango_json_items, &nango_json_items_free> items_;
    std::optional<connection_summary> current_;
};

#if NANGO_HPP_EXCEPTIONS
/// A position in a connection_list.
class connection_list::iterator {
public:
    /// @cond
    using iterator_category = std::input_iterator_tag;
    using value_type = connection_summary;
    using difference_type = std::ptrdiff_t;
    using pointer = connection_summary*;
    using reference = connection_summary&;

    iterator() noexcept = default;
    explicit iterator(connection_list& list) : list_(&list) { ++*this; }
    /// @endcond

    /// The connection. It lives until the iterator is incremented.
    connection_summary& operator*() const noexcept { return *list_->current_; }
    /// The connection's members.
    connection_summary* operator->() const noexcept { return &*list_->current_; }

    /// Moves to the next connection. @throws nango::error if a page cannot be fetched; the next ++
    /// fetches it again.
    iterator& operator++() {
        list_->current_ = list_->next();
        return *this;
    }
    /// Moves to the next connection.
    void operator++(int) { ++*this; }

    /// Whether the iteration has reached the end.
    friend bool operator==(const iterator& at, sentinel) noexcept { return !at.list_ || at.done(); }
    /// Whether the iteration has not reached the end.
    friend bool operator!=(const iterator& at, sentinel end) noexcept { return !(at == end); }
    /// Whether the iteration has reached the end.
    friend bool operator==(sentinel end, const iterator& at) noexcept { return at == end; }
    /// Whether the iteration has not reached the end.
    friend bool operator!=(sentinel end, const iterator& at) noexcept { return !(at == end); }

private:
    bool done() const noexcept { return !list_->current_; }

    connection_list* list_ = nullptr;
};

inline connection_list::iterator connection_list::begin() { return iterator(*this); }
#endif

/// Describes all operations: a JSON array of objects with "name", "method", "path", "parameters",
/// "result", "paged" and "scopes", as nango_operations_json() in nango.h says. Never freed.
inline std::string_view operations_json() noexcept { return nango_operations_json(); }

/// A client of one Nango environment. Create one for each secret key and keep it: it keeps
/// connections open for reuse, but never stores a token. Any number of threads may use it at once.
/// Destroy it when no thread is about to start a call on it.
///
/// A call blocks only the calling thread and always ends within options::timeout().
class client {
public:
    /// Creates a client of the server at base_url ("http://localhost:3003") with this secret key
    /// and default options. Sends no request. The error is INVALID_ARGUMENT or INVALID_UTF8; see
    /// options::base_url() and options::secret_key().
    [[nodiscard]] static result<client> try_create(std::string_view base_url,
                                                   std::string_view secret_key) {
        options settings;
        settings.base_url(base_url).secret_key(secret_key);
        return try_create(settings);
    }

    /// Creates a client of Nango's cloud, https://api.nango.dev, with this secret key and default
    /// options. Sends no request.
    [[nodiscard]] static result<client> try_create(std::string_view secret_key) {
        options settings;
        settings.secret_key(secret_key);
        return try_create(settings);
    }

    /// Creates a client with these options, which are copied. Sends no request. The error is that
    /// of the first setter that failed, INVALID_ARGUMENT if there is no secret key, or that of
    /// try_check_version().
    [[nodiscard]] static result<client> try_create(const options& options) {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        nango_client* made = nango_client_new_with_options(options.capi(), &problem);
        if (!made) return unexpected(error::adopt(problem));
        return client(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_create(). @throws nango::error
    client(std::string_view base_url, std::string_view secret_key)
        : client(detail::or_throw(try_create(base_url, secret_key))) {}
    /// Like try_create(). @throws nango::error
    explicit client(std::string_view secret_key)
        : client(detail::or_throw(try_create(secret_key))) {}
    /// Like try_create(). @throws nango::error
    explicit client(const options& options) : client(detail::or_throw(try_create(options))) {}
#endif

    // <generated operations> from api/ by nango-gen: do not edit.
    // clang-format off

    /// Fetches a connection with its credentials. Nango first refreshes the token if it expires
    /// soon. Call it just before you use the token, and do not store the result. A key without the
    /// scope environment:connections:read_credentials gets no credentials.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param options Options of this call.
    /// @return The connection.
    [[nodiscard]] result<nango::connection> try_get_connection(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask(nango_get_connection_json, provider_config_key, connection_id, options,
                   nango::connection::adopt);
    }

    /// Like try_get_connection(), but returns the JSON byte for byte as Nango wrote it.
    [[nodiscard]] result<secret> try_get_connection_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask(nango_get_connection_json, provider_config_key, connection_id, options,
                   secret::adopt);
    }

    /// Fetches the one token of a connection: the text that goes after "Bearer", or the API key.
    /// Nango first refreshes the token if it expires soon. Call it just before each use, and do not
    /// store the result.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param options Options of this call.
    /// @return The token. The error is NO_CREDENTIALS if there are no credentials, or the key may
    /// not read them. The error is NO_SINGLE_TOKEN for credentials that have no single token, such
    /// as BASIC and OAUTH1; use client::get_credentials() for these.
    [[nodiscard]] result<secret> try_get_token(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask(nango_get_token, provider_config_key, connection_id, options,
                   secret::adopt);
    }

    /// Fetches the credentials of a connection, of any type. Nango first refreshes the token if it
    /// expires soon.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param options Options of this call.
    /// @return The credentials. The error is NO_CREDENTIALS if there are none, or the key may not
    /// read them.
    [[nodiscard]] result<nango::credentials> try_get_credentials(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask(nango_get_credentials_json, provider_config_key, connection_id, options,
                   nango::credentials::adopt);
    }

    /// Like try_get_credentials(), but returns the JSON byte for byte as Nango wrote it.
    [[nodiscard]] result<secret> try_get_credentials_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask(nango_get_credentials_json, provider_config_key, connection_id, options,
                   secret::adopt);
    }

    /// Fetches a token to replace one that the provider refused, with 401 for example. It reads the
    /// connection, and makes Nango refresh the token if it is still the refused one. Concurrent
    /// calls of one client that replace the same token of a connection share one refresh, and each
    /// keeps its own timeout. No token is kept after that. Nango answers a forced refresh with the
    /// old token if the refresh coincides with another read of the connection, so the call forces
    /// up to three refreshes, 0.5 s and 1 s apart, within its timeout.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param refused_token The token that the provider refused; not empty.
    /// @param options Options of this call.
    /// @return The token. The error is INVALID_ARGUMENT if a call option forces a refresh or asks
    /// for the refresh token. The error is TOKEN_NOT_REPLACED if none of the refreshes returned
    /// another token, or if Nango does not refresh this type of credentials (API_KEY and others,
    /// and OAUTH2 without a refresh token), so that no refresh was forced.
    [[nodiscard]] result<secret> try_replace_token(
        std::string_view provider_config_key, std::string_view connection_id,
        std::string_view refused_token,
        const call_options& options = {}) const {
        const detail::given given_refused_token(refused_token);
        if (given_refused_token.has_nul())
            return unexpected(detail::without_nul("refused_token"));
        const auto call = [&](const nango_client* handle, const char* key, const char* id,
                              const nango_call_options* settings, nango_error** problem) {
            return nango_replace_token(handle, key, id, given_refused_token.c_str(), settings,
                                       problem);
        };
        return ask(call, provider_config_key, connection_id, options, secret::adopt);
    }

    // clang-format on
    // </generated>

    /// Lists the connections of the environment. The list fetches page after page during the
    /// iteration. Sends no request yet.
    /// @param filter Selects connections; limit and page must not be set.
    /// @param page_size Connections per page; 0 is 1000, and Nango allows at most 2000.
    /// @param options Options of the call for each page; copied.
    [[nodiscard]] result<connection_list> try_list_connections(
        const filter& filter = {}, std::uint32_t page_size = 0,
        const call_options& options = {}) const {
        const std::string json = filter.to_json();
        if (std::optional<error> problem = refused(json, options)) return unexpected(*problem);
        nango_error* problem = nullptr;
        nango_pager* made = nango_pager_new(capi(), "list_connections", json.empty() ? nullptr : json.c_str(),
                                            page_size, options.capi(), &problem);
        if (!made) return unexpected(error::adopt(problem));
        return connection_list::adopt(made);
    }

    /// Fetches the environment's connections, `{"connections": […]}`, as Nango wrote them. They
    /// have no credentials, and Nango refreshes nothing. Without a limit, Nango sends only its
    /// first 10 000. Use list_connections() to get all of them, page after page.
    [[nodiscard]] result<std::string> try_list_connections_json(
        const filter& filter = {}, const call_options& options = {}) const {
        const std::string json = filter.to_json();
        if (std::optional<error> problem = refused(json, options)) return unexpected(*problem);
        nango_error* problem = nullptr;
        const detail::owned_text list(nango_list_connections_json(
            capi(), json.empty() ? nullptr : json.c_str(), options.capi(), &problem));
        if (!list) return unexpected(error::adopt(problem));
        return std::string(list.get());
    }

    /// Calls any operation of Nango's API, by the names in docs/OPERATIONS.md. Blocks, within the
    /// call's timeout.
    ///
    /// @code
    /// auto session = client.try_call_json("create_connect_session", R"({"tags": {"user": "u-1"}})");
    /// @endcode
    ///
    /// A newer server may have parameters that this version does not know: every operation takes
    /// "extra", an object with any of "query", "headers" and "body". The operation "request" sends
    /// any request.
    ///
    /// @param operation The name of the operation.
    /// @param params_json Its parameters by name, as a JSON object; empty for none.
    /// @param options Options of this call.
    /// @return The result as Nango wrote it; for "get_token" and "replace_token", the token itself.
    /// The error is INVALID_ARGUMENT if a parameter is unknown, missing or of the wrong type, before
    /// anything is sent.
    [[nodiscard]] result<secret> try_call_json(std::string_view operation,
                                               std::string_view params_json = {},
                                               const call_options& options = {}) const {
        const detail::given name(operation);
        const detail::given params(params_json);
        if (name.has_nul()) return unexpected(detail::without_nul("the operation"));
        if (params.has_nul()) return unexpected(detail::without_nul("the parameters"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        char* text =
            nango_call_json(capi(), name.c_str(), params_json.empty() ? nullptr : params.c_str(),
                            options.capi(), &problem);
        if (!text) return unexpected(error::adopt(problem));
        return secret::adopt(text);
    }

    /// Opens a connection in advance, for the first call to reuse: requests /health from the
    /// server, without the key. Blocks, within the client's timeouts. An error means that the
    /// server cannot be reached.
    [[nodiscard]] result<void> try_warm_up() const {
        nango_error* problem = nullptr;
        if (!nango_client_warm_up(capi(), &problem)) return unexpected(error::adopt(problem));
        return {};
    }

    /// What is unsafe about the client's configuration, such as a base URL with plain HTTP; empty
    /// if nothing is known to be. Log it when the program starts.
    std::optional<std::string> warning() const {
        const char* warning = nango_client_warning(capi());
        return warning ? std::optional<std::string>(warning) : std::nullopt;
    }

    /// Removes and returns the oldest event as a JSON object; empty if there is none. See
    /// options::events(), and nango_client_next_event_json() in nango.h for its members. Events
    /// contain no secrets.
    std::optional<std::string> next_event_json() const {
        const detail::owned_text event(nango_client_next_event_json(capi()));
        return event ? std::optional<std::string>(event.get()) : std::nullopt;
    }

#if NANGO_HPP_EXCEPTIONS
    // <generated throwing operations> from api/ by nango-gen: do not edit.
    // clang-format off

    /// Like try_get_connection(). @throws nango::error
    nango::connection get_connection(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_connection(
            provider_config_key, connection_id, options));
    }

    /// Like try_get_connection_json(). @throws nango::error
    secret get_connection_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(
            try_get_connection_json(provider_config_key, connection_id, options));
    }

    /// Like try_get_token(). @throws nango::error
    secret get_token(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_token(
            provider_config_key, connection_id, options));
    }

    /// Like try_get_credentials(). @throws nango::error
    nango::credentials get_credentials(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_credentials(
            provider_config_key, connection_id, options));
    }

    /// Like try_get_credentials_json(). @throws nango::error
    secret get_credentials_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(
            try_get_credentials_json(provider_config_key, connection_id, options));
    }

    /// Like try_replace_token(). @throws nango::error
    secret replace_token(
        std::string_view provider_config_key, std::string_view connection_id,
        std::string_view refused_token,
        const call_options& options = {}) const {
        return detail::or_throw(try_replace_token(
            provider_config_key, connection_id, refused_token, options));
    }

    // clang-format on
    // </generated>

    /// Like try_list_connections(). Iterating over the list throws too. @throws nango::error
    connection_list list_connections(const filter& filter = {}, std::uint32_t page_size = 0,
                                     const call_options& options = {}) const {
        return detail::or_throw(try_list_connections(filter, page_size, options));
    }

    /// Like try_list_connections_json(). @throws nango::error
    std::string list_connections_json(const filter& filter = {},
                                      const call_options& options = {}) const {
        return detail::or_throw(try_list_connections_json(filter, options));
    }

    /// Like try_call_json(). @throws nango::error
    secret call_json(std::string_view operation, std::string_view params_json = {},
                     const call_options& options = {}) const {
        return detail::or_throw(try_call_json(operation, params_json, options));
    }

    /// Like try_warm_up(). @throws nango::error
    void warm_up() const { detail::or_throw(try_warm_up()); }
#endif

    /// The nango.h handle, borrowed.
    const nango_client* capi() const noexcept { return handle_.get(); }

private:
    explicit client(nango_client* owned) noexcept : handle_(owned) {}

    template <class Call, class View>
    result<View> ask(const Call& call, std::string_view provider_config_key,
                     std::string_view connection_id, const call_options& options,
                     View (*adopt)(char*)) const {
        const detail::given key(provider_config_key);
        const detail::given id(connection_id);
        if (key.has_nul()) return unexpected(detail::without_nul("provider_config_key"));
        if (id.has_nul()) return unexpected(detail::without_nul("connection_id"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        char* text = call(capi(), key.c_str(), id.c_str(), options.capi(), &problem);
        if (!text) return unexpected(error::adopt(problem));
        View view = adopt(text);
        if constexpr (std::is_same_v<View, connection>)
            if (!detail::is_object(view.json().data())) return unexpected(detail::not_expected());
        return view;
    }

    static std::optional<error> refused(const std::string& filter_json,
                                        const call_options& options) {
        if (filter_json.find('\0') != std::string::npos) return detail::without_nul("the filter");
        return options.problem();
    }

    detail::handle<nango_client, &nango_client_free> handle_;
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_CLIENT_HPP
