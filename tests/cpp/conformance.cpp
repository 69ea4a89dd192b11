// Makes the calls of the conformance vectors: reads a request on each line of the standard input,
// and writes an answer on a line of the standard output. ../conformance/README.md describes both.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include <nango.hpp>
#include <nlohmann/json.hpp>

#include "dispatch.hpp"

using json = nlohmann::json;

// What the interface promises and a vector cannot express.
static void check(bool holds, const std::string& what) {
    if (!holds) throw std::logic_error(what);
}

template <class T>
static json or_null(const std::optional<T>& value) {
    return value ? json(*value) : json();
}

static json or_null(const std::optional<nango::secret>& value) {
    return value ? json(value->reveal()) : json();
}

static json or_null(std::string_view text) { return text.empty() ? json() : json(text); }

// A null must be an empty optional, not the text "null".
static json parsed(const std::optional<std::string>& text) {
    check(text != "null", "null is a text");
    return text ? json::parse(*text) : json();
}

static nango::client make_client(const json& settings) {
    const std::string key = settings.at("secret_key");
    if (settings.size() == 1) return nango::client(key);
    if (settings.size() == 2 && settings.contains("base_url"))
        return nango::client(settings["base_url"].get<std::string>(), key);
    nango::options options;
    options.events(64);
    for (const auto& [name, value] : settings.items()) {
        if (name == "base_url") {
            options.base_url(value.get<std::string>());
        } else if (name == "secret_key") {
            options.secret_key(key);
        } else if (name == "ca_file") {
            std::ifstream file(value.get<std::string>());
            const std::string authority{std::istreambuf_iterator<char>(file), {}};
            options.tls_roots(nango::tls_roots::custom_only).add_ca_pem(authority);
        } else if (name == "plural_routes") {
            options.plural_routes(value);
        } else if (name == "max_retries") {
            options.max_retries(value);
        } else if (name == "max_response_bytes") {
            options.max_response_bytes(value.get<std::uint64_t>());
        } else if (name == "user_agent_suffix") {
            options.user_agent_suffix(value.get<std::string>());
        } else {
            check(false, "unknown option " + name);
        }
    }
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
        else
            check(false, "unknown option of a call " + name);
    }
    return options;
}

// Uses the typed members if the types allow the values, and JSON text otherwise.
static nango::filter make_filter(const json& wanted) {
    nango::filter filter;
    bool typed = true;
    const auto is_texts = [](const json& values) {
        return !values.empty() && std::all_of(values.begin(), values.end(),
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
        else if (name == "integration_id" && value.is_array() && is_texts(value))
            filter.integration_id = value.get<std::vector<std::string>>();
        else if (name == "tags" && value.is_object() && is_texts(value))
            filter.tags = value.get<std::map<std::string, std::string>>();
        else
            typed = false;
    }
    if (!typed) filter.json = wanted.dump();
    return filter;
}

static json organization_view(const nango::organization& organization) {
    return {{"id", or_null(organization.id())},
            {"display_name", or_null(organization.display_name())}};
}

static json end_user_view(const nango::end_user& user) {
    const auto organization = user.organization();
    for (const auto& [name, text] : user.tags()) check(user.tag(name) == text, "tag() of a user");
    return {{"id", or_null(user.id())},
            {"display_name", or_null(user.display_name())},
            {"email", or_null(user.email())},
            {"tags", user.tags()},
            {"organization", organization ? organization_view(*organization) : json()}};
}

static json credentials_view(const nango::credentials& credentials, const json& asked) {
    const json readers = {
        {"access_token", or_null(credentials.access_token())},
        {"refresh_token", or_null(credentials.refresh_token())},
        {"token", or_null(credentials.token())},
        {"api_key", or_null(credentials.api_key())},
        {"username", or_null(credentials.username())},
        {"password", or_null(credentials.password())},
        {"oauth_token", or_null(credentials.oauth_token())},
        {"oauth_token_secret", or_null(credentials.oauth_token_secret())},
    };
    std::vector<std::string> wanted = asked.get<std::vector<std::string>>();
    for (const auto& [name, value] : readers.items())
        wanted.push_back(name == "api_key" ? "apiKey" : name);
    json members = json::object();
    for (const std::string& name : wanted) {
        const auto field = credentials.field(name);
        const json::json_pointer pointer = json::json_pointer() / name;
        const auto raw = nango::json_get_json(credentials.json(), pointer.to_string());
        // field() returns anything but a string as JSON.
        const bool is_text = raw && raw->front() == '"';
        members[name] = !field    ? json()
                        : is_text ? json(field->reveal())
                                  : parsed(std::string(field->reveal()));
    }
    std::vector<std::string> names = credentials.names();
    std::sort(names.begin(), names.end());
    const auto token = credentials.try_single_token();
    return {{"type", or_null(credentials.type())},
            {"expires_at", or_null(credentials.expires_at())},
            {"empty", credentials.empty()},
            {"names", names},
            {"members", members},
            {"readers", readers},
            {"single_token",
             token ? json(token->reveal()) : json({{"error", nango::name(token.error().code())}})}};
}

template <class Connection>
static json tags_view(const Connection& connection) {
    const auto tags = connection.tags();
    for (const auto& [name, text] : tags) check(connection.tag(name) == text, "tag()");
    for (const std::string name : {"", "0", "nobody's"})
        check(tags.count(name) || !connection.tag(name), "tag() finds what is absent");
    const json all = parsed(connection.get_json("/tags"));
    check(parsed(connection.tags_json()) == (all.is_object() ? all : json()), "tags_json()");
    return tags;
}

// The members that both kinds of connections have.
template <class Connection>
static json common_view(const Connection& connection, const json& asked) {
    json errors = json::array(), other = json::object();
    for (const auto& error : connection.errors())
        errors.push_back({{"type", or_null(error.type)}, {"log_id", or_null(error.log_id)}});
    const auto names = connection.names();
    for (const json& name : asked.at("other")) {
        const json::json_pointer pointer = json::json_pointer() / name.get<std::string>();
        const auto found = connection.get_json(pointer.to_string());
        other[name.get<std::string>()] = parsed(found);
        const auto times = std::count(names.begin(), names.end(), name.get<std::string>());
        check(times == 1 || (times == 0 && !found), "names()");
    }
    const auto user = connection.end_user();
    json view = {{"id", or_null(connection.id())},
                 {"connection_id", or_null(connection.connection_id())},
                 {"provider_config_key", or_null(connection.provider_config_key())},
                 {"provider", or_null(connection.provider())},
                 {"errors", errors},
                 {"end_user", user ? end_user_view(*user) : json()},
                 {"tags", tags_view(connection)},
                 {"other", other}};
    // It may hold a number that a double cannot.
    const json& members = asked.at("view");
    if (std::count(members.begin(), members.end(), "metadata"))
        view["metadata"] = parsed(connection.metadata_json());
    return view;
}

static json view_of(const nango::connection& connection, const json& asked) {
    json view = common_view(connection, asked);
    const auto config = connection.connection_config_json();
    view["connection_config"] =
        parsed(config ? std::optional<std::string>(config->reveal()) : std::nullopt);
    view["webhook_url_override"] = or_null(connection.webhook_url_override());
    view["created_at"] = or_null(connection.created_at());
    view["updated_at"] = or_null(connection.updated_at());
    view["last_fetched_at"] = or_null(connection.last_fetched_at());
    view["credentials"] = credentials_view(connection.credentials(), asked.at("credentials"));
    return view;
}

static json view_of(const nango::connection_summary& connection, const json& asked) {
    json view = common_view(connection, asked);
    view["created"] = or_null(connection.created());
    return view;
}

static json error_view(const nango::error& error, const json& asked) {
    const auto body = error.reveal_body();
    json headers = json::object();
    for (const json& name : asked.at("headers"))
        headers[name.get<std::string>()] = or_null(error.header(name.get<std::string>()));
    return {{"code", nango::name(error.code())},
            {"http_status", error.http_status()},
            {"api_code", or_null(error.api_code())},
            {"retryable", error.retryable()},
            {"retry_after_ms", error.retry_after() ? error.retry_after()->count() : -1},
            {"attempts", error.attempts()},
            {"message", error.message()},
            {"body_json", or_null(error.body_json())},
            {"reveal_body", body ? json(body->reveal()) : json()},
            {"headers", headers}};
}

// The result of a call: a text, or a connection of the typed interface.
struct outcome {
    json answer;
    std::string shown;

    static outcome text(std::string_view text) { return {{{"text", text}}, ""}; }
    // The typed interface prints nothing of a connection by itself.
    static outcome view(const nango::connection& connection, const json& asked) {
        return {{{"view", view_of(connection, asked)}}, connection.connection_id()};
    }
};

// The two ways to make a call.
struct blocking {
    const nango::client& client;
    const nango::call_options& options;

    auto connection(const std::string& key, const std::string& id) const {
        return client.try_get_connection(key, id, options);
    }
    auto connection_json(const std::string& key, const std::string& id) const {
        return client.try_get_connection_json(key, id, options);
    }
    auto token(const std::string& key, const std::string& id) const {
        return client.try_get_token(key, id, options);
    }
    auto replaced(const std::string& key, const std::string& id, const std::string& refused) const {
        return client.try_replace_token(key, id, refused, options);
    }
    auto credentials(const std::string& key, const std::string& id) const {
        return client.try_get_credentials(key, id, options);
    }
    auto named(const std::string& operation, const json& params) const {
        return ::named(client, operation, params, options);
    }
    auto call_json(const std::string& operation, const std::string& params) const {
        return client.try_call_json(operation, params, options);
    }
    auto list(const nango::filter& filter) const {
        return client.try_list_connections_json(filter, options);
    }
    template <class Each>
    static void walk(nango::connection_list list, Each&& each) {
        for (const nango::connection_summary& connection : list) each(connection);
    }
};

struct queued {
    const nango::client& client;
    const nango::call_options& options;

    auto connection(const std::string& key, const std::string& id) const {
        return done(queue().try_submit_get_connection(client, key, id, 0, options),
                    [](auto& done) { return done.try_connection(); });
    }
    auto connection_json(const std::string& key, const std::string& id) const {
        return done(queue().try_submit_get_connection(client, key, id, 0, options),
                    [](auto& done) { return done.try_secret_json(); });
    }
    auto token(const std::string& key, const std::string& id) const {
        return done(queue().try_submit_get_token(client, key, id, 0, options),
                    [](auto& done) { return done.try_token(); });
    }
    auto replaced(const std::string& key, const std::string& id, const std::string& refused) const {
        return done(queue().try_submit_replace_token(client, key, id, refused, 0, options),
                    [](auto& done) { return done.try_token(); });
    }
    auto credentials(const std::string& key, const std::string& id) const {
        return done(queue().try_submit_get_credentials(client, key, id, 0, options),
                    [](auto& done) { return done.try_credentials(); });
    }
    // Only a blocking call has a function for each of these.
    static std::optional<std::string> named(const std::string&, const json&) { return {}; }
    auto call_json(const std::string& operation, const std::string& params) const {
        return done(queue().try_submit(client, operation, params, 0, options),
                    [](auto& done) { return done.try_secret_json(); });
    }
    auto list(const nango::filter& filter) const {
        return done(queue().try_submit_list_connections(client, filter, 0, options),
                    [](auto& done) { return done.try_json(); });
    }
    template <class Each>
    static void walk(const nango::connection_list& list, Each&& each) {
        for (;;) {
            auto page =
                done(queue().try_submit_page(list), [](auto& done) { return done.try_page(); });
            if (!page.value()) return;
            for (const nango::connection_summary& connection : **page) each(connection);
        }
    }

private:
    static const nango::queue& queue() {
        static const nango::queue queue;
        return queue;
    }

    // Takes the result of the call that was submitted.
    template <class Take>
    static auto done(const nango::result<std::uint64_t>& ticket, Take&& take)
        -> decltype(take(std::declval<nango::completion&>())) {
        if (!ticket) return nango::unexpected(ticket.error());
        auto completions = queue().next(1);
        check(completions.size() == 1 && completions[0].ticket() == *ticket, "the ticket");
        return take(completions[0]);
    }
};

// Makes a call. Throws its error.
template <class Way>
static outcome perform(const Way& way, const json& request) {
    const json& params = request.at("params");
    const std::string operation = request.at("operation");
    const bool generic = request.at("generic");
    if (!generic && operation == "list_connections")
        return outcome::text(way.list(make_filter(params)).value());
    static const std::vector<std::string> dedicated{"get_connection", "get_token",
                                                    "get_credentials", "replace_token"};
    if (!generic)
        if (const auto text = way.named(operation, params)) return outcome::text(*text);
    if (generic || std::find(dedicated.begin(), dedicated.end(), operation) == dedicated.end())
        return outcome::text(way.call_json(operation, params.dump()).value().reveal());
    const std::string key = params.at("provider_config_key");
    const std::string id = params.at("connection_id");
    if (operation == "get_connection" && request.at("typed"))
        return outcome::view(way.connection(key, id).value(), request.at("asked"));
    if (operation == "get_connection")
        return outcome::text(way.connection_json(key, id).value().reveal());
    if (operation == "get_token") return outcome::text(way.token(key, id).value().reveal());
    if (operation == "get_credentials")
        return outcome::text(way.credentials(key, id).value().json());
    if (operation == "replace_token")
        return outcome::text(
            way.replaced(key, id, params.at("refused_token").get<std::string>()).value().reveal());
    throw std::logic_error("no function for " + operation);
}

// Runs a function that may throw an error of the library. Returns what it returns, or the error.
template <class Body>
static outcome caught(const json& asked, Body&& body) {
    const auto failed = [&](const nango::error& error) {
        std::ostringstream shown;
        shown << error.what() << ' ' << error.message() << ' ' << error.body_json().value_or("");
        return outcome{{{"error", error_view(error, asked)}}, shown.str()};
    };
    try {
        return body();
    } catch (const nango::bad_result_access& access) {
        return failed(access.error());
    } catch (const nango::error& error) {
        return failed(error);
    }
}

// Adds what a program could print.
static json shown(const nango::client& client, const outcome& last) {
    json answer = last.answer;
    std::string events;
    while (const auto event = client.next_event_json()) events += *event;
    // A client prints nothing of itself but its warning.
    answer["shown"] = {{"client", "client " + client.warning().value_or("")}, {"events", events}};
    answer["shown"][answer.contains("error") ? "error" : "view"] = last.shown;
    return answer;
}

template <class Way>
static json call(const json& request) {
    const nango::client client = make_client(request.at("client"));
    outcome last;
    for (int left = request.at("calls"); left > 0; --left)
        last = caught(request.at("asked"), [&] {
            const nango::call_options options = make_call_options(request.at("options"));
            return perform(Way{client, options}, request);
        });
    return shown(client, last);
}

template <class Way>
static json list(const json& request) {
    const nango::client client = make_client(request.at("client"));
    json items = json::array();
    outcome last = caught(request.at("asked"), [&]() -> outcome {
        Way::walk(client.list_connections(make_filter(request.at("params")),
                                          request.at("page_size").get<std::uint32_t>()),
                  [&](const nango::connection_summary& connection) {
                      items.push_back(view_of(connection, request.at("asked")));
                  });
        return {json::object(), ""};
    });
    last.answer["items"] = items;
    return shown(client, last);
}

static json json_get(const json& request) {
    const std::string source = request.at("json"), pointer = request.at("pointer");
    const auto found = nango::json_get_json(source, pointer);
    return {{"value", or_null(nango::json_get(source, pointer))},
            {"again", found ? or_null(nango::json_get(*found, "")) : json()}};
}

static json answer(const json& request) {
    const std::string what = request.at("do");
    if (what == "json_get") return json_get(request);
    json asked = request.value("asked", json{{"headers", json::array()}});
    return caught(asked,
                  [&]() -> outcome {
                      if (what == "client") {
                          make_client(request.at("client"));
                          return {json::object(), ""};
                      }
                      const bool waits = request.at("way") == "blocking";
                      if (what == "list")
                          return {waits ? list<blocking>(request) : list<queued>(request), ""};
                      return {waits ? call<blocking>(request) : call<queued>(request), ""};
                  })
        .answer;
}

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        json out;
        try {
            out = answer(json::parse(line));
        } catch (const std::exception& error) {
            out = {{"failed", error.what()}};
        }
        std::cout << out.dump(-1, ' ', false, json::error_handler_t::replace) << std::endl;
    }
}
