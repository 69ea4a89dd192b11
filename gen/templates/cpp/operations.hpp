    // clang-format off

{% for operation in operations if operation.dedicated %}
{% set typed = operation.returns in ["Body", "Credentials"] %}
{% set kept = operation.parameters | selectattr("location", "eq", "Kept") | list %}
{% set result = "nango::" ~ operation.answer_snake if typed else "secret" %}
{{ (operation.summary ~ " " ~ operation.doc.cpp) | comment("    ///") }}
{% for parameter in operation.parameters if parameter.required %}
{{ ("@param " ~ parameter.name ~ " " ~ parameter.doc | trim(".") ~ ("; not empty, and not \".\" or \"..\"." if parameter.location == "Path" else "; not empty.")) | comment("    ///") }}
{% endfor %}
    /// @param options Options of this call.
{{ ("@return The " ~ (operation.answer | lower_first if typed else "token") ~ "." ~ operation.cpp_errors) | comment("    ///") }}
    [[nodiscard]] result<{{ result }}> try_{{ operation.name }}(
        std::string_view provider_config_key, std::string_view connection_id,
{% for parameter in kept %}
        std::string_view {{ parameter.name }},
{% endfor %}
        const call_options& options = {}) const {
{% for parameter in kept %}
        const detail::given given_{{ parameter.name }}({{ parameter.name }});
        if (given_{{ parameter.name }}.has_nul())
            return unexpected(detail::without_nul("{{ parameter.name }}"));
{% endfor %}
{% if kept %}
        const auto call = [&](const nango_client* handle, const char* key, const char* id,
                              const nango_call_options* settings, nango_error** problem) {
            return {{ operation.c }}(handle, key, id, {% for parameter in kept %}given_{{ parameter.name }}.c_str(), {% endfor %}settings,
                                       problem);
        };
        return ask(call, provider_config_key, connection_id, options, {{ result }}::adopt);
{% else %}
        return ask({{ operation.c }}, provider_config_key, connection_id, options,
                   {{ result }}::adopt);
{% endif %}
    }

{% if typed %}
    /// Like try_{{ operation.name }}(), but returns the JSON byte for byte as Nango wrote it.
    [[nodiscard]] result<secret> try_{{ operation.name }}_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return ask({{ operation.c }}, provider_config_key, connection_id, options,
                   secret::adopt);
    }

{% endif %}
{% endfor %}
    // clang-format on
