// Built with a header that claims to be newer than the library: creating a client or a queue fails,
// and the error gives the reason.

#include <nango.hpp>

#include "../c/check.h"

static void refused(const nango::error& error) {
    CHECK(error.code() == nango::code::internal && error.attempts() == 0);
    CHECK_HOLDS(error.what(), ("libnango " + std::string(nango::version()) + " is loaded").c_str());
    CHECK_HOLDS(error.what(), "the header of " NANGO_VERSION);
}

static void nothing_is_made() {
    const auto client = nango::client::try_create("http://127.0.0.1:1", "a-secret-key");
    CHECK(!client);
    refused(client.error());
    const auto queue = nango::queue::try_create();
    CHECK(!queue);
    refused(queue.error());
    try {
        const nango::queue made;
        CHECK(false);
    } catch (const nango::error& error) {
        refused(error);
    }
    try {
        nango::check_version();
        CHECK(false);
    } catch (const nango::error& error) {
        refused(error);
    }
}

int main(int argc, char** argv) {
    RUN(nothing_is_made);
    return check_end();
}
