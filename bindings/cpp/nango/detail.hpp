/// @file nango/detail.hpp
/// Internal: not part of the API.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_DETAIL_HPP
#define NANGO_DETAIL_HPP

#include <nango/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

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

std::string quoted(std::string_view text);

/// The parameters of an operation. The library wipes them.
class params {
public:
    void set(const char* name, std::string_view value) {
        const given text(value);
        keep(name, !text.has_nul() &&
                       nango_params_set_text(params_.get(), name, text.c_str()) == NANGO_OK);
    }
    void set(const char* name, std::int64_t value) {
        keep(name, nango_params_set_integer(params_.get(), name, value) == NANGO_OK);
    }
    void set(const char* name, bool value) {
        keep(name, nango_params_set_bool(params_.get(), name, value) == NANGO_OK);
    }
    void set(const char* name, const std::string& value) { set(name, std::string_view(value)); }
    void set(const char* name, const std::vector<std::string>& values) {
        std::string list;
        for (const std::string& value : values)
            list += (list.empty() ? "[" : ",") + detail::quoted(value);
        raw(name, list.empty() ? "[]" : list + ']');
    }
    void set(const char* name, const std::map<std::string, std::string>& values) {
        std::string object;
        for (const auto& [member, value] : values)
            object +=
                (object.empty() ? "{" : ",") + detail::quoted(member) + ':' + detail::quoted(value);
        raw(name, object.empty() ? "{}" : object + '}');
    }
    template <class T>
    void set(const char* name, const std::optional<T>& value) {
        if (value) set(name, *value);
    }
    void json(const char* name, const std::string& value) { raw(name, value); }
    void json(const char* name, const std::optional<std::string>& value) {
        if (value) raw(name, *value);
    }

    const char* json_text() const noexcept { return nango_params_json(params_.get()); }
    /// The first parameter that the library refused; NULL if there is none.
    const char* refused() const noexcept { return refused_; }

private:
    void raw(const char* name, std::string_view value) {
        const given text(value);
        keep(name, !text.has_nul() &&
                       nango_params_set_json(params_.get(), name, text.c_str()) == NANGO_OK);
    }

    void keep(const char* name, bool fits) noexcept {
        if (!fits && !refused_) refused_ = name;
    }

    handle<nango_params, &nango_params_free> params_{nango_params_new()};
    const char* refused_ = nullptr;
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

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_DETAIL_HPP
