// Tests the queue of the C++ wrapper. Usage: `queue [TEST…]`, in the environment of nango-dev.

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <nango.hpp>

#include "../c/check.h"
#include "../c/peer.h"

using namespace std::chrono_literals;
using namespace std::string_view_literals;

static std::string host, key;

static nango::client client_of(std::string_view url) {
    nango::options options;
    options.base_url(url).secret_key(key).max_retries(0);
    return nango::client(options);
}

static bool readable(const nango::queue& queue, int ms) {
    struct pollfd watched = {queue.fd(), POLLIN, 0};
    return poll(&watched, 1, ms) == 1;
}

static nango::code code_of(const nango::result<std::uint64_t>& submitted) {
    return submitted ? nango::code::ok : submitted.error().code();
}

// Returns the completion of the only call in flight.
static nango::completion one(const nango::queue& queue) {
    std::vector<nango::completion> done = queue.next(1, 10s);
    if (done.size() == 1) return std::move(done[0]);
    CHECK(!"a completion");
    return nango::completion::adopt({});
}

static void everything_that_can_be_asked() {
    const nango::client client = client_of(host);
    const nango::queue queue;
    CHECK(queue.fd() >= 0 && !readable(queue, 0) && queue.next(8, 0ms).empty() &&
          queue.next(8, 20ms).empty() && queue.next(0).empty());

    const std::uint64_t ticket = queue.submit_get_token(client, "github", "bob", 1);
    CHECK(readable(queue, 10000));
    nango::completion done = one(queue);
    CHECK(done && done.code() == nango::code::ok && done.ticket() == ticket &&
          done.user_data() == 1 && done.token().reveal() == "at-bob");
    CHECK(done.try_token().error().code() == nango::code::invalid_argument);  // already taken

    queue.submit_replace_token(client, "github", "bob", "another \"token\"\n", 2);
    CHECK(one(queue).token().reveal() == "at-bob");
    queue.submit_replace_token(client, "stripe-key", "carol", "sk_dev_carol");
    CHECK(one(queue).code() == nango::code::token_not_replaced);
    CHECK(client.replace_token("github", "bob", "another").reveal() == "at-bob");
    CHECK(client.try_replace_token("stripe-key", "carol", "sk_dev_carol").error().code() ==
          nango::code::token_not_replaced);

    queue.submit_get_connection(client, "github", "bob", 2);
    CHECK(one(queue).connection().connection_id() == "bob");
    queue.submit_get_connection(client, "github", "bob");
    CHECK(nango::json_get(one(queue).secret_json().reveal(), "/connection_id") == "bob");
    queue.submit_get_credentials(client, "basic-auth", "dave", 3);
    CHECK(one(queue).credentials().password()->reveal() == "hunter2");
    nango::filter filter;
    filter.connection_id = "bob";
    queue.submit_list_connections(client, filter);
    CHECK(nango::json_items(one(queue).json(), "/connections").size() == 1);
    queue.submit_warm_up(client);
    one(queue).done();
    queue.submit(client, "get_token",
                 "{\"provider_config_key\":\"github\",\"connection_id\":\"bob\"}");
    CHECK(one(queue).token().reveal() == "at-bob");

    nango::call_options refresh_token;
    refresh_token.include_refresh_token();
    queue.submit_get_credentials(client, "github", "bob", 0, refresh_token);
    CHECK(one(queue).credentials().refresh_token()->reveal() == "rt-bob");

    queue.submit_get_token(client, "github", "nobody-there", 4);
    done = one(queue);
    CHECK(!done && done.code() == nango::code::not_found);
    try {
        static_cast<void>(done.token());
        CHECK(false);
    } catch (const nango::error& error) {
        CHECK(error.code() == nango::code::not_found && error.http_status() == 404);
    }
}

static void pages() {
    const nango::client client = client_of(host);
    const nango::queue queue;
    std::size_t seen = 0, pages = 0;
    {
        const nango::connection_list list = client.list_connections({}, 8);
        for (;;) {
            queue.submit_page(list, 5);
            nango::completion done = one(queue);
            CHECK(done.user_data() == 5);
            const auto page = done.page();
            if (!page) break;
            ++pages;
            seen += page->size();
            for (const nango::connection_summary& connection : *page)
                CHECK(!connection.connection_id().empty());
        }
    }
    CHECK(pages == 3 &&
          seen == nango::json_items(client.list_connections_json(), "/connections").size());
}

static void what_is_refused() {
    const nango::client client = client_of(host);
    const nango::queue queue;
    CHECK(code_of(queue.try_submit_get_token(client, "github", "")) ==
          nango::code::invalid_argument);
    CHECK(code_of(queue.try_submit_get_token(client, "github", "a\0b"sv)) ==
          nango::code::invalid_argument);
    CHECK(code_of(queue.try_submit_get_connection(client, "\0"sv, "bob")) ==
          nango::code::invalid_argument);
    for (const auto& [refused, code] : {std::pair{"a\0b"sv, nango::code::invalid_argument},
                                        std::pair{""sv, nango::code::invalid_argument},
                                        std::pair{"caf\xe9"sv, nango::code::invalid_utf8}}) {
        CHECK(code_of(queue.try_submit_replace_token(client, "github", "bob", refused)) == code);
        CHECK(client.try_replace_token("github", "bob", refused).error().code() == code);
    }
    CHECK(code_of(queue.try_submit_get_credentials(client, "github", "caf\xe9")) ==
          nango::code::invalid_utf8);
    CHECK(code_of(queue.try_submit_get_token(client, "git\"hub", "bob\\\n")) == nango::code::ok &&
          one(queue).code() == nango::code::bad_request);
    CHECK(code_of(queue.try_submit(client, "no_such_operation", "{}")) ==
          nango::code::unknown_operation);
    CHECK(code_of(queue.try_submit(client, "warm_up\0"sv, "")) == nango::code::invalid_argument);
    CHECK(code_of(queue.try_submit(client, "get_token", "{}\0"sv)) ==
          nango::code::invalid_argument);
    CHECK(code_of(queue.try_submit(client, "get_token", "[")) == nango::code::invalid_argument);
    nango::filter filter;
    filter.json = "[]";
    CHECK(code_of(queue.try_submit_list_connections(client, filter)) ==
          nango::code::invalid_argument);
    nango::call_options options;
    options.header("x-a", "1\0"sv);
    CHECK(code_of(queue.try_submit_warm_up(client, 0, options)) == nango::code::invalid_argument);
    nango::call_options timeout;
    timeout.timeout(0ms);
    CHECK(code_of(queue.try_submit_get_token(client, "github", "bob", 0, timeout)) ==
          nango::code::invalid_argument);
    CHECK(queue.next(8, 50ms).empty());
}

static void what_was_moved_from() {
    const nango::client client = client_of(host);
    nango::queue queue;
    nango::queue moved = std::move(queue);
    CHECK(code_of(queue.try_submit_warm_up(client)) == nango::code::invalid_argument);  // NOLINT
    CHECK(queue.fd() == -1 && queue.next(1).empty());                                   // NOLINT
    queue.cancel(1);
    queue.close();
    moved.submit_get_token(client, "github", "bob", 7);
    nango::completion done = one(moved);
    const nango::completion other = std::move(done);
    CHECK(done.try_token().error().code() == nango::code::invalid_argument &&
          other.user_data() == 7);  // NOLINT
    queue = std::move(moved);
    queue.submit_get_token(client, "github", "bob");
    CHECK(one(queue).token().reveal() == "at-bob");
}

static void cancelled_and_closed() {
    struct peer silent;
    peer_start(&silent, PEER_SILENT, nullptr);
    const nango::queue queue;
    std::uint64_t first, second;
    {
        const nango::client client = client_of(silent.url);
        first = queue.submit_get_token(client, "github", "bob", 1);
        second = queue.submit_get_connection(client, "github", "bob", 2);
    }
    CHECK(first && second && first != second);
    queue.cancel(first);
    nango::completion done = one(queue);
    CHECK(done.ticket() == first && done.code() == nango::code::cancelled &&
          done.try_token().error().code() == nango::code::cancelled);
    // close() wakes a thread that waits without a timeout.
    std::thread closes([&] {
        std::this_thread::sleep_for(100ms);
        queue.close();
    });
    std::vector<nango::completion> rest = queue.next(8);
    CHECK(rest.size() == 1 && rest[0].ticket() == second &&
          rest[0].code() == nango::code::cancelled);
    closes.join();
    CHECK(queue.next(8).empty() && readable(queue, 0));
    CHECK(code_of(queue.try_submit_warm_up(client_of(host))) == nango::code::closed);
    peer_stop(&silent);
}

static void left_behind() {
    const nango::client client = client_of(host);
    for (int i = 0; i < 10; ++i) {
        const nango::queue queue;
        for (std::uint64_t n = 0; n < 8; ++n) queue.submit_get_token(client, "github", "bob", n);
        if (i % 2) CHECK(readable(queue, 10000));
        if (i % 3 == 0) CHECK(queue.next(3, 10s).size() <= 3);  // taken and ignored
    }
}

static void many_threads_take() {
    constexpr std::uint64_t calls = 400;
    const nango::client client = client_of(host);
    const nango::queue queue;
    std::mutex mutex;
    std::set<std::uint64_t> seen;
    std::vector<std::thread> takers;
    std::atomic<std::uint64_t> count = 0;
    for (int i = 0; i < 4; ++i)
        takers.emplace_back([&] {
            for (;;) {
                std::vector<nango::completion> taken = queue.next(50);
                if (taken.empty()) return;
                for (nango::completion& done : taken) {
                    const bool right =
                        done.try_token().value_or(nango::secret()).reveal() == "at-bob";
                    const std::lock_guard lock(mutex);
                    CHECK(right && seen.insert(done.user_data()).second);
                    ++count;
                }
            }
        });
    for (std::uint64_t n = 0; n < calls; ++n) queue.submit_get_token(client, "github", "bob", n);
    while (count < calls) std::this_thread::sleep_for(5ms);
    queue.close();
    for (std::thread& taker : takers) taker.join();
    CHECK(seen.size() == calls);
}

// More completions at once than fit into the array in which next() gets them from the library.
static void many_at_once() {
    constexpr std::uint64_t calls = 100;
    const nango::client client = client_of(host);
    const nango::queue queue;
    for (std::uint64_t n = 0; n < calls; ++n) queue.submit_get_token(client, "github", "bob", n);
    std::this_thread::sleep_for(500ms);
    std::size_t seen = 0;
    while (seen < calls) {
        const std::vector<nango::completion> taken =
            queue.next(std::numeric_limits<std::size_t>::max(), 10s);
        if (!CHECK(!taken.empty())) break;
        seen += taken.size();
    }
    CHECK(seen == calls);
}

int main(int argc, char** argv) {
    host = check_env("NANGO_HOST");
    key = check_env("NANGO_SECRET_KEY");
    RUN(everything_that_can_be_asked);
    RUN(pages);
    RUN(what_is_refused);
    RUN(what_was_moved_from);
    RUN(cancelled_and_closed);
    RUN(left_behind);
    RUN(many_threads_take);
    RUN(many_at_once);
    return check_end();
}
