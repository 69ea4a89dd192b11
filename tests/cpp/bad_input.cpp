// Tests what the C++ wrapper adds to the C interface, and wrong calls through it. Usage: `bad_input
// [TEST…]`, in the environment of nango-dev --tls-port 0.

#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include <nango.hpp>
#include <nango.hpp>

#include "../c/dev.h"
#include "../c/peer.h"

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

std::string version_in_another_file();

static std::string host, key;

static nango::client client_of(std::string_view url, std::string_view secret_key) {
    nango::options options;
    options.base_url(url).secret_key(secret_key).max_retries(0);
    return nango::client(options);
}

static nango::client demo() { return client_of(host, key); }

static void expect(const nango::error& error, nango::code code, const char* words, int line) {
    check_same_text(nango::name(error.code()).data(), nango::name(code).data(), __FILE__, line);
    check_holds(std::string(error.message()).c_str(), words, __FILE__, line);
    check_that(error.message().find(key) == std::string_view::npos,
               "the message does not hold the key", __FILE__, line);
}

// Checks that a result is an error. EXPECT_THROW checks that the throwing form throws the same
// error.
template <class Result>
static void expect(const Result& result, nango::code code, const char* words, int line) {
    if (check_that(!result.has_value(), "it fails", __FILE__, line))
        expect(result.error(), code, words, line);
}

template <class Function>
static void expect_throw(Function&& function, nango::code code, const char* words, int line) {
    try {
        function();
        check_that(false, "it throws", __FILE__, line);
    } catch (const nango::error& error) {
        expect(error, code, words, line);
    }
}

#define EXPECT(result, name, words) expect(result, nango::code::name, words, __LINE__)
#define EXPECT_THROW(expression, name, words) \
    expect_throw([&] { static_cast<void>(expression); }, nango::code::name, words, __LINE__)
#define CHECK_EQUAL(seen, wanted) \
    check_same_text(std::string(seen).c_str(), std::string(wanted).c_str(), __FILE__, __LINE__)

// ---- Code that must not compile ----

template <class T, class = void>
struct prints : std::false_type {};
template <class T>
struct prints<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};
template <class T, class = void>
struct prints_wide : std::false_type {};
template <class T>
struct prints_wide<T, std::void_t<decltype(std::declval<std::wostream&>() << std::declval<T>())>>
    : std::true_type {};

static_assert(prints<std::string>::value);
static_assert(!prints<nango::secret>::value && !prints<nango::secret&>::value &&
              !prints_wide<const nango::secret&>::value);
static_assert(!prints<nango::connection>::value && !prints<nango::credentials>::value &&
              !prints<std::optional<nango::secret>>::value);
static_assert(!std::is_convertible_v<nango::secret, std::string> &&
              !std::is_convertible_v<nango::secret, std::string_view>);
static_assert(!std::is_convertible_v<nango::secret, const char*> &&
              !std::is_convertible_v<nango::secret, bool>);
static_assert(!std::is_constructible_v<std::string, nango::secret> &&
              !std::is_constructible_v<std::string_view, nango::secret>);

template <class T>
constexpr bool only_moves =
    std::is_nothrow_move_constructible_v<T>&& std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(only_moves<nango::client> && only_moves<nango::secret> &&
              only_moves<nango::connection> && only_moves<nango::credentials>);
static_assert(only_moves<nango::connection_list> && only_moves<nango::connection_summary> &&
              only_moves<nango::cancel>);
static_assert(only_moves<nango::queue> && only_moves<nango::completion> &&
              !prints<nango::completion>::value);
static_assert(std::is_nothrow_move_constructible_v<nango::options> &&
              !std::is_copy_constructible_v<nango::options>);
static_assert(std::is_nothrow_move_constructible_v<nango::call_options> &&
              !std::is_copy_constructible_v<nango::call_options>);
static_assert(std::is_nothrow_copy_constructible_v<nango::error> &&
              std::is_base_of_v<std::exception, nango::error>);
static_assert(std::is_nothrow_move_constructible_v<nango::result<nango::secret>>);
static_assert(!std::is_convertible_v<std::string_view, nango::client> &&
              !std::is_convertible_v<const nango::options&, nango::client>);

#if __cplusplus >= 202002L && __has_include(<ranges>) && \
    (!defined(__clang__) || __clang_major__ >= 16)
#include <ranges>
static_assert(std::ranges::input_range<nango::connection_list>);
static_assert(std::input_iterator<nango::connection_list::iterator>);
static_assert(
    std::sentinel_for<nango::connection_list::sentinel, nango::connection_list::iterator>);
#endif

// ---- NUL: the only check that the wrapper does itself ----

static void a_nul_does_not_cross() {
    const auto id = "alice\0bob"sv;
    const nango::client client = demo();
    nango::call_options options;
    dev_forget_requests();
    EXPECT(client.try_get_connection("github", id), invalid_argument,
           "connection_id must be a string without NUL characters");
    EXPECT(client.try_get_connection("git\0hub"sv, "bob"), invalid_argument,
           "provider_config_key must be a string without NUL characters");
    EXPECT(client.try_get_token("github", "bob\0"sv), invalid_argument, "connection_id");
    EXPECT(client.try_get_token("\0"sv, "bob"), invalid_argument, "provider_config_key");
    EXPECT(client.try_get_credentials("github", "\0"sv), invalid_argument, "connection_id");
    EXPECT(client.try_get_connection_json("github", id), invalid_argument, "connection_id");
    EXPECT(client.try_get_credentials_json("git\0hub"sv, "bob"), invalid_argument,
           "provider_config_key");
    EXPECT_THROW(client.get_token("github", id), invalid_argument, "connection_id");
    EXPECT_THROW(client.get_connection("github", id), invalid_argument, "connection_id");
    EXPECT_THROW(client.get_credentials("github", id), invalid_argument, "connection_id");

    nango::filter filter;
    filter.json = "{\"search\": \"a\"}\0"s;
    EXPECT(client.try_list_connections(filter), invalid_argument, "the filter");
    EXPECT(client.try_list_connections_json(filter), invalid_argument, "the filter");
    filter.json.reset();
    filter.search = "a\0b"s;
    EXPECT(client.try_list_connections_json(filter), invalid_argument, "NUL");
    filter.search.reset();
    filter.tags["plan"] = "pro\0"s;
    EXPECT(client.try_list_connections_json(filter), invalid_argument, "NUL");
    EXPECT_THROW(
        [&] {
            for (auto& connection : client.list_connections(filter)) static_cast<void>(connection);
        }(),
        invalid_argument, "NUL");

    EXPECT(nango::client::try_create("http://h\0.example"sv, key), invalid_argument,
           "the base URL must be a string without NUL characters");
    EXPECT(nango::client::try_create(host, "shib\0boleth"sv), invalid_argument,
           "the secret key must be a string without NUL characters");
    EXPECT(nango::client::try_create("shibboleth\0"sv), invalid_argument, "the secret key");
    EXPECT_THROW(nango::client(host, "\0"sv), invalid_argument, "the secret key");

    options.header("x-a", "1\0002"sv);
    EXPECT(client.try_get_token("github", "bob", options), invalid_argument,
           "the value of a header");
    EXPECT(client.try_list_connections({}, 0, options), invalid_argument, "the value of a header");
    EXPECT(client.try_list_connections_json({}, options), invalid_argument,
           "the value of a header");
    nango::call_options named;
    named.header("x\0a"sv, "1");
    EXPECT(client.try_get_token("github", "bob", named), invalid_argument, "the name of a header");

    CHECK(!nango::json_get("{\"a\":1}\0"sv, "/a") && !nango::json_get("{\"a\":1}", "/a\0"sv));
    CHECK(nango::json_items("[1]\0"sv, "").empty() && nango::json_items("[1]", "\0"sv).empty());
    CHECK(!nango::json_get_json("{\"a\":1}\0"sv, "/a") &&
          !nango::json_get_json("{\"a\":1}", "/a\0"sv));
    CHECK(nango::json_members("{\"a\":1}\0"sv, "").empty() &&
          nango::json_members("{\"a\":{\"b\":1}}", "/a\0"sv).empty());
    CHECK(dev_count_requests() == 0);

    const nango::error error = client.try_get_token("github", id).error();
    CHECK(error.http_status() == 0 && error.attempts() == 0 && !error.retryable() &&
          !error.retry_after() && !error.api_code() && !error.body_json());
    CHECK(!error.reveal_body());
    CHECK(!error.header("retry-after") && !error.capi());
    CHECK_EQUAL(error.what(),
                "connection_id must be a string without NUL characters (INVALID_ARGUMENT)");
}

// ---- Common mistakes, through the wrapper ----

static void arguments_that_are_none() {
    const nango::client client = demo();
    dev_forget_requests();
    EXPECT(client.try_get_token("github", ""), invalid_argument, "connection_id");
    EXPECT(client.try_get_token("github", {}), invalid_argument, "connection_id");
    EXPECT(client.try_get_token("github", "."), invalid_argument, "connection_id");
    EXPECT(client.try_get_token("github", ".."), invalid_argument, "connection_id");
    EXPECT(client.try_get_token("", "bob"), invalid_argument, "provider_config_key");
    EXPECT(client.try_get_token("github", "caf\xe9"), invalid_utf8, "connection_id is not UTF-8");
    EXPECT(nango::client::try_create("not a url", key), invalid_argument,
           "expected something like https://api.nango.dev");
    EXPECT(nango::client::try_create("", key), invalid_argument, "the base URL is empty");
    EXPECT(nango::client::try_create(host, ""), invalid_argument, "the secret key is empty");
    EXPECT(nango::client::try_create(host, key + "\n"), invalid_argument,
           "the secret key contains a space, a line break or a non-ASCII character");
    EXPECT(nango::client::try_create(nango::options()), invalid_argument, "secret key");
    EXPECT_THROW(nango::client("with a blank"), invalid_argument, "secret key");
    nango::filter filter;
    filter.json = "[]";
    EXPECT(client.try_list_connections(filter), invalid_argument,
           "params_json is not a JSON object");
    filter = {};
    filter.limit = 3;
    EXPECT(client.try_list_connections(filter), invalid_argument, "limit");
    filter = {};
    filter.search = "caf\xe9";
    EXPECT(client.try_list_connections_json(filter), invalid_utf8, "filter_json");
    CHECK(dev_count_requests() == 0);
}

static void answers_that_are_errors() {
    const nango::client client = demo();
    char nobody[64];
    peer_nobody(nobody, sizeof nobody);
    EXPECT(client.try_get_token("no-such-integration", "bob"), integration_not_found,
           "check provider_config_key");
    EXPECT(client.try_get_token("github", "nobody-there"), not_found, "check connection_id");
    EXPECT(client.try_get_token("basic-auth", "dave"), no_single_token, "get_credentials");
    EXPECT(client.try_get_token("github", "broken"), reconnect_required,
           "the user must authorise again");
    EXPECT(client_of(host, "a5d1f7d1-0a7a-4c35-9d70-0b2f9f5c3c11").try_get_token("github", "bob"),
           unauthorized, "secret key");
    EXPECT(client_of(host, check_env("NANGO_DEV_KEY_READ")).try_get_token("github", "bob"),
           no_credentials, "scope");
    EXPECT(client_of(host, check_env("NANGO_DEV_KEY_NONE")).try_get_token("github", "bob"),
           forbidden, "scope");
    EXPECT(client_of(nobody, key).try_get_token("github", "bob"), connect,
           "check that the server is running");
    EXPECT(client_of(nobody, key).try_warm_up(), connect, "check that the server is running");
    EXPECT_THROW(client_of(nobody, key).warm_up(), connect, "check that the server is running");
    EXPECT_THROW(client.get_token("github", "nobody-there"), not_found, "check connection_id");
    EXPECT_THROW(client.get_credentials("none", "nobody"), no_credentials, "needs no credentials");
    EXPECT_THROW(client_of(host, "a5d1f7d1-0a7a-4c35-9d70-0b2f9f5c3c11").list_connections_json(),
                 unauthorized, "secret key");

    struct peer page;
    peer_start(&page, PEER_ANSWERS,
               "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n"
               "Connection: close\r\n\r\nhello");
    EXPECT(client_of(page.url, key).try_get_token("github", "bob"), invalid_response, "base URL");
    peer_stop(&page);
}

static void facts_of_an_error() {
    struct peer peer;
    peer_start(&peer, PEER_ANSWERS,
               "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n"
               "Retry-After: 7\r\nX-RateLimit-Remaining: 0\r\nContent-Length: 37\r\n"
               "Connection: close\r\n\r\n{\"error\":{\"code\":\"too_many_request\"}}");
    std::optional<nango::error> kept;
    try {
        static_cast<void>(client_of(peer.url, key).get_token("github", "bob"));
    } catch (const std::exception& thrown) {
        const auto* error = dynamic_cast<const nango::error*>(&thrown);
        if (CHECK(error)) kept = *error;
    }
    peer_stop(&peer);
    if (!CHECK(kept)) return;
    // The copy keeps everything after the thrown error is gone.
    CHECK(kept->code() == nango::code::rate_limited && kept->http_status() == 429 &&
          kept->retryable() && kept->attempts() == 1);
    CHECK(kept->retry_after() == 8s);
    CHECK(kept->api_code() == "too_many_request" && kept->body_json() && kept->capi());
    CHECK(kept->header("Retry-After") == "7" && kept->header("x-ratelimit-remaining") == "0" &&
          !kept->header("x-other") && !kept->header("retry-after\0"sv));
    CHECK_HOLDS(kept->what(), "(RATE_LIMITED)");
    CHECK(std::string_view(kept->what()).substr(0, kept->message().size()) == kept->message());
    const nango::error copy = *kept;
    kept.reset();
    CHECK(copy.retry_after() == 8s && nango::name(copy.code()) == "RATE_LIMITED");
    CHECK(nango::name(static_cast<nango::code>(4711)) == "UNKNOWN");

    // The library never returns this, but it must not crash.
    CHECK(nango::error::adopt(nullptr).code() == nango::code::internal);
}

// result::value() throws bad_result_access, not nango::error.
#define EXPECT_BAD_ACCESS(expression, name, words)                  \
    try {                                                           \
        static_cast<void>(expression);                              \
        check_that(false, "it throws", __FILE__, __LINE__);         \
    } catch (const nango::bad_result_access& access) {              \
        expect(access.error(), nango::code::name, words, __LINE__); \
        CHECK_HOLDS(access.what(), "bad access");                   \
    }

static void results() {
    const nango::client client = demo();
    nango::result<nango::secret> token = client.try_get_token("github", "bob");
    CHECK(token && token.has_value() && token->reveal() == "at-bob" && (*token).size() == 6 &&
          token.value().reveal() == "at-bob");
    const nango::secret taken = std::move(token).value();
    CHECK(taken.reveal() == "at-bob");
    CHECK(client.try_get_token("github", "").value_or(nango::secret()).empty());
    const auto failed = client.try_get_token("github", "");
    EXPECT_BAD_ACCESS(failed.value(), invalid_argument, "connection_id");
    EXPECT_BAD_ACCESS(client.try_get_token("github", "").value(), invalid_argument,
                      "connection_id");
    CHECK(client.try_warm_up() && client.try_warm_up().has_value());
    client.try_warm_up().value();
    *client.try_warm_up();
    client.warm_up();
    EXPECT_BAD_ACCESS(client_of("http://127.0.0.1:1", key).try_warm_up().value(), connect,
                      "127.0.0.1:1");
    CHECK(client_of("http://127.0.0.1:1", key).try_warm_up().error().code() ==
          nango::code::connect);
    const nango::result<int> seven = 7;
    CHECK(seven.value_or(9) == 7 && *seven == 7 &&
          nango::result<int>(nango::unexpected(failed.error())).value_or(9) == 9);
    static_assert(std::is_same_v<nango::result<int>::value_type, int> &&
                  std::is_same_v<nango::result<void>::error_type, nango::error>);
}

#ifdef NANGO_TEST_EXPECTED
static_assert(std::is_same_v<nango::result<int>, std::expected<int, nango::error>>);
#endif

static void codes_are_error_codes() {
    const nango::client client = demo();
    const auto failed = client.try_get_token("github", "");
    const std::error_code code = failed.error().error_code();
    CHECK(code == nango::code::invalid_argument && code == std::errc::invalid_argument &&
          code != nango::code::timeout && code != std::errc::timed_out);
    CHECK(code.category() == nango::error_category() && code.category().name() == "nango"sv &&
          code.value() == NANGO_ERROR_INVALID_ARGUMENT);
    CHECK(code.message().find("INVALID_ARGUMENT: ") == 0 && code.message().size() > 30);
    const std::error_code none = nango::code::ok;
    CHECK(!none && none.message() == "OK");
    const std::error_code timeout = nango::code::timeout;
    CHECK(timeout == std::errc::timed_out);
    const std::error_code cancelled = nango::code::cancelled;
    CHECK(cancelled == std::errc::operation_canceled);
    const std::error_code rate_limited = nango::code::rate_limited;
    CHECK(rate_limited && rate_limited != std::errc::timed_out);
}

// The monadic functions, in every standard.
static void results_are_passed_on() {
    const nango::client client = demo();
    const auto size = [](const nango::secret& secret) { return secret.size(); };
    const auto even = [](std::size_t number) -> nango::result<std::string> {
        if (number % 2) return nango::unexpected(nango::error::invalid_argument("odd"));
        return "even"s;
    };
    CHECK(client.try_get_token("github", "bob").transform(size).value() == 6);
    EXPECT(client.try_get_token("github", "").transform(size), invalid_argument, "connection_id");
    CHECK(client.try_get_token("github", "").transform(size).value_or(9) == 9);
    CHECK(client.try_get_token("github", "bob").transform(size).value_or(9) == 6);
    CHECK(client.try_get_token("github", "bob").transform(size).and_then(even).value() == "even");
    EXPECT(client.try_get_token("github", "").transform(size).and_then(even), invalid_argument,
           "connection_id");
    EXPECT(nango::result<std::size_t>(7).and_then(even), invalid_argument, "odd");
    const auto kept = client.try_get_token("github", "bob");
    CHECK(kept.transform(size).value() == 6 && kept.transform(size).and_then(even).has_value() &&
          kept->reveal() == "at-bob");

    // A function that moves its argument, one that returns nothing, and one that recovers from an
    // error.
    const auto moved = client.try_get_token("github", "bob").transform([](nango::secret secret) {
        return secret;
    });
    CHECK(moved && moved->reveal() == "at-bob");
    int calls = 0;
    const nango::result<void> nothing =
        client.try_get_token("github", "bob").transform([&](const nango::secret&) { ++calls; });
    CHECK(nothing && calls == 1 &&
          client.try_warm_up().transform([&] { return ++calls; }).value() == 2);
    CHECK(client.try_warm_up()
              .and_then([&] { return client.try_get_token("github", "bob"); })
              ->reveal() == "at-bob");
    const auto fallback = [](const nango::error& error) -> nango::result<nango::secret> {
        if (error.code() == nango::code::not_found) return nango::secret();
        return nango::unexpected(error);
    };
    CHECK(client.try_get_token("github", "nobody-there").or_else(fallback)->empty());
    CHECK(client.try_get_token("github", "bob").or_else(fallback)->size() == 6);
    EXPECT(client.try_get_token("github", "").or_else(fallback), invalid_argument, "connection_id");
    const auto rename = [](const nango::error&) {
        return nango::error::of(nango::code::closed, "another");
    };
    EXPECT(client.try_get_token("github", "").transform_error(rename), closed, "another");
    CHECK(client.try_get_token("github", "bob").transform_error(rename)->size() == 6 &&
          client.try_warm_up().transform_error(rename));
    EXPECT(nango::result<void>(nango::unexpected(nango::error::invalid_argument("x")))
               .transform_error(rename),
           closed, "another");
    CHECK(nango::result<void>(nango::unexpected(nango::error::invalid_argument("x")))
              .or_else([](const nango::error&) { return nango::result<void>(); }));
}

static void secrets() {
    const nango::client client = demo();
    nango::secret token = client.get_token("github", "bob");
    CHECK(token.reveal() == "at-bob" && !token.empty() && token.size() == 6);
    CHECK_TEXT(token.reveal_c_str(), "at-bob");
    nango::secret other = std::move(token);
    CHECK(other.reveal() == "at-bob");
    CHECK(token.reveal().empty() && token.empty() &&
          *token.reveal_c_str() == '\0');  // NOLINT: a moved-from secret is usable
    token = std::move(other);
    CHECK(token.reveal() == "at-bob");
    CHECK(nango::secret().empty() && *nango::secret().reveal_c_str() == '\0');
}

static void what_was_moved_from() {
    nango::client client = demo();
    const nango::client moved = std::move(client);
    EXPECT(client.try_get_token("github", "bob"), invalid_argument, "client is NULL");  // NOLINT
    EXPECT(client.try_list_connections(), invalid_argument, "client is NULL");          // NOLINT
    EXPECT(client.try_warm_up(), invalid_argument, "client is NULL");                   // NOLINT
    CHECK(!client.next_event_json());                                                   // NOLINT
    client = demo();
    CHECK(client.get_token("github", "bob").reveal() == "at-bob");

    nango::options options;
    nango::options more = std::move(options);
    options.base_url(host).secret_key(key).timeout(1s);                               // NOLINT
    EXPECT(nango::client::try_create(options), invalid_argument, "options is NULL");  // NOLINT
    more.base_url(host).secret_key(key);
    CHECK(nango::client(more).get_token("github", "bob").reveal() == "at-bob");

    nango::connection connection = moved.get_connection("github", "bob");
    const nango::connection other = std::move(connection);
    CHECK(other.connection_id() == "bob");
    CHECK(connection.json() == "{}" && connection.connection_id().empty() && !connection.id() &&
          !connection.credentials().type());                       // NOLINT
    CHECK(connection.errors().empty() && !connection.end_user());  // NOLINT
    CHECK(connection.tags().empty() && !connection.tag("x") && connection.names().empty() &&
          !connection.get_json(""));  // NOLINT
    EXPECT(connection.credentials().try_single_token(), no_credentials,
           "no credentials");  // NOLINT

    nango::connection_list list = moved.list_connections();
    nango::connection_list rest = std::move(list);
    EXPECT(list.try_next(), invalid_argument, "pager is NULL");  // NOLINT
    CHECK(rest.next());

    nango::cancel cancel;
    const nango::cancel kept = std::move(cancel);
    cancel.trigger();  // NOLINT
    nango::call_options call;
    call.cancel(kept).cancel(cancel);
    CHECK(moved.get_token("github", "bob", call).reveal() == "at-bob");
}

// ---- Options ----

static void options_keep_their_first_problem() {
    const auto make = [](auto&& set) {
        nango::options options;
        options.base_url(host).secret_key(key);
        set(options);
        options.timeout(5s);
        return nango::client::try_create(options);
    };
    EXPECT(make([](auto& o) { o.base_url("nango.example"); }), invalid_argument, "base URL");
    EXPECT(make([](auto& o) { o.secret_key("a b"); }), invalid_argument, "secret key");
    EXPECT(make([](auto& o) { o.connect_timeout(0ms); }), invalid_argument, "connect_timeout");
    EXPECT(make([](auto& o) { o.attempt_timeout(-1ms); }), invalid_argument, "attempt_timeout");
    EXPECT(make([](auto& o) { o.timeout(0s); }), invalid_argument, "timeout");
    EXPECT(make([](auto& o) { o.idle_timeout(std::chrono::milliseconds::min()); }),
           invalid_argument, "idle_timeout");
    EXPECT(make([](auto& o) { o.max_connections(0); }), invalid_argument, "max_connections");
    EXPECT(make([](auto& o) { o.max_response_bytes(0); }), invalid_argument, "max_response_bytes");
    EXPECT(make([](auto& o) { o.user_agent_suffix("a (b)"); }), invalid_argument, "user agent");
    EXPECT(make([](auto& o) { o.user_agent_suffix("a\0b"sv); }), invalid_argument,
           "the user agent suffix");
    EXPECT(make([](auto& o) { o.proxy("not a url"); }), invalid_argument, "proxy");
    EXPECT(make([](auto& o) { o.proxy("http://p\0"sv); }), invalid_argument, "the proxy URL");
    EXPECT(make([](auto& o) { o.tls_roots(static_cast<nango::tls_roots>(7)); }), invalid_argument,
           "tls_roots is");
    EXPECT(make([](auto& o) { o.add_ca_pem("words"); }), invalid_argument, "certificate");
    EXPECT(make([](auto& o) { o.add_ca_pem({}); }), invalid_argument, "certificate");
    EXPECT(make([](auto& o) { o.client_identity_pem("words"); }), invalid_argument, "");
    // The first, wherever it was found.
    EXPECT(make([](auto& o) { o.base_url("x\0"sv).max_response_bytes(0); }), invalid_argument,
           "the base URL must be a string without NUL");
    EXPECT(make([](auto& o) { o.max_response_bytes(0).base_url("x\0"sv); }), invalid_argument,
           "max_response_bytes");

    const nango::client client = demo();
    nango::call_options call;
    call.timeout(0ms).header("authorization", "x");
    EXPECT(client.try_get_token("github", "bob", call), invalid_argument, "timeout");
    nango::call_options header;
    header.header("Authorization", "x").header("a\0"sv, "x");
    EXPECT(client.try_get_token("github", "bob", header), invalid_argument,
           "header Authorization is reserved and cannot be set");
}

static void options_that_are_taken() {
    nango::options options;
    options.base_url(host)
        .secret_key(key)
        .connect_timeout(1s)
        .attempt_timeout(24h * 365)
        .timeout(std::chrono::milliseconds::max())
        .max_retries(1)
        .idle_timeout(1min);
    options.idle_connections(2)
        .max_connections(7)
        .max_response_bytes(1 << 20)
        .user_agent_suffix("cpp-test/1.2")
        .proxy_from_env()
        .proxy("")
        .plural_routes()
        .events(3);
    options.tls_roots(nango::tls_roots::platform);
    const nango::client client(options);
    dev_forget_requests();
    nango::call_options call;
    call.force_refresh(false).include_refresh_token().timeout(20s).header("traceparent",
                                                                          "00-1-1-01");
    CHECK(client.get_credentials("github", "bob", call).refresh_token()->reveal() == "rt-bob");
    CHECK(!client.get_credentials("github", "bob").refresh_token());
    char* log = dev_requests();
    CHECK_HOLDS(log, "cpp-test/1.2");
    CHECK_HOLDS(log, "/connections/bob?");
    CHECK_HOLDS(log, "\"traceparent\":\"00-1-1-01\"");
    free(log);
    const auto event = client.next_event_json();
    CHECK(event && nango::json_get(*event, "/operation") == "get_credentials");
    CHECK(client.next_event_json() && !client.next_event_json());
}

static void the_environment() {
    CHECK(nango::client(nango::options::from_env()).get_token("github", "bob").reveal() ==
          "at-bob");
    setenv("NANGO_HOST", "nonsense", 1);
    EXPECT(nango::options::try_from_env(), invalid_argument, "NANGO_HOST");
    EXPECT_THROW(nango::options::from_env(), invalid_argument, "NANGO_HOST");
    setenv("NANGO_HOST", host.c_str(), 1);
}

// ---- Views ----

static void a_connection() {
    const nango::connection bob =
        demo().get_connection("github", "bob");  // the client is already gone
    CHECK(bob.id() > 0 &&
          std::to_string(bob.id().value_or(0)) == nango::json_get(bob.json(), "/id"));
    CHECK_EQUAL(bob.connection_id(), "bob");
    CHECK_EQUAL(bob.provider_config_key(), "github");
    CHECK_EQUAL(bob.provider().value_or("-"), "github");
    CHECK(bob.errors().empty() && !bob.metadata_json() && !bob.webhook_url_override() &&
          bob.created_at() && bob.updated_at() && bob.last_fetched_at());
    CHECK(bob.connection_config_json()->reveal() == "{}");
    const auto user = bob.end_user();
    if (CHECK(user)) {
        CHECK_EQUAL(user->id(), "bob");
        CHECK(user->email() == "bob@example.com" && user->display_name() == "Bob");
        CHECK(user->organization() && user->organization()->id() == "acme" &&
              user->organization()->display_name() == "Acme");
    }
    const nango::credentials credentials = bob.credentials();
    CHECK(credentials.type() == "OAUTH2" && credentials.access_token()->reveal() == "at-bob" &&
          credentials.expires_at());
    CHECK(credentials.field("access_token")->reveal() == "at-bob" &&
          !credentials.field("nothing") && !credentials.password());
    CHECK(bob.get("/credentials/type") == "OAUTH2" && bob.get("/nothing") == std::nullopt &&
          bob.get("no pointer") == std::nullopt);
    CHECK(credentials.single_token().reveal() == "at-bob" && !credentials.empty());
    CHECK(bob.get("") == std::string(bob.json()) &&
          bob.get_secret("/credentials/access_token")->reveal() == "at-bob");

    const nango::client client = demo();
    const nango::connection alice = client.get_connection("github", "alice");
    CHECK(alice.tag("end_user_id") == "alice" && !alice.tag("x") && alice.tags_json() &&
          alice.metadata_json() == "{\"plan\":\"free\"}");
    CHECK(alice.tags().at("end_user_id") == "alice" && alice.tags().count("x") == 0);
    CHECK(!alice.end_user());
    const nango::connection none = client.get_connection("none", "nobody");
    CHECK(!none.credentials().type() && none.credentials().json() == "{}" &&
          none.credentials().empty());
    EXPECT(none.credentials().try_single_token(), no_credentials, "read_credentials");
    const nango::credentials basic = client.get_credentials("basic-auth", "dave");
    CHECK(basic.type() == "BASIC" && basic.username()->reveal() == "dave" &&
          basic.password()->reveal() == "hunter2" && !basic.expires_at());
    EXPECT(basic.try_single_token(), no_single_token, "BASIC");
    EXPECT_THROW(static_cast<void>(basic.single_token()), no_single_token, "BASIC");
    const nango::credentials carols = client.get_credentials("stripe-key", "carol");
    CHECK(carols.api_key()->reveal() == "sk_dev_carol" &&
          carols.single_token().reveal() == "sk_dev_carol");
    CHECK(client.get_credentials_json("stripe-key", "carol").reveal() == carols.json());
    CHECK(nango::json_get(client.get_connection_json("stripe-key", "carol").reveal(),
                          "/credentials/apiKey") == "sk_dev_carol");
    EXPECT_THROW(static_cast<void>(client.get_connection_json("github", "nobody-there")), not_found,
                 "nobody-there");
}

static void members_with_odd_names() {
    nango_error* problem = nullptr;
    char* text = nango_json_get(
        "[{\"a/b\":\"1\",\"c~d\":\"2\",\"\":\"3\",\"tags\":{\"x/y~z\":\"4\"},"
        "\"id\":1.5,\"errors\":[{\"type\":\"auth\",\"log_id\":\"l\"},{}]}]",
        "/0");
    CHECK(text && !problem);
    const nango::credentials odd = nango::credentials::adopt(text);
    CHECK(odd.field("a/b")->reveal() == "1" && odd.field("c~d")->reveal() == "2" &&
          odd.field("")->reveal() == "3" && !odd.field("a\0b"sv));
    const nango::connection connection =
        nango::connection::adopt(nango_json_get(odd.json().data(), ""));
    CHECK(connection.tag("x/y~z") == "4" && !connection.id());
    const auto errors = connection.errors();
    CHECK(errors.size() == 2 && errors[0].type == "auth" && errors[0].log_id == "l" &&
          errors[1].type.empty());
    CHECK(!nango::connection::adopt(nango_json_get("{\"end_user\":\"x\"}", "")).end_user());
    CHECK(!nango::connection::adopt(nullptr).id());
}

static void json() {
    CHECK(nango::json_get("{\"a\":{\"b\":[1.50,\"x\"]}}", "/a/b/0") == "1.50");
    CHECK(nango::json_get("{\"a\":{\"b\":[1.50,\"x\"]}}", "/a/b/1") == "x");
    CHECK(!nango::json_get("{\"a\":null}", "/a") && !nango::json_get("nonsense", "") &&
          nango::json_get("{\"a\":\"\"}", "/a") == "");
    CHECK((nango::json_items("{\"a\":[1, \"x\",null]}", "/a") ==
           std::vector<std::string>{"1", "\"x\"", "null"}));
    CHECK(nango::json_items("{}", "/a").empty());
    CHECK(nango::json_get_json("{\"a\":\"5\"}", "/a") == "\"5\"" &&
          nango::json_get_json("{\"a\":5}", "/a") == "5" &&
          !nango::json_get_json("{\"a\":null}", "/a"));
    using members = std::vector<std::pair<std::string, std::string>>;
    CHECK((nango::json_members("{\"a\":{\"b/\\u00fc\":\"x\", \"c\" : null}}", "/a") ==
           members{{"b/ü", "\"x\""}, {"c", "null"}}));
    CHECK(nango::json_members("[1]", "").empty() && nango::json_members("{}", "").empty() &&
          nango::json_members("{\"a\":1", "").empty());
}

// ---- Lists ----

static void lists() {
    const nango::client client = demo();
    std::vector<std::string> ids;
    for (const nango::connection_summary& connection : client.list_connections()) {
        ids.push_back(connection.connection_id());
        CHECK(connection.created() && connection.id() && connection.provider() &&
              !connection.provider_config_key().empty());
    }
    CHECK(ids.size() > 8 &&
          ids.size() == nango::json_items(client.list_connections_json(), "/connections").size());

    // Page by page, and with next(). The list outlives the client.
    std::vector<std::string> paged, taken;
    dev_forget_requests();
    for (const auto& connection : client.list_connections({}, 4))
        paged.push_back(connection.connection_id());
    CHECK(dev_count_requests() == static_cast<int>(ids.size() / 4 + 1));
    nango::connection_list list = demo().list_connections({}, 5);
    while (const auto connection = list.next()) taken.push_back(connection->connection_id());
    CHECK(ids == paged && ids == taken);
    CHECK(!list.next() && !(list.begin() != list.end()));

    // Only pages that are reached are fetched.
    dev_forget_requests();
    for (const auto& connection : client.list_connections({}, 3)) {
        CHECK_EQUAL(connection.connection_id(), ids[0]);
        break;
    }
    CHECK(dev_count_requests() == 1);

    // An iteration that stops and starts again continues after the last connection returned.
    nango::connection_list walk = client.list_connections({}, 3);
    for (const auto& connection : walk)
        if (connection.connection_id() == ids[3]) break;
    CHECK_EQUAL(walk.next()->connection_id(), ids[4]);
    auto at = walk.begin();
    CHECK_EQUAL(at->connection_id(), ids[5]);
    ++at;
    at++;
    CHECK_EQUAL((*at).connection_id(), ids[7]);
    CHECK(at != walk.end() && walk.end() != at && !(walk.end() == at));
}

static void filters() {
    const nango::client client = demo();
    const auto ids = [&](const nango::filter& filter) {
        std::string found;
        for (const auto& connection : client.list_connections(filter))
            found += connection.connection_id() + " ";
        return found;
    };
    nango::filter filter;
    CHECK_EQUAL(filter.to_json(), "");
    filter.connection_id = "bob";
    CHECK_EQUAL(ids(filter), "bob ");
    filter = {};
    filter.integration_id = {"stripe-key", "basic-auth"};
    const std::string both = ids(filter);
    CHECK(both == "dave carol " || both == "carol dave ");
    filter = {};
    filter.end_user_id = "bob";
    CHECK_EQUAL(ids(filter), "bob ");
    filter = {};
    filter.end_user_organization_id = "acme";
    CHECK_EQUAL(ids(filter), "bob ");
    filter = {};
    filter.tags = {{"end_user_id", "alice"}};
    CHECK_EQUAL(ids(filter), "alice ");
    filter = {};
    filter.search = "nothing has this: \" \\ \n \x01 \x7f é";
    CHECK_EQUAL(ids(filter), "");
    CHECK_EQUAL(filter.to_json(),
                "{\"search\":\"nothing has this: \\\" \\\\ \\u000a \\u0001 \x7f é\"}");
    CHECK_EQUAL(nango::json_get(filter.to_json(), "/search").value_or(""), *filter.search);
    filter = {};
    filter.limit = 2;
    filter.page = 1;
    CHECK(nango::json_items(client.list_connections_json(filter), "/connections").size() == 2);
    filter.integration_id = {"a", "b\""};
    filter.tags = {{"x", "1"}, {"y\"", "2"}};
    CHECK_EQUAL(filter.to_json(),
                "{\"integration_id\":[\"a\",\"b\\\"\"],\"tags\":{\"x\":\"1\",\"y\\\"\":\"2\"},"
                "\"limit\":2,\"page\":1}");
#if __cplusplus >= 202002L
    CHECK_EQUAL(ids({.connection_id = "bob", .integration_id = {"github"}}), "bob ");
#endif
}

static void a_page_that_fails() {
    const nango::client client = demo();
    const nango::cancel cancel;
    nango::call_options options;
    options.cancel(cancel);
    nango::connection_list list = client.list_connections({}, 2, options);
    std::vector<std::string> seen;
    try {
        for (const auto& connection : list) {
            seen.push_back(connection.connection_id());
            if (seen.size() == 2) cancel.trigger();
        }
        CHECK(false);
    } catch (const nango::error& error) {
        CHECK(error.code() == nango::code::cancelled);
    }
    CHECK(seen.size() == 2);
    EXPECT(list.try_next(), cancelled, "cancelled");
    EXPECT_THROW(list.begin(), cancelled, "cancelled");
}

// ---- Threads and time ----

static void cancel_from_another_thread() {
    struct peer silent;
    peer_start(&silent, PEER_SILENT, nullptr);
    const nango::client client = client_of(silent.url, key);
    const nango::cancel cancel;
    nango::call_options options;
    options.cancel(cancel);
    std::atomic<long long> ended = 0;
    std::optional<nango::error> error;
    std::thread caller([&] {
        auto token = client.try_get_token("github", "bob", options);
        ended = now_ms();
        if (!token) error = token.error();
    });
    CHECK(peer_was_called(&silent, 5000));
    std::this_thread::sleep_for(100ms);
    const long long triggered = now_ms();
    cancel.trigger();
    caller.join();
    CHECK(error && error->code() == nango::code::cancelled && !error->retryable());
    CHECK(ended - triggered < 1000);
    EXPECT(demo().try_get_token("github", "bob", options), cancelled, "cancelled");
    peer_stop(&silent);
}

static void timeouts() {
    struct peer silent;
    peer_start(&silent, PEER_SILENT, nullptr);
    nango::call_options call;
    call.timeout(200ms);
    const long long began = now_ms();
    EXPECT(client_of(silent.url, key).try_get_token("github", "bob", call), timeout, "timeout");
    CHECK(now_ms() - began >= 190 && now_ms() - began < 3000);
    peer_stop(&silent);
}

static void one_client_for_many_threads() {
    const nango::client client = demo();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 25; ++n)
                if (client.get_token("github", "bob").reveal() != "at-bob") ++wrong;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}

static void tls() {
    std::ifstream file(check_env("NANGO_DEV_CA_FILE"));
    std::stringstream pem;
    pem << file.rdbuf();
    nango::options options;
    options.base_url(check_env("NANGO_DEV_TLS_HOST"))
        .secret_key(key)
        .max_retries(0)
        .tls_roots(nango::tls_roots::bundled);
    EXPECT(nango::client(options).try_get_token("github", "bob"), tls, "with ca_pem");
    options.tls_roots(nango::tls_roots::custom_only).add_ca_pem(pem.str());
    CHECK(nango::client(options).get_token("github", "bob").reveal() == "at-bob");
}

// Every code that the library names has a name here, and the library knows every code here.
static void codes() {
    constexpr std::pair<nango::code, nango_code> known[] = {
        {nango::code::unknown_operation, NANGO_ERROR_UNKNOWN_OPERATION},
        {nango::code::queue_full, NANGO_ERROR_QUEUE_FULL},
        {nango::code::closed, NANGO_ERROR_CLOSED},
        {nango::code::wrong_process, NANGO_ERROR_WRONG_PROCESS},
        {nango::code::invalid_argument, NANGO_ERROR_INVALID_ARGUMENT},
        {nango::code::invalid_utf8, NANGO_ERROR_INVALID_UTF8},
        {nango::code::connect, NANGO_ERROR_CONNECT},
        {nango::code::tls, NANGO_ERROR_TLS},
        {nango::code::timeout, NANGO_ERROR_TIMEOUT},
        {nango::code::cancelled, NANGO_ERROR_CANCELLED},
        {nango::code::io, NANGO_ERROR_IO},
        {nango::code::dns, NANGO_ERROR_DNS},
        {nango::code::proxy, NANGO_ERROR_PROXY},
        {nango::code::bad_request, NANGO_ERROR_BAD_REQUEST},
        {nango::code::unauthorized, NANGO_ERROR_UNAUTHORIZED},
        {nango::code::forbidden, NANGO_ERROR_FORBIDDEN},
        {nango::code::not_found, NANGO_ERROR_NOT_FOUND},
        {nango::code::rate_limited, NANGO_ERROR_RATE_LIMITED},
        {nango::code::server, NANGO_ERROR_SERVER},
        {nango::code::refresh_failed, NANGO_ERROR_REFRESH_FAILED},
        {nango::code::reconnect_required, NANGO_ERROR_RECONNECT_REQUIRED},
        {nango::code::refresh_backoff, NANGO_ERROR_REFRESH_BACKOFF},
        {nango::code::no_credentials, NANGO_ERROR_NO_CREDENTIALS},
        {nango::code::no_single_token, NANGO_ERROR_NO_SINGLE_TOKEN},
        {nango::code::conflict, NANGO_ERROR_CONFLICT},
        {nango::code::token_not_replaced, NANGO_ERROR_TOKEN_NOT_REPLACED},
        {nango::code::invalid_response, NANGO_ERROR_INVALID_RESPONSE},
        {nango::code::integration_not_found, NANGO_ERROR_INTEGRATION_NOT_FOUND},
        {nango::code::response_too_large, NANGO_ERROR_RESPONSE_TOO_LARGE},
        {nango::code::internal, NANGO_ERROR_INTERNAL},
        {nango::code::panic, NANGO_ERROR_PANIC},
        {nango::code::ok, NANGO_OK},
    };
    std::size_t named = 0;
    for (nango_code number = 0; number < 200; ++number)
        named += nango::name(static_cast<nango::code>(number)) != "UNKNOWN";
    CHECK(named == std::size(known));
    for (const auto& [code, number] : known)
        CHECK(static_cast<nango_code>(code) == number && nango::name(code) != "UNKNOWN");
}

static void versions() {
    CHECK(nango::version() == NANGO_VERSION && nango::version_number() == NANGO_VERSION_NUMBER);
    CHECK(nango::try_check_version());
    nango::check_version();
    CHECK_EQUAL(version_in_another_file(), NANGO_VERSION);
}

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_DFL);
    host = check_env("NANGO_HOST");
    key = check_env("NANGO_SECRET_KEY");
    curl_global_init(CURL_GLOBAL_DEFAULT);

    RUN(a_nul_does_not_cross);
    RUN(arguments_that_are_none);
    RUN(answers_that_are_errors);
    RUN(facts_of_an_error);
    RUN(results);
    RUN(codes_are_error_codes);
    RUN(results_are_passed_on);
    RUN(secrets);
    RUN(what_was_moved_from);
    RUN(options_keep_their_first_problem);
    RUN(options_that_are_taken);
    RUN(the_environment);
    RUN(a_connection);
    RUN(members_with_odd_names);
    RUN(json);
    RUN(lists);
    RUN(filters);
    RUN(a_page_that_fails);
    RUN(cancel_from_another_thread);
    RUN(timeouts);
    RUN(one_client_for_many_threads);
    RUN(tls);
    RUN(codes);
    RUN(versions);

    curl_global_cleanup();
    return check_end();
}
