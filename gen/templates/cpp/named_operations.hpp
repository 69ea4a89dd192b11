    // clang-format off

{% for operation in operations if operation.typed %}
{% set given = operation.parameters | selectattr("option", "none") | list %}
{% set positional = given | selectattr("positional") | list %}
{% set fields = given | rejectattr("positional") | list %}
{% set view = "nango::" ~ operation.answer_snake if operation.answer else "" %}
{% set result = {"nothing": "void", "object": view, "list": "std::vector<" ~ view ~ ">", "json": "std::optional<std::string>", "secret json": "std::optional<secret>"}[operation.result] %}
{{ (operation.summary ~ " " ~ operation.doc.cpp) | trim | comment("    ///") }}
{% for parameter in positional %}
{{ ("@param " ~ parameter.name ~ " " ~ parameter.doc | trim(".") ~ "; not empty.") | comment("    ///") }}
{% endfor %}
{% if fields %}
    /// @param params The other parameters.
{% endif %}
    /// @param options Options of this call.
{{ ("@return " ~ {"nothing": "Nothing.", "object": "The " ~ ((operation.answer or "") | spaced) ~ ".", "list": "The list.", "json": "JSON; empty if there is none.", "secret json": "JSON; empty if there is none."}[operation.result] ~ operation.cpp_errors) | comment("    ///") }}
    [[nodiscard]] result<{{ result }}> try_{{ operation.name }}(
{% for parameter in positional %}
        std::string_view {{ parameter.name }},
{% endfor %}
{% if fields %}
        const {{ operation.name }}_params& params,
{% endif %}
        const call_options& options = {}) const {
        detail::params given;
{% for parameter in positional %}
        given.set("{{ parameter.name }}", {{ parameter.name }});
{% endfor %}
{% if fields %}
        detail::fill(given, params);
{% endif %}
        return {{ {"nothing": "run_for_nothing", "object": "run_for<" ~ view ~ ">", "list": "run_for_list<" ~ view ~ ">", "json": "run_for_json", "secret json": "run_for_secret_json"}[operation.result] }}("{{ operation.name }}", given, options);
    }

{% endfor %}
    // clang-format on
