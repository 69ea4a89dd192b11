/// @file nango/json.hpp
/// JSON from Nango.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_JSON_HPP
#define NANGO_JSON_HPP

#include <nango/detail.hpp>
#include <nango/secret.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

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

    std::optional<secret> secret_json(std::string_view pointer) const {
        detail::owned_text found = detail::find_json(text_.get(), pointer);
        return found ? std::optional<secret>(secret::adopt(found.release())) : std::nullopt;
    }

    std::optional<std::int64_t> integer(std::string_view pointer) const {
        const std::optional<std::string> digits = get_json(pointer);
        std::int64_t number = 0;
        if (!digits) return std::nullopt;
        const char* end = digits->data() + digits->size();
        const auto [stop, problem] = std::from_chars(digits->data(), end, number);
        return problem == std::errc() && stop == end ? std::optional<std::int64_t>(number)
                                                     : std::nullopt;
    }

    std::optional<bool> flag(std::string_view pointer) const {
        const std::optional<std::string> found = get_json(pointer);
        if (found == "true") return true;
        return found == "false" ? std::optional<bool>(false) : std::nullopt;
    }

    // The elements of an array that are strings.
    std::vector<std::string> list(std::string_view pointer) const {
        std::vector<std::string> texts;
        for (const std::string& item : items(pointer))
            if (item.front() == '"') texts.push_back(member_text(item, ""));
        return texts;
    }

    // The elements of an array that are objects.
    std::vector<std::string> objects(std::string_view pointer) const {
        std::vector<std::string> objects;
        for (std::string& item : items(pointer))
            if (item.front() == '{') objects.push_back(std::move(item));
        return objects;
    }

    static std::string member_text(const std::string& object, std::string_view pointer) {
        return std::string(detail::view(detail::find_text(object.c_str(), pointer)));
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

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_JSON_HPP
