// Runs the conformance vectors through the C++ wrapper: `conformance FOLDER [NAME…]`, in the environment of nango-dev with --vectors FOLDER.
// What a vector is stands in the folder's README.md.

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

#include <nango.hpp>
#include <nlohmann/json.hpp>

using json = nlohmann::json;
using namespace std::string_literals;

static std::string base;  // where this run's vectors are played
static std::string vector_name;
static bool vector_failed;

// What a vector is that the wrapper's types do not let one say.
struct cannot_say : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static std::string shown(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

static void expect(const std::string& what, const json& seen, const json& wanted) {
    if (seen == wanted) return;  // numbers by value: 1 == 1.0
    std::cout << vector_name << ": " << what << ": seen " << shown(seen) << ", wanted " << shown(wanted) << '\n';
    vector_failed = true;
}

template <class T>
static json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

static json parsed(std::string_view text) {
    return json::parse(text);
}

static json parsed(const std::optional<std::string>& text) {
    return text ? json::parse(*text) : json();
}

static void expect_error(const nango::error& error, const json& wanted) {
    for (const auto& [name, fact] : wanted.items()) {
        const std::string message(error.message());
        const std::string body(error.body_json().value_or(""));
        const auto holds = [](const std::string& text, const json& part) { return text.find(part.get<std::string>()) != std::string::npos; };
        if (name == "code")
            expect(name, std::string(nango::name(error.code())), fact);
        else if (name == "http_status")
            expect(name, error.http_status(), fact);
        else if (name == "api_code")
            expect(name, or_null(error.api_code()), fact);
        else if (name == "retryable")
            expect(name, error.retryable(), fact);
        else if (name == "retry_after_ms")
            expect(name, error.retry_after() ? error.retry_after()->count() : -1, fact);
        else if (name == "attempts")
            expect(name, error.attempts(), fact);
        else if (name == "message_contains")
            for (const json& part : fact) expect(name + " in " + message, holds(message, part) ? part : json(), part);
        else if (name == "message_lacks")
            for (const json& part : fact) expect(name + " in " + message, holds(message, part) ? part : json(), json());
        else if (name == "body_lacks")
            for (const json& part : fact) expect(name + " in " + body, holds(body, part) ? part : json(), json());
        else if (name == "body_json")
            expect(name, error.body_json() ? parsed(*error.body_json()) : json(), fact);
        else
            expect("a fact of an error that this runner does not know", name, json());
    }
}

static nango::client make_client(const json& settings) {
    nango::options options;
    options.base_url(base + "/" + vector_name);
    options.secret_key(settings.value("secret_key", "0f8fad5b-d9cb-469f-a165-70867728950e"s));
    options.max_retries(settings.value("max_retries", 0U));
    if (settings.contains("plural_routes")) options.plural_routes(settings["plural_routes"]);
    if (settings.contains("max_response_bytes")) options.max_response_bytes(settings["max_response_bytes"].get<std::uint64_t>());
    if (settings.contains("user_agent_suffix")) options.user_agent_suffix(settings["user_agent_suffix"].get<std::string>());
    return nango::client(options);
}

static nango::call_options make_call_options(const json& wanted) {
    nango::call_options options;
    for (const auto& [name, value] : wanted.items()) {
        if (name == "force_refresh")
            options.force_refresh(value);
        else if (name == "include_refresh_token")
            options.include_refresh_token(value);
        else if (name == "timeout_ms")
            options.timeout(std::chrono::milliseconds(value.get<std::int64_t>()));
        else if (name == "headers")
            for (const json& header : value) options.header(header[0].get<std::string>(), header[1].get<std::string>());
    }
    return options;
}

// Typed where the type allows what the vector says, and otherwise as text.
static nango::filter make_filter(const json& wanted) {
    nango::filter filter;
    bool typed = true;
    const auto is_texts = [](const json& values) { return std::all_of(values.begin(), values.end(), [](const json& value) { return value.is_string(); }); };
    for (const auto& item : wanted.items()) {
        const std::string& name = item.key();
        const json& value = item.value();
        const auto number = [&](std::optional<std::uint32_t>& member) { value.is_number_unsigned() ? void(member = value.get<std::uint32_t>()) : void(typed = false); };
        const auto text = [&](std::optional<std::string>& member) { value.is_string() ? void(member = value.get<std::string>()) : void(typed = false); };
        if (name == "connection_id")
            text(filter.connection_id);
        else if (name == "search")
            text(filter.search);
        else if (name == "end_user_id")
            text(filter.end_user_id);
        else if (name == "end_user_organization_id")
            text(filter.end_user_organization_id);
        else if (name == "limit")
            number(filter.limit);
        else if (name == "page")
            number(filter.page);
        else if (name == "integration_id" && value.is_string())
            filter.integration_id = {value.get<std::string>()};
        else if (name == "integration_id" && value.is_array() && !value.empty() && is_texts(value))
            filter.integration_id = value.get<std::vector<std::string>>();
        else if (name == "tags" && value.is_object() && !value.empty() && is_texts(value))
            filter.tags = value.get<std::map<std::string, std::string>>();
        else
            typed = false;
    }
    if (!typed) filter.json = wanted.dump();
    return filter;
}

static json organization_view(const nango::organization& organization) {
    return {{"id", organization.id()}, {"display_name", or_null(organization.display_name())}};
}

static json end_user_view(const nango::end_user& user) {
    const auto organization = user.organization();
    return {{"id", user.id()},
            {"display_name", or_null(user.display_name())},
            {"email", or_null(user.email())},
            {"tags", parsed(user.tags_json())},
            {"organization", organization ? organization_view(*organization) : json()}};
}

// A member of credentials, by whatever way there is for it.
static json credentials_member(const nango::credentials& credentials, const std::string& name) {
    using getter = std::optional<nango::secret> (nango::credentials::*)() const;
    static const std::map<std::string, getter> named = {
        {"access_token", &nango::credentials::access_token}, {"refresh_token", &nango::credentials::refresh_token},
        {"token", &nango::credentials::token},               {"apiKey", &nango::credentials::api_key},
        {"username", &nango::credentials::username},         {"password", &nango::credentials::password},
        {"oauth_token", &nango::credentials::oauth_token},   {"oauth_token_secret", &nango::credentials::oauth_token_secret},
    };
    if (name == "type") return or_null(credentials.type());
    if (name == "expires_at") return or_null(credentials.expires_at());
    const auto field = credentials.field(name);
    if (const auto found = named.find(name); found != named.end()) {
        const auto again = (credentials.*found->second)();
        expect("credentials." + name + " in two ways", again ? json(again->reveal()) : json(), field ? json(field->reveal()) : json());
    }
    if (!field) return nullptr;
    // Anything but a string comes as JSON.
    const json value = json::parse(credentials.json()).at(name);
    return value.is_string() ? json(field->reveal()) : parsed(field->reveal());
}

// Compares the members that the vector names.
static void expect_view(const nango::connection& connection, const json& wanted) {
    for (const auto& [name, value] : wanted.items()) {
        if (name == "id")
            expect(name, or_null(connection.id()), value);
        else if (name == "connection_id")
            expect(name, connection.connection_id(), value);
        else if (name == "provider_config_key")
            expect(name, connection.provider_config_key(), value);
        else if (name == "provider")
            expect(name, or_null(connection.provider()), value);
        else if (name == "errors") {
            json errors = json::array();
            for (const auto& error : connection.errors()) errors.push_back({{"type", error.type}, {"log_id", error.log_id}});
            expect(name, errors, value);
        } else if (name == "end_user") {
            const auto user = connection.end_user();
            expect(name, user ? end_user_view(*user) : json(), value);
        } else if (name == "tags") {
            expect(name, parsed(connection.tags_json()), value);
            for (const auto& [tag, text] : value.items()) expect("tag " + tag, or_null(connection.tag(tag)), text);
        } else if (name == "metadata")
            expect(name, parsed(connection.metadata_json()), value);
        else if (name == "connection_config") {
            const auto config = connection.connection_config_json();
            expect(name, config ? parsed(config->reveal()) : json(), value);
        } else if (name == "webhook_url_override")
            expect(name, or_null(connection.webhook_url_override()), value);
        else if (name == "created_at")
            expect(name, or_null(connection.created_at()), value);
        else if (name == "updated_at")
            expect(name, or_null(connection.updated_at()), value);
        else if (name == "last_fetched_at")
            expect(name, or_null(connection.last_fetched_at()), value);
        else if (name == "credentials") {
            const nango::credentials credentials = connection.credentials();
            if (value.empty()) expect("credentials.type", or_null(credentials.type()), json());
            for (const auto& [member, fact] : value.items()) expect("credentials." + member, credentials_member(credentials, member), fact);
        } else
            expect("a member that this runner does not know", name, json());
    }
}

// Runs what may throw, and compares the error.
static void with_error(const json& wanted, const std::function<void()>& body) {
    const auto failed = [&](const nango::error& error) {
        if (wanted.contains("error"))
            expect_error(error, wanted["error"]);
        else
            expect("error", error.what(), json());
    };
    try {
        body();
        if (wanted.contains("error")) expect("error", json(), wanted["error"].at("code"));
    } catch (const nango::bad_result_access& access) {
        failed(access.error());
    } catch (const nango::error& error) {
        failed(error);
    }
}

static void run_call(const json& vector) {
    const json& call = vector.at("call");
    const json& wanted = vector.at("expect");
    const std::string operation = call.at("operation");
    with_error(wanted, [&] {
        const nango::client client = make_client(vector.value("client", json::object()));
        const nango::call_options options = make_call_options(call.value("options", json::object()));
        const std::string key = call.value("provider_config_key", ""s);
        const std::string id = call.value("connection_id", ""s);
        const auto is_text = [&](std::string_view text) {
            if (wanted.contains("text")) expect("text", text, wanted["text"]);
            if (wanted.contains("json")) expect("json", parsed(text), wanted["json"]);
            if (wanted.contains("token")) expect("token", text, wanted["token"]);
        };
        const int calls = vector.value("calls", 1);
        for (int number = 1; number <= calls; ++number) {
            const bool last = number == calls;
            // Of those before the last nothing is said: neither that they succeed, nor that they fail.
            if (operation == "get_connection") {
                auto connection = client.try_get_connection(key, id, options);
                if (!last) continue;
                is_text(connection.value().json());
                if (wanted.contains("connection")) expect_view(*connection, wanted["connection"]);
            } else if (operation == "get_token") {
                auto token = client.try_get_token(key, id, options);
                if (last) is_text(token.value().reveal());
            } else if (operation == "get_credentials") {
                auto credentials = client.try_get_credentials(key, id, options);
                if (last) is_text(credentials.value().json());
            } else if (operation == "list_connections") {
                auto list = client.try_list_connections_json(make_filter(call.value("filter", json::object())), options);
                if (last) is_text(list.value());
            } else {
                throw cannot_say("an operation that this runner does not know");
            }
        }
    });
}

static void run_list(const json& vector) {
    json seen = json::array();
    with_error(vector.at("expect"), [&] {
        const nango::client client = make_client(vector.value("client", json::object()));
        for (const nango::connection_summary& connection : client.list_connections(make_filter(vector.value("filter", json::object())), vector.value("page_size", 0U)))
            seen.push_back(connection.connection_id());
    });
    expect("connection_ids", seen, vector.at("expect").at("connection_ids"));
}

static void run_client(const json& vector) {
    const json& settings = vector.at("client");
    const std::string key = settings.at("secret_key");
    with_error(vector.at("expect"), [&] {
        if (settings.contains("base_url"))
            nango::client(settings["base_url"].get<std::string>(), key);
        else
            nango::client{key};
    });
}

static void run_json_get(const json& vector) {
    expect("value", or_null(nango::json_get(vector.at("json").get<std::string>(), vector.at("pointer").get<std::string>())), vector.at("expect"));
}

static void run(const json& vector) {
    const std::string kind = vector.value("kind", "call"s);
    if (kind == "call")
        run_call(vector);
    else if (kind == "list")
        run_list(vector);
    else if (kind == "client")
        run_client(vector);
    else if (kind == "json_get")
        run_json_get(vector);
    else
        throw cannot_say("a kind that this runner does not know");
}

int main(int argc, char** argv) {
    const char* host = std::getenv("NANGO_HOST");
    if (argc < 2 || !host) {
        std::cerr << "usage: " << argv[0] << " FOLDER [NAME…], in the environment of nango-dev\n";
        return 2;
    }
    base = host + "/_vectors/cpp-"s + std::to_string(std::time(nullptr)) + "-" + std::to_string(getpid());
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());

    unsigned passed = 0, failed = 0, skipped = 0;
    for (const auto& file : files) {
        std::ifstream stream(file);
        const json content = json::parse(stream);
        for (const json& vector : content.at("vectors")) {
            vector_name = vector.at("name");
            if (argc > 2 && std::find(argv + 2, argv + argc, vector_name) == argv + argc) continue;
            vector_failed = false;
            try {
                run(vector);
            } catch (const cannot_say& why) {
                std::cout << "skipped " << vector_name << ": " << why.what() << '\n';
                ++skipped;
                continue;
            } catch (const std::exception& error) {
                expect("an exception", error.what(), json());
            }
            ++(vector_failed ? failed : passed);
        }
    }
    std::cout << passed + failed << " run, " << skipped << " skipped\n";
    if (passed + failed == 0) std::cout << "no vector was run\n";
    std::cout << passed << " passed, " << failed << " failed, " << skipped << " skipped\n";
    return failed || passed == 0;
}
