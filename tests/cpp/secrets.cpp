// What the compiler refuses to do with a secret, and what a moved-from secret contains. Needs no
// server.

#include <functional>

#include <nango.hpp>
#include <nlohmann/json.hpp>

#include "../c/check.h"

using nlohmann::json;

// ---- Code that must not compile ----

template <class T, class = void>
struct prints : std::false_type {};
template <class T>
struct prints<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};

template <class T, class = void>
struct is_equal : std::false_type {};
template <class T>
struct is_equal<T, std::void_t<decltype(std::declval<T>() == std::declval<T>())>> : std::true_type {
};

template <class T, class = void>
struct is_less : std::false_type {};
template <class T>
struct is_less<T, std::void_t<decltype(std::declval<T>() < std::declval<T>())>> : std::true_type {};

template <class T, class = void>
struct has_begin : std::false_type {};
template <class T>
struct has_begin<T, std::void_t<decltype(std::begin(std::declval<T&>()))>> : std::true_type {};

template <class T>
constexpr bool hashes = std::is_default_constructible_v<std::hash<T>>;

// Converts to JSON: nlohmann finds a function by ADL, or takes the type for a string, number, array
// or object.
template <class T>
constexpr bool becomes_json =
    std::is_constructible_v<json, T> || std::is_constructible_v<json, T&> ||
    std::is_assignable_v<json&, T> || std::is_convertible_v<T, json> ||
    nlohmann::detail::has_to_json<json, T>::value;

template <class T>
constexpr bool becomes_text =
    std::is_constructible_v<std::string, T> || std::is_constructible_v<std::string_view, T> ||
    std::is_convertible_v<T, const char*> || std::is_convertible_v<T, const void*> ||
    std::is_convertible_v<T, bool> || std::is_convertible_v<T, long long> ||
    std::is_assignable_v<std::string&, T> || std::is_constructible_v<std::vector<char>, T>;

template <class T>
constexpr bool is_written = prints<T>::value || becomes_json<T> || becomes_text<T>;

template <class T>
constexpr bool is_compared = is_equal<T>::value || is_less<T>::value || hashes<T>;

template <class T>
constexpr bool is_copied = std::is_copy_constructible_v<T> || std::is_copy_assignable_v<T> ||
                           std::is_trivially_copyable_v<T>;

template <class T>
constexpr bool is_kept =
    !is_written<T> && !is_written<const T&> && !is_compared<T> && !is_copied<T>;

// The probes detect these operations where they are possible.
static_assert(prints<std::string>::value && becomes_json<std::string> && becomes_text<std::string>);
static_assert(is_equal<std::string>::value && is_less<std::string>::value && hashes<std::string>);
static_assert(is_copied<std::string> && has_begin<std::string>::value && !is_kept<std::string>);
struct to_be_json {
    friend void to_json(json&, const to_be_json&) {}
};
static_assert(becomes_json<to_be_json>);

static_assert(is_kept<nango::secret> && is_kept<nango::credentials> && is_kept<nango::connection>);
static_assert(is_kept<nango::connection_summary> && is_kept<nango::connection_list>);
static_assert(is_kept<nango::end_user> && is_kept<nango::organization> && is_kept<nango::client>);
static_assert(is_kept<nango::options> && is_kept<nango::call_options> && is_kept<nango::cancel>);
static_assert(is_kept<nango::queue> && is_kept<nango::completion>);
static_assert(!has_begin<nango::secret>::value && !has_begin<nango::connection>::value);
static_assert(!has_begin<nango::credentials>::value);

// The same inside common wrappers. (Comparing two of these is an error inside the standard library,
// which a probe cannot detect.)
template <class T>
constexpr bool is_kept_inside = !is_written<T> && !hashes<T>;
static_assert(is_kept_inside<std::optional<nango::secret>>);
static_assert(is_kept_inside<nango::result<nango::secret>>);
static_assert(is_kept_inside<nango::result<nango::connection>>);
static_assert(is_kept_inside<std::vector<nango::secret>>);
static_assert(is_kept_inside<std::vector<nango::connection_summary>>);
static_assert(is_kept_inside<std::map<std::string, nango::secret>>);

#ifdef __cpp_lib_format
#include <format>
template <class T>
constexpr bool formats = std::is_default_constructible_v<std::formatter<T, char>> ||
                         std::is_default_constructible_v<std::formatter<T, wchar_t>>;
static_assert(formats<std::string> && !formats<nango::secret> && !formats<nango::credentials>);
static_assert(!formats<nango::connection> && !formats<nango::connection_summary>);
static_assert(!formats<nango::client> && !formats<nango::options>);
#endif

// ---- A moved-from secret ----

// Returns text that the library allocated, without a server.
static nango::secret made(const char* text) {
    const std::string json = std::string("{\"apiKey\":\"") + text + "\"}";
    return nango::secret::adopt(nango_json_get(json.c_str(), "/apiKey"));
}

static void what_was_moved_from_is_empty() {
    nango::secret token = made("hush-hush");
    const char* place = token.reveal().data();
    nango::secret moved = std::move(token);
    // The text stays at its address: there is no second copy.
    CHECK(moved.reveal() == "hush-hush" && moved.reveal().data() == place);
    CHECK(token.empty() && token.size() == 0 && token.reveal().empty());  // NOLINT
    CHECK(*token.reveal_c_str() == '\0');                                 // NOLINT
    token = std::move(moved);
    CHECK(token.reveal() == "hush-hush" && moved.empty());  // NOLINT
    nango::secret other = made("another-one");
    std::swap(token, other);
    CHECK(token.reveal() == "another-one" && other.reveal() == "hush-hush");
    std::optional<nango::secret> kept(std::move(other));
    std::vector<nango::secret> all;
    all.push_back(std::move(*kept));
    for (int i = 0; i < 40; ++i) all.push_back(made("hush-hush"));
    CHECK(kept->empty() && all.size() == 41 && all[0].reveal() == "hush-hush");  // NOLINT
}

static nango::credentials credentials_of(const char* json) {
    return nango::credentials::adopt(nango_json_get_json(json, ""));
}

static void an_object_is_empty_that_was_moved_from() {
    auto credentials = credentials_of("{\"type\":\"API_KEY\",\"apiKey\":\"hush-hush\"}");
    const nango::credentials moved = std::move(credentials);
    CHECK(credentials.json() == "{}" && !credentials.api_key() && credentials.empty());  // NOLINT
    CHECK(moved.api_key()->reveal() == "hush-hush");
}

static bool is_silent(std::string_view text) { return text.find("hush") == std::string_view::npos; }

static void says_nothing(const nango::error& error) {
    CHECK(is_silent(error.what()) && is_silent(error.message()));
    CHECK(is_silent(error.body_json().value_or("")) && is_silent(error.api_code().value_or("")));
}

template <class Function>
static void throws_and_says_nothing(Function&& function) {
    try {
        function();
        CHECK(false);
    } catch (const std::exception& error) {
        CHECK(is_silent(error.what()));
    }
}

// The texts of exceptions, and of the wrapper's own errors.
static void exceptions_say_nothing_of_it() {
    nango::options options;
    options.base_url("http://127.0.0.1:1").secret_key("hush hush");
    says_nothing(nango::client::try_create(options).error());
    says_nothing(nango::client::try_create("http://127.0.0.1:1", "hush\thush").error());
    const auto basic =
        credentials_of("{\"type\":\"BASIC\",\"username\":\"hush-a\",\"password\":\"hush-b\"}");
    says_nothing(basic.try_single_token().error());
    throws_and_says_nothing([&] { static_cast<void>(basic.single_token()); });
    throws_and_says_nothing([&] { static_cast<void>(basic.try_single_token().value()); });
}

static void nothing_is_left() { CHECK(nango_live_objects() == 0); }

int main(int argc, char** argv) {
    RUN(what_was_moved_from_is_empty);
    RUN(an_object_is_empty_that_was_moved_from);
    RUN(exceptions_say_nothing_of_it);
    RUN(nothing_is_left);
    return check_end();
}
