// Makes many calls at once from one thread that polls: submits a call for each connection, waits
// with poll() along with anything else that the program waits for, and takes the completions. The
// client, the queue and the completions free themselves, even if something throws.
//
//     queue PROVIDER_CONFIG_KEY CONNECTION_ID…
//
//     c++ -std=c++17 queue.cpp $(pkg-config --cflags --libs nango) -o queue

#include <iostream>

#include <nango.hpp>
#include <poll.h>

static void run(const char* integration, char** connections, std::uint64_t count) {
    const nango::client client(nango::options::from_env());
    const nango::queue queue;
    for (std::uint64_t which = 0; which < count; ++which)
        queue.submit_get_token(client, integration, connections[which], which);

    struct pollfd watched = {queue.fd(), POLLIN, 0};  // only for waiting: never read from it
    while (count > 0 && poll(&watched, 1, -1) >= 0) {
        using namespace std::chrono_literals;
        for (nango::completion& done : queue.next(16, 0ms)) {
            // A failed call must not stop the others, so use the form that does not throw.
            const nango::result<nango::secret> token = done.try_token();
            std::cout << connections[done.user_data()] << ": "
                      << (token ? "a token" : nango::name(token.error().code())) << '\n';
            --count;
        }
    }
}

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: queue PROVIDER_CONFIG_KEY CONNECTION_ID…\n";
        return 2;
    }
    try {
        run(argv[1], argv + 2, static_cast<std::uint64_t>(argc - 2));
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
