// A secret is wiped when it ends: free() is this program's own, and looks. In the environment of nango-dev; not under valgrind or a sanitizer, which have a free() of
// theirs.

#include <malloc.h>

#include <nango.hpp>

#include "../c/check.h"

extern "C" void __libc_free(void*);

static const char* volatile watched;
static std::size_t watched_size;
static bool was_freed, was_wiped;

extern "C" __attribute__((visibility("default"))) void free(void* memory) noexcept {
    // The library keeps the length in front of the text.
    const char* block = static_cast<const char*>(memory);
    const char* text = watched;
    if (block && text >= block && text < block + malloc_usable_size(memory)) {
        was_freed = was_wiped = true;
        for (std::size_t i = 0; i < watched_size; ++i) was_wiped = was_wiped && text[i] == '\0';
        watched = nullptr;
    }
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

// That the look works: what nobody wipes is seen.
static void what_is_not_wiped_is_seen() {
    char* text = static_cast<char*>(std::malloc(8));
    std::memcpy(text, "at-bob\0", 8);
    watch(std::string_view(text, 6));
    // The compiler must not see that it is gone.
    void (*volatile release)(void*) = free;
    release(text);
    CHECK(was_freed && !was_wiped);
}

int main(int argc, char** argv) {
    check_env("NANGO_HOST");
    RUN(what_is_not_wiped_is_seen);
    RUN(a_secret_is_wiped);
    return check_end();
}
