// Connects an account of a user, authorises a broken connection again, or imports a connection.
//
//     connect new PROVIDER_CONFIG_KEY USER
//     connect again PROVIDER_CONFIG_KEY CONNECTION_ID
//     connect import PROVIDER_CONFIG_KEY USER API_KEY
//
// The server and the secret key come from the environment: NANGO_HOST and NANGO_SECRET_KEY.
//
//     c++ -std=c++17 connect.cpp $(pkg-config --cflags --libs nango) -o connect

#include <chrono>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <nango.hpp>

using namespace std::chrono_literals;

using tags = std::map<std::string, std::string>;

// Shows the user the link, and checks until the user has been there.
template <class Done>
static void wait_for_user(const nango::connect_session& session, Done&& done) {
    std::cout << "open: " << session.connect_link()->reveal() << std::endl;
    const auto end = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > end)
            throw std::runtime_error("the user did not come");
        std::this_thread::sleep_for(500ms);
    }
}

// Returns the id of the new connection. Nango chooses it, so a tag of your own finds it.
static std::string connect(const nango::client& client, const std::string& key,
                           const std::string& user) {
    nango::create_connect_session_params params;
    params.tags = tags{{"user", user}};
    params.allowed_integrations = std::vector<std::string>{key};
    nango::filter filter;
    filter.integration_id = {key};
    filter.tags = tags{{"user", user}};
    std::string id;
    wait_for_user(client.create_connect_session(params), [&] {
        for (const nango::connection_summary& connection : client.list_connections(filter))
            id = connection.connection_id();
        return !id.empty();
    });
    return id;
}

// The connection keeps its id, its tags and its metadata.
static void connect_again(const nango::client& client, const std::string& key,
                          const std::string& id) {
    nango::create_reconnect_session_params params;
    params.integration_id = key;
    params.connection_id = id;
    wait_for_user(client.create_reconnect_session(params), [&] {
        const auto token = client.try_get_token(key, id);
        if (!token && !token.error().suggests_reconnect()) throw token.error();
        return token.has_value();
    });
}

static std::string import_key(const nango::client& client, const std::string& key,
                              const std::string& user, const std::string& credentials_json) {
    nango::create_connection_params params;
    params.provider_config_key = key;
    params.credentials_json = credentials_json;
    params.tags = tags{{"user", user}};
    return client.create_connection(params).connection_id();
}

int main(int argc, char** argv) try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string task = arguments.empty() ? "" : arguments[0];
    if (arguments.size() != (task == "import" ? 4U : 3U) ||
        (task != "new" && task != "again" && task != "import")) {
        std::cerr << "usage: connect new|again|import PROVIDER_CONFIG_KEY …\n";
        return 2;
    }
    const nango::client client{nango::options::from_env()};
    const std::string& key = arguments[1];
    std::string id = arguments[2];
    if (task == "new")
        id = connect(client, key, id);
    else if (task == "again")
        connect_again(client, key, id);
    else  // An API key has no character that JSON must escape.
        id = import_key(client, key, id,
                        R"({"type": "API_KEY", "apiKey": ")" + arguments[3] + "\"}");
    const nango::secret token = client.get_token(key, id);
    std::cout << "connected: " << id << ", with a token of " << token.size() << " characters\n";
} catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return 1;
}
