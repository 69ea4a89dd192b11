    // clang-format off

{% for operation in operations if operation.dedicated %}
{% set typed = operation.returns in ["Body", "Credentials"] %}
{% set kept = operation.parameters | selectattr("location", "eq", "Kept") | list %}
{% set result = "nango::" ~ operation.answer_snake if typed else "secret" %}
    /// Like try_{{ operation.name }}(). @throws nango::error
    {{ result }} {{ operation.name }}(
        std::string_view provider_config_key, std::string_view connection_id,
{% for parameter in kept %}
        std::string_view {{ parameter.name }},
{% endfor %}
        const call_options& options = {}) const {
        return detail::or_throw(try_{{ operation.name }}(
            provider_config_key, connection_id, {% for parameter in kept %}{{ parameter.name }}, {% endfor %}options));
    }

{% if typed %}
    /// Like try_{{ operation.name }}_json(). @throws nango::error
    secret {{ operation.name }}_json(
        std::string_view provider_config_key, std::string_view connection_id,
        const call_options& options = {}) const {
        return detail::or_throw(
            try_{{ operation.name }}_json(provider_config_key, connection_id, options));
    }

{% endif %}
{% endfor %}
    // clang-format on
