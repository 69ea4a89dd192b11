/// @file nango/secret.hpp
/// Text that is a secret.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_SECRET_HPP
#define NANGO_SECRET_HPP

#include <nango/detail.hpp>
#include <nango/error.hpp>

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string_view>
#include <utility>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

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

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_SECRET_HPP
