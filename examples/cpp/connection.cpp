// Fetches a connection's token from Nango and calls the provider's API with it.
//
//     connection PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]
//
// The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY. With
// --until-refused it waits until the token has expired, and fetches a new one.
//
//     c++ -std=c++17 connection.cpp $(pkg-config --cflags --libs nango libcurl) -o connection

#include <chrono>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <curl/curl.h>
#include <nango.hpp>

using namespace std::chrono_literals;

// Lists all connections, page after page, and prints the first few.
static void list_connections(const nango::client& client) {
    constexpr std::size_t shown = 3;
    std::string line;
    std::size_t count = 0;
    for (const nango::connection_summary& connection : client.list_connections()) {
        if (count++ < shown)
            line += (count == 1 ? "" : ", ") + connection.connection_id() + " (" +
                    connection.provider_config_key() + ")";
    }
    if (count > shown) line += " and " + std::to_string(count - shown) + " more";
    std::cout << "connections: " << (count ? line : "none") << std::endl;
}

// Prints the last four characters only: a token is a secret, and four are enough to tell two apart.
static void print_token(const nango::secret& token, std::string_view remark = {}) {
    const std::string_view text = token.reveal();
    std::cout << "token: …" << (text.size() > 12 ? text.substr(text.size() - 4) : "") << " ("
              << text.size() << " characters)" << remark << std::endl;
}

// Calls the provider's API with the token, and returns the status.
static long call_api(const std::string& url, const nango::secret& token) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                   &curl_easy_cleanup);
    const auto ignore_body =
        +[](char*, std::size_t size, std::size_t count, void*) { return size * count; };

    curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_HTTPAUTH,
                     static_cast<long>(CURLAUTH_BEARER));  // Authorization: Bearer TOKEN
    curl_easy_setopt(curl.get(), CURLOPT_XOAUTH2_BEARER, token.reveal_c_str());
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, ignore_body);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 30L);
    if (const CURLcode result = curl_easy_perform(curl.get()); result != CURLE_OK)
        throw std::runtime_error(url + " cannot be called: " + curl_easy_strerror(result));

    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static void print_status(long status) {
    std::cout << "api: " << status;
    if (status == 401)
        std::cout << ", the provider refuses the token";
    else if (status >= 200 && status < 300)
        std::cout << ", the provider accepts the token";
    std::cout << std::endl;
}

// Calls the API with the same token until the provider refuses it.
static void wait_until_refused(const std::string& url, const nango::secret& token) {
    std::cout << "waiting for the token to expire …" << std::endl;
    const auto end = std::chrono::steady_clock::now() + 30s;
    long status = 0;
    while ((status = call_api(url, token)) != 401) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("the provider still answers " + std::to_string(status) +
                                     " after 30 seconds");
        std::this_thread::sleep_for(250ms);
    }
    print_status(status);
}

static void run(const std::string& integration, const std::string& connection,
                const std::string& url, bool until_refused) {
    const nango::client client(nango::options::from_env());
    list_connections(client);

    // Fetch the token just before use and do not store it: Nango refreshes it when necessary.
    const nango::secret token = client.get_token(integration, connection);
    print_token(token);
    print_status(call_api(url, token));

    if (until_refused) {
        wait_until_refused(url, token);
        const nango::secret fresh = client.get_token(integration, connection);
        print_token(fresh, fresh.reveal() != token.reveal() ? ", a fresh one" : ", the same one");
        print_status(call_api(url, fresh));
    }
}

int main(int argc, char** argv) {
    if (argc < 4 || argc > 5 || (argc == 5 && std::string_view(argv[4]) != "--until-refused")) {
        std::cerr << "usage: " << (argc ? argv[0] : "connection")
                  << " PROVIDER_CONFIG_KEY CONNECTION_ID API_URL [--until-refused]\n";
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int code = 0;
    try {
        run(argv[1], argv[2], argv[3], argc == 5);
    } catch (const nango::error& error) {
        std::cerr << "error: " << error.what() << '\n';  // the message and the code's name
        std::cerr << "-> " << error.advice() << '\n';
        code = 1;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        code = 1;
    }
    curl_global_cleanup();
    return code;
}
