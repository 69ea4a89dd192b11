/// @file nango/types.hpp
/// What Nango answers with.
/// SPDX-License-Identifier: MIT OR Apache-2.0
//
// {{ notice }}

#ifndef NANGO_TYPES_HPP
#define NANGO_TYPES_HPP

#include <nango/facts.hpp>
#include <nango/json.hpp>
#include <nango/secret.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// clang-format off

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

{% for type in types %}
{{ type.doc | comment("///") }}
{% if type.plain %}
struct {{ type.snake }} {
{% for member in type.members %}
{{ member.doc | comment("    ///") }}
    std::string {{ member.name }};
{% endfor %}
};
{% else %}
{% set base = type.base ~ "_facts" if type.base else "document" %}
class {{ type.snake }} : public {{ base }} {
public:
    /// Takes ownership of text that a nango.h function returned.
    static {{ type.snake }} adopt(char* owned) noexcept {
        return {{ type.snake }}(detail::owned_text(owned));
    }

{% for member in type.members %}
{% if member.shape == "Time" %}
{{ (member.doc | trim(".") ~ ", in RFC 3339, as Nango wrote it.") | comment("    ///") }}
{% elif member.shape in ["Map", "Parts", "Texts"] %}
{{ (member.doc | trim(".") ~ "; empty if there are none.") | comment("    ///") }}
{% else %}
{{ member.doc | comment("    ///") }}
{% endif %}
{% if member.secret and member.shape == "Text" %}
    std::optional<secret> {{ member.name }}() const { return secret_text("/{{ member.wire }}"); }
{% elif member.shape == "Text" and member.identifies %}
    std::string {{ member.name }}() const { return text_or_empty("/{{ member.wire }}"); }
{% elif member.shape in ["Text", "Time"] %}
    std::optional<std::string> {{ member.name }}() const { return text("/{{ member.wire }}"); }
{% elif member.shape == "Integer" %}
    std::optional<std::int64_t> {{ member.name }}() const { return integer("/{{ member.wire }}"); }
{% elif member.shape == "Flag" %}
    std::optional<bool> {{ member.name }}() const { return flag("/{{ member.wire }}"); }
{% elif member.shape == "Texts" %}
    std::vector<std::string> {{ member.name }}() const { return list("/{{ member.wire }}"); }
{% elif member.shape == "Map" %}
    std::map<std::string, std::string> {{ member.name }}() const { return texts("/{{ member.wire }}"); }
    /// One member of {{ member.name }}().
    std::optional<std::string> {{ member.name | trim("s") if member.name is endingwith("s") else member.name ~ "_member" }}(std::string_view name) const {
        return text_in("/{{ member.wire }}", name);
    }
    /// All of {{ member.name }}(): a JSON object of strings. Empty if the answer has none.
    std::optional<std::string> {{ member.name }}_json() const { return object_json("/{{ member.wire }}"); }
{% elif member.shape == "Part" and member.optional %}
    std::optional<nango::{{ member.part_snake }}> {{ member.name }}() const {
        return part<nango::{{ member.part_snake }}>("/{{ member.wire }}");
    }
{% elif member.shape == "Part" %}
    nango::{{ member.part_snake }} {{ member.name }}() const {
        return nango::{{ member.part_snake }}::adopt(detail::find_json(c_str(), "/{{ member.wire }}").release());
    }
{% elif member.shape == "Parts" and member.part_members %}
    std::vector<nango::{{ member.part_snake }}> {{ member.name }}() const {
        std::vector<nango::{{ member.part_snake }}> all;
        for (const std::string& item : objects("/{{ member.wire }}"))
            all.push_back({ {%- for name in member.part_members %}member_text(item, "/{{ name }}"){{ ", " if not loop.last }}{% endfor -%} });
        return all;
    }
{% elif member.secret %}
    std::optional<secret> {{ member.name }}_json() const { return secret_json("/{{ member.wire }}"); }
{% else %}
    std::optional<std::string> {{ member.name }}_json() const { return get_json("/{{ member.wire }}"); }
{% endif %}
{% endfor %}

private:
    explicit {{ type.snake }}(detail::owned_text text) noexcept : {{ base }}(std::move(text)) {}
};
{% endif %}

{% endfor %}
/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

// clang-format on

#endif  // NANGO_TYPES_HPP
