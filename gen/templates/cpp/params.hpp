/// @file nango/params.hpp
/// The parameters of operations.
/// SPDX-License-Identifier: MIT OR Apache-2.0
//
// {{ notice }}

#ifndef NANGO_PARAMS_HPP
#define NANGO_PARAMS_HPP

#include <nango/detail.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// clang-format off

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set fields = given | rejectattr("positional") | list %}
{% if fields %}
{{ ("The parameters of client::" ~ operation.name ~ "(). One that has no value is not sent.") | comment("///") }}
struct {{ operation.name }}_params {
{% for field in fields %}
{{ (field.doc | trim(".") ~ ("; required" if field.required else "") ~ ("; as JSON" if field.kind in ["Object", "Any"] else "") ~ ".") | comment("    ///") }}
    {{ field.cpp_type }} {{ field.cpp_name }} = {};
{% endfor %}
};

{% endif %}
{% endfor %}
/// @cond
namespace detail {

{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set fields = given | rejectattr("positional") | list %}
{% if fields %}
inline void fill(params& to, const {{ operation.name }}_params& from) {
{% for field in fields %}
    to.{{ "json" if field.kind in ["Object", "Any"] else "set" }}("{{ field.name }}", from.{{ field.cpp_name }});
{% endfor %}
}

{% endif %}
{% endfor %}
}  // namespace detail
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

// clang-format on

#endif  // NANGO_PARAMS_HPP
