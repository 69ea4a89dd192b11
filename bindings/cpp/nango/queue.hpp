/// @file nango/queue.hpp
/// Calls that do not block: a completion queue.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_QUEUE_HPP
#define NANGO_QUEUE_HPP

#include <nango/client.hpp>
#include <nango/options.hpp>
#include <nango/result.hpp>
#include <nango/secret.hpp>
#include <nango/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// A completed call of a queue. Take its result once, with the function that matches the submitted
/// operation. The destructor frees a result that was not taken.
class completion {
public:
    /// Takes ownership of a completion that nango_queue_next() returned.
    static completion adopt(const nango_completion& owned) noexcept { return completion(owned); }

    /// The ticket that the submitting function returned.
    std::uint64_t ticket() const noexcept { return ticket_; }
    /// The user data that was passed to the submitting function.
    std::uint64_t user_data() const noexcept { return user_data_; }
    /// Why the call failed; code::ok if it succeeded.
    nango::code code() const noexcept {
        return static_cast<nango::code>(nango_error_code(error_.get()));
    }
    /// Whether the call succeeded.
    explicit operator bool() const noexcept { return !error_; }

    /// The result of queue::submit_get_token() or queue::submit_replace_token().
    [[nodiscard]] result<secret> try_token() { return taken(secret::adopt); }
    /// The result of queue::submit_get_connection() or queue::submit_get_credentials() as Nango
    /// wrote it, and any other JSON that may contain a secret.
    [[nodiscard]] result<secret> try_secret_json() { return taken(secret::adopt); }
    /// The result of queue::submit_get_connection().
    [[nodiscard]] result<nango::connection> try_connection() {
        result<nango::connection> connection = taken(nango::connection::adopt);
        if (connection && !detail::is_object(connection->json().data()))
            return unexpected(detail::not_expected());
        return connection;
    }
    /// The result of queue::submit_get_credentials().
    [[nodiscard]] result<nango::credentials> try_credentials() {
        return taken(nango::credentials::adopt);
    }
    /// The result of queue::submit_list_connections(), and any other JSON that contains no secret.
    [[nodiscard]] result<std::string> try_json() {
        return taken(
            +[](char* owned) { return std::string(detail::view(detail::owned_text(owned))); });
    }
    /// The result of queue::submit_page(): the connections of the page; empty if there are no more
    /// pages.
    [[nodiscard]] result<std::optional<std::vector<connection_summary>>> try_page() {
        using page = std::optional<std::vector<connection_summary>>;
        if (!error_ && !text_) return page();
        return taken(+[](char* owned) {
            const detail::owned_text text(owned);
            const detail::handle<nango_json_items, &nango_json_items_free> items(
                nango_json_items_new(text.get(), "/connections"));
            page connections(std::in_place);
            while (char* item = nango_json_items_next(items.get()))
                connections->push_back(connection_summary::adopt(item));
            return connections;
        });
    }
    /// The result of queue::submit_warm_up(): success or an error.
    [[nodiscard]] result<void> try_done() {
        if (error_) return unexpected(error::adopt(error_.release()));
        return {};
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_token(). @throws nango::error
    secret token() { return detail::or_throw(try_token()); }
    /// Like try_secret_json(). @throws nango::error
    secret secret_json() { return detail::or_throw(try_secret_json()); }
    /// Like try_connection(). @throws nango::error
    nango::connection connection() { return detail::or_throw(try_connection()); }
    /// Like try_credentials(). @throws nango::error
    nango::credentials credentials() { return detail::or_throw(try_credentials()); }
    /// Like try_json(). @throws nango::error
    std::string json() { return detail::or_throw(try_json()); }
    /// Like try_page(). @throws nango::error
    std::optional<std::vector<connection_summary>> page() { return detail::or_throw(try_page()); }
    /// Like try_done(). @throws nango::error
    void done() { detail::or_throw(try_done()); }
#endif

private:
    explicit completion(const nango_completion& owned) noexcept
        : ticket_(owned.ticket),
          user_data_(owned.user_data),
          text_(owned.json),
          error_(owned.error) {}

    template <class Result>
    result<Result> taken(Result (*make)(char*)) {
        if (error_) return unexpected(error::adopt(error_.release()));
        if (!text_)
            return unexpected(
                error::invalid_argument("the completion has no result: it was already taken, or "
                                        "there are no more pages; take each result once"));
        return make(text_.release());
    }

    std::uint64_t ticket_;
    std::uint64_t user_data_;
    detail::owned_text text_;
    detail::handle<nango_error, &nango_error_free> error_;
};

/// A completion queue: submit calls and collect their results later. For event loops, and for many
/// calls at once. Any number of threads may use it at once. Destroy it when no other thread uses
/// it: close it, wait until every next() has returned, then destroy it. Results that were not taken
/// are dropped. All queues of a process share one library thread.
///
/// @code
/// nango::queue queue;
/// queue.submit_get_token(client, "github", "alice", 7);
/// for (nango::completion& done : queue.next(64))
///     use(done.user_data(), done.token());
/// @endcode
///
/// A submitting function returns the call's ticket at once. A ticket is never reused. The call
/// completes exactly once: it is answered, fails, times out, is cancelled, or the queue is closed.
/// If the submitting function returns an error, no call was started and no completion follows:
/// INVALID_ARGUMENT, INVALID_UTF8, UNKNOWN_OPERATION, QUEUE_FULL, CLOSED or WRONG_PROCESS. The
/// client and the options may be destroyed as soon as it has returned. The completion carries the
/// user data.
class queue {
public:
    /// Creates an empty queue. A queue is cheap: it uses one file descriptor. The error is INTERNAL
    /// if the system has no descriptor or thread left, or if the library is too old.
    [[nodiscard]] static result<queue> try_create() {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        nango_error* problem = nullptr;
        nango_queue* made = nango_queue_new(&problem);
        if (!made) return unexpected(error::adopt(problem));
        return queue(made);
    }

    /// Like try_create(), with a limit on the tickets in flight and completed together, which is
    /// otherwise 100 000. Beyond it, submitting fails with QUEUE_FULL. INVALID_ARGUMENT: it is 0.
    [[nodiscard]] static result<queue> try_create_with_limit(std::uint32_t limit) {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        nango_error* problem = nullptr;
        nango_queue* made = nango_queue_new_with_limit(limit, &problem);
        if (!made) return unexpected(error::adopt(problem));
        return queue(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_create(). @throws nango::error
    queue() : queue(detail::or_throw(try_create())) {}

    /// Like try_create_with_limit(). @throws nango::error
    explicit queue(std::uint32_t limit) : queue(detail::or_throw(try_create_with_limit(limit))) {}
#endif

    /// The file descriptor to wait on with poll, epoll or an event loop. It is readable if and only
    /// if a completion is waiting or the queue is closed. It is level-triggered. Use it only to
    /// wait: never read from it, write to it or close it. -1 in a forked child.
    int fd() const noexcept { return nango_queue_fd(capi()); }

    /// Starts client::get_connection().
    [[nodiscard]] result<std::uint64_t> try_submit_get_connection(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_connection", provider_config_key, connection_id, user_data,
                   options);
    }
    /// Starts client::get_token().
    [[nodiscard]] result<std::uint64_t> try_submit_get_token(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_token", provider_config_key, connection_id, user_data, options);
    }
    /// Starts client::replace_token().
    [[nodiscard]] result<std::uint64_t> try_submit_replace_token(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::string_view refused_token, std::uint64_t user_data = 0,
        const call_options& options = {}) const {
        if (refused_token.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("refused_token"));
        const detail::given refused = detail::given::adopt(detail::quoted(refused_token));
        return ask(client, "replace_token", provider_config_key, connection_id, user_data, options,
                   refused.view());
    }
    /// Starts client::get_credentials().
    [[nodiscard]] result<std::uint64_t> try_submit_get_credentials(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_credentials", provider_config_key, connection_id, user_data,
                   options);
    }
    /// Starts client::list_connections_json().
    [[nodiscard]] result<std::uint64_t> try_submit_list_connections(
        const client& client, const filter& filter = {}, std::uint64_t user_data = 0,
        const call_options& options = {}) const {
        return try_submit(client, "list_connections", filter.to_json(), user_data, options);
    }
    /// Starts client::warm_up().
    [[nodiscard]] result<std::uint64_t> try_submit_warm_up(const client& client,
                                                           std::uint64_t user_data = 0,
                                                           const call_options& options = {}) const {
        return try_submit(client, "warm_up", {}, user_data, options);
    }
    /// Starts fetching the next page of a list. To get the page after it, submit again once you
    /// have taken this one's completion. The list may be destroyed before the page completes.
    [[nodiscard]] result<std::uint64_t> try_submit_page(const connection_list& list,
                                                        std::uint64_t user_data = 0) const {
        nango_error* problem = nullptr;
        const std::uint64_t ticket =
            nango_queue_submit_page(capi(), list.capi(), user_data, &problem);
        if (!ticket) return unexpected(error::adopt(problem));
        return ticket;
    }
    /// Starts any operation that the library has, by its name. The parameters are a JSON object;
    /// empty for none.
    [[nodiscard]] result<std::uint64_t> try_submit(const client& client, std::string_view operation,
                                                   std::string_view parameters_json,
                                                   std::uint64_t user_data = 0,
                                                   const call_options& options = {}) const {
        const detail::given name(operation);
        const detail::given parameters(parameters_json);
        if (name.has_nul()) return unexpected(detail::without_nul("the operation"));
        if (parameters.has_nul()) return unexpected(detail::without_nul("the parameters"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        const char* json = parameters_json.empty() ? nullptr : parameters.c_str();
        const std::uint64_t ticket = nango_queue_submit(capi(), client.capi(), name.c_str(), json,
                                                        options.capi(), user_data, &problem);
        if (!ticket) return unexpected(error::adopt(problem));
        return ticket;
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_submit_get_connection(). @throws nango::error
    std::uint64_t submit_get_connection(const client& client, std::string_view provider_config_key,
                                        std::string_view connection_id, std::uint64_t user_data = 0,
                                        const call_options& options = {}) const {
        return detail::or_throw(try_submit_get_connection(client, provider_config_key,
                                                          connection_id, user_data, options));
    }
    /// Like try_submit_get_token(). @throws nango::error
    std::uint64_t submit_get_token(const client& client, std::string_view provider_config_key,
                                   std::string_view connection_id, std::uint64_t user_data = 0,
                                   const call_options& options = {}) const {
        return detail::or_throw(
            try_submit_get_token(client, provider_config_key, connection_id, user_data, options));
    }
    /// Like try_submit_replace_token(). @throws nango::error
    std::uint64_t submit_replace_token(const client& client, std::string_view provider_config_key,
                                       std::string_view connection_id,
                                       std::string_view refused_token, std::uint64_t user_data = 0,
                                       const call_options& options = {}) const {
        return detail::or_throw(try_submit_replace_token(client, provider_config_key, connection_id,
                                                         refused_token, user_data, options));
    }
    /// Like try_submit_get_credentials(). @throws nango::error
    std::uint64_t submit_get_credentials(const client& client, std::string_view provider_config_key,
                                         std::string_view connection_id,
                                         std::uint64_t user_data = 0,
                                         const call_options& options = {}) const {
        return detail::or_throw(try_submit_get_credentials(client, provider_config_key,
                                                           connection_id, user_data, options));
    }
    /// Like try_submit_list_connections(). @throws nango::error
    std::uint64_t submit_list_connections(const client& client, const filter& filter = {},
                                          std::uint64_t user_data = 0,
                                          const call_options& options = {}) const {
        return detail::or_throw(try_submit_list_connections(client, filter, user_data, options));
    }
    /// Like try_submit_warm_up(). @throws nango::error
    std::uint64_t submit_warm_up(const client& client, std::uint64_t user_data = 0,
                                 const call_options& options = {}) const {
        return detail::or_throw(try_submit_warm_up(client, user_data, options));
    }
    /// Like try_submit_page(). @throws nango::error
    std::uint64_t submit_page(const connection_list& list, std::uint64_t user_data = 0) const {
        return detail::or_throw(try_submit_page(list, user_data));
    }
    /// Like try_submit(). @throws nango::error
    std::uint64_t submit(const client& client, std::string_view operation,
                         std::string_view parameters_json, std::uint64_t user_data = 0,
                         const call_options& options = {}) const {
        return detail::or_throw(try_submit(client, operation, parameters_json, user_data, options));
    }
#endif

    /// Takes up to max completions (at most 4096 at a time), the oldest first. It waits until there
    /// is a completion or the queue is closed. An empty vector means that the queue is closed and
    /// nothing is left. Several threads may take completions; each completion goes to one of them.
    /// It allocates memory before it takes anything, so a std::bad_alloc loses no completion.
    std::vector<completion> next(std::size_t max) const { return take(max, -1); }

    /// Like next(max), but waits no longer than the timeout. With 0 it does not wait.
    std::vector<completion> next(std::size_t max, std::chrono::milliseconds timeout) const {
        constexpr auto longest = std::numeric_limits<std::int32_t>::max();
        const auto wait = timeout.count();
        return take(max, wait <= 0        ? 0
                         : wait < longest ? static_cast<std::int32_t>(wait)
                                          : longest);
    }

    /// Cancels a call: its ticket completes with CANCELLED at once, and its connection is closed. A
    /// call that has already completed is unaffected.
    void cancel(std::uint64_t ticket) const noexcept { nango_queue_cancel(capi(), ticket); }

    /// Rejects new calls, completes the calls in flight with CANCELLED, makes the descriptor
    /// permanently readable and wakes every thread that waits in next(). Completions can still be
    /// taken.
    void close() const noexcept { nango_queue_close(capi()); }

    /// The nango.h handle, borrowed.
    const nango_queue* capi() const noexcept { return handle_.get(); }

private:
    explicit queue(nango_queue* owned) noexcept : handle_(owned) {}

    result<std::uint64_t> ask(const client& client, std::string_view operation,
                              std::string_view provider_config_key, std::string_view connection_id,
                              std::uint64_t user_data, const call_options& options,
                              std::string_view refused_token_json = {}) const {
        if (provider_config_key.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("provider_config_key"));
        if (connection_id.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("connection_id"));
        std::string parameters = "{\"provider_config_key\":" + detail::quoted(provider_config_key) +
                                 ",\"connection_id\":" + detail::quoted(connection_id);
        if (!refused_token_json.empty()) {
            constexpr std::string_view name = ",\"refused_token\":";
            // Reserve the room first: a string that grows leaves a copy of the secret behind.
            parameters.reserve(parameters.size() + name.size() + refused_token_json.size() + 1);
            parameters.append(name).append(refused_token_json);
        }
        parameters += '}';
        const detail::given wiped = detail::given::adopt(std::move(parameters));
        return try_submit(client, operation, wiped.view(), user_data, options);
    }

    std::vector<completion> take(std::size_t max, std::int32_t timeout_ms) const {
        constexpr std::size_t most = 4096;
        if (max > most) max = most;
        nango_completion some[32];
        std::vector<completion> done;
        done.reserve(max);
        while (done.size() < max) {
            const std::size_t wanted =
                max - done.size() < std::size(some) ? max - done.size() : std::size(some);
            const std::size_t count =
                nango_queue_next(capi(), some, wanted, done.empty() ? timeout_ms : 0);
            for (std::size_t i = 0; i < count; ++i) done.push_back(completion::adopt(some[i]));
            if (count < wanted) break;
        }
        return done;
    }

    detail::handle<nango_queue, &nango_queue_free> handle_;
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_QUEUE_HPP
