// Runs the conformance vectors through the C++ wrapper: `conformance FOLDER [NAME…]`, in the
// environment of nango-dev with --vectors FOLDER. The folder's README.md describes a vector. Each
// call is made twice: blocking, and through a queue.

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

static const std::string default_key = "0f8fad5b-d9cb-469f-a165-70867728950e";
static std::string base;  // the base URL of this run's vectors
static std::string vector_name;
static bool vector_failed;
static std::string way;  // how the call is made, for messages

// Thrown for a vector that the wrapper's types cannot express.
struct cannot_say : std::runtime_error {
    using std::runtime_error::runtime_error;
};

static std::string shown(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

static void expect(const std::string& what, const json& seen, const json& wanted) {
    if (seen == wanted) return;  // compares numbers by value: 1 == 1.0
    std::cout << vector_name << way << ": " << what << ": seen " << shown(seen) << ", wanted "
              << shown(wanted) << '\n';
    vector_failed = true;
}

template <class T>
static json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

static json parsed(std::string_view text) { return json::parse(text); }

// A null must be an empty optional, not the text "null".
static json parsed(const std::optional<std::string>& text) {
    expect("whether null is nothing", text == "null", false);
    return text ? json::parse(*text) : json();
}

static void expect_error(const nango::error& error, const json& wanted) {
    for (const auto& [name, fact] : wanted.items()) {
        const std::string message(error.message());
        const std::string body(error.body_json().value_or(""));
        const auto holds = [](const std::string& text, const json& part) {
            return text.find(part.get<std::string>()) != std::string::npos;
        };
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
            for (const json& part : fact)
                expect(name + " in " + message, holds(message, part) ? part : json(), part);
        else if (name == "message_lacks")
            for (const json& part : fact)
                expect(name + " in " + message, holds(message, part) ? part : json(), json());
        else if (name == "body_lacks")
            for (const json& part : fact)
                expect(name + " in " + body, holds(body, part) ? part : json(), json());
        else if (name == "body_json")
            expect(name, error.body_json() ? parsed(*error.body_json()) : json(), fact);
        else if (name == "reveal_body")
            expect(name, error.reveal_body() ? json(error.reveal_body()->reveal()) : json(), fact);
        else if (name == "headers")
            for (const auto& [header, value] : fact.items())
                expect(header, or_null(error.header(header)), value);
        else
            expect("a fact of an error that this runner does not know", name, json());
    }
}

// The value of `credentials` in an answer.
static void collect_secrets(const json& value, bool inside, std::vector<std::string>& found) {
    if (inside && value.is_string() && value.get_ref<const std::string&>().size() >= 8)
        found.push_back(value);
    if (value.is_array())
        for (const json& element : value) collect_secrets(element, inside, found);
    if (value.is_object())
        for (const auto& [name, member] : value.items())
            if (name != "type" && name != "expires_at")
                collect_secrets(member, inside || name == "credentials", found);
}

// Checks that the shown text contains none of the vector's secrets.
static void expect_no_secret(const json& vector, const std::string& shown) {
    std::vector<std::string> secrets{
        vector.value("client", json::object()).value("secret_key", default_key)};
    for (const json& exchange : vector.value("exchanges", json::array()))
        collect_secrets(exchange.at("response").value("body", json()), false, secrets);
    for (const std::string& secret : secrets)
        if (shown.find(secret) != std::string::npos)
            expect("what must not be shown", shown, json());
}

// Empty if the variable is not set.
static std::string variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "";
}

// Each client belongs to a separate run, because the server plays a vector's exchanges once per
// run.
static nango::client make_client(const std::string& run, const json& settings) {
    nango::options options;
    if (settings.contains("server")) {
        std::ifstream file(variable("NANGO_DEV_CA_FILE"));
        const std::string authority{std::istreambuf_iterator<char>(file), {}};
        options.base_url(variable(settings["server"]))
            .tls_roots(nango::tls_roots::custom_only)
            .add_ca_pem(authority);
    } else {
        options.base_url(base + run + "/" + vector_name);
    }
    options.events(64);
    options.secret_key(settings.value("secret_key", default_key));
    options.max_retries(settings.value("max_retries", 0U));
    if (settings.contains("plural_routes")) options.plural_routes(settings["plural_routes"]);
    if (settings.contains("max_response_bytes"))
        options.max_response_bytes(settings["max_response_bytes"].get<std::uint64_t>());
    if (settings.contains("user_agent_suffix"))
        options.user_agent_suffix(settings["user_agent_suffix"].get<std::string>());
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
            for (const json& header : value)
                options.header(header[0].get<std::string>(), header[1].get<std::string>());
    }
    return options;
}

// Uses the typed setters if the types allow the vector's values, and JSON text otherwise.
static nango::filter make_filter(const json& wanted) {
    nango::filter filter;
    bool typed = true;
    const auto is_texts = [](const json& values) {
        return std::all_of(values.begin(), values.end(),
                           [](const json& value) { return value.is_string(); });
    };
    for (const auto& item : wanted.items()) {
        const std::string& name = item.key();
        const json& value = item.value();
        const auto number = [&](std::optional<std::uint32_t>& member) {
            value.is_number_unsigned() ? void(member = value.get<std::uint32_t>())
                                       : void(typed = false);
        };
        const auto text = [&](std::optional<std::string>& member) {
            value.is_string() ? void(member = value.get<std::string>()) : void(typed = false);
        };
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

// A string of the view that is not optional is empty if the server left it out.
static json or_null(const std::string& text) { return text.empty() ? json() : json(text); }

static json organization_view(const nango::organization& organization) {
    return {{"id", or_null(organization.id())},
            {"display_name", or_null(organization.display_name())}};
}

static json end_user_view(const nango::end_user& user) {
    const auto organization = user.organization();
    for (const auto& [name, text] : user.tags())
        expect("tag " + name + " of the end user", or_null(user.tag(name)), text);
    return {{"id", or_null(user.id())},
            {"display_name", or_null(user.display_name())},
            {"email", or_null(user.email())},
            {"tags", user.tags()},
            {"organization", organization ? organization_view(*organization) : json()}};
}

// Reads a member of credentials, with its getter if there is one.
static json credentials_member(const nango::credentials& credentials, const std::string& name) {
    using getter = std::optional<nango::secret> (nango::credentials::*)() const;
    static const std::map<std::string, getter> named = {
        {"access_token", &nango::credentials::access_token},
        {"refresh_token", &nango::credentials::refresh_token},
        {"token", &nango::credentials::token},
        {"apiKey", &nango::credentials::api_key},
        {"username", &nango::credentials::username},
        {"password", &nango::credentials::password},
        {"oauth_token", &nango::credentials::oauth_token},
        {"oauth_token_secret", &nango::credentials::oauth_token_secret},
    };
    if (name == "type") return or_null(credentials.type());
    if (name == "expires_at") return or_null(credentials.expires_at());
    const auto field = credentials.field(name);
    const json all = json::parse(credentials.json());
    const json value = all.is_object() ? all.value(name, json()) : json();
    if (const auto found = named.find(name); found != named.end()) {
        const auto again = (credentials.*found->second)();
        expect("credentials." + name + " by its own function",
               again ? json(again->reveal()) : json(), value.is_string() ? value : json());
    }
    if (!field) return nullptr;
    // field() returns anything but a string as JSON.
    return value.is_string() ? json(field->reveal()) : parsed(field->reveal());
}

static void expect_credentials(const nango::credentials& credentials, const json& wanted) {
    if (wanted.empty()) expect("credentials.type", or_null(credentials.type()), json());
    for (const auto& [member, fact] : wanted.items())
        expect("credentials." + member, credentials_member(credentials, member), fact);
}

// A string, or {"error": code}.
static void expect_single_token(const nango::credentials& credentials, const json& wanted) {
    const auto token = credentials.try_single_token();
    expect("single_token",
           token ? json(token->reveal()) : json({{"error", nango::name(token.error().code())}}),
           wanted);
}

// Reads the members that a connection and a connection_summary have in common. Returns false for
// any other member.
template <class Connection>
static bool expect_fact(const Connection& connection, const std::string& name, const json& value) {
    if (name == "id")
        expect(name, or_null(connection.id()), value);
    else if (name == "connection_id")
        expect(name, or_null(connection.connection_id()), value);
    else if (name == "provider_config_key")
        expect(name, or_null(connection.provider_config_key()), value);
    else if (name == "provider")
        expect(name, or_null(connection.provider()), value);
    else if (name == "errors") {
        json errors = json::array();
        for (const auto& error : connection.errors())
            errors.push_back({{"type", or_null(error.type)}, {"log_id", or_null(error.log_id)}});
        expect(name, errors, value);
    } else if (name == "end_user") {
        const auto user = connection.end_user();
        expect(name, user ? end_user_view(*user) : json(), value);
    } else if (name == "tags") {
        expect(name, connection.tags(), value);
        for (const auto& [tag, text] : value.items())
            expect("tag " + tag, or_null(connection.tag(tag)), text);
        for (const std::string tag : {"", "0", "nobody's"})
            if (!value.contains(tag)) expect("tag " + tag, or_null(connection.tag(tag)), json());
        const json all = json::parse(connection.json()).value("tags", json());
        expect("tags_json", parsed(connection.tags_json()), all.is_object() ? all : json());
    } else if (name == "metadata")
        expect(name, parsed(connection.metadata_json()), value);
    else if (name == "other") {
        const auto names = connection.names();
        for (const auto& [member, fact] : value.items()) {
            const json pointer = json::json_pointer() / member;
            expect("other." + member, parsed(connection.get_json(pointer.get<std::string>())),
                   fact);
            expect("whether " + member + " is named",
                   std::count(names.begin(), names.end(), member), 1);
        }
    } else
        return false;
    return true;
}

// Compares the members that the vector names.
static void expect_view(const nango::connection& connection, const json& wanted) {
    for (const auto& [name, value] : wanted.items()) {
        if (expect_fact(connection, name, value)) continue;
        if (name == "connection_config") {
            const auto config = connection.connection_config_json();
            expect(name,
                   parsed(config ? std::optional<std::string>(config->reveal()) : std::nullopt),
                   value);
        } else if (name == "webhook_url_override")
            expect(name, or_null(connection.webhook_url_override()), value);
        else if (name == "created_at")
            expect(name, or_null(connection.created_at()), value);
        else if (name == "updated_at")
            expect(name, or_null(connection.updated_at()), value);
        else if (name == "last_fetched_at")
            expect(name, or_null(connection.last_fetched_at()), value);
        else if (name == "credentials")
            expect_credentials(connection.credentials(), value);
        else if (name == "credential_names") {
            auto names = connection.credentials().names();
            std::sort(names.begin(), names.end());
            expect(name, names, value);
            expect("whether there are credentials", connection.credentials().empty(),
                   value.empty());
        } else if (name == "single_token")
            expect_single_token(connection.credentials(), value);
        else
            expect("a member that this runner does not know", name, json());
    }
}

static void expect_view(const nango::connection_summary& connection, const json& wanted) {
    for (const auto& [name, value] : wanted.items()) {
        if (expect_fact(connection, name, value)) continue;
        if (name == "created")
            expect(name, or_null(connection.created()), value);
        else
            expect("a member that this runner does not know", name, json());
    }
}

// Runs a function that may throw, and compares the error.
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

// The two ways to make a call. Each function returns a result.
struct blocking {
    static auto connection(const nango::client& client, const std::string& key,
                           const std::string& id, const nango::call_options& options) {
        return client.try_get_connection(key, id, options);
    }
    static auto connection_json(const nango::client& client, const std::string& key,
                                const std::string& id, const nango::call_options& options) {
        return client.try_get_connection_json(key, id, options);
    }
    static auto token(const nango::client& client, const std::string& key, const std::string& id,
                      const nango::call_options& options) {
        return client.try_get_token(key, id, options);
    }
    static auto replaced(const nango::client& client, const std::string& key, const std::string& id,
                         const std::string& refused, const nango::call_options& options) {
        return client.try_replace_token(key, id, refused, options);
    }
    static auto credentials(const nango::client& client, const std::string& key,
                            const std::string& id, const nango::call_options& options) {
        return client.try_get_credentials(key, id, options);
    }
    static auto list(const nango::client& client, const nango::filter& filter,
                     const nango::call_options& options) {
        return client.try_list_connections_json(filter, options);
    }
    template <class Each>
    static void walk(nango::connection_list list, Each&& each) {
        for (const nango::connection_summary& connection : list) each(connection);
    }
    static constexpr const char* name = "";
};

struct queued {
    static auto connection(const nango::client& client, const std::string& key,
                           const std::string& id, const nango::call_options& options) {
        return done([&] { return queue().try_submit_get_connection(client, key, id, 0, options); },
                    [](auto& done) { return done.try_connection(); });
    }
    static auto connection_json(const nango::client& client, const std::string& key,
                                const std::string& id, const nango::call_options& options) {
        return done([&] { return queue().try_submit_get_connection(client, key, id, 0, options); },
                    [](auto& done) { return done.try_secret_json(); });
    }
    static auto token(const nango::client& client, const std::string& key, const std::string& id,
                      const nango::call_options& options) {
        return done([&] { return queue().try_submit_get_token(client, key, id, 0, options); },
                    [](auto& done) { return done.try_token(); });
    }
    static auto replaced(const nango::client& client, const std::string& key, const std::string& id,
                         const std::string& refused, const nango::call_options& options) {
        const auto submit = [&] {
            return queue().try_submit_replace_token(client, key, id, refused, 0, options);
        };
        return done(submit, [](auto& done) { return done.try_token(); });
    }
    static auto credentials(const nango::client& client, const std::string& key,
                            const std::string& id, const nango::call_options& options) {
        return done([&] { return queue().try_submit_get_credentials(client, key, id, 0, options); },
                    [](auto& done) { return done.try_credentials(); });
    }
    static auto list(const nango::client& client, const nango::filter& filter,
                     const nango::call_options& options) {
        return done([&] { return queue().try_submit_list_connections(client, filter, 0, options); },
                    [](auto& done) { return done.try_json(); });
    }
    template <class Each>
    static void walk(const nango::connection_list& list, Each&& each) {
        for (;;) {
            auto page = done([&] { return queue().try_submit_page(list); },
                             [](auto& done) { return done.try_page(); });
            if (!page.value()) return;
            for (const nango::connection_summary& connection : **page) each(connection);
        }
    }
    static constexpr const char* name = " (queue)";

private:
    static const nango::queue& queue() {
        static const nango::queue queue;
        return queue;
    }

    // Returns the completion of the submitted call.
    template <class Submit, class Take>
    static auto done(Submit&& submit, Take&& take)
        -> decltype(take(std::declval<nango::completion&>())) {
        const nango::result<std::uint64_t> ticket = submit();
        if (!ticket) return nango::unexpected(ticket.error());
        auto completions = queue().next(1);
        expect("the ticket", completions.at(0).ticket(), *ticket);
        return take(completions[0]);
    }
};

template <class Way>
static void run_call(const std::string& run, const json& vector) {
    const json& call = vector.at("call");
    const json& wanted = vector.at("expect");
    const std::string operation = call.at("operation");
    const auto is_silent = [&](const nango::client& client, const nango::error& error) {
        std::ostringstream shown;
        shown << error.what() << ' ' << error.message() << ' ' << error.body_json().value_or("");
        while (const auto event = client.next_event_json()) shown << ' ' << *event;
        expect_no_secret(vector, shown.str());
    };
    with_error(wanted, [&] {
        const nango::client client = make_client(run, vector.value("client", json::object()));
        const nango::call_options options =
            make_call_options(call.value("options", json::object()));
        const std::string key = call.value("provider_config_key", ""s);
        const std::string id = call.value("connection_id", ""s);
        const auto is_text = [&](std::string_view text) {
            if (wanted.contains("text")) expect("text", text, wanted["text"]);
            if (wanted.contains("json")) expect("json", parsed(text), wanted["json"]);
            if (wanted.contains("token")) expect("token", text, wanted["token"]);
        };
        // An answer without a body has no typed view.
        const bool typed = vector.value("typed", false) || wanted.contains("connection");
        const int calls = vector.value("calls", 1);
        for (int number = 1; number <= calls; ++number) {
            const bool last = number == calls;
            // The vector says nothing about the calls before the last: they may succeed or fail.
            if (operation == "get_connection" && !typed) {
                auto text = Way::connection_json(client, key, id, options);
                if (!text) is_silent(client, text.error());
                if (last) is_text(text.value().reveal());
            } else if (operation == "get_connection") {
                auto connection = Way::connection(client, key, id, options);
                if (!connection) is_silent(client, connection.error());
                if (!last) continue;
                is_text(connection.value().json());
                if (wanted.contains("connection")) expect_view(*connection, wanted["connection"]);
            } else if (operation == "get_token") {
                auto token = Way::token(client, key, id, options);
                if (!token) is_silent(client, token.error());
                if (last) is_text(token.value().reveal());
            } else if (operation == "replace_token") {
                const std::string refused = call.at("refused_token");
                auto token = Way::replaced(client, key, id, refused, options);
                if (!token) is_silent(client, token.error());
                if (last) is_text(token.value().reveal());
            } else if (operation == "get_credentials") {
                auto credentials = Way::credentials(client, key, id, options);
                if (!credentials) is_silent(client, credentials.error());
                if (last) is_text(credentials.value().json());
            } else if (operation == "list_connections") {
                auto list =
                    Way::list(client, make_filter(call.value("filter", json::object())), options);
                if (!list) is_silent(client, list.error());
                if (last) is_text(list.value());
            } else {
                throw cannot_say("an operation that this runner does not know");
            }
        }
    });
}

// If a vector expects a token or the lack of one, fetches the connection first and checks the token
// of its credentials.
template <class Way>
static void run_token_of_connection(const std::string& run, const json& vector) {
    const json& call = vector.at("call");
    const json& wanted = vector.at("expect");
    const json code = wanted.value("error", json::object()).value("code", json());
    if (call.at("operation") != "get_token" || vector.contains("calls")) return;
    if (!wanted.contains("token") && code != "NO_SINGLE_TOKEN" && code != "NO_CREDENTIALS") return;
    const nango::client client = make_client(run, vector.value("client", json::object()));
    const auto connection =
        Way::connection(client, call.at("provider_config_key"), call.at("connection_id"),
                        make_call_options(call.value("options", json::object())));
    expect_single_token(connection.value().credentials(),
                        wanted.contains("token") ? wanted["token"] : json({{"error", code}}));
}

template <class Way>
static void run_list(const std::string& run, const json& vector) {
    json seen = json::array();
    std::size_t place = 0;
    const json& expected = vector.at("expect");
    with_error(expected, [&] {
        const nango::client client = make_client(run, vector.value("client", json::object()));
        Way::walk(
            client.list_connections(make_filter(vector.value("filter", json::object())),
                                    vector.value("page_size", 0U)),
            [&](const nango::connection_summary& connection) {
                seen.push_back(connection.connection_id());
                if (expected.contains("connections") && place < expected["connections"].size())
                    expect_view(connection, expected["connections"][place++]);
            });
    });
    expect("connection_ids", seen, vector.at("expect").at("connection_ids"));
}

template <class Way>
static void run_by(const std::string& run, const std::string& kind, const json& vector) {
    way = Way::name;
    if (kind == "list") {
        run_list<Way>(run, vector);
    } else {
        run_call<Way>(run, vector);
        run_token_of_connection<Way>(run + "-of-connection", vector);
    }
    way.clear();
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
    const std::string source = vector.at("json");
    const std::string pointer = vector.at("pointer");
    expect("value", or_null(nango::json_get(source, pointer)), vector.at("expect"));
    const auto value = nango::json_get_json(source, pointer);
    expect("value of the JSON", value ? or_null(nango::json_get(*value, "")) : json(),
           vector.at("expect"));
}

static void run(const json& vector) {
    const std::string kind = vector.value("kind", "call"s);
    if (kind == "call" || kind == "list") {
        run_by<blocking>("", kind, vector);
        run_by<queued>("-queue", kind, vector);
    } else if (kind == "client")
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
    base = host + "/_vectors/cpp-"s + std::to_string(std::time(nullptr)) + "-" +
           std::to_string(getpid());
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
