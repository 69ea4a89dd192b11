// Calls the operations of the conformance vectors through their own functions.
//
// {{ notice }}

#ifndef DISPATCH_HPP
#define DISPATCH_HPP

#include "named.hpp"

// clang-format off

// Returns nothing if the types of the function cannot express the parameters. Throws the error of
// the call.
inline std::optional<std::string> named(const nango::client& client, const std::string& operation,
                                        const nlohmann::json& given,
                                        const nango::call_options& options) {
    reader read(given);
{% for operation in operations if operation.typed %}
{% set parameters = operation.parameters | selectattr("option", "none") | list %}
{% set positional = parameters | selectattr("positional") | list %}
{% set fields = parameters | rejectattr("positional") | list %}
    if (operation == "{{ operation.name }}") {
{% for parameter in positional %}
        std::string {{ parameter.name }};
        read.value("{{ parameter.name }}", {{ parameter.name }});
{% endfor %}
{% if fields %}
        nango::{{ operation.name }}_params params;
{% endif %}
{% for field in fields %}
        read.{{ "text" if field.kind in ["Object", "Any"] else "value" }}("{{ field.name }}", params.{{ field.cpp_name }});
{% endfor %}
        if (!read.fits()) return std::nullopt;
{% set call %}client.{{ operation.name }}({% for parameter in positional %}{{ parameter.name }}, {% endfor %}{{ "params, " if fields }}options){% endset %}
{% if operation.result == "nothing" %}
        {{ call }};
        return "null";
{% else %}
        return text_of({{ call }});
{% endif %}
    }
{% endfor %}
    return std::nullopt;
}

// clang-format on

#endif
