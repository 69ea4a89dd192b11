/// @file nango/client.hpp
/// The client: calls that block.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_CLIENT_HPP
#define NANGO_CLIENT_HPP

#include <nango/error.hpp>
#include <nango/options.hpp>
#include <nango/params.hpp>
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
#include <vector>

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
        nango_pager* made =
            nango_pager_new(capi(), "list_connections", json.empty() ? nullptr : json.c_str(),
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

    // <generated named operations>
    // clang-format off

    /// Imports a connection with credentials that your own code already has. If the connection
    /// exists, all of it is replaced: what the call leaves out is reset. Nango verifies the
    /// credentials with the provider if the provider's template says how. The result includes the
    /// refresh token.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The connection.
    [[nodiscard]] result<nango::connection> try_create_connection(
        const create_connection_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::connection>("create_connection", given, options);
    }

    /// Fetches what the provider answered to the request for the token, as the provider wrote it.
    /// Nango first refreshes the token if it expires soon. The result is null for credentials that
    /// come from no such request, such as API_KEY and BASIC.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty.
    /// @param options Options of this call.
    /// @return JSON; empty if there is none. The error is NO_CREDENTIALS if there are none, or the
    /// key may not read them.
    [[nodiscard]] result<std::optional<secret>> try_get_raw_token_response(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider_config_key", provider_config_key);
        given.set("connection_id", connection_id);
        return run_for_secret_json("get_raw_token_response", given, options);
    }

    /// Fetches the metadata of a connection. Nango first refreshes the token if it expires soon, as
    /// for get_connection. The metadata in a list costs no refresh.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty.
    /// @param options Options of this call.
    /// @return JSON; empty if there is none.
    [[nodiscard]] result<std::optional<std::string>> try_get_metadata(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider_config_key", provider_config_key);
        given.set("connection_id", connection_id);
        return run_for_json("get_metadata", given, options);
    }

    /// Changes the tags, the end user or the webhook URL of a connection. The tags, or those made
    /// from the end user, replace all tags that the connection has.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The outcome.
    [[nodiscard]] result<nango::outcome> try_patch_connection(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const patch_connection_params& params,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider_config_key", provider_config_key);
        given.set("connection_id", connection_id);
        detail::fill(given, params);
        return run_for<nango::outcome>("patch_connection", given, options);
    }

    /// Deletes a connection. Nango does not revoke the credentials at the provider. If the call is
    /// repeated after it was processed, it fails with NOT_FOUND.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty.
    /// @param options Options of this call.
    /// @return The outcome.
    [[nodiscard]] result<nango::outcome> try_delete_connection(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider_config_key", provider_config_key);
        given.set("connection_id", connection_id);
        return run_for<nango::outcome>("delete_connection", given, options);
    }

    /// Replaces the metadata of connections of one integration. All connections are changed, or
    /// none.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The metadata echo.
    [[nodiscard]] result<nango::metadata_echo> try_set_metadata(
        const set_metadata_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::metadata_echo>("set_metadata", given, options);
    }

    /// Adds members to the metadata of connections of one integration. A member that exists is
    /// replaced as a whole. All connections are changed, or none. The result is the request, not
    /// the merged metadata.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The metadata echo.
    [[nodiscard]] result<nango::metadata_echo> try_update_metadata(
        const update_metadata_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::metadata_echo>("update_metadata", given, options);
    }

    /// Lists the templates of all providers that Nango knows. The answer is about 1 MB long.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The list.
    [[nodiscard]] result<std::vector<nango::provider>> try_list_providers(
        const list_providers_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for_list<nango::provider>("list_providers", given, options);
    }

    /// Fetches the template of a provider.
    /// @param provider The name of the provider's template; not empty.
    /// @param options Options of this call.
    /// @return The provider.
    [[nodiscard]] result<nango::provider> try_get_provider(
        std::string_view provider,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider", provider);
        return run_for<nango::provider>("get_provider", given, options);
    }

    /// Lists the functions that Nango offers for a provider. For an unknown provider, the list is
    /// empty.
    /// @param provider The name of the provider's template; not empty.
    /// @param options Options of this call.
    /// @return The list.
    [[nodiscard]] result<std::vector<nango::function_template>> try_get_provider_templates(
        std::string_view provider,
        const call_options& options = {}) const {
        detail::params given;
        given.set("provider", provider);
        return run_for_list<nango::function_template>("get_provider_templates", given, options);
    }

    /// Lists the environment's integrations.
    /// @param options Options of this call.
    /// @return The list.
    [[nodiscard]] result<std::vector<nango::integration>> try_list_integrations(
        const call_options& options = {}) const {
        detail::params given;
        return run_for_list<nango::integration>("list_integrations", given, options);
    }

    /// Creates an integration.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The integration.
    [[nodiscard]] result<nango::integration> try_create_integration(
        const create_integration_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::integration>("create_integration", given, options);
    }

    /// Creates an integration that uses an app of Nango's own. It is for trying a provider. Nango
    /// has an app at some providers only.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The integration.
    [[nodiscard]] result<nango::integration> try_create_quickstart_integration(
        const create_quickstart_integration_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::integration>("create_quickstart_integration", given, options);
    }

    /// Fetches an integration. The result has the integration's own credentials if the call asks
    /// for them and the key may see them.
    /// @param unique_key The integration's unique key; not empty.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The integration.
    [[nodiscard]] result<nango::integration> try_get_integration(
        std::string_view unique_key,
        const get_integration_params& params,
        const call_options& options = {}) const {
        detail::params given;
        given.set("unique_key", unique_key);
        detail::fill(given, params);
        return run_for<nango::integration>("get_integration", given, options);
    }

    /// Changes an integration.
    /// @param unique_key The integration's unique key; not empty.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The integration.
    [[nodiscard]] result<nango::integration> try_update_integration(
        std::string_view unique_key,
        const update_integration_params& params,
        const call_options& options = {}) const {
        detail::params given;
        given.set("unique_key", unique_key);
        detail::fill(given, params);
        return run_for<nango::integration>("update_integration", given, options);
    }

    /// Deletes an integration with all its connections. If the call is repeated after it was
    /// processed, it fails.
    /// @param unique_key The integration's unique key; not empty.
    /// @param options Options of this call.
    /// @return The outcome.
    [[nodiscard]] result<nango::outcome> try_delete_integration(
        std::string_view unique_key,
        const call_options& options = {}) const {
        detail::params given;
        given.set("unique_key", unique_key);
        return run_for<nango::outcome>("delete_integration", given, options);
    }

    /// Creates a session in which a user connects an account. Give its link, or its token, to the
    /// user's browser. It expires after 30 minutes. It needs tags or an end user, by which your
    /// code recognises the new connection.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The connect session.
    [[nodiscard]] result<nango::connect_session> try_create_connect_session(
        const create_connect_session_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::connect_session>("create_connect_session", given, options);
    }

    /// Creates a session in which a user authorises an existing connection again. Give its link, or
    /// its token, to the user's browser. It expires after 30 minutes. The connection keeps its id.
    /// @param params The other parameters.
    /// @param options Options of this call.
    /// @return The connect session.
    [[nodiscard]] result<nango::connect_session> try_create_reconnect_session(
        const create_reconnect_session_params& params,
        const call_options& options = {}) const {
        detail::params given;
        detail::fill(given, params);
        return run_for<nango::connect_session>("create_reconnect_session", given, options);
    }

    /// Fetches a connect session.
    /// @param session_token The token of the session; not empty.
    /// @param options Options of this call.
    /// @return The connect session details.
    [[nodiscard]] result<nango::connect_session_details> try_get_connect_session(
        std::string_view session_token,
        const call_options& options = {}) const {
        detail::params given;
        given.set("session_token", session_token);
        return run_for<nango::connect_session_details>("get_connect_session", given, options);
    }

    /// Deletes a connect session, so that its link no longer works. If the call is repeated after
    /// it was processed, it fails with UNAUTHORIZED.
    /// @param session_token The token of the session; not empty.
    /// @param options Options of this call.
    /// @return Nothing.
    [[nodiscard]] result<void> try_delete_connect_session(
        std::string_view session_token,
        const call_options& options = {}) const {
        detail::params given;
        given.set("session_token", session_token);
        return run_for_nothing("delete_connect_session", given, options);
    }

    // clang-format on
    // </generated>

    /// Calls any operation of Nango's API, by the names in docs/OPERATIONS.md. Blocks, within the
    /// call's timeout.
    ///
    /// @code
    /// auto session = client.try_call_json("create_connect_session", R"({"tags": {"u": "1"}})");
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
    /// The error is INVALID_ARGUMENT if a parameter is unknown, missing or of the wrong type; then
    /// nothing is sent.
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

    // <generated throwing named operations>
    // clang-format off

    /// Like try_create_connection(). @throws nango::error
    nango::connection create_connection(
        const create_connection_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_create_connection(
params, options));
    }

    /// Like try_get_raw_token_response(). @throws nango::error
    std::optional<secret> get_raw_token_response(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_raw_token_response(
provider_config_key, connection_id, options));
    }

    /// Like try_get_metadata(). @throws nango::error
    std::optional<std::string> get_metadata(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_metadata(
provider_config_key, connection_id, options));
    }

    /// Like try_patch_connection(). @throws nango::error
    nango::outcome patch_connection(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const patch_connection_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_patch_connection(
provider_config_key, connection_id, params, options));
    }

    /// Like try_delete_connection(). @throws nango::error
    nango::outcome delete_connection(
        std::string_view provider_config_key,
        std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(try_delete_connection(
provider_config_key, connection_id, options));
    }

    /// Like try_set_metadata(). @throws nango::error
    nango::metadata_echo set_metadata(
        const set_metadata_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_set_metadata(
params, options));
    }

    /// Like try_update_metadata(). @throws nango::error
    nango::metadata_echo update_metadata(
        const update_metadata_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_update_metadata(
params, options));
    }

    /// Like try_list_providers(). @throws nango::error
    std::vector<nango::provider> list_providers(
        const list_providers_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_list_providers(
params, options));
    }

    /// Like try_get_provider(). @throws nango::error
    nango::provider get_provider(
        std::string_view provider,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_provider(
provider, options));
    }

    /// Like try_get_provider_templates(). @throws nango::error
    std::vector<nango::function_template> get_provider_templates(
        std::string_view provider,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_provider_templates(
provider, options));
    }

    /// Like try_list_integrations(). @throws nango::error
    std::vector<nango::integration> list_integrations(
        const call_options& options = {}) const {
        return detail::or_throw(try_list_integrations(
options));
    }

    /// Like try_create_integration(). @throws nango::error
    nango::integration create_integration(
        const create_integration_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_create_integration(
params, options));
    }

    /// Like try_create_quickstart_integration(). @throws nango::error
    nango::integration create_quickstart_integration(
        const create_quickstart_integration_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_create_quickstart_integration(
params, options));
    }

    /// Like try_get_integration(). @throws nango::error
    nango::integration get_integration(
        std::string_view unique_key,
        const get_integration_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_integration(
unique_key, params, options));
    }

    /// Like try_update_integration(). @throws nango::error
    nango::integration update_integration(
        std::string_view unique_key,
        const update_integration_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_update_integration(
unique_key, params, options));
    }

    /// Like try_delete_integration(). @throws nango::error
    nango::outcome delete_integration(
        std::string_view unique_key,
        const call_options& options = {}) const {
        return detail::or_throw(try_delete_integration(
unique_key, options));
    }

    /// Like try_create_connect_session(). @throws nango::error
    nango::connect_session create_connect_session(
        const create_connect_session_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_create_connect_session(
params, options));
    }

    /// Like try_create_reconnect_session(). @throws nango::error
    nango::connect_session create_reconnect_session(
        const create_reconnect_session_params& params,
        const call_options& options = {}) const {
        return detail::or_throw(try_create_reconnect_session(
params, options));
    }

    /// Like try_get_connect_session(). @throws nango::error
    nango::connect_session_details get_connect_session(
        std::string_view session_token,
        const call_options& options = {}) const {
        return detail::or_throw(try_get_connect_session(
session_token, options));
    }

    /// Like try_delete_connect_session(). @throws nango::error
    void delete_connect_session(
        std::string_view session_token,
        const call_options& options = {}) const {
        detail::or_throw(try_delete_connect_session(
session_token, options));
    }

    // clang-format on
    // </generated>

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

    // The result of an operation as text; never NULL.
    result<detail::owned_text> run(const char* operation, const detail::params& params,
                                   const call_options& options) const {
        if (const char* name = params.refused())
            return unexpected(error::invalid_argument(
                std::string(name) +
                " is not valid: a text has a NUL or is not UTF-8, or JSON is "
                "malformed; correct it"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        detail::owned_text text(
            nango_call_json(capi(), operation, params.json_text(), options.capi(), &problem));
        if (!text) return unexpected(error::adopt(problem));
        return text;
    }

    template <class View>
    result<View> run_for(const char* operation, const detail::params& params,
                         const call_options& options) const {
        result<detail::owned_text> text = run(operation, params, options);
        if (!text) return unexpected(std::move(text).error());
        if (!detail::is_object(text->get())) return unexpected(detail::not_expected());
        return View::adopt(text->release());
    }

    template <class View>
    result<std::vector<View>> run_for_list(const char* operation, const detail::params& params,
                                           const call_options& options) const {
        result<detail::owned_text> text = run(operation, params, options);
        if (!text) return unexpected(std::move(text).error());
        const detail::handle<nango_json_items, &nango_json_items_free> items(
            nango_json_items_new(text->get(), ""));
        if (!items) return unexpected(detail::not_expected());
        std::vector<View> views;
        while (char* item = nango_json_items_next(items.get())) views.push_back(View::adopt(item));
        return views;
    }

    result<std::optional<std::string>> run_for_json(const char* operation,
                                                    const detail::params& params,
                                                    const call_options& options) const {
        result<detail::owned_text> text = run(operation, params, options);
        if (!text) return unexpected(std::move(text).error());
        if (detail::view(*text) == "null") return std::optional<std::string>();
        return std::optional<std::string>(text->get());
    }

    result<std::optional<secret>> run_for_secret_json(const char* operation,
                                                      const detail::params& params,
                                                      const call_options& options) const {
        result<detail::owned_text> text = run(operation, params, options);
        if (!text) return unexpected(std::move(text).error());
        if (detail::view(*text) == "null") return std::optional<secret>();
        return std::optional<secret>(secret::adopt(text->release()));
    }

    result<void> run_for_nothing(const char* operation, const detail::params& params,
                                 const call_options& options) const {
        result<detail::owned_text> text = run(operation, params, options);
        if (!text) return unexpected(std::move(text).error());
        return {};
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
