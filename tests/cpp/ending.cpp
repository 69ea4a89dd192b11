// Destructors that make calls while a thread or the process ends: each call works or throws
// INTERNAL, and nothing is written to standard error. Runs in the environment of nango-dev.

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <nango.hpp>

#include "../c/check.h"

static nango::client client_of(const char* url) {
    nango::options options;
    options.base_url(check_env(url)).secret_key(check_env("NANGO_SECRET_KEY"));
    std::FILE* file = std::fopen(check_env("NANGO_DEV_CA_FILE"), "rb");
    std::array<char, 1 << 16> pem;
    const std::size_t length = file ? std::fread(pem.data(), 1, pem.size(), file) : 0;
    if (file) std::fclose(file);
    options.tls_roots(nango::tls_roots::custom_only);
    options.add_ca_pem(std::string_view(pem.data(), length));
    return nango::client(options);
}

// Objects that a program keeps for its whole life. The destructor makes the last calls.
struct service {
    nango::client plain = client_of("NANGO_HOST");
    nango::client tls = client_of("NANGO_DEV_TLS_HOST");
    nango::queue queue;
    const char* where;
    // Whether the last calls are made too late to block.
    bool too_late;

    service(const char* where, bool too_late) : where(where), too_late(too_late) {}
    service(service&&) = delete;

    void call() const {
        CHECK(plain.get_token("github", "bob").reveal() == "at-bob");
        CHECK(tls.get_token("github", "bob").reveal() == "at-bob");
    }

    ~service() {
        for (const nango::client* client : {&plain, &tls}) {
            nango::result<nango::secret> token = client->try_get_token("github", "bob");
            CHECK(!token == too_late);
            CHECK(token || token.error().code() == nango::code::internal);
            queue.submit_get_token(*client, "github", "bob");
            std::vector<nango::completion> done = queue.next(1, std::chrono::seconds(20));
            CHECK(done.size() == 1 && done[0].token().reveal() == "at-bob");
        }
        std::printf("  %s: as it should be\n", where);
        std::fflush(stdout);
        if (check_problems) _exit(1);
    }
};

static void thread_local_after_calls() {
    std::thread([] {
        // Created before the thread's first call, so destroyed after the thread-local storage of
        // that call.
        thread_local service ours("thread_local, after calls", true);
        ours.call();
    }).join();
    std::exit(check_problems != 0);
}

static void thread_local_before_any_call() {
    std::thread([] {
        thread_local service ours("thread_local, the first calls", false);
        CHECK(ours.queue.fd() >= 0);
    }).join();
    std::exit(check_problems != 0);
}

static void static_after_calls() {
    static service ours("static, after calls", true);
    ours.call();
    std::exit(check_problems != 0);
}

static void static_before_any_call() {
    static service ours("static, the first calls", false);
    std::exit(check_problems != 0);
}

// Runs in a separate process.
static void expect_silence(void (*program)()) {
    std::FILE* written = std::tmpfile();
    std::array<char, 4096> text{};
    int status = 0;
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(written), 2);
        check_problems = 0;
        alarm(60);
        program();
    }
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    std::rewind(written);
    text[std::fread(text.data(), 1, text.size() - 1, written)] = '\0';
    CHECK_TEXT(text.data(), "");
    std::fclose(written);
}

// AddressSanitizer ends the process in its own way.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

static void destructors_that_call() {
    if (sanitized) return;
    expect_silence(static_before_any_call);
    expect_silence(static_after_calls);
    expect_silence(thread_local_before_any_call);
    expect_silence(thread_local_after_calls);
}

int main(int argc, char** argv) {
    RUN(destructors_that_call);
    return check_end();
}
