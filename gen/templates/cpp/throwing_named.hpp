    // clang-format off

{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set positional = given | selectattr("positional") | list %}
{% set fields = given | rejectattr("positional") | list %}
{% set view = "nango::" ~ operation.answer_snake if operation.answer else "" %}
{% set result = {"nothing": "void", "object": view, "list": "std::vector<" ~ view ~ ">", "json": "std::optional<std::string>", "secret json": "std::optional<secret>"}[operation.result] %}
    /// Like try_{{ operation.name }}(). @throws nango::error
    {{ result }} {{ operation.name }}(
{% for parameter in positional %}
        std::string_view {{ parameter.name }},
{% endfor %}
{% if fields %}
        const {{ operation.name }}_params& params,
{% endif %}
        const call_options& options = {}) const {
        {{ "" if operation.result == "nothing" else "return " }}detail::or_throw(try_{{ operation.name }}(
            {% for parameter in positional %}{{ parameter.name }}, {% endfor %}{{ "params, " if fields }}options));
    }

{% endfor %}
    // clang-format on
