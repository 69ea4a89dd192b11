/// @file nango.hpp
/// libnango for C++17 and later: a client of Nango, which stores OAuth connections and returns
/// fresh access tokens.
///
/// Header-only. Requires nango.h, libnango and the standard library.
/// SPDX-License-Identifier: MIT OR Apache-2.0
///
/// @code
/// nango::client nango(nango::options::from_env());            // NANGO_SECRET_KEY, NANGO_HOST
/// nango::secret token = nango.get_token("github", "alice");   // fresh each time: do not store it
/// call_github(token.reveal());
///
/// for (const nango::connection_summary& connection : nango.list_connections({}))
///     std::cout << connection.connection_id() << '\n';
/// @endcode
///
/// Rules for the whole header:
///  - **Errors.** Each operation that can fail has two forms: `get_token()` throws nango::error,
///    `try_get_token()` returns a nango::result. With exceptions switched off (`-fno-exceptions`),
///    only the second form exists. If this header runs out of memory, both forms throw
///    std::bad_alloc, as the standard library does. If libnango itself runs out of memory, it
///    aborts the process. Nothing leaks when an exception is thrown.
///  - **Ownership.** Every object owns its resources and frees them in its destructor. Objects can
///    be moved but not copied, except nango::error, which is cheap to copy. A moved-from object may
///    be assigned to and destroyed. A call on it fails with INVALID_ARGUMENT and never crashes.
///  - **Text in** is any UTF-8 std::string_view. It is copied before the function returns. A NUL
///    character in it is INVALID_ARGUMENT: the library's interface is C, where a text ends at the
///    first NUL, so "alice\0bob" would be read as "alice".
///  - **Text out** as std::string_view lives as long as the object that returned it. Text that may
///    be a secret is returned as nango::secret, which cannot be printed.
///  - **Threads.** Any number of threads may call const member functions of an object at once. Any
///    other member function needs exclusive access to the object.
///  - **C interface.** capi() lends the nango.h handle, for functions that this header does not
///    wrap.
///  - **Versions.** Creating a client or a queue fails if the loaded library is older than this
///    header. See check_version().
///  - **One flavour.** The result type is std::expected if the standard library has it, and the
///    throwing functions do not exist when exceptions are off. Source files compiled with different
///    settings here therefore get different types of the same name. Passing such types between them
///    fails at link time, not at run time.
///  - **JSON** out is what Nango wrote, byte for byte, with one exception: the escape of half a
///    surrogate pair (U+D800 to U+DFFF) is replaced with the escape of U+FFFD. An answer that is
///    not JSON (RFC 8259, UTF-8), or is nested more than 512 levels deep, is INVALID_RESPONSE.
///  - **Time** is std::chrono. The library counts whole milliseconds, up to 49 days. A longer time
///    is cut to 49 days. A time that is not positive is rejected.

#ifndef NANGO_HPP
#define NANGO_HPP

#include <nango.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <iosfwd>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_expected
#include <expected>
#endif

/// 1 if exceptions are on and the throwing functions exist, otherwise 0.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define NANGO_HPP_EXCEPTIONS 1
#else
#define NANGO_HPP_EXCEPTIONS 0
#endif

/// @cond
// Each version and flavour of this header has its own inline namespace, so that the linker does not
// merge inline functions that differ.
#ifdef __cpp_lib_expected
#define NANGO_HPP_RESULT expected
#else
#define NANGO_HPP_RESULT result
#endif
#define NANGO_HPP_JOIN(major, minor, result, exceptions) \
    v##major##_##minor##_##result##_##exceptions
#define NANGO_HPP_FLAVOUR_OF(major, minor, result, exceptions) \
    NANGO_HPP_JOIN(major, minor, result, exceptions)
#define NANGO_HPP_FLAVOUR                                                            \
    NANGO_HPP_FLAVOUR_OF(NANGO_VERSION_MAJOR, NANGO_VERSION_MINOR, NANGO_HPP_RESULT, \
                         NANGO_HPP_EXCEPTIONS)
/// @endcond

/// The client of Nango.
namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

/// What kind of failure a nango::error is. The numbers are those of nango.h. A newer library may
/// return codes that are not named here.
// <generated codes> from api/library.toml by nango-gen: do not edit, run `make generate`.
enum class code : nango_code {
    /// No error.
    ok = NANGO_OK,
    /// An argument is missing, malformed or not allowed. Nothing was sent. The message names the
    /// argument.
    invalid_argument = NANGO_ERROR_INVALID_ARGUMENT,
    /// A text is not valid UTF-8. Nothing was sent.
    invalid_utf8 = NANGO_ERROR_INVALID_UTF8,
    /// The loaded library has no operation of that name.
    unknown_operation = NANGO_ERROR_UNKNOWN_OPERATION,
    /// The queue holds as many calls as it can, in flight and completed together.
    queue_full = NANGO_ERROR_QUEUE_FULL,
    /// The queue or the client is closed.
    closed = NANGO_ERROR_CLOSED,
    /// The queue belongs to the process that this process was forked from.
    wrong_process = NANGO_ERROR_WRONG_PROCESS,
    /// The server refused the connection or cannot be reached.
    connect = NANGO_ERROR_CONNECT,
    /// The TLS handshake failed, or the server's certificate is not trusted.
    tls = NANGO_ERROR_TLS,
    /// The call, or one attempt of it, took longer than its timeout.
    timeout = NANGO_ERROR_TIMEOUT,
    /// The call was cancelled.
    cancelled = NANGO_ERROR_CANCELLED,
    /// The connection broke before the answer was complete.
    io = NANGO_ERROR_IO,
    /// The host name could not be resolved.
    dns = NANGO_ERROR_DNS,
    /// The proxy could not be reached, or refused the connection.
    proxy = NANGO_ERROR_PROXY,
    /// Nango rejected the request (any 4xx that has no code of its own).
    bad_request = NANGO_ERROR_BAD_REQUEST,
    /// Nango does not accept the secret key (401).
    unauthorized = NANGO_ERROR_UNAUTHORIZED,
    /// The secret key lacks a scope (403).
    forbidden = NANGO_ERROR_FORBIDDEN,
    /// Nango has no such connection or other thing, whatever HTTP status it sent.
    /// INTEGRATION_NOT_FOUND is a code of its own.
    not_found = NANGO_ERROR_NOT_FOUND,
    /// Too many requests (429). error::retry_after() says how long to wait.
    rate_limited = NANGO_ERROR_RATE_LIMITED,
    /// Nango failed (5xx), or its database is unavailable.
    server = NANGO_ERROR_SERVER,
    /// The provider refused to refresh the token, or could not be reached. If this persists, the
    /// user must authorise again.
    refresh_failed = NANGO_ERROR_REFRESH_FAILED,
    /// Nango has given up refreshing this connection: the user must authorise again.
    reconnect_required = NANGO_ERROR_RECONNECT_REQUIRED,
    /// A refresh failed less than 30 seconds ago. Nango does not try again until that time has
    /// passed.
    refresh_backoff = NANGO_ERROR_REFRESH_BACKOFF,
    /// The answer holds no credentials: the key lacks the scope
    /// environment:connections:read_credentials, or the connection has none.
    no_credentials = NANGO_ERROR_NO_CREDENTIALS,
    /// These credentials have no single token, such as BASIC or OAUTH1.
    no_single_token = NANGO_ERROR_NO_SINGLE_TOKEN,
    /// The request conflicts with what exists (409).
    conflict = NANGO_ERROR_CONFLICT,
    /// client::replace_token() found no token other than the refused one: its type is never
    /// refreshed, or Nango kept the token after three forced refreshes.
    token_not_replaced = NANGO_ERROR_TOKEN_NOT_REPLACED,
    /// The key's environment has no integration with this provider_config_key. This is a fault of
    /// the program or its configuration, not of the user.
    integration_not_found = NANGO_ERROR_INTEGRATION_NOT_FOUND,
    /// The answer is not one of Nango's: a page, an error of a gateway, a redirect, broken JSON, no
    /// HTTP at all, or the answer to another request.
    invalid_response = NANGO_ERROR_INVALID_RESPONSE,
    /// The answer is longer than max_response_bytes.
    response_too_large = NANGO_ERROR_RESPONSE_TOO_LARGE,
    /// The library or the system failed, for example because no file descriptor is left.
    internal = NANGO_ERROR_INTERNAL,
    /// An internal error in the library, which contained it. The client still works.
    panic = NANGO_ERROR_PANIC,
};
// </generated>

/// Returns a code's name, such as "RATE_LIMITED", or "UNKNOWN" for a number that the loaded library
/// does not know. The text is NUL-terminated.
inline std::string_view name(code code) noexcept {
    return nango_code_name(static_cast<nango_code>(code));
}

/// Which certificate authorities a client trusts.
enum class tls_roots : nango_tls_roots {
    /// The operating system's, or those in SSL_CERT_FILE and SSL_CERT_DIR.
    platform = NANGO_TLS_ROOTS_PLATFORM,
    /// Mozilla's, as of the time when the library was built.
    bundled = NANGO_TLS_ROOTS_BUNDLED,
    /// Only those passed to options::add_ca_pem().
    custom_only = NANGO_TLS_ROOTS_CUSTOM_ONLY,
};

/// Returns the version of the loaded library, such as "0.1.0".
inline std::string_view version() noexcept { return nango_version(); }

/// Returns the version of the loaded library as one number; a newer version is a larger number. It
/// may be larger than NANGO_VERSION_NUMBER, the version of this header, but not smaller.
inline std::uint32_t version_number() noexcept { return nango_version_number(); }

/// Returns how many of the library's objects and texts this process owns at the moment. For leak
/// tests.
inline std::int64_t live_objects() noexcept { return nango_live_objects(); }

/// Internal: not part of the API.
namespace detail {

/// A deleter that calls one of the library's free functions.
template <auto Free>
struct freed {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};

template <class T, auto Free>
using handle = std::unique_ptr<T, freed<Free>>;

/// Text that the library returned. The library wipes and frees it.
using owned_text = handle<char, &nango_free_string>;

inline std::string_view view(const owned_text& text) noexcept {
    return text ? std::string_view(text.get()) : std::string_view();
}

inline std::optional<std::string_view> optional_view(const char* text) noexcept {
    return text ? std::optional<std::string_view>(text) : std::nullopt;
}

/// Text to pass to the library: a NUL-terminated copy. The destructor wipes it, since it may be a
/// key.
class given {
public:
    explicit given(std::string_view text) : text_(text) {}
    /// Takes over text that has no other copy: it is moved, not copied.
    static given adopt(std::string text) noexcept { return given(std::move(text), nullptr); }
    given(const given&) = delete;
    given& operator=(const given&) = delete;
    ~given() {
        volatile char* bytes = text_.data();
        for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = '\0';
    }

    bool has_nul() const noexcept { return text_.find('\0') != std::string::npos; }
    const char* c_str() const noexcept { return text_.c_str(); }
    std::string_view view() const noexcept { return text_; }

private:
    given(std::string text, std::nullptr_t) noexcept : text_(std::move(text)) {}

    std::string text_;
};

/// Cuts a time that is too long for the library. A time that is not positive becomes 0, which the
/// library rejects.
inline std::uint32_t milliseconds(std::chrono::milliseconds time) noexcept {
    constexpr auto longest = std::numeric_limits<std::uint32_t>::max();
    if (time.count() <= 0) return 0;
    return time.count() < static_cast<std::int64_t>(longest)
               ? static_cast<std::uint32_t>(time.count())
               : longest;
}

/// Returns the RFC 6901 pointer to a member.
inline std::string member(std::string_view object, std::string_view name) {
    std::string pointer(object);
    pointer += '/';
    for (char character : name) {
        if (character == '~')
            pointer += "~0";
        else if (character == '/')
            pointer += "~1";
        else
            pointer += character;
    }
    return pointer;
}

/// Returns the text as a JSON string. The room is reserved first, because a string that grows
/// leaves a copy of the secret in the block that it frees.
inline std::string quoted(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    std::string json;
    json.reserve(6 * text.size() + 2);
    json += '"';
    for (char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20) {
            json += "\\u00";
            json += digits[byte >> 4];
            json += digits[byte & 15];
        } else {
            if (character == '"' || character == '\\') json += '\\';
            json += character;
        }
    }
    json += '"';
    return json;
}

/// Returns a value of a JSON text; strings are unquoted.
inline owned_text find(const char* json, std::string_view pointer) {
    const given path(pointer);
    return owned_text(path.has_nul() ? nullptr : nango_json_get(json, path.c_str()));
}

/// Returns a value as JSON text; NULL also if the value is null.
inline owned_text find_json(const char* json, std::string_view pointer) {
    const given path(pointer);
    owned_text found(path.has_nul() ? nullptr : nango_json_get_json(json, path.c_str()));
    return view(found) == "null" ? owned_text() : std::move(found);
}

/// Returns a value as JSON text if it starts with this character: a string starts with '"', an
/// object with '{'.
inline owned_text find_json(const char* json, std::string_view pointer, char first) {
    owned_text found = find_json(json, pointer);
    return found && *found == first ? std::move(found) : owned_text();
}

/// Returns a string of a JSON text, unquoted; NULL if the value is absent or not a string.
inline owned_text find_text(const char* json, std::string_view pointer) {
    const owned_text found = find_json(json, pointer, '"');
    return found ? find(found.get(), "") : owned_text();
}

/// Calls `each` with the name and the value of every member of a JSON object.
template <class Each>
void each_member(const char* json, std::string_view pointer, Each&& each) {
    const given path(pointer);
    if (path.has_nul()) return;
    const handle<nango_json_items, &nango_json_items_free> members(
        nango_json_members_new(json, path.c_str()));
    while (const owned_text name{nango_json_items_next(members.get())}) {
        const owned_text value(nango_json_items_next(members.get()));
        const owned_text plain = find(name.get(), "");
        each(std::string(view(plain)), value);
    }
}

}  // namespace detail

class secret;

/// Why a call failed. Safe to print: the printed text contains no secret. Copies are cheap and
/// share the same data. Any number of threads may read them at once.
class error : public std::exception {
public:
    /// Shares the data of the other error.
    error(const error&) noexcept = default;
    /// Shares the data of the other error.
    error& operator=(const error&) noexcept = default;
    ~error() override = default;

    /// Takes ownership of an error that a nango.h function returned.
    static error adopt(nango_error* owned) {
        handle kept(owned);  // frees it if make_shared throws
        return error(std::make_shared<const facts>(std::move(kept)));
    }

    /// Makes an error that was found before any call into the library.
    static error of(nango::code code, std::string message) {
        return error(std::make_shared<const facts>(code, std::move(message)));
    }

    /// Makes an INVALID_ARGUMENT error that was found before any call into the library.
    static error invalid_argument(std::string message) {
        return of(nango::code::invalid_argument, std::move(message));
    }

    /// The kind of failure.
    nango::code code() const noexcept { return facts_->code; }

    /// A human-readable message: what failed, where, and what to do. Lives as long as the error or
    /// a copy of it.
    std::string_view message() const noexcept {
        return std::string_view(facts_->what).substr(0, facts_->message_length);
    }

    /// The message, followed by the code's name.
    const char* what() const noexcept override { return facts_->what.c_str(); }

    /// The HTTP status of Nango's answer; 0 if there was no answer.
    int http_status() const noexcept { return nango_error_http_status(capi()); }

    /// Nango's own code, such as "unknown_provider_config", if there is one. Lives as long as the
    /// error or a copy of it.
    std::optional<std::string_view> api_code() const noexcept {
        return detail::optional_view(nango_error_api_code(capi()));
    }

    /// The parts of the JSON body of Nango's answer that are known to be safe: the members of
    /// Nango's error envelopes. "[REDACTED]" replaces a value that may be a secret, and a member
    /// "..." stands where others are left out. Empty if the body does not have that form. Lives as
    /// long as the error or a copy of it.
    std::optional<std::string_view> body_json() const noexcept {
        return detail::optional_view(nango_error_body_json(capi()));
    }

    /// The raw body of an error answer, up to its first MiB, which is all that the library reads.
    /// It may contain secrets, so nothing prints it. Empty if there was no such answer or its body
    /// was empty.
    std::optional<secret> reveal_body() const noexcept;

    /// How long to wait before the same call may succeed, if that is known.
    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        const std::int64_t wait = capi() ? nango_error_retry_after_ms(capi()) : -1;
        return wait < 0 ? std::nullopt : std::optional<std::chrono::milliseconds>(wait);
    }

    /// Whether the same call may succeed later although nothing else has changed. The library has
    /// already done its own retries.
    bool retryable() const noexcept { return nango_error_retryable(capi()); }

    /// What to do about this code, in a sentence or two. what() is more specific.
    std::string_view advice() const noexcept { return nango_code_advice(nango_error_code(capi())); }

    /// Whether it may help if the user authorises again: true for RECONNECT_REQUIRED,
    /// REFRESH_FAILED and REFRESH_BACKOFF. This is a hint: Nango reports a revoked grant and an
    /// outage of the provider in the same way until it gives up after several days. Offer the user
    /// to reconnect beside trying again, and disable nothing because of a hint.
    bool suggests_reconnect() const noexcept { return nango_error_suggests_reconnect(capi()); }

    /// How many attempts were made to send the request; 0 if it was rejected before the first.
    unsigned attempts() const noexcept { return nango_error_attempts(capi()); }

    /// A header of the answer that describes the failure: "retry-after", "x-ratelimit-limit",
    /// "x-ratelimit-remaining" (requests) or "x-ratelimit-reset" (Unix seconds). The name is not
    /// case-sensitive. Lives as long as the error or a copy of it.
    std::optional<std::string_view> header(std::string_view name) const {
        const detail::given wanted(name);
        return wanted.has_nul() ? std::nullopt
                                : detail::optional_view(nango_error_header(capi(), wanted.c_str()));
    }

    /// The nango.h error, borrowed; NULL if the error was found before any call into the library.
    const nango_error* capi() const noexcept { return facts_->handle.get(); }

private:
    using handle = detail::handle<nango_error, &nango_error_free>;

    struct facts {
        explicit facts(error::handle owned)
            : handle(std::move(owned)), code(nango::code::internal) {
            const char* words = nango_error_message(handle.get());
            if (handle) code = static_cast<nango::code>(nango_error_code(handle.get()));
            say(words ? words : "libnango gave no reason; please report this");
        }
        facts(nango::code kind, std::string message) : code(kind) { say(std::move(message)); }

        void say(std::string message) {
            message_length = message.size();
            what = std::move(message);
            what += " (";
            what += name(code);
            what += ')';
        }

        error::handle handle;
        nango::code code;
        std::size_t message_length = 0;
        std::string what;
    };

    explicit error(std::shared_ptr<const facts> shared) noexcept : facts_(std::move(shared)) {}

    std::shared_ptr<const facts> facts_;
};

#ifdef __cpp_lib_expected

/// A value or an error: the return type of the `try_` functions. std::expected if the standard
/// library has it, otherwise a class with the same members.
/// @tparam T The type of the value; void if success has no value.
template <class T>
using result = std::expected<T, error>;

/// Wraps an error, to make a result of it.
using unexpected = std::unexpected<error>;

/// What result::value() throws if there is no value. Its error() is the reason.
using bad_result_access = std::bad_expected_access<error>;

#else

/// Wraps an error, to make a result of it.
class unexpected {
public:
    /// The error.
    explicit unexpected(nango::error error) noexcept : error_(std::move(error)) {}

    /// The error.
    const nango::error& error() const& noexcept { return error_; }
    /// The error.
    nango::error&& error() && noexcept { return std::move(error_); }

private:
    nango::error error_;
};

#if NANGO_HPP_EXCEPTIONS
/// What result::value() throws if there is no value. Its error() is the reason.
class bad_result_access : public std::exception {
public:
    /// Wraps this error.
    explicit bad_result_access(nango::error error) noexcept : error_(std::move(error)) {}

    /// Why there is no value.
    const nango::error& error() const noexcept { return error_; }

    /// A fixed text.
    const char* what() const noexcept override { return "bad access to a result without a value"; }

private:
    nango::error error_;
};
#endif

template <class T>
class result;

/// @cond
namespace detail {

/// The result of applying a function to a result's value.
template <class U>
struct results {
    using value = std::remove_cv_t<std::remove_reference_t<U>>;
    template <class F, class... Value>
    static result<value> of(F&& function, Value&&... given) {
        return std::forward<F>(function)(std::forward<Value>(given)...);
    }
};
template <>
struct results<void> {
    using value = void;
    template <class F, class... Value>
    static result<void> of(F&& function, Value&&... given);
};

}  // namespace detail
/// @endcond

/// A value or an error: the return type of the `try_` functions. std::expected if the standard
/// library has it, otherwise this class with the same members.
/// @tparam T The type of the value; void if success has no value.
template <class T>
class [[nodiscard]] result {
public:
    /// The type of the value.
    using value_type = T;
    /// The type of the error.
    using error_type = nango::error;

    /// Holds a value.
    // NOLINTNEXTLINE: implicit, so that it can be returned
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    /// Holds an error.
    // NOLINTNEXTLINE
    result(unexpected error) noexcept : state_(std::in_place_index<1>, std::move(error).error()) {}

    /// Whether there is a value.
    bool has_value() const noexcept { return state_.index() == 0; }
    /// Whether there is a value.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. Undefined behaviour if there is none.
    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    /// The value. Undefined behaviour if there is none.
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    /// The value. Undefined behaviour if there is none.
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    /// The value's members. Undefined behaviour if there is no value.
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    /// The value's members. Undefined behaviour if there is no value.
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// The error. Undefined behaviour if there is none.
    nango::error& error() & noexcept { return *std::get_if<1>(&state_); }
    /// The error. Undefined behaviour if there is none.
    const nango::error& error() const& noexcept { return *std::get_if<1>(&state_); }
    /// The error. Undefined behaviour if there is none.
    nango::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

#if NANGO_HPP_EXCEPTIONS
    /// The value. @throws bad_result_access if there is none.
    T& value() & {
        check();
        return **this;
    }
    /// The value. @throws bad_result_access if there is none.
    const T& value() const& {
        check();
        return **this;
    }
    /// The value. @throws bad_result_access if there is none.
    T&& value() && {
        check();
        return std::move(**this);
    }
#endif

    /// The value, or `otherwise` if there is none.
    template <class U>
    T value_or(U&& otherwise) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
    }
    /// The value, or `otherwise` if there is none.
    template <class U>
    T value_or(U&& otherwise) && {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
    }

    /// Calls a function with the value and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) const& -> std::invoke_result_t<F, const T&> {
        if (!has_value()) return unexpected(error());
        return std::forward<F>(function)(**this);
    }
    /// Calls a function with the value and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) && -> std::invoke_result_t<F, T> {
        if (!has_value()) return unexpected(std::move(*this).error());
        return std::forward<F>(function)(std::move(**this));
    }

    /// Calls a function with the value and returns a result that holds what it returned; returns
    /// the error unchanged.
    template <class F>
    auto transform(F&& function)
        const& -> result<typename detail::results<std::invoke_result_t<F, const T&>>::value> {
        if (!has_value()) return unexpected(error());
        return detail::results<std::invoke_result_t<F, const T&>>::of(std::forward<F>(function),
                                                                      **this);
    }
    /// Calls a function with the value and returns a result that holds what it returned; returns
    /// the error unchanged.
    template <class F>
    auto transform(
        F&& function) && -> result<typename detail::results<std::invoke_result_t<F, T>>::value> {
        if (!has_value()) return unexpected(std::move(*this).error());
        return detail::results<std::invoke_result_t<F, T>>::of(std::forward<F>(function),
                                                               std::move(**this));
    }

    /// Calls a function with the error and returns its result, which has the same type; returns the
    /// value unchanged.
    template <class F>
    result or_else(F&& function) const& {
        return has_value() ? *this : std::forward<F>(function)(error());
    }
    /// Calls a function with the error and returns its result, which has the same type; returns the
    /// value unchanged.
    template <class F>
    result or_else(F&& function) && {
        return has_value() ? std::move(*this) : std::forward<F>(function)(std::move(*this).error());
    }

    /// Replaces the error with the one that a function returns for it; returns the value unchanged.
    template <class F>
    result transform_error(F&& function) && {
        return has_value()
                   ? std::move(*this)
                   : result(unexpected(std::forward<F>(function)(std::move(*this).error())));
    }

private:
#if NANGO_HPP_EXCEPTIONS
    void check() const {
        if (!has_value()) throw bad_result_access(error());
    }
#endif

    std::variant<T, nango::error> state_;
};

/// Success or an error.
template <>
class [[nodiscard]] result<void> {
public:
    /// No value.
    using value_type = void;
    /// The type of the error.
    using error_type = nango::error;

    /// Success.
    result() noexcept = default;
    /// Holds an error.
    // NOLINTNEXTLINE: implicit, so that it can be returned
    result(unexpected error) noexcept : error_(std::move(error).error()) {}

    /// Whether there is no error.
    bool has_value() const noexcept { return !error_; }
    /// Whether there is no error.
    explicit operator bool() const noexcept { return has_value(); }
    /// No value.
    void operator*() const noexcept {}

    /// The error. Undefined behaviour if there is none.
    nango::error& error() & noexcept { return *error_; }
    /// The error. Undefined behaviour if there is none.
    const nango::error& error() const& noexcept { return *error_; }
    /// The error. Undefined behaviour if there is none.
    nango::error&& error() && noexcept { return std::move(*error_); }

#if NANGO_HPP_EXCEPTIONS
    /// Does nothing on success. @throws bad_result_access on an error.
    void value() const {
        if (error_) throw bad_result_access(*error_);
    }
#endif

    /// Calls a function on success and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) const -> std::invoke_result_t<F> {
        if (error_) return unexpected(*error_);
        return std::forward<F>(function)();
    }

    /// Calls a function on success and returns a result that holds what it returned; returns the
    /// error unchanged.
    template <class F>
    auto transform(F&& function) const
        -> result<typename detail::results<std::invoke_result_t<F>>::value> {
        if (error_) return unexpected(*error_);
        return detail::results<std::invoke_result_t<F>>::of(std::forward<F>(function));
    }

    /// Calls a function with the error and returns its result, which has the same type; returns
    /// success unchanged.
    template <class F>
    result or_else(F&& function) const {
        return has_value() ? *this : std::forward<F>(function)(*error_);
    }

    /// Replaces the error with the one that a function returns for it; returns success unchanged.
    template <class F>
    result transform_error(F&& function) const {
        return has_value() ? *this : result(unexpected(std::forward<F>(function)(*error_)));
    }

private:
    std::optional<nango::error> error_;
};

/// @cond
template <class F, class... Value>
result<void> detail::results<void>::of(F&& function, Value&&... given) {
    std::forward<F>(function)(std::forward<Value>(given)...);
    return {};
}
/// @endcond

#endif

/// @cond
#if NANGO_HPP_EXCEPTIONS
namespace detail {

/// Returns the value, or throws the error.
template <class T>
T or_throw(result<T>&& result) {
    if (!result) throw nango::error(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace detail
#endif
/// @endcond

/// Checks that the loaded library is at least as new as this header. If not, the error is INTERNAL
/// and names both versions. Creating a client or a queue does this check first.
[[nodiscard]] inline result<void> try_check_version() {
    if (version_number() >= std::uint32_t{NANGO_VERSION_NUMBER}) return {};
    return unexpected(
        error::of(code::internal,
                  "libnango " + std::string(version()) +
                      " is loaded, but this program was built with the header of " NANGO_VERSION
                      ". Install libnango " NANGO_VERSION " or newer"));
}

#if NANGO_HPP_EXCEPTIONS
/// Like try_check_version(). @throws nango::error
inline void check_version() { detail::or_throw(try_check_version()); }
#endif

/// Text that is a secret, such as a token. It cannot be printed and does not convert to other text
/// types. The destructor wipes it.
class secret {
public:
    /// An empty secret.
    secret() noexcept = default;

    /// Takes ownership of text that a nango.h function returned.
    static secret adopt(char* owned) noexcept { return secret(detail::owned_text(owned)); }

    /// The text itself. Lives as long as the secret.
    std::string_view reveal() const noexcept { return detail::view(text_); }

    /// The same text, NUL-terminated. Never NULL.
    const char* reveal_c_str() const noexcept { return text_ ? text_.get() : ""; }

    /// Whether the text is empty.
    bool empty() const noexcept { return reveal().empty(); }

    /// The length in bytes.
    std::size_t size() const noexcept { return reveal().size(); }

private:
    explicit secret(detail::owned_text text) noexcept : text_(std::move(text)) {}

    detail::owned_text text_;
};

inline std::optional<secret> error::reveal_body() const noexcept {
    char* body = nango_error_body_reveal(capi());
    return body ? std::optional<secret>(secret::adopt(body)) : std::nullopt;
}

/// Printing a secret does not compile. Call reveal() to print it on purpose.
template <class Character, class Traits>
std::basic_ostream<Character, Traits>& operator<<(std::basic_ostream<Character, Traits>&,
                                                  const secret&) = delete;

/// Returns a value of a JSON text by its RFC 6901 pointer, such as "/metadata/plan"; "" is the
/// whole text. A string is returned unquoted. Anything else, such as a number or an object, is
/// returned as the exact slice of the source. Empty if there is no such value, it is null, or the
/// text is not JSON.
///
/// Each call parses the text again. To read many values of a large text, use a JSON library.
inline std::optional<std::string> json_get(std::string_view json, std::string_view pointer) {
    const detail::given source(json);
    const detail::owned_text found =
        source.has_nul() ? nullptr : detail::find(source.c_str(), pointer);
    return found ? std::optional<std::string>(found.get()) : std::nullopt;
}

/// Like json_get(), but returns JSON: a string keeps its quotes, which tells "5" from 5. Empty if
/// the value is null, too.
inline std::optional<std::string> json_get_json(std::string_view json, std::string_view pointer) {
    const detail::given source(json);
    const detail::owned_text found =
        source.has_nul() ? nullptr : detail::find_json(source.c_str(), pointer);
    return found ? std::optional<std::string>(found.get()) : std::nullopt;
}

/// Returns the elements of the JSON array at an RFC 6901 pointer, each as JSON text. Empty if there
/// is no array, too.
inline std::vector<std::string> json_items(std::string_view json, std::string_view pointer) {
    std::vector<std::string> elements;
    const detail::given source(json);
    const detail::given path(pointer);
    if (source.has_nul() || path.has_nul()) return elements;
    const detail::handle<nango_json_items, &nango_json_items_free> items(
        nango_json_items_new(source.c_str(), path.c_str()));
    while (const detail::owned_text element{nango_json_items_next(items.get())})
        elements.emplace_back(element.get());
    return elements;
}

/// Returns the members of the JSON object at an RFC 6901 pointer: each name, and its value as JSON
/// text. Empty if there is no object, too.
inline std::vector<std::pair<std::string, std::string>> json_members(std::string_view json,
                                                                     std::string_view pointer) {
    std::vector<std::pair<std::string, std::string>> members;
    const detail::given source(json);
    if (source.has_nul()) return members;
    detail::each_member(source.c_str(), pointer,
                        [&](std::string name, const detail::owned_text& value) {
                            members.emplace_back(std::move(name), detail::view(value));
                        });
    return members;
}

/// A JSON text from Nango. The text is kept as Nango wrote it, and the destructor wipes it. Each
/// getter parses the text again, so store a value that you need often.
///
/// The getters of the classes below return members of their documented type only: they treat a
/// member of another type as absent. The functions of this class read any member, of any type,
/// including members that Nango has added since this header was written.
class document {
public:
    /// The whole text as Nango wrote it. Lives as long as the object.
    std::string_view json() const noexcept {
        return text_ ? detail::view(text_) : std::string_view("{}");
    }

    /// Returns any value by its RFC 6901 pointer, such as "/metadata/plan"; use it for values that
    /// have no getter. A string is returned unquoted. Anything else, such as a number or an object,
    /// is returned as the exact slice of the source. Empty if the value is absent or null. Use
    /// get_secret() for a value that may be a secret.
    std::optional<std::string> get(std::string_view pointer) const {
        const detail::owned_text found = detail::find(text_.get(), pointer);
        return found ? std::optional<std::string>(found.get()) : std::nullopt;
    }

    /// Like get(), for a value that may be a secret.
    std::optional<secret> get_secret(std::string_view pointer) const {
        detail::owned_text found = detail::find(text_.get(), pointer);
        return found ? std::optional<secret>(secret::adopt(found.release())) : std::nullopt;
    }

    /// Like get(), but returns JSON: a string keeps its quotes, which tells "5" from 5.
    std::optional<std::string> get_json(std::string_view pointer) const {
        const detail::owned_text found = detail::find_json(text_.get(), pointer);
        return found ? std::optional<std::string>(found.get()) : std::nullopt;
    }

    /// Returns the elements of the array at an RFC 6901 pointer, each as JSON text. Empty if there
    /// is no array, too.
    std::vector<std::string> items(std::string_view pointer) const {
        return json_items(json(), pointer);
    }

    /// Returns the names of the members of the object at an RFC 6901 pointer; "" is the whole text.
    /// Empty if there is no object, too.
    std::vector<std::string> names(std::string_view pointer = "") const {
        std::vector<std::string> names;
        detail::each_member(text_.get(), pointer, [&](std::string name, const detail::owned_text&) {
            names.push_back(std::move(name));
        });
        return names;
    }

protected:
    /// @cond
    explicit document(detail::owned_text text) noexcept : text_(std::move(text)) {}

    /// Returns a member that is an object, as a View.
    template <class View>
    std::optional<View> part(std::string_view pointer) const {
        detail::owned_text found = detail::find_json(text_.get(), pointer, '{');
        return found ? std::optional<View>(View::adopt(found.release())) : std::nullopt;
    }

    std::optional<std::string> text(std::string_view pointer) const {
        const detail::owned_text found = detail::find_text(text_.get(), pointer);
        return found ? std::optional<std::string>(found.get()) : std::nullopt;
    }
    std::string text_or_empty(std::string_view pointer) const {
        return text(pointer).value_or(std::string());
    }

    std::optional<secret> secret_text(std::string_view pointer) const {
        detail::owned_text found = detail::find_text(text_.get(), pointer);
        return found ? std::optional<secret>(secret::adopt(found.release())) : std::nullopt;
    }

    std::map<std::string, std::string> texts(std::string_view pointer) const {
        std::map<std::string, std::string> texts;
        detail::each_member(
            text_.get(), pointer, [&](std::string name, const detail::owned_text& value) {
                if (const detail::owned_text text = detail::find_text(value.get(), ""))
                    texts.emplace(std::move(name), text.get());
            });
        return texts;
    }

    // In two steps: with a single pointer such as "/tags/0", an array would have members too.
    std::optional<std::string> text_in(std::string_view object, std::string_view name) const {
        const detail::owned_text members = detail::find_json(text_.get(), object, '{');
        const detail::owned_text found = detail::find_text(members.get(), detail::member("", name));
        return found ? std::optional<std::string>(found.get()) : std::nullopt;
    }

    std::optional<std::string> object_json(std::string_view pointer) const {
        const detail::owned_text found = detail::find_json(text_.get(), pointer, '{');
        return found ? std::optional<std::string>(found.get()) : std::nullopt;
    }

    const char* c_str() const noexcept { return text_.get(); }
    /// @endcond

private:
    detail::owned_text text_;
};

/// An active problem of a connection.
struct connection_error {
    /// The kind of failure: "auth" or "sync".
    std::string type;
    /// The id of the entry in Nango's log with the details.
    std::string log_id;
};

/// The organization of an end_user.
class organization : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static organization adopt(char* owned) noexcept {
        return organization(detail::owned_text(owned));
    }

    /// The organization's id in your program.
    std::string id() const { return text_or_empty("/id"); }
    /// The organization's name.
    std::optional<std::string> display_name() const { return text("/display_name"); }

private:
    explicit organization(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The user that a connection belongs to.
class end_user : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static end_user adopt(char* owned) noexcept { return end_user(detail::owned_text(owned)); }

    /// The user's id in your program.
    std::string id() const { return text_or_empty("/id"); }
    /// The user's name.
    std::optional<std::string> display_name() const { return text("/display_name"); }
    /// The user's e-mail address.
    std::optional<std::string> email() const { return text("/email"); }
    /// The user's tags; empty if there are none.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One of the user's tags.
    std::optional<std::string> tag(std::string_view name) const { return text_in("/tags", name); }
    /// All of the user's tags: a JSON object of strings.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// The organization that the user belongs to.
    std::optional<nango::organization> organization() const {
        return part<nango::organization>("/organization");
    }

private:
    explicit end_user(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The credentials of a connection, of any type.
class credentials : public document {
public:
    /// Takes ownership of text that a nango.h function returned.
    static credentials adopt(char* owned) noexcept {
        return credentials(detail::owned_text(owned));
    }

    /// Whether there are no credentials, because the key lacks the scope
    /// environment:connections:read_credentials or because the connection needs none.
    bool empty() const { return names().empty(); }

    /// The type of the credentials, such as "OAUTH2", "API_KEY" or "BASIC". Empty if there are no
    /// credentials; see empty().
    std::optional<std::string> type() const { return text("/type"); }

    /// When the credentials expire, in RFC 3339, as Nango wrote it. Empty if they never expire or
    /// Nango does not know.
    std::optional<std::string> expires_at() const { return text("/expires_at"); }

    /// Returns the one string that goes after "Bearer", or the API key: the token that
    /// client::get_token() would have returned. Sends no request.
    /// @return The token. The error is NO_SINGLE_TOKEN for credentials that are not one token
    /// (BASIC, OAUTH1, …), or NO_CREDENTIALS.
    [[nodiscard]] result<secret> try_single_token() const {
        nango_error* problem = nullptr;
        char* token = nango_credentials_token(json().data(), &problem);
        if (!token) return unexpected(error::adopt(problem));
        return secret::adopt(token);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_single_token(). @throws nango::error
    secret single_token() const { return detail::or_throw(try_single_token()); }
#endif

    /// The access token of OAUTH2, APP and APP_STORE. single_token() picks the right member for
    /// every type.
    std::optional<secret> access_token() const { return secret_text("/access_token"); }
    /// The refresh token. Present only if call_options::include_refresh_token() was set.
    std::optional<secret> refresh_token() const { return secret_text("/refresh_token"); }
    /// The token of OAUTH2_CC, JWT, TWO_STEP, SIGNATURE and TABLEAU, if it is a string.
    std::optional<secret> token() const { return secret_text("/token"); }
    /// The key of API_KEY.
    std::optional<secret> api_key() const { return secret_text("/apiKey"); }
    /// That of BASIC, BILL and SIGNATURE.
    std::optional<secret> username() const { return secret_text("/username"); }
    /// That of BASIC, BILL and SIGNATURE.
    std::optional<secret> password() const { return secret_text("/password"); }
    /// That of OAUTH1.
    std::optional<secret> oauth_token() const { return secret_text("/oauth_token"); }
    /// That of OAUTH1.
    std::optional<secret> oauth_token_secret() const { return secret_text("/oauth_token_secret"); }

    /// Returns any member by its name, such as "client_id" or "raw": a string unquoted, anything
    /// else as JSON. Empty if it is absent or null.
    std::optional<secret> field(std::string_view name) const {
        return json().front() == '{' ? get_secret(detail::member("", name)) : std::nullopt;
    }

private:
    explicit credentials(detail::owned_text text) noexcept : document(std::move(text)) {}
};

/// The members that a connection and a connection_summary have in common.
class connection_facts : public document {
public:
    /// Nango's own number for the connection.
    std::optional<std::int64_t> id() const {
        const std::optional<std::string> digits = get_json("/id");
        std::int64_t number = 0;
        if (!digits) return std::nullopt;
        const char* end = digits->data() + digits->size();
        const auto [stop, problem] = std::from_chars(digits->data(), end, number);
        return problem == std::errc() && stop == end ? std::optional<std::int64_t>(number)
                                                     : std::nullopt;
    }

    /// The connection's id.
    std::string connection_id() const { return text_or_empty("/connection_id"); }
    /// The integration's unique key. Lists from a 2023 server leave it empty and have it in
    /// provider() instead.
    std::string provider_config_key() const { return text_or_empty("/provider_config_key"); }
    /// The provider, such as "github".
    std::optional<std::string> provider() const { return text("/provider"); }

    /// Whether one of the active problems concerns the connection's authorisation. This is a hint:
    /// Nango records the same problem for a revoked grant, an outage of the provider and a blocked
    /// URL. Offer the user to reconnect beside trying again, and disable nothing because of it.
    bool has_auth_error() const noexcept { return nango_connection_has_auth_error(c_str()); }

    /// The active problems; empty if there are none.
    std::vector<connection_error> errors() const {
        std::vector<connection_error> errors;
        const auto fact = [](const std::string& item, std::string_view pointer) {
            return std::string(detail::view(detail::find_text(item.c_str(), pointer)));
        };
        for (const std::string& item : items("/errors"))
            if (item.front() == '{') errors.push_back({fact(item, "/type"), fact(item, "/log_id")});
        return errors;
    }

    /// The user that the connection belongs to, if Nango knows it.
    std::optional<nango::end_user> end_user() const { return part<nango::end_user>("/end_user"); }
    /// The connection's tags; empty if there are none. Older servers do not send tags.
    std::map<std::string, std::string> tags() const { return texts("/tags"); }
    /// One of the connection's tags.
    std::optional<std::string> tag(std::string_view name) const { return text_in("/tags", name); }
    /// All of the connection's tags: a JSON object of strings. Empty if the server is too old to
    /// send tags.
    std::optional<std::string> tags_json() const { return object_json("/tags"); }
    /// What your program has stored with the connection: any JSON. Empty if it is absent or null.
    std::optional<std::string> metadata_json() const { return get_json("/metadata"); }

protected:
    /// @cond
    using document::document;
    /// @endcond
};

/// A connection with its credentials.
class connection : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection adopt(char* owned) noexcept { return connection(detail::owned_text(owned)); }

    /// The credentials. If there are none, they have no type: see credentials::type().
    nango::credentials credentials() const {
        return nango::credentials::adopt(detail::find_json(c_str(), "/credentials").release());
    }

    /// The connection's configuration, such as a subdomain, as JSON. For some providers it contains
    /// secrets.
    std::optional<secret> connection_config_json() const {
        detail::owned_text found = detail::find_json(c_str(), "/connection_config");
        return found ? std::optional<secret>(secret::adopt(found.release())) : std::nullopt;
    }
    /// The URL for this connection's webhooks, in place of the environment's.
    std::optional<std::string> webhook_url_override() const {
        return text("/webhook_url_override");
    }
    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created_at() const { return text("/created_at"); }
    /// When the connection was last changed, in RFC 3339, as Nango wrote it.
    std::optional<std::string> updated_at() const { return text("/updated_at"); }
    /// When the credentials were last fetched, in RFC 3339, as Nango wrote it.
    std::optional<std::string> last_fetched_at() const { return text("/last_fetched_at"); }

private:
    explicit connection(detail::owned_text text) noexcept : connection_facts(std::move(text)) {}
};

/// A connection as listed by Nango, without credentials.
class connection_summary : public connection_facts {
public:
    /// Takes ownership of text that a nango.h function returned.
    static connection_summary adopt(char* owned) noexcept {
        return connection_summary(detail::owned_text(owned));
    }

    /// When the connection was created, in RFC 3339, as Nango wrote it.
    std::optional<std::string> created() const { return text("/created"); }

private:
    explicit connection_summary(detail::owned_text text) noexcept
        : connection_facts(std::move(text)) {}
};

/// Cancels calls from another thread. Any number of threads and calls may use it at once. See
/// call_options::cancel().
class cancel {
public:
    /// Makes one that is not triggered.
    cancel() : handle_(nango_cancel_new()) {}

    /// Makes every call that uses it fail with CANCELLED at once, whatever the call is doing. It
    /// stays triggered, so later calls that use it fail too. Call it from any thread, but not from
    /// a signal handler.
    void trigger() const noexcept { nango_cancel_trigger(handle_.get()); }

    /// The nango.h handle, borrowed.
    const nango_cancel* capi() const noexcept { return handle_.get(); }

private:
    detail::handle<nango_cancel, &nango_cancel_free> handle_;
};

/// @cond
namespace detail {

/// The library has checked that the answer is JSON, so the first character tells whether it is an
/// object.
inline bool is_object(const char* json) noexcept {
    return json[std::strspn(json, " \t\r\n")] == '{';
}

inline error not_expected() {
    return error::of(code::invalid_response,
                     "the answer is JSON, but not a connection. Check the base URL");
}

inline error without_nul(const char* what) {
    return error::invalid_argument(std::string(what) + " must be a string without NUL characters");
}

/// The common base of options and call_options. It keeps the first invalid setting, either here or
/// in the library's own options.
class problems {
public:
    /// The first problem, if this header found it.
    const std::optional<error>& problem() const noexcept { return problem_; }

protected:
    /// Passes text to the library, unless it has a NUL, at which the library would cut it off.
    template <class Set>
    void pass(std::string_view text, const char* what, Set&& set) {
        const given copy(text);
        if (copy.has_nul())
            refuse(what);
        else
            note(set(copy.c_str()));
    }

    void refuse(const char* what) {
        if (!failed_) problem_ = without_nul(what);
        failed_ = true;
    }

    void note(nango_code code) noexcept { failed_ = failed_ || code != NANGO_OK; }

private:
    bool failed_ = false;
    std::optional<error> problem_;
};

}  // namespace detail
/// @endcond

/// Options of one call. Any number of calls may use them at once as long as no thread changes them.
/// They may be destroyed as soon as the call has returned.
///
/// A setter that gets an invalid value stores the error, and the call then fails with it. You need
/// not check each setter.
class call_options : public detail::problems {
public:
    // <generated call options> from api/library.toml by nango-gen: do not edit.
    /// Forces a refresh even if the token is still valid. Some providers revoke the previous token,
    /// so such a call is never retried once it may have reached the server. It needs the scope
    /// environment:connections:read_credentials, and skips the 30 seconds of REFRESH_BACKOFF. A
    /// server may answer with the old token if the call coincides with a plain read of the same
    /// connection: use client::replace_token() for a token that a provider refused. Default: false.
    call_options& force_refresh(bool force = true) {
        note(nango_call_options_set_force_refresh(made(), force));
        return *this;
    }

    /// Asks for the refresh token too, in the connection or the credentials. A backend rarely needs
    /// it. Default: false.
    call_options& include_refresh_token(bool include = true) {
        note(nango_call_options_set_include_refresh_token(made(), include));
        return *this;
    }

    /// Sets how long this call may take in all, in place of the client's timeout.
    call_options& timeout(std::chrono::milliseconds time) {
        note(nango_call_options_set_timeout_ms(made(), detail::milliseconds(time)));
        return *this;
    }
    // </generated>

    /// Sets the object that cancels the call. It may be destroyed before the call returns.
    call_options& cancel(const nango::cancel& cancel) {
        note(nango_call_options_set_cancel(made(), cancel.capi()));
        return *this;
    }

    /// Adds a request header, such as "traceparent". A second header of the same name replaces the
    /// first. INVALID_ARGUMENT: the header is reserved (Authorization, Host, Content-…, If-…,
    /// Nango-Is-… and those that the library sets itself), or the name or value is not valid in a
    /// header.
    call_options& header(std::string_view name, std::string_view value) {
        const detail::given name_copy(name);
        const detail::given value_copy(value);
        if (name_copy.has_nul() || value_copy.has_nul())
            refuse(name_copy.has_nul() ? "the name of a header" : "the value of a header");
        else
            note(nango_call_options_set_header(made(), name_copy.c_str(), value_copy.c_str()));
        return *this;
    }

    /// The nango.h handle, borrowed; NULL if nothing was set.
    const nango_call_options* capi() const noexcept { return handle_.get(); }

private:
    nango_call_options* made() {
        if (!handle_) handle_.reset(nango_call_options_new());
        return handle_.get();
    }

    detail::handle<nango_call_options, &nango_call_options_free> handle_;
};

/// Options of a client. A client copies them.
///
/// A setter that gets an invalid value stores the error, and creating the client then fails with
/// it. You need not check each setter.
class options : public detail::problems {
public:
    /// Default options without a secret key.
    options() : options(nango_options_new()) {}

    /// Reads the key and the base URL from the environment variables: NANGO_API_KEY, then
    /// NANGO_SECRET_KEY; NANGO_HOST, then NANGO_SERVER_URL, then NANGO_HOSTPORT. The first that is
    /// set and not empty is used. Without a host, the base URL is the default. INVALID_ARGUMENT:
    /// there is no key, or the value of a variable is not valid. Must not run while another thread
    /// changes the environment.
    [[nodiscard]] static result<options> try_from_env() {
        nango_error* problem = nullptr;
        nango_options* made = nango_options_new_from_env(&problem);
        if (!made) return unexpected(error::adopt(problem));
        return options(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_from_env(). @throws nango::error
    static options from_env() { return detail::or_throw(try_from_env()); }
#endif

    // <generated options> from api/library.toml by nango-gen: do not edit.
    /// Sets the server: "https://…" or "http://…", with or without a path. Default:
    /// https://api.nango.dev. INVALID_ARGUMENT: it is not an HTTP or HTTPS URL, or has a username,
    /// a query or a fragment.
    options& base_url(std::string_view url) {
        pass(url, "the base URL",
             [&](const char* text) { return nango_options_set_base_url(capi(), text); });
        return *this;
    }

    /// Sets the secret key of a Nango environment. The key is copied, and wiped when the last
    /// object that holds it is freed. INVALID_ARGUMENT: it is empty, or contains a space, a line
    /// break or another character that is not valid in a key.
    options& secret_key(std::string_view key) {
        pass(key, "the secret key",
             [&](const char* text) { return nango_options_set_secret_key(capi(), text); });
        return *this;
    }

    /// Sets how long a call may take, with all its attempts and the waits between them. Default: 60
    /// s.
    options& timeout(std::chrono::milliseconds time) {
        note(nango_options_set_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long resolving the host name, connecting and the TLS handshake may take together.
    /// Default: 10 s.
    options& connect_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_connect_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long one attempt may take, connecting included. Nango itself may wait 12 seconds
    /// for a refresh that another request started. Default: 30 s.
    options& attempt_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_attempt_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how often a failed call is retried where that is safe and may help. 0 disables retries.
    /// Default: 2.
    options& max_retries(std::uint32_t retries) {
        note(nango_options_set_max_retries(capi(), retries));
        return *this;
    }

    /// Sets how long a call may wait for a retry. If the server asks for a longer wait, the call
    /// fails at once, and error::retry_after() says how long to wait. A worker that can wait sets
    /// 60 seconds or more: Nango's rate limit counts requests per minute. Default: 5 s.
    options& max_retry_wait(std::chrono::milliseconds time) {
        note(nango_options_set_max_retry_wait_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long a call tries again while the server refuses or resets connections or cannot be
    /// reached, such as during a restart. These attempts do not count as retries. They apply only
    /// once the server has answered this client. 0 disables them. Default: 5 s.
    options& connect_retry(std::chrono::milliseconds time) {
        note(nango_options_set_connect_retry_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how long a connection may be idle before it is closed. Nango closes it after 61
    /// seconds. Default: 50 s.
    options& idle_timeout(std::chrono::milliseconds time) {
        note(nango_options_set_idle_timeout_ms(capi(), detail::milliseconds(time)));
        return *this;
    }

    /// Sets how many idle connections a client keeps for later calls. With 0 every call opens its
    /// own. Default: 8.
    options& idle_connections(std::uint32_t connections) {
        note(nango_options_set_idle_connections(capi(), connections));
        return *this;
    }

    /// Sets how many connections a client's queued calls may have open at once; further calls wait,
    /// within their timeouts. Blocking calls have one connection each and do not count. Default:
    /// 256, or half of the process's limit of file descriptors if that is less. INVALID_ARGUMENT:
    /// it is 0.
    options& max_connections(std::uint32_t connections) {
        note(nango_options_set_max_connections(capi(), connections));
        return *this;
    }

    /// Sets the longest answer that is read. A longer one fails with RESPONSE_TOO_LARGE. Default:
    /// 67108864 (64 MiB). INVALID_ARGUMENT: it is 0.
    options& max_response_bytes(std::uint64_t bytes) {
        note(nango_options_set_max_response_bytes(capi(), bytes));
        return *this;
    }

    /// Names the program in the User-Agent header, such as "my-service/1.2". Default: empty.
    /// INVALID_ARGUMENT: it contains a character that is not printable ASCII, parentheses, a
    /// backslash or the text "nango-cli/".
    options& user_agent_suffix(std::string_view suffix) {
        pass(suffix, "the user agent suffix",
             [&](const char* text) { return nango_options_set_user_agent_suffix(capi(), text); });
        return *this;
    }

    /// Sets the proxy's URL, "http://…" or "https://…", which may have a username and a password.
    /// An empty one disables the proxy. Default: from the environment variables HTTPS_PROXY,
    /// HTTP_PROXY, ALL_PROXY and NO_PROXY, read once per process; none for loopback addresses.
    /// INVALID_ARGUMENT: it is not an HTTP or HTTPS URL.
    options& proxy(std::string_view url) {
        pass(url, "the proxy URL",
             [&](const char* text) { return nango_options_set_proxy(capi(), text); });
        return *this;
    }

    /// Uses the proxy that the environment names, as by default.
    options& proxy_from_env() {
        note(nango_options_set_proxy(capi(), nullptr));
        return *this;
    }

    /// Sets which certificate authorities are trusted. Default: tls_roots::platform.
    /// INVALID_ARGUMENT: it is not one of the constants.
    options& tls_roots(nango::tls_roots roots) {
        note(nango_options_set_tls_roots(capi(), static_cast<nango_tls_roots>(roots)));
        return *this;
    }

    /// Trusts the certificate authorities in this PEM text too, and only these with
    /// tls_roots::custom_only. May be called again to add more. INVALID_ARGUMENT: it contains no
    /// certificate, or one that is not valid.
    options& add_ca_pem(std::string_view pem) {
        note(nango_options_add_ca_pem(capi(), bytes(pem), pem.size()));
        return *this;
    }

    /// Sets the certificate chain and the private key, in one PEM text, that the client presents to
    /// a server that asks for them. INVALID_ARGUMENT: one of the two is missing, or they do not
    /// belong together.
    options& client_identity_pem(std::string_view pem) {
        note(nango_options_set_client_identity_pem(capi(), bytes(pem), pem.size()));
        return *this;
    }

    /// Uses Nango's routes under /connections instead of those under /connection, for a server that
    /// no longer has the old ones (it answers them with an HTML page). Default: false, which every
    /// version of Nango understands.
    options& plural_routes(bool plural = true) {
        note(nango_options_set_plural_routes(capi(), plural));
        return *this;
    }

    /// Sets how many events are kept until client::next_event_json() takes them. Beyond that the
    /// oldest are dropped, and counted. Default: 0, none.
    options& events(std::uint32_t capacity) {
        note(nango_options_set_events(capi(), capacity));
        return *this;
    }
    // </generated>

    /// The nango.h handle, borrowed.
    nango_options* capi() noexcept { return handle_.get(); }
    /// The nango.h handle, borrowed.
    const nango_options* capi() const noexcept { return handle_.get(); }

private:
    explicit options(nango_options* owned) noexcept : handle_(owned) {}

    static const std::uint8_t* bytes(std::string_view text) noexcept {
        // The data() of an empty view may be NULL.
        return reinterpret_cast<const std::uint8_t*>(text.data() ? text.data() : "");
    }

    detail::handle<nango_options, &nango_options_free> handle_;
};

/// Selects the connections of a list: those that match every member set here.
struct filter {
    /// Connections with this id. Several match if several integrations use the id.
    std::optional<std::string> connection_id = {};
    /// Connections whose id, user's name or user's e-mail address contains this text.
    std::optional<std::string> search = {};
    /// Connections of the user with this id.
    std::optional<std::string> end_user_id = {};
    /// Connections of the users of the organization with this id.
    std::optional<std::string> end_user_organization_id = {};
    /// Connections of any of these integrations; if empty, of all integrations.
    std::vector<std::string> integration_id = {};
    /// Connections that have all of these tags.
    std::map<std::string, std::string> tags = {};
    /// The maximum number of connections. Only for client::list_connections_json().
    std::optional<std::uint32_t> limit = {};
    /// The page to fetch, in units of limit; the first is 0. Only for
    /// client::list_connections_json().
    std::optional<std::uint32_t> page = {};
    /// The filter as JSON text, as nango_list_connections_json() takes it. Replaces all of the
    /// above.
    std::optional<std::string> json = {};

    /// Returns the filter as JSON text; empty for all connections.
    std::string to_json() const {
        if (json) return *json;
        std::string members;
        const auto add = [&](std::string_view name, const std::string& value) {
            members += members.empty() ? "{" : ",";
            members += detail::quoted(name) + ':' + value;
        };
        if (connection_id) add("connection_id", detail::quoted(*connection_id));
        if (search) add("search", detail::quoted(*search));
        if (end_user_id) add("end_user_id", detail::quoted(*end_user_id));
        if (end_user_organization_id)
            add("end_user_organization_id", detail::quoted(*end_user_organization_id));
        if (!integration_id.empty()) {
            std::string list;
            for (const std::string& id : integration_id)
                list += (list.empty() ? "[" : ",") + detail::quoted(id);
            add("integration_id", list + ']');
        }
        if (!tags.empty()) {
            std::string object;
            for (const auto& [name, value] : tags)
                object += (object.empty() ? "{" : ",") + detail::quoted(name) + ':' +
                          detail::quoted(value);
            add("tags", object + '}');
        }
        if (limit) add("limit", std::to_string(*limit));
        if (page) add("page", std::to_string(*page));
        return members.empty() ? members : members + '}';
    }
};

/// The connections of an environment: an input range that fetches page after page during the
/// iteration. It can be iterated once, by one thread.
///
/// @code
/// for (const nango::connection_summary& connection : client.list_connections())
/// @endcode
///
/// The client may be destroyed before the list. Each connection that exists during the whole
/// iteration is returned once, even if others are added meanwhile. If connections are deleted
/// between two pages, others may be missed: Nango pages by offset, so they move to a page that was
/// already read. Nothing reports this.
class connection_list {
public:
    class iterator;
    /// The end of the iteration.
    struct sentinel {};

    /// Takes ownership of a nango.h pager.
    static connection_list adopt(nango_pager* owned) noexcept { return connection_list(owned); }

    /// Returns the next connection, or an empty optional after the last. It blocks when it fetches
    /// a new page. After an error, the next call continues where this one failed.
    [[nodiscard]] result<std::optional<connection_summary>> try_next() {
        using next = std::optional<connection_summary>;
        for (;;) {
            if (char* item = nango_json_items_next(items_.get()))
                return next(connection_summary::adopt(item));
            nango_error* problem = nullptr;
            const detail::owned_text page(nango_pager_next_json(pager_.get(), &problem));
            if (!page && problem) return unexpected(error::adopt(problem));
            if (!page) return next();
            items_.reset(nango_json_items_new(page.get(), "/connections"));
        }
    }

    /// The nango.h pager, borrowed.
    const nango_pager* capi() const noexcept { return pager_.get(); }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_next(). @throws nango::error
    std::optional<connection_summary> next() { return detail::or_throw(try_next()); }

    /// Returns an iterator at the first connection that was not yet returned. Do not move the list
    /// during the iteration. @throws nango::error
    iterator begin();
    /// The end.
    sentinel end() const noexcept { return {}; }
#endif

private:
    explicit connection_list(nango_pager* owned) noexcept : pager_(owned) {}

    detail::handle<nango_pager, &nango_pager_free> pager_;
    detail::handle<nango_json_items, &nango_json_items_free> items_;
    std::optional<connection_summary> current_;
};

#if NANGO_HPP_EXCEPTIONS
/// A position in a connection_list.
class connection_list::iterator {
public:
    /// @cond
    using iterator_category = std::input_iterator_tag;
    using value_type = connection_summary;
    using difference_type = std::ptrdiff_t;
    using pointer = connection_summary*;
    using reference = connection_summary&;

    iterator() noexcept = default;
    explicit iterator(connection_list& list) : list_(&list) { ++*this; }
    /// @endcond

    /// The connection. It lives until the iterator is incremented.
    connection_summary& operator*() const noexcept { return *list_->current_; }
    /// The connection's members.
    connection_summary* operator->() const noexcept { return &*list_->current_; }

    /// Moves to the next connection. @throws nango::error if a page cannot be fetched; the next ++
    /// fetches it again.
    iterator& operator++() {
        list_->current_ = list_->next();
        return *this;
    }
    /// Moves to the next connection.
    void operator++(int) { ++*this; }

    /// Whether the iteration has reached the end.
    friend bool operator==(const iterator& at, sentinel) noexcept { return !at.list_ || at.done(); }
    /// Whether the iteration has not reached the end.
    friend bool operator!=(const iterator& at, sentinel end) noexcept { return !(at == end); }
    /// Whether the iteration has reached the end.
    friend bool operator==(sentinel end, const iterator& at) noexcept { return at == end; }
    /// Whether the iteration has not reached the end.
    friend bool operator!=(sentinel end, const iterator& at) noexcept { return !(at == end); }

private:
    bool done() const noexcept { return !list_->current_; }

    connection_list* list_ = nullptr;
};

inline connection_list::iterator connection_list::begin() { return iterator(*this); }
#endif

/// A client of one Nango environment. Create one for each secret key and keep it: it keeps
/// connections open for reuse, but never stores a token. Any number of threads may use it at once.
/// Destroy it when no thread is about to start a call on it.
///
/// A call blocks only the calling thread and always ends within options::timeout().
class client {
public:
    /// Creates a client of the server at base_url ("http://localhost:3003") with this secret key
    /// and default options. Sends no request. The error is INVALID_ARGUMENT or INVALID_UTF8; see
    /// options::base_url() and options::secret_key().
    [[nodiscard]] static result<client> try_create(std::string_view base_url,
                                                   std::string_view secret_key) {
        options settings;
        settings.base_url(base_url).secret_key(secret_key);
        return try_create(settings);
    }

    /// Creates a client of Nango's cloud, https://api.nango.dev, with this secret key and default
    /// options. Sends no request.
    [[nodiscard]] static result<client> try_create(std::string_view secret_key) {
        options settings;
        settings.secret_key(secret_key);
        return try_create(settings);
    }

    /// Creates a client with these options, which are copied. Sends no request. The error is that
    /// of the first setter that failed, INVALID_ARGUMENT if there is no secret key, or that of
    /// try_check_version().
    [[nodiscard]] static result<client> try_create(const options& options) {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        nango_client* made = nango_client_new_with_options(options.capi(), &problem);
        if (!made) return unexpected(error::adopt(problem));
        return client(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_create(). @throws nango::error
    client(std::string_view base_url, std::string_view secret_key)
        : client(detail::or_throw(try_create(base_url, secret_key))) {}
    /// Like try_create(). @throws nango::error
    explicit client(std::string_view secret_key)
        : client(detail::or_throw(try_create(secret_key))) {}
    /// Like try_create(). @throws nango::error
    explicit client(const options& options) : client(detail::or_throw(try_create(options))) {}
#endif

    /// Fetches one connection. Nango first refreshes the token if necessary. Call it just before
    /// you use the token, and do not store the result: the library never caches it.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param options Options of this call.
    /// @return The connection. Its credentials have no type if the key lacks the scope
    /// environment:connections:read_credentials.
    [[nodiscard]] result<connection> try_get_connection(std::string_view provider_config_key,
                                                        std::string_view connection_id,
                                                        const call_options& options = {}) const {
        return ask(nango_get_connection_json, provider_config_key, connection_id, options,
                   connection::adopt);
    }

    /// Like try_get_connection(), but returns Nango's answer byte for byte.
    [[nodiscard]] result<secret> try_get_connection_json(std::string_view provider_config_key,
                                                         std::string_view connection_id,
                                                         const call_options& options = {}) const {
        return ask(nango_get_connection_json, provider_config_key, connection_id, options,
                   secret::adopt);
    }

    /// Fetches a connection's token (the one string that goes after "Bearer") or API key:
    /// access_token for OAUTH2, APP and APP_STORE; token for OAUTH2_CC, JWT, TWO_STEP, SIGNATURE
    /// and TABLEAU; apiKey for API_KEY. Otherwise like try_get_connection().
    /// @return The token. The error is NO_SINGLE_TOKEN for other types (BASIC, OAUTH1, …: use
    /// try_get_credentials()), NO_CREDENTIALS if the answer holds no credentials, or any other
    /// error.
    [[nodiscard]] result<secret> try_get_token(std::string_view provider_config_key,
                                               std::string_view connection_id,
                                               const call_options& options = {}) const {
        return ask(nango_get_token, provider_config_key, connection_id, options, secret::adopt);
    }

    /// Fetches a token to replace one that the provider refused, for example with 401. It reads the
    /// connection, and forces Nango to refresh the token if it is still the refused one. Calls of
    /// this client that replace the same token at the same time share one refresh, whether they
    /// block or are on a queue. No token is stored beyond that. The call forces up to three
    /// refreshes, because Nango answers with the old token when a refresh coincides with another
    /// read. See nango_replace_token() in nango.h.
    /// @param provider_config_key The integration's unique key; not empty.
    /// @param connection_id The connection's id; not empty, and not "." or "..".
    /// @param refused_token The token that the provider refused; not empty. The library wipes its
    /// copies of it.
    /// @param options Options of this call, without force_refresh() and include_refresh_token().
    /// @return The new token. The error is TOKEN_NOT_REPLACED if Nango has no other token, or any
    /// other error.
    [[nodiscard]] result<secret> try_replace_token(std::string_view provider_config_key,
                                                   std::string_view connection_id,
                                                   std::string_view refused_token,
                                                   const call_options& options = {}) const {
        const detail::given refused(refused_token);
        if (refused.has_nul()) return unexpected(detail::without_nul("refused_token"));
        const auto call = [&refused](const nango_client* handle, const char* key, const char* id,
                                     const nango_call_options* settings, nango_error** problem) {
            return nango_replace_token(handle, key, id, refused.c_str(), settings, problem);
        };
        return ask(call, provider_config_key, connection_id, options, secret::adopt);
    }

    /// Fetches the credentials of a connection, of any type. Otherwise like try_get_connection().
    /// @return The credentials. The error is NO_CREDENTIALS if the answer holds none, or any other
    /// error.
    [[nodiscard]] result<credentials> try_get_credentials(std::string_view provider_config_key,
                                                          std::string_view connection_id,
                                                          const call_options& options = {}) const {
        return ask(nango_get_credentials_json, provider_config_key, connection_id, options,
                   credentials::adopt);
    }

    /// Like try_get_credentials(), but returns the credentials of Nango's answer byte for byte.
    [[nodiscard]] result<secret> try_get_credentials_json(std::string_view provider_config_key,
                                                          std::string_view connection_id,
                                                          const call_options& options = {}) const {
        return ask(nango_get_credentials_json, provider_config_key, connection_id, options,
                   secret::adopt);
    }

    /// Lists the connections of the environment. The list fetches page after page during the
    /// iteration. Sends no request yet.
    /// @param filter Selects connections; limit and page must not be set.
    /// @param page_size Connections per page; 0 is 1000, and Nango allows at most 2000.
    /// @param options Options of the call for each page; copied.
    [[nodiscard]] result<connection_list> try_list_connections(
        const filter& filter = {}, std::uint32_t page_size = 0,
        const call_options& options = {}) const {
        const std::string json = filter.to_json();
        if (std::optional<error> problem = refused(json, options)) return unexpected(*problem);
        nango_error* problem = nullptr;
        nango_pager* made = nango_pager_new(capi(), json.empty() ? nullptr : json.c_str(),
                                            page_size, options.capi(), &problem);
        if (!made) return unexpected(error::adopt(problem));
        return connection_list::adopt(made);
    }

    /// Fetches the environment's connections, `{"connections": […]}`, as Nango wrote them. They
    /// have no credentials, and Nango refreshes nothing. Without a limit, Nango sends only its
    /// first 10 000. Use list_connections() to get all of them, page after page.
    [[nodiscard]] result<std::string> try_list_connections_json(
        const filter& filter = {}, const call_options& options = {}) const {
        const std::string json = filter.to_json();
        if (std::optional<error> problem = refused(json, options)) return unexpected(*problem);
        nango_error* problem = nullptr;
        const detail::owned_text list(nango_list_connections_json(
            capi(), json.empty() ? nullptr : json.c_str(), options.capi(), &problem));
        if (!list) return unexpected(error::adopt(problem));
        return std::string(list.get());
    }

    /// Opens a connection in advance, for the first call to reuse: requests /health from the
    /// server, without the key. Blocks, within the client's timeouts. An error means that the
    /// server cannot be reached.
    [[nodiscard]] result<void> try_warm_up() const {
        nango_error* problem = nullptr;
        if (!nango_client_warm_up(capi(), &problem)) return unexpected(error::adopt(problem));
        return {};
    }

    /// What is unsafe about the client's configuration, such as a base URL with plain HTTP; empty if
    /// nothing is known to be. Log it when the program starts.
    std::optional<std::string> warning() const {
        const char* warning = nango_client_warning(capi());
        return warning ? std::optional<std::string>(warning) : std::nullopt;
    }

    /// Removes and returns the oldest event as a JSON object; empty if there is none. See
    /// options::events(), and nango_client_next_event_json() in nango.h for its members. Events
    /// contain no secrets.
    std::optional<std::string> next_event_json() const {
        const detail::owned_text event(nango_client_next_event_json(capi()));
        return event ? std::optional<std::string>(event.get()) : std::nullopt;
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_get_connection(). @throws nango::error
    connection get_connection(std::string_view provider_config_key, std::string_view connection_id,
                              const call_options& options = {}) const {
        return detail::or_throw(try_get_connection(provider_config_key, connection_id, options));
    }

    /// Like try_get_connection_json(). @throws nango::error
    secret get_connection_json(std::string_view provider_config_key, std::string_view connection_id,
                               const call_options& options = {}) const {
        return detail::or_throw(
            try_get_connection_json(provider_config_key, connection_id, options));
    }

    /// Like try_get_token(). @throws nango::error
    secret get_token(std::string_view provider_config_key, std::string_view connection_id,
                     const call_options& options = {}) const {
        return detail::or_throw(try_get_token(provider_config_key, connection_id, options));
    }

    /// Like try_replace_token(). @throws nango::error
    secret replace_token(std::string_view provider_config_key, std::string_view connection_id,
                         std::string_view refused_token, const call_options& options = {}) const {
        return detail::or_throw(
            try_replace_token(provider_config_key, connection_id, refused_token, options));
    }

    /// Like try_get_credentials(). @throws nango::error
    nango::credentials get_credentials(std::string_view provider_config_key,
                                       std::string_view connection_id,
                                       const call_options& options = {}) const {
        return detail::or_throw(try_get_credentials(provider_config_key, connection_id, options));
    }

    /// Like try_get_credentials_json(). @throws nango::error
    secret get_credentials_json(std::string_view provider_config_key,
                                std::string_view connection_id,
                                const call_options& options = {}) const {
        return detail::or_throw(
            try_get_credentials_json(provider_config_key, connection_id, options));
    }

    /// Like try_list_connections(). Iterating over the list throws too. @throws nango::error
    connection_list list_connections(const filter& filter = {}, std::uint32_t page_size = 0,
                                     const call_options& options = {}) const {
        return detail::or_throw(try_list_connections(filter, page_size, options));
    }

    /// Like try_list_connections_json(). @throws nango::error
    std::string list_connections_json(const filter& filter = {},
                                      const call_options& options = {}) const {
        return detail::or_throw(try_list_connections_json(filter, options));
    }

    /// Like try_warm_up(). @throws nango::error
    void warm_up() const { detail::or_throw(try_warm_up()); }
#endif

    /// The nango.h handle, borrowed.
    const nango_client* capi() const noexcept { return handle_.get(); }

private:
    explicit client(nango_client* owned) noexcept : handle_(owned) {}

    template <class Call, class View>
    result<View> ask(const Call& call, std::string_view provider_config_key,
                     std::string_view connection_id, const call_options& options,
                     View (*adopt)(char*)) const {
        const detail::given key(provider_config_key);
        const detail::given id(connection_id);
        if (key.has_nul()) return unexpected(detail::without_nul("provider_config_key"));
        if (id.has_nul()) return unexpected(detail::without_nul("connection_id"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        char* text = call(capi(), key.c_str(), id.c_str(), options.capi(), &problem);
        if (!text) return unexpected(error::adopt(problem));
        View view = adopt(text);
        if constexpr (std::is_same_v<View, connection>)
            if (!detail::is_object(view.json().data())) return unexpected(detail::not_expected());
        return view;
    }

    static std::optional<error> refused(const std::string& filter_json,
                                        const call_options& options) {
        if (filter_json.find('\0') != std::string::npos) return detail::without_nul("the filter");
        return options.problem();
    }

    detail::handle<nango_client, &nango_client_free> handle_;
};

/// A completed call of a queue. Take its result once, with the function that matches the submitted
/// operation. The destructor frees a result that was not taken.
class completion {
public:
    /// Takes ownership of a completion that nango_queue_next() returned.
    static completion adopt(const nango_completion& owned) noexcept { return completion(owned); }

    /// The ticket that the submitting function returned.
    std::uint64_t ticket() const noexcept { return ticket_; }
    /// The user data that was passed to the submitting function.
    std::uint64_t user_data() const noexcept { return user_data_; }
    /// Why the call failed; code::ok if it succeeded.
    nango::code code() const noexcept {
        return static_cast<nango::code>(nango_error_code(error_.get()));
    }
    /// Whether the call succeeded.
    explicit operator bool() const noexcept { return !error_; }

    /// The result of queue::submit_get_token() or queue::submit_replace_token().
    [[nodiscard]] result<secret> try_token() { return taken(secret::adopt); }
    /// The result of queue::submit_get_connection() or queue::submit_get_credentials() as Nango
    /// wrote it, and any other JSON that may contain a secret.
    [[nodiscard]] result<secret> try_secret_json() { return taken(secret::adopt); }
    /// The result of queue::submit_get_connection().
    [[nodiscard]] result<nango::connection> try_connection() {
        result<nango::connection> connection = taken(nango::connection::adopt);
        if (connection && !detail::is_object(connection->json().data()))
            return unexpected(detail::not_expected());
        return connection;
    }
    /// The result of queue::submit_get_credentials().
    [[nodiscard]] result<nango::credentials> try_credentials() {
        return taken(nango::credentials::adopt);
    }
    /// The result of queue::submit_list_connections(), and any other JSON that contains no secret.
    [[nodiscard]] result<std::string> try_json() {
        return taken(
            +[](char* owned) { return std::string(detail::view(detail::owned_text(owned))); });
    }
    /// The result of queue::submit_page(): the connections of the page; empty if there are no more
    /// pages.
    [[nodiscard]] result<std::optional<std::vector<connection_summary>>> try_page() {
        using page = std::optional<std::vector<connection_summary>>;
        if (!error_ && !text_) return page();
        return taken(+[](char* owned) {
            const detail::owned_text text(owned);
            const detail::handle<nango_json_items, &nango_json_items_free> items(
                nango_json_items_new(text.get(), "/connections"));
            page connections(std::in_place);
            while (char* item = nango_json_items_next(items.get()))
                connections->push_back(connection_summary::adopt(item));
            return connections;
        });
    }
    /// The result of queue::submit_warm_up(): success or an error.
    [[nodiscard]] result<void> try_done() {
        if (error_) return unexpected(error::adopt(error_.release()));
        return {};
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_token(). @throws nango::error
    secret token() { return detail::or_throw(try_token()); }
    /// Like try_secret_json(). @throws nango::error
    secret secret_json() { return detail::or_throw(try_secret_json()); }
    /// Like try_connection(). @throws nango::error
    nango::connection connection() { return detail::or_throw(try_connection()); }
    /// Like try_credentials(). @throws nango::error
    nango::credentials credentials() { return detail::or_throw(try_credentials()); }
    /// Like try_json(). @throws nango::error
    std::string json() { return detail::or_throw(try_json()); }
    /// Like try_page(). @throws nango::error
    std::optional<std::vector<connection_summary>> page() { return detail::or_throw(try_page()); }
    /// Like try_done(). @throws nango::error
    void done() { detail::or_throw(try_done()); }
#endif

private:
    explicit completion(const nango_completion& owned) noexcept
        : ticket_(owned.ticket),
          user_data_(owned.user_data),
          text_(owned.json),
          error_(owned.error) {}

    template <class Result>
    result<Result> taken(Result (*make)(char*)) {
        if (error_) return unexpected(error::adopt(error_.release()));
        if (!text_)
            return unexpected(
                error::invalid_argument("the completion has no result: it was already taken, or "
                                        "there are no more pages; take each result once"));
        return make(text_.release());
    }

    std::uint64_t ticket_;
    std::uint64_t user_data_;
    detail::owned_text text_;
    detail::handle<nango_error, &nango_error_free> error_;
};

/// A completion queue: submit calls and collect their results later. For event loops, and for many
/// calls at once. Any number of threads may use it at once. Destroy it when no other thread uses
/// it: close it, wait until every next() has returned, then destroy it. Results that were not taken
/// are dropped. All queues of a process share one library thread.
///
/// @code
/// nango::queue queue;
/// queue.submit_get_token(client, "github", "alice", 7);
/// for (nango::completion& done : queue.next(64))
///     use(done.user_data(), done.token());
/// @endcode
///
/// A submitting function returns the call's ticket at once. A ticket is never reused. The call
/// completes exactly once: it is answered, fails, times out, is cancelled, or the queue is closed.
/// If the submitting function returns an error, no call was started and no completion follows:
/// INVALID_ARGUMENT, INVALID_UTF8, UNKNOWN_OPERATION, QUEUE_FULL, CLOSED or WRONG_PROCESS. The
/// client and the options may be destroyed as soon as it has returned. The completion carries the
/// user data.
class queue {
public:
    /// Creates an empty queue. A queue is cheap: it uses one file descriptor. The error is INTERNAL
    /// if the system has no descriptor or thread left, or if the library is too old.
    [[nodiscard]] static result<queue> try_create() {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        nango_error* problem = nullptr;
        nango_queue* made = nango_queue_new(&problem);
        if (!made) return unexpected(error::adopt(problem));
        return queue(made);
    }

    /// Like try_create(), with a limit on the tickets in flight and completed together, which is
    /// otherwise 100 000. Beyond it, submitting fails with QUEUE_FULL. INVALID_ARGUMENT: it is 0.
    [[nodiscard]] static result<queue> try_create_with_limit(std::uint32_t limit) {
        if (result<void> fits = try_check_version(); !fits)
            return unexpected(std::move(fits).error());
        nango_error* problem = nullptr;
        nango_queue* made = nango_queue_new_with_limit(limit, &problem);
        if (!made) return unexpected(error::adopt(problem));
        return queue(made);
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_create(). @throws nango::error
    queue() : queue(detail::or_throw(try_create())) {}

    /// Like try_create_with_limit(). @throws nango::error
    explicit queue(std::uint32_t limit) : queue(detail::or_throw(try_create_with_limit(limit))) {}
#endif

    /// The file descriptor to wait on with poll, epoll or an event loop. It is readable if and only
    /// if a completion is waiting or the queue is closed. It is level-triggered. Use it only to
    /// wait: never read from it, write to it or close it. -1 in a forked child.
    int fd() const noexcept { return nango_queue_fd(capi()); }

    /// Starts client::get_connection().
    [[nodiscard]] result<std::uint64_t> try_submit_get_connection(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_connection", provider_config_key, connection_id, user_data,
                   options);
    }
    /// Starts client::get_token().
    [[nodiscard]] result<std::uint64_t> try_submit_get_token(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_token", provider_config_key, connection_id, user_data, options);
    }
    /// Starts client::replace_token().
    [[nodiscard]] result<std::uint64_t> try_submit_replace_token(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::string_view refused_token, std::uint64_t user_data = 0,
        const call_options& options = {}) const {
        if (refused_token.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("refused_token"));
        const detail::given refused = detail::given::adopt(detail::quoted(refused_token));
        return ask(client, "replace_token", provider_config_key, connection_id, user_data, options,
                   refused.view());
    }
    /// Starts client::get_credentials().
    [[nodiscard]] result<std::uint64_t> try_submit_get_credentials(
        const client& client, std::string_view provider_config_key, std::string_view connection_id,
        std::uint64_t user_data = 0, const call_options& options = {}) const {
        return ask(client, "get_credentials", provider_config_key, connection_id, user_data,
                   options);
    }
    /// Starts client::list_connections_json().
    [[nodiscard]] result<std::uint64_t> try_submit_list_connections(
        const client& client, const filter& filter = {}, std::uint64_t user_data = 0,
        const call_options& options = {}) const {
        return try_submit(client, "list_connections", filter.to_json(), user_data, options);
    }
    /// Starts client::warm_up().
    [[nodiscard]] result<std::uint64_t> try_submit_warm_up(const client& client,
                                                           std::uint64_t user_data = 0,
                                                           const call_options& options = {}) const {
        return try_submit(client, "warm_up", {}, user_data, options);
    }
    /// Starts fetching the next page of a list. To get the page after it, submit again once you
    /// have taken this one's completion. The list may be destroyed before the page completes.
    [[nodiscard]] result<std::uint64_t> try_submit_page(const connection_list& list,
                                                        std::uint64_t user_data = 0) const {
        nango_error* problem = nullptr;
        const std::uint64_t ticket =
            nango_queue_submit_page(capi(), list.capi(), user_data, &problem);
        if (!ticket) return unexpected(error::adopt(problem));
        return ticket;
    }
    /// Starts any operation that the library has, by its name. The parameters are a JSON object;
    /// empty for none.
    [[nodiscard]] result<std::uint64_t> try_submit(const client& client, std::string_view operation,
                                                   std::string_view parameters_json,
                                                   std::uint64_t user_data = 0,
                                                   const call_options& options = {}) const {
        const detail::given name(operation);
        const detail::given parameters(parameters_json);
        if (name.has_nul()) return unexpected(detail::without_nul("the operation"));
        if (parameters.has_nul()) return unexpected(detail::without_nul("the parameters"));
        if (options.problem()) return unexpected(*options.problem());
        nango_error* problem = nullptr;
        const char* json = parameters_json.empty() ? nullptr : parameters.c_str();
        const std::uint64_t ticket = nango_queue_submit(capi(), client.capi(), name.c_str(), json,
                                                        options.capi(), user_data, &problem);
        if (!ticket) return unexpected(error::adopt(problem));
        return ticket;
    }

#if NANGO_HPP_EXCEPTIONS
    /// Like try_submit_get_connection(). @throws nango::error
    std::uint64_t submit_get_connection(const client& client, std::string_view provider_config_key,
                                        std::string_view connection_id, std::uint64_t user_data = 0,
                                        const call_options& options = {}) const {
        return detail::or_throw(try_submit_get_connection(client, provider_config_key,
                                                          connection_id, user_data, options));
    }
    /// Like try_submit_get_token(). @throws nango::error
    std::uint64_t submit_get_token(const client& client, std::string_view provider_config_key,
                                   std::string_view connection_id, std::uint64_t user_data = 0,
                                   const call_options& options = {}) const {
        return detail::or_throw(
            try_submit_get_token(client, provider_config_key, connection_id, user_data, options));
    }
    /// Like try_submit_replace_token(). @throws nango::error
    std::uint64_t submit_replace_token(const client& client, std::string_view provider_config_key,
                                       std::string_view connection_id,
                                       std::string_view refused_token, std::uint64_t user_data = 0,
                                       const call_options& options = {}) const {
        return detail::or_throw(try_submit_replace_token(client, provider_config_key, connection_id,
                                                         refused_token, user_data, options));
    }
    /// Like try_submit_get_credentials(). @throws nango::error
    std::uint64_t submit_get_credentials(const client& client, std::string_view provider_config_key,
                                         std::string_view connection_id,
                                         std::uint64_t user_data = 0,
                                         const call_options& options = {}) const {
        return detail::or_throw(try_submit_get_credentials(client, provider_config_key,
                                                           connection_id, user_data, options));
    }
    /// Like try_submit_list_connections(). @throws nango::error
    std::uint64_t submit_list_connections(const client& client, const filter& filter = {},
                                          std::uint64_t user_data = 0,
                                          const call_options& options = {}) const {
        return detail::or_throw(try_submit_list_connections(client, filter, user_data, options));
    }
    /// Like try_submit_warm_up(). @throws nango::error
    std::uint64_t submit_warm_up(const client& client, std::uint64_t user_data = 0,
                                 const call_options& options = {}) const {
        return detail::or_throw(try_submit_warm_up(client, user_data, options));
    }
    /// Like try_submit_page(). @throws nango::error
    std::uint64_t submit_page(const connection_list& list, std::uint64_t user_data = 0) const {
        return detail::or_throw(try_submit_page(list, user_data));
    }
    /// Like try_submit(). @throws nango::error
    std::uint64_t submit(const client& client, std::string_view operation,
                         std::string_view parameters_json, std::uint64_t user_data = 0,
                         const call_options& options = {}) const {
        return detail::or_throw(try_submit(client, operation, parameters_json, user_data, options));
    }
#endif

    /// Takes up to max completions (at most 4096 at a time), the oldest first. It waits until there
    /// is a completion or the queue is closed. An empty vector means that the queue is closed and
    /// nothing is left. Several threads may take completions; each completion goes to one of them.
    /// It allocates memory before it takes anything, so a std::bad_alloc loses no completion.
    std::vector<completion> next(std::size_t max) const { return take(max, -1); }

    /// Like next(max), but waits no longer than the timeout. With 0 it does not wait.
    std::vector<completion> next(std::size_t max, std::chrono::milliseconds timeout) const {
        constexpr auto longest = std::numeric_limits<std::int32_t>::max();
        const auto wait = timeout.count();
        return take(max, wait <= 0        ? 0
                         : wait < longest ? static_cast<std::int32_t>(wait)
                                          : longest);
    }

    /// Cancels a call: its ticket completes with CANCELLED at once, and its connection is closed. A
    /// call that has already completed is unaffected.
    void cancel(std::uint64_t ticket) const noexcept { nango_queue_cancel(capi(), ticket); }

    /// Rejects new calls, completes the calls in flight with CANCELLED, makes the descriptor
    /// permanently readable and wakes every thread that waits in next(). Completions can still be
    /// taken.
    void close() const noexcept { nango_queue_close(capi()); }

    /// The nango.h handle, borrowed.
    const nango_queue* capi() const noexcept { return handle_.get(); }

private:
    explicit queue(nango_queue* owned) noexcept : handle_(owned) {}

    result<std::uint64_t> ask(const client& client, std::string_view operation,
                              std::string_view provider_config_key, std::string_view connection_id,
                              std::uint64_t user_data, const call_options& options,
                              std::string_view refused_token_json = {}) const {
        if (provider_config_key.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("provider_config_key"));
        if (connection_id.find('\0') != std::string_view::npos)
            return unexpected(detail::without_nul("connection_id"));
        std::string parameters = "{\"provider_config_key\":" + detail::quoted(provider_config_key) +
                                 ",\"connection_id\":" + detail::quoted(connection_id);
        if (!refused_token_json.empty()) {
            constexpr std::string_view name = ",\"refused_token\":";
            // Reserve the room first: a string that grows leaves a copy of the secret behind.
            parameters.reserve(parameters.size() + name.size() + refused_token_json.size() + 1);
            parameters.append(name).append(refused_token_json);
        }
        parameters += '}';
        const detail::given wiped = detail::given::adopt(std::move(parameters));
        return try_submit(client, operation, wiped.view(), user_data, options);
    }

    std::vector<completion> take(std::size_t max, std::int32_t timeout_ms) const {
        constexpr std::size_t most = 4096;
        if (max > most) max = most;
        nango_completion some[32];
        std::vector<completion> done;
        done.reserve(max);
        while (done.size() < max) {
            const std::size_t wanted =
                max - done.size() < std::size(some) ? max - done.size() : std::size(some);
            const std::size_t count =
                nango_queue_next(capi(), some, wanted, done.empty() ? timeout_ms : 0);
            for (std::size_t i = 0; i < count; ++i) done.push_back(completion::adopt(some[i]));
            if (count < wanted) break;
        }
        return done;
    }

    detail::handle<nango_queue, &nango_queue_free> handle_;
};

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_HPP
