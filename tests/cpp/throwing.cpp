// Fails each allocation of the wrapper in turn, and throws from users' types: no object of the
// library leaks. Runs in the environment of nango-dev.

#include <cstdlib>
#include <new>
#include <stdexcept>

#include <nango.hpp>

#include "../c/check.h"

// How many C++ allocations of this thread still succeed; below 0, all do.
static thread_local long left = -1;

static void* allocated(std::size_t size) {
    if (left == 0) throw std::bad_alloc();
    if (left > 0) --left;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}

void* operator new(std::size_t size) { return allocated(size); }
void* operator new[](std::size_t size) { return allocated(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

using namespace std::chrono_literals;
using namespace std::string_view_literals;

static const nango::client* demo;
static std::string host, key;

// Runs the function with 0, 1, 2, … allocations until they are enough. Before that, each run must
// throw bad_alloc. No run may leak an object of the library.
template <class Function>
static void starved(const char* what, Function&& function) {
    const std::int64_t before = nango_live_objects();
    for (long enough = 0;; ++enough) {
        bool thrown = false;
        left = enough;
        try {
            function();
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        left = -1;
        if (!check_that(nango_live_objects() == before, what, __FILE__, __LINE__)) return;
        if (!thrown) {
            printf("  %s: %ld allocations, each refused once\n", what, enough);
            return;
        }
    }
}

static void memory_is_out() {
    starved("options", [] {
        nango::options options;
        options.base_url(host).secret_key(key).proxy("").user_agent_suffix(
            "a-suffix-that-is-longer-than-what-a-string-holds-itself");
    });
    starved("options with a NUL", [] {
        nango::options options;
        options.base_url("http://h\0"sv);
        static_cast<void>(nango::client::try_create(options));
    });
    starved("a client", [] { nango::client client(host, key); });
    starved("a client of a wrong URL", [] {
        static_cast<void>(
            nango::client::try_create("a URL that is none, and too long for a short string", key));
    });
    starved("a token", [] { static_cast<void>(demo->get_token("github", "bob")); });
    starved("an error", [] { static_cast<void>(demo->try_get_token("github", "nobody-there")); });
    starved("an error that is thrown", [] {
        try {
            static_cast<void>(demo->get_token("github", "nobody-there"));
        } catch (const nango::error&) {
        }
    });
    starved("call options", [] {
        nango::call_options options;
        options
            .header("x-a-header-that-is-longer-than-fifteen",
                    "and a value that is longer than fifteen")
            .timeout(20s);
        static_cast<void>(demo->get_token("github", "bob", options));
    });
    starved("a connection", [] {
        const nango::connection bob = demo->get_connection("github", "bob");
        static_cast<void>(bob.end_user()->organization()->display_name());
        static_cast<void>(bob.credentials().access_token());
        static_cast<void>(bob.errors());
        static_cast<void>(bob.get("/created_at"));
        static_cast<void>(bob.tag("a tag that is longer than fifteen"));
        static_cast<void>(bob.end_user()->tags());
        static_cast<void>(bob.names("/credentials"));
        static_cast<void>(bob.credentials().single_token());
        static_cast<void>(nango::json_members(bob.json(), "/end_user"));
        static_cast<void>(demo->get_credentials("basic-auth", "dave").try_single_token());
    });
    starved("a list", [] {
        std::vector<nango::connection_summary> all;
        for (nango::connection_summary& connection : demo->list_connections({}, 9))
            all.push_back(std::move(connection));
    });
    starved("a list as JSON", [] {
        static_cast<void>(nango::json_items(demo->list_connections_json(), "/connections"));
    });
}

static void memory_is_out_with_a_queue() {
    starved("a queue", [] {
        const nango::queue queue;
        queue.submit_get_token(*demo, "github", "bob", 1);
        queue.submit_get_token(*demo, "github", "nobody-there", 2);
        queue.submit_list_connections(*demo);
        queue.submit_page(demo->list_connections({}, 9));
        for (int seen = 0; seen < 4;)
            for (nango::completion& done : queue.next(4, 10s)) {
                ++seen;
                if (!done || done.user_data() == 1)
                    static_cast<void>(done.try_token());
                else
                    static_cast<void>(done.try_page());
            }
    });

    // No completion is lost when there is no memory for it: it can be taken once there is.
    const nango::queue queue;
    queue.submit_get_token(*demo, "github", "bob", 7);
    bool thrown = false;
    left = 0;
    try {
        static_cast<void>(queue.next(8, 10s));
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    left = -1;
    CHECK(thrown);
    std::vector<nango::completion> done = queue.next(8, 10s);
    CHECK(done.size() == 1 && done[0].user_data() == 7 && done[0].token().reveal() == "at-bob");
}

// A user's type whose constructor throws after it has taken an object of the library.
struct refuses {
    explicit refuses(nango::secret token) : kept(std::move(token)) {
        throw std::runtime_error("no");
    }
    nango::secret kept;
};
struct holds_and_refuses {
    nango::client client{host, key};
    nango::queue queue;
    nango::cancel cancel;
    std::uint64_t ticket = queue.submit_get_token(client, "github", "bob");
    nango::connection_list list = client.list_connections();
    refuses last{client.get_token("github", "bob")};
};

// An allocator with room for four elements.
template <class T>
struct little_room {
    using value_type = T;
    little_room() = default;
    template <class U>
    little_room(const little_room<U>&) {}
    T* allocate(std::size_t count) {
        if (count > 4) throw std::bad_alloc();
        return static_cast<T*>(::operator new(count * sizeof(T)));
    }
    void deallocate(T* memory, std::size_t) { ::operator delete(memory); }
    friend bool operator==(const little_room&, const little_room&) { return true; }
    friend bool operator!=(const little_room&, const little_room&) { return false; }
};

template <class Exception, class Function>
static void throws(Function&& function) {
    const std::int64_t before = nango_live_objects();
    bool thrown = false;
    try {
        function();
    } catch (const Exception&) {
        thrown = true;
    }
    CHECK(thrown && nango_live_objects() == before);
}

static void users_types_throw() {
    throws<std::runtime_error>([] { refuses refused(demo->get_token("github", "bob")); });
    throws<std::runtime_error>([] { holds_and_refuses refused; });
    throws<std::bad_alloc>([] {
        std::vector<nango::secret, little_room<nango::secret>> tokens;
        for (;;) tokens.push_back(demo->get_token("github", "bob"));
    });
    throws<std::bad_alloc>([] {
        std::vector<nango::completion, little_room<nango::completion>> kept;
        const nango::queue queue;
        for (;;) {
            queue.submit_get_token(*demo, "github", "bob");
            for (nango::completion& done : queue.next(1, 10s)) kept.push_back(std::move(done));
        }
    });
    throws<std::bad_alloc>([] {
        std::vector<nango::connection_summary, little_room<nango::connection_summary>> few;
        for (nango::connection_summary& connection : demo->list_connections())
            few.push_back(std::move(connection));
    });
    throws<std::runtime_error>([] {
        for (const nango::connection_summary& connection : demo->list_connections({}, 3))
            throw std::runtime_error(connection.connection_id());
    });
    throws<std::runtime_error>([] {
        static_cast<void>(
            demo->try_get_token("github", "bob").transform([](nango::secret token) -> int {
                throw std::runtime_error(std::string(token.reveal()));
            }));
    });
}

// Runs without main()'s client, so that no object at all may be left.
static void nothing_is_left() { CHECK(nango_live_objects() == 0); }

int main(int argc, char** argv) {
    host = check_env("NANGO_HOST");
    key = check_env("NANGO_SECRET_KEY");
    const auto with_client = [](void (*test)()) {
        const nango::client client(host, key);
        demo = &client;
        test();
    };
    static const auto run = with_client;
#define RUN_WITH_CLIENT(test) \
    check_run(                \
        #test, [] { run(test); }, argc, argv)
    RUN_WITH_CLIENT(memory_is_out);
    RUN_WITH_CLIENT(memory_is_out_with_a_queue);
    RUN_WITH_CLIENT(users_types_throw);
    RUN(nothing_is_left);
    return check_end();
}
