{% for option in call_options %}
{{ (option.doc.cpp | capital ~ (" Default: " ~ option.text_default.cpp ~ "." if option.text_default else "")) | comment("    ///") }}
{% if option.kind == "duration" %}
    call_options& {{ option.name }}(std::chrono::milliseconds time) {
        note(nango_call_options_set_{{ option.name }}_ms(made(), detail::milliseconds(time)));
        return *this;
    }
{% else %}
    call_options& {{ option.name }}(bool {{ option.param }} = true) {
        note(nango_call_options_set_{{ option.name }}(made(), {{ option.param }}));
        return *this;
    }
{% endif %}
{% if not loop.last %}

{% endif %}
{% endfor %}
