{% for option in options %}
{% set default = (option.default_ms | seconds ~ " s") if option.default_ms else (option.text_default and option.text_default.cpp) %}
{{ (option.doc.cpp | capital
    ~ (" Default: " ~ default ~ "." if default else "")
    ~ (" INVALID_ARGUMENT: " ~ option.refuses if option.refuses else "")) | comment("    ///") }}
{% if option.kind in ["text", "text_or_null"] %}
    options& {{ option.name }}(std::string_view {{ option.param }}) {
        pass({{ option.param }}, "{{ option.thing }}",
             [&](const char* text) { return nango_options_set_{{ option.name }}(capi(), text); });
        return *this;
    }
{% if option.name == "proxy" %}

    /// Uses the proxy that the environment names, as by default.
    options& proxy_from_env() {
        note(nango_options_set_proxy(capi(), nullptr));
        return *this;
    }
{% endif %}
{% elif option.kind == "duration" %}
    options& {{ option.name }}(std::chrono::milliseconds time) {
        note(nango_options_set_{{ option.name }}_ms(capi(), detail::milliseconds(time)));
        return *this;
    }
{% elif option.kind == "pem" %}
    options& {{ "add_" if option.add }}{{ option.name }}(std::string_view pem) {
        note(nango_options_{{ "add" if option.add else "set" }}_{{ option.name }}(capi(), bytes(pem), pem.size()));
        return *this;
    }
{% elif option.kind == "tls_roots" %}
    options& tls_roots(nango::tls_roots roots) {
        note(nango_options_set_tls_roots(capi(), static_cast<nango_tls_roots>(roots)));
        return *this;
    }
{% elif option.kind == "flag" %}
    options& {{ option.name }}(bool {{ option.param }} = true) {
        note(nango_options_set_{{ option.name }}(capi(), {{ option.param }}));
        return *this;
    }
{% else %}
    options& {{ option.name }}(std::uint{{ 64 if option.kind == "bytes" else 32 }}_t {{ option.param }}) {
        note(nango_options_set_{{ option.name }}(capi(), {{ option.param }}));
        return *this;
    }
{% endif %}
{% if not loop.last %}

{% endif %}
{% endfor %}
