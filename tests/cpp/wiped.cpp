// A secret is wiped when it ends: free() is this program's own, and looks. In the environment of
// nango-dev; not under valgrind or a sanitizer, which have a free() of theirs.

#include <malloc.h>

#include <atomic>

#include <nango.hpp>

#include "../c/check.h"

extern "C" void __libc_free(void*);

static const char* volatile watched;
static std::size_t watched_size;
static bool was_freed, was_wiped;
// What is looked for in every block that is freed, and in how many it was.
static const char* volatile sought;
static std::atomic<int> found;

extern "C" __attribute__((visibility("default"))) void free(void* memory) noexcept {
    // The library keeps the length in front of the text.
    const char* block = static_cast<const char*>(memory);
    const char* text = watched;
    if (block && text >= block && text < block + malloc_usable_size(memory)) {
        was_freed = was_wiped = true;
        for (std::size_t i = 0; i < watched_size; ++i) was_wiped = was_wiped && text[i] == '\0';
        watched = nullptr;
    }
    const char* text_sought = sought;
    if (block && text_sought && memmem(block, malloc_usable_size(memory), text_sought, std::strlen(text_sought))) ++found;
    __libc_free(memory);
}

static void watch(std::string_view text) {
    was_freed = was_wiped = false;
    watched_size = text.size();
    watched = text.data();
}

static void a_secret_is_wiped() {
    const nango::client client(nango::options::from_env());
    {
        const nango::secret token = client.get_token("github", "bob");
        CHECK(token.reveal() == "at-bob");
        watch(token.reveal());
    }
    CHECK(was_freed && was_wiped);
    nango::secret token = client.get_token("github", "bob");
    watch(token.reveal());
    nango::secret moved = std::move(token);
    CHECK(!was_freed && moved.reveal() == "at-bob");
    moved = nango::secret();
    CHECK(was_freed && was_wiped);
    {
        const nango::connection connection = client.get_connection("github", "bob");
        watch(connection.json());
    }
    CHECK(was_freed && was_wiped);
    {
        // A copy that is too long for the string object itself.
        const nango::detail::given key("a-secret-key-that-is-longer-than-a-short-string");
        watch(key.c_str());
    }
    CHECK(was_freed && was_wiped);
}

// How many blocks that are freed meanwhile hold the text.
template <class Function>
static int freed_with(const char* text, Function function) {
    found = 0;
    sought = text;
    function();
    sought = nullptr;
    return found;
}

// The key, which the library has copies of: in the options, in the client, in the header that is
// made of it once.
static void a_key_is_wiped() {
    const char* key = std::getenv("NANGO_SECRET_KEY");
    const int left = freed_with(key, [&] {
        nango_error* error = nullptr;
        nango_options* options = nango_options_new();
        nango_options_set_secret_key(options, "another-key-that-gives-way-to-the-next");
        nango_options_set_secret_key(options, key);
        nango_options_set_base_url(options, std::getenv("NANGO_HOST"));
        nango_client* client = nango_client_new_with_options(options, &error);
        CHECK(client && !error);
        nango_options_free(options);
        nango_client_free(client);
    });
    CHECK(left == 0);
}

// The token that a provider refused: given to the library, in JSON too.
static void a_refused_token_is_wiped() {
    const nango::client client(nango::options::from_env());
    const nango::queue queue;
    // As long as real ones are.
    const std::string refused = "a-refused-token-" + std::string(200, 'x') + "-at-its-end";
    const auto code = [&](const char* integration, const char* id) {
        return client.try_replace_token(integration, id, refused).error().code();
    };
    const auto queued = [&](const char* id, const nango::call_options& options = {}) {
        return queue.try_submit_replace_token(client, "github", id, refused, 0, options);
    };
    const int left = freed_with(refused.c_str(), [&] {
        CHECK(client.replace_token("github", "bob", refused).reveal() == "at-bob");
        CHECK(code("github", "") == nango::code::invalid_argument);
        CHECK(code("stripe-key", "nobody-there") == nango::code::not_found);
        CHECK(queued("bob") && queue.next(1)[0].token().reveal() == "at-bob");
        CHECK(queued("").error().code() == nango::code::invalid_argument);
        nango::call_options force;
        force.force_refresh();
        CHECK(queued("bob", force).error().code() == nango::code::invalid_argument);
        queue.close();
        CHECK(queued("bob").error().code() == nango::code::closed);
    });
    CHECK(left == 0);
}

// Whether most of a text is still where it was, though it was freed: malloc() writes a few words of
// its own over that.
static bool is_left(const volatile char* where, const std::string& text) {
    std::size_t same = 0;
    for (std::size_t i = 0; i < text.size(); ++i) same += where[i] == text[i];
    return same > text.size() / 2;
}

// The body that the server sent with an error: the error's own copy, and the one that is asked for.
// It holds the connection, so that no part that is shown is the same text.
static void the_body_of_an_error_is_wiped() {
    nango_error* error = nullptr;
    nango_client* client = nango_client_new(std::getenv("NANGO_HOST"), std::getenv("NANGO_SECRET_KEY"), &error);
    CHECK(!nango_get_token(client, "github", "broken", nullptr, &error));
    char* body = nango_error_body_reveal(error);
    const std::string text(body);
    CHECK(text.size() > 64 && is_left(body, text));
    CHECK(freed_with(text.c_str(), [&] { nango_free_string(body); }) == 0);
    CHECK(!is_left(body, text));
    CHECK(freed_with(text.c_str(), [&] { nango_error_free(error); }) == 0);
    nango_client_free(client);
}

// That the look works: what nobody wipes is seen.
static void what_is_not_wiped_is_seen() {
    char* text = static_cast<char*>(std::malloc(8));
    std::memcpy(text, "at-bob\0", 8);
    watch(std::string_view(text, 6));
    // The compiler must not see that it is gone.
    void (*volatile release)(void*) = free;
    release(text);
    CHECK(was_freed && !was_wiped);
    const std::string left = "left-behind-in-a-block-that-is-freed, and is longer than the few words that malloc() writes over what it gets back";
    char* copy = nullptr;
    CHECK(freed_with(left.c_str(), [&] { release(copy = strdup(left.c_str())); }) == 1);
    CHECK(is_left(copy, left));
}

int main(int argc, char** argv) {
    check_env("NANGO_HOST");
    RUN(what_is_not_wiped_is_seen);
    RUN(a_secret_is_wiped);
    RUN(a_key_is_wiped);
    RUN(a_refused_token_is_wiped);
    RUN(the_body_of_an_error_is_wiped);
    return check_end();
}
