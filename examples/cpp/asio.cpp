// Fetches tokens under Boost.Asio: async_get_token() is an asynchronous operation like Asio's own.
// A timer ticks meanwhile, to show that no call blocks the loop.
//
//     asio PROVIDER_CONFIG_KEY CONNECTION_ID…
//
//     c++ -std=c++17 -pthread asio.cpp $(pkg-config --cflags --libs nango) -o asio

#include <boost/asio.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <nango.hpp>

namespace asio = boost::asio;

// A queue that an io_context waits on. Use it from one thread, or from one strand.
class async_calls {
public:
    explicit async_calls(asio::io_context& context)
        : context_(context), readable_(context, duplicate(queue_.fd())) {}

    // Completes with a nango::result<nango::secret>.
    template <class CompletionToken>
    auto async_get_token(const nango::client& client, const char* integration,
                         const char* connection, CompletionToken&& token) {
        return asio::async_initiate<CompletionToken, void(nango::result<nango::secret>)>(
            [&](auto handler) { submit(client, integration, connection, std::move(handler)); },
            token);
    }

private:
    // A handler of any type.
    struct pending {
        virtual ~pending() = default;
        virtual void complete(nango::result<nango::secret> token) = 0;
    };

    template <class Handler>
    struct pending_of final : pending {
        pending_of(Handler handler, asio::io_context& context)
            : handler(std::move(handler)), executor(context.get_executor()) {}

        void complete(nango::result<nango::secret> token) override {
            asio::post(asio::get_associated_executor(handler, executor),
                       [handler = std::move(handler), token = std::move(token)]() mutable {
                           handler(std::move(token));
                       });
        }

        Handler handler;
        asio::io_context::executor_type executor;
    };

    // Asio closes its descriptor, and the library closes the queue's, so each needs its own.
    static int duplicate(int descriptor) {
        const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) throw std::system_error(errno, std::generic_category(), "fcntl");
        return copy;
    }

    template <class Handler>
    void submit(const nango::client& client, const char* integration, const char* connection,
                Handler handler) {
        std::unique_ptr<pending> call =
            std::make_unique<pending_of<Handler>>(std::move(handler), context_);
        const auto ticket = queue_.try_submit_get_token(
            client, integration, connection, reinterpret_cast<std::uintptr_t>(call.get()));
        if (!ticket) return call->complete(nango::unexpected(ticket.error()));
        call.release();  // until take() gets its completion
        if (in_flight_++ == 0) wait();
    }

    void wait() {
        readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this](const boost::system::error_code& stopped) {
                                 if (!stopped) take();
                             });
    }

    void take() {
        for (nango::completion& done : queue_.next(64, std::chrono::milliseconds(0))) {
            const std::unique_ptr<pending> call(
                reinterpret_cast<pending*>(static_cast<std::uintptr_t>(done.user_data())));
            --in_flight_;
            call->complete(done.try_token());
        }
        if (in_flight_ > 0) wait();
    }

    asio::io_context& context_;
    nango::queue queue_;
    asio::posix::stream_descriptor readable_;
    std::size_t in_flight_ = 0;
};

static void run(const char* integration, char** connections, int count) {
    asio::io_context context;
    const nango::client client(nango::options::from_env());
    async_calls calls(context);
    int left = count;
    asio::steady_timer timer(context, std::chrono::milliseconds(100));
    timer.async_wait([](const boost::system::error_code& stopped) {
        if (!stopped) std::cout << "tick\n";
    });
    for (int i = 0; i < count; ++i)
        calls.async_get_token(
            client, integration, connections[i],
            [&, connection = connections[i]](const nango::result<nango::secret>& token) {
                std::cout << connection << ": "
                          << (token ? "a token" : nango::name(token.error().code())) << '\n';
                if (--left == 0) timer.cancel();
            });
    context.run();
}

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: asio PROVIDER_CONFIG_KEY CONNECTION_ID…\n";
        return 2;
    }
    try {
        run(argv[1], argv + 2, argc - 2);
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
