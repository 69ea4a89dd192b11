/// @file nango/error.hpp
/// Why a call failed.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_ERROR_HPP
#define NANGO_ERROR_HPP

#include <nango/code.hpp>
#include <nango/detail.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

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

    /// The kind of failure, for functions that take a std::error_code.
    std::error_code error_code() const noexcept { return make_error_code(code()); }

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
    /// outage of the provider in the same way until it gives up after several days. Let the user
    /// choose between reconnecting and trying again, and disable nothing because of a hint.
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

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_ERROR_HPP
