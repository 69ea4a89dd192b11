enum class code : nango_code {
    /// No error.
    ok = NANGO_OK,
{% for code in codes %}
{{ code.doc.cpp | comment("    ///") }}
    {{ code.lower }} = NANGO_ERROR_{{ code.name }},
{% endfor %}
};
