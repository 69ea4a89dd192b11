// Fetches tokens from coroutines (C++20). A coroutine that waits in co_await holds no thread: the
// loop at the end resumes it when its call completes.
//
//     coroutine PROVIDER_CONFIG_KEY CONNECTION_ID…
//
//     c++ -std=c++20 coroutine.cpp $(pkg-config --cflags --libs nango) -o coroutine

#include <coroutine>
#include <cstdint>
#include <exception>
#include <iostream>

#include <nango.hpp>
#include <poll.h>

// A call that a coroutine waits for.
struct waiting_call {
    std::coroutine_handle<> coroutine;
    nango::completion* done = nullptr;
};

// Submits calls, and resumes the coroutines that wait for them.
class calls {
public:
    // `co_await calls.token(…)` is a nango::result<nango::secret>.
    auto token(const nango::client& client, const char* integration, const char* connection) {
        struct awaitable : waiting_call {
            calls& all;
            const nango::client& client;
            const char* integration;
            const char* connection;
            nango::result<std::uint64_t> ticket = 0;

            awaitable(calls& all, const nango::client& client, const char* integration,
                      const char* connection)
                : all(all), client(client), integration(integration), connection(connection) {}

            bool await_ready() const noexcept { return false; }
            // Returns whether there is something to wait for.
            bool await_suspend(std::coroutine_handle<> waiting) {
                coroutine = waiting;
                const auto self =
                    reinterpret_cast<std::uintptr_t>(static_cast<waiting_call*>(this));
                ticket = all.queue_.try_submit_get_token(client, integration, connection, self);
                if (ticket) ++all.in_flight_;
                return ticket.has_value();
            }
            nango::result<nango::secret> await_resume() {
                if (!ticket) return nango::unexpected(ticket.error());
                return done->try_token();
            }
        };
        return awaitable(*this, client, integration, connection);
    }

    // Resumes coroutines until no call is in flight. A program with an event loop waits for the
    // descriptor in that loop.
    void run() {
        struct pollfd watched = {queue_.fd(), POLLIN, 0};
        while (in_flight_ > 0 && poll(&watched, 1, -1) >= 0) {
            for (nango::completion& done : queue_.next(64, std::chrono::milliseconds(0))) {
                auto* call =
                    reinterpret_cast<waiting_call*>(static_cast<std::uintptr_t>(done.user_data()));
                --in_flight_;
                call->done = &done;
                call->coroutine.resume();
            }
        }
    }

private:
    nango::queue queue_;
    std::size_t in_flight_ = 0;
};

// A coroutine that starts at once and that nothing waits for.
struct task {
    struct promise_type {
        task get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

static task print_token(calls& calls, const nango::client& client, const char* integration,
                        const char* connection) {
    const nango::result<nango::secret> token =
        co_await calls.token(client, integration, connection);
    std::cout << connection << ": " << (token ? "a token" : nango::name(token.error().code()))
              << '\n';
}

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: coroutine PROVIDER_CONFIG_KEY CONNECTION_ID…\n";
        return 2;
    }
    try {
        const nango::client client(nango::options::from_env());
        calls calls;
        for (int i = 2; i < argc; ++i) print_token(calls, client, argv[1], argv[i]);
        calls.run();
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
