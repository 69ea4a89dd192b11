// A secret is wiped when it is freed: this program replaces free() and inspects the memory. Runs in
// the environment of nango-dev, but not under valgrind or a sanitizer, which replace free() too.

#include <malloc.h>

#include <atomic>

#include <nango.hpp>

#include "../c/check.h"

extern "C" void __libc_free(void*);

static const char* volatile watched;
static std::size_t watched_size;
static bool was_freed, was_wiped;
// The text to find in every freed block, and the number of blocks that held it.
static const char* volatile sought;
static std::atomic<int> found;

extern "C" __attribute__((visibility("default"))) void free(void* memory) noexcept {
    // The library stores the length in front of the text.
    const char* block = static_cast<const char*>(memory);
    const char* text = watched;
    if (block && text >= block && text < block + malloc_usable_size(memory)) {
        was_freed = was_wiped = true;
        for (std::size_t i = 0; i < watched_size; ++i) was_wiped = was_wiped && text[i] == '\0';
        watched = nullptr;
    }
    const char* text_sought = sought;
    if (block && text_sought &&
        memmem(block, malloc_usable_size(memory), text_sought, std::strlen(text_sought)))
        ++found;
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
        // A copy that is too long to be stored inside the string object.
        const nango::detail::given key("a-secret-key-that-is-longer-than-a-short-string");
        watch(key.c_str());
    }
    CHECK(was_freed && was_wiped);
}

// Returns how many blocks that the function frees hold the text.
template <class Function>
static int freed_with(const char* text, Function function) {
    found = 0;
    sought = text;
    function();
    sought = nullptr;
    return found;
}

// The library copies the key into the options, into the client, and into the Authorization header,
// which is built once.
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

// The refused token is passed to the library as text and inside JSON.
static void a_refused_token_is_wiped() {
    const nango::client client(nango::options::from_env());
    const nango::queue queue;
    // As long as a real token.
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

// Whether most of a freed text is still in memory. malloc() overwrites a few words of a freed
// block.
static bool is_left(const volatile char* where, const std::string& text) {
    std::size_t same = 0;
    for (std::size_t i = 0; i < text.size(); ++i) same += where[i] == text[i];
    return same > text.size() / 2;
}

// The body of an error answer: the error's own copy, and the copy that the caller gets. It holds
// the connection, so body_json() cannot contain the same text.
static void the_body_of_an_error_is_wiped() {
    nango_error* error = nullptr;
    nango_client* client =
        nango_client_new(std::getenv("NANGO_HOST"), std::getenv("NANGO_SECRET_KEY"), &error);
    CHECK(!nango_get_token(client, "github", "broken", nullptr, &error));
    char* body = nango_error_body_reveal(error);
    const std::string text(body);
    CHECK(text.size() > 64 && is_left(body, text));
    CHECK(freed_with(text.c_str(), [&] { nango_free_string(body); }) == 0);
    CHECK(!is_left(body, text));
    CHECK(freed_with(text.c_str(), [&] { nango_error_free(error); }) == 0);
    nango_client_free(client);
}

// Checks the check itself: text that is not wiped is detected.
static void what_is_not_wiped_is_seen() {
    char* text = static_cast<char*>(std::malloc(8));
    std::memcpy(text, "at-bob\0", 8);
    watch(std::string_view(text, 6));
    // The compiler must not see that the text is freed.
    void (*volatile release)(void*) = free;
    release(text);
    CHECK(was_freed && !was_wiped);
    const std::string left =
        "left-behind-in-a-block-that-is-freed, and is longer than the few words that malloc() "
        "writes over what it gets back";
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
