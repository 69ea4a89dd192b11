//! The setters of single-value options.
//!
//! {{ notice }}

use std::ffi::c_char;

use super::guard::{bytes, optional_text, text};
use super::options::{
    change, change_call, milliseconds, nango_call_options, nango_options, nango_tls_roots, roots_of,
};
use crate::error::nango_code;

{% macro documented(option, parameter) %}
{% set default = option.default_ms or (option.text_default and option.text_default.c) %}
{% set values = {
    "text": "NUL-terminated UTF-8; copied",
    "text_or_null": "NUL-terminated UTF-8; copied; may be NULL",
    "duration": "Milliseconds" if option.zero else "Milliseconds; not 0",
    "count": "The number",
    "bytes": "The number of bytes",
    "flag": "Whether to enable it",
    "pem": "PEM text; copied",
    "tls_roots": "One of the NANGO_TLS_ROOTS_ constants"
} %}
{{ (option.doc.c | capital ~ (" Default: " ~ default ~ "." if default else "")) | comment("///") }}
///
/// @param options The options to change.
{{ ("@param " ~ parameter ~ " " ~ values[option.kind] ~ ".") | capital | comment("///") }}
{% if option.kind == "pem" %}
/// @param len The length of pem in bytes.
{% endif %}
{% if option.refuses %}
{{ ("@return NANGO_OK, or INVALID_ARGUMENT if " ~ option.refuses) | comment("///") }}
{% elif option.kind == "duration" and not option.zero %}
/// @return NANGO_OK, or INVALID_ARGUMENT if ms is 0.
{% else %}
/// @return NANGO_OK, or INVALID_ARGUMENT if options is NULL.
{% endif %}
{% endmacro %}
{% for option in options %}
{% set parameter = "ms" if option.kind == "duration" else "pem" if option.kind == "pem" else option.param %}
{{ documented(option, parameter) -}}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_options_{{ "add" if option.add else "set" }}_{{ option.name }}{{ "_ms" if option.kind == "duration" }}(
    options: *mut nango_options,
{% if option.kind in ["text", "text_or_null"] %}
    {{ parameter }}: *const c_char,
{% elif option.kind == "pem" %}
    pem: *const u8,
    len: usize,
{% elif option.kind == "bytes" %}
    {{ parameter }}: u64,
{% elif option.kind == "flag" %}
    {{ parameter }}: bool,
{% elif option.kind == "tls_roots" %}
    {{ parameter }}: nango_tls_roots,
{% else %}
    {{ parameter }}: u32,
{% endif %}
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
{% if option.kind == "text" %}
        change(options, |options| options.set_{{ option.name }}(text({{ parameter }}, "{{ parameter }}")?))
{% elif option.name == "proxy" %}
        change(options, |options| options.set_proxy(optional_text({{ parameter }}, "{{ parameter }}")?))
{% elif option.kind == "text_or_null" %}
        change(options, |options| {
            options.set_{{ option.name }}(optional_text({{ parameter }}, "{{ parameter }}")?.unwrap_or_default())
        })
{% elif option.kind == "pem" %}
        change(options, |options| options.{{ "add" if option.add else "set" }}_{{ option.name }}(bytes(pem, len, "pem")?))
{% elif option.kind == "duration" %}
{% if option.zero %}
        change(options, |options| {
            options.set_{{ option.name }}(milliseconds(ms));
            Ok(())
        })
{% else %}
        change(options, |options| options.set_{{ option.name }}(milliseconds(ms)))
{% endif %}
{% elif option.kind == "tls_roots" %}
        change(options, |options| {
            options.set_tls_roots(roots_of({{ parameter }})?);
            Ok(())
        })
{% elif option.refuses %}
        change(options, |options| options.set_{{ option.name }}({{ parameter }}{{ " as usize" if option.kind == "count" }}))
{% else %}
        change(options, |options| {
            options.set_{{ option.name }}({{ parameter }}{{ " as usize" if option.kind == "count" and option.name != "max_retries" }});
            Ok(())
        })
{% endif %}
    }
}

{% endfor %}
{% for option in call_options %}
{% set parameter = "ms" if option.kind == "duration" else option.param %}
{{ documented(option, parameter) -}}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nango_call_options_set_{{ option.name }}{{ "_ms" if option.kind == "duration" }}(
    options: *mut nango_call_options,
    {{ parameter }}: {{ "bool" if option.kind == "flag" else "u32" }},
) -> nango_code {
    // SAFETY: the header requires this of the caller.
    unsafe {
{% if option.kind == "duration" %}
        change_call(options, |options| options.set_{{ option.name }}(milliseconds(ms)))
{% else %}
        change_call(options, |options| {
            options.set_{{ option.name }}({{ parameter }});
            Ok(())
        })
{% endif %}
    }
}
{% if not loop.last %}

{% endif %}
{% endfor %}
