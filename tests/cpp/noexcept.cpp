// The wrapper in a program without exceptions. Built with -fno-exceptions; runs in the environment
// of nango-dev.

#include <nango.hpp>

#include "../c/check.h"

#if NANGO_HPP_EXCEPTIONS
#error build this with -fno-exceptions
#endif

using namespace std::string_view_literals;

static nango::result<nango::client> demo() {
    nango::result<nango::options> options = nango::options::try_from_env();
    if (!options) return nango::unexpected(options.error());
    return nango::client::try_create(*options);
}

static void a_token() {
    const auto client = demo();
    if (!CHECK(client)) return;
    const auto token = client->try_get_token("github", "bob");
    CHECK(token && token->reveal() == "at-bob");
    const auto connection = client->try_get_connection("github", "bob");
    CHECK(connection && connection->connection_id() == "bob" &&
          connection->credentials().type() == "OAUTH2");
    CHECK(connection->credentials().try_single_token()->reveal() == "at-bob");
    CHECK(client->try_warm_up());
}

static void a_list() {
    const auto client = demo();
    auto list = client->try_list_connections({}, 4);
    int count = 0;
    if (!CHECK(list)) return;
    for (;;) {
        const auto connection = list->try_next();
        if (!CHECK(connection) || !*connection) break;
        CHECK(!(*connection)->connection_id().empty());
        ++count;
    }
    CHECK(count > 8);
}

static void a_queue() {
    const auto client = demo();
    const auto queue = nango::queue::try_create();
    if (!CHECK(client && queue)) return;
    CHECK(queue->try_submit_get_token(*client, "github", "bob", 7));
    CHECK(queue->try_submit_get_token(*client, "github", "nobody-there", 8));
    CHECK(queue->try_submit_get_token(*client, "github", "").error().code() ==
          nango::code::invalid_argument);
    std::uint64_t seen = 0;
    while (seen < 15)
        for (nango::completion& done : queue->next(4)) {
            seen += done.user_data();
            const auto token = done.try_token();
            CHECK(token ? done.user_data() == 7 && token->reveal() == "at-bob"
                        : done.user_data() == 8 && token.error().code() == nango::code::not_found);
        }
    queue->close();
    CHECK(queue->next(1).empty());
}

static void versions() { CHECK(nango::try_check_version()); }

static void errors() {
    const auto client = demo();
    const auto token = client->try_get_token("github", "alice\0bob"sv);
    CHECK(!token && token.error().code() == nango::code::invalid_argument);
    const auto missing = client->try_get_token("github", "nobody-there");
    CHECK(!missing && missing.error().code() == nango::code::not_found &&
          missing.error().http_status() == 404);
    CHECK(!nango::client::try_create("not a url", "key"));
}

int main(int argc, char** argv) {
    check_env("NANGO_HOST");
    RUN(a_token);
    RUN(a_list);
    RUN(a_queue);
    RUN(versions);
    RUN(errors);
    return check_end();
}
